"""The tick and its sweeps: nothing live is forgotten, no candidate is left behind.

The tick is one query of what is due in `Live`, and wake-ups for it: the platform spreads the
queue's work. Its mark and its rounds wait for none of them.
"""

from datetime import datetime, timedelta

from rollout.service.dependencies import Dependencies, Limits
from rollout.service.directory import Directory
from rollout.service.leftovers import Leftovers
from rollout.service.outcomes import TickReport
from rollout.service.retention import Pruner
from rollout.service.rounds import Rounds
from rollout.service.sweeping import FullSweep, LiveSweep, Looking
from rollout.service.wake_ups import WakeUps


class Timer:
    """What the timer trigger does, and what is done in its place where it does not run.

    What it remembers between ticks is a cache of this process: when it last ticked, when it marked
    one, what that said, and what its rounds remember. Losing it, as each restart does, costs an
    earlier mark, a slice of a round done again and faults reported again, and nothing else.
    """

    def __init__(self, ports: Dependencies, limits: Limits, directory: Directory) -> None:
        self._ports = ports
        self._limits = limits
        self._wake_ups = WakeUps(ports, limits)
        looking = Looking(ports, limits)
        self._rounds = Rounds(
            ports,
            limits,
            [
                LiveSweep(ports, limits, directory, looking),
                FullSweep(ports, limits, directory, looking),
                Leftovers(ports, limits, directory),
                Pruner(ports, limits, directory),
            ],
        )
        self._cached_mark: datetime | None = None
        self._cached_woke = False
        self._cached_ran: datetime | None = None

    def tick(self, now: datetime) -> TickReport:
        """Wake what is due, mark the tick, and give each slow round its slice."""
        woken = self._wake_ups.wake_due(now)
        marked = self._cached_mark
        # Marked in the future: the clock was put back, and a mark must not wait for it.
        fresh = marked is not None and timedelta(0) <= now - marked < self._limits.mark_tick_every
        # The first quiet tick says so: else its silence would look like the timer's (ADR 43).
        told = fresh and not self._cached_woke and not self._was_elsewhere(now)
        self._cached_ran = now
        if woken or not told or self._rounds.unsaved:
            self._rounds.mark(now, quiet=not woken)
            self._cached_mark, self._cached_woke = now, bool(woken)
        return TickReport(woken, swept=self._rounds.run(now))

    def second_tick(self, now: datetime) -> TickReport:
        """Do the same for the second clock: all but the mark, by which a dead timer is known."""
        woken = self._wake_ups.wake_due(now)
        return TickReport(woken, swept=self._rounds.run(now, second=True))

    def _was_elsewhere(self, now: datetime) -> bool:
        """Whether a tick may have come to another process, whose mark this one does not know."""
        ran = self._cached_ran
        return ran is None or now - ran > 2 * self._limits.second_clock_every
