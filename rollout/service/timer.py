"""The tick and its sweeps: nothing live is forgotten, no candidate is left behind.

The tick is one query of `Live` and one wake-up for each row: the platform spreads the queue's work.
"""

import zlib
from datetime import datetime, timedelta

from rollout.service.dependencies import Dependencies, Limits
from rollout.service.directory import Directory
from rollout.service.leftovers import Leftovers
from rollout.service.outcomes import TickReport
from rollout.service.retention import Pruner
from rollout.service.rounds import Rounds
from rollout.service.stops import perhaps_suspended
from rollout.service.sweeping import FullSweep, LiveSweep, Looking
from rollout.units import AT_ONCE


class Timer:
    """What the timer trigger does.

    What it remembers between ticks is a cache of this process: when it last marked a tick, and what
    its rounds remember. Losing it, as each restart does, costs an earlier mark, a slice of a round
    done again and faults reported again, and nothing else.
    """

    def __init__(self, ports: Dependencies, limits: Limits, directory: Directory) -> None:
        self._ports = ports
        self._limits = limits
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

    def tick(self, now: datetime) -> TickReport:
        """Wake every live endpoint, mark the tick, and give each slow round its slice."""
        rows = self._ports.store.live()
        # Read where something is live only: an idle app pays for nothing.
        suspended = bool(rows) and perhaps_suspended(self._ports, now)
        for row in rows:
            delay = self._delay(row.endpoint, len(rows))
            self._ports.queue.wake(row.endpoint, delay=delay, chain_ends=None, suspended=suspended)
        marked = self._cached_mark
        overdue = marked is None or now - marked >= self._limits.mark_tick_every
        if rows or overdue or self._rounds.unsaved:
            self._rounds.mark(now)
            self._cached_mark = now
        return TickReport(len(rows), swept=self._rounds.run(now))

    def _delay(self, endpoint: str, live: int) -> timedelta:
        """Spread the wake-ups over time once there are many, always in the same way."""
        if live <= self._limits.spread_above:
            return AT_ONCE
        share = zlib.crc32(endpoint.encode()) / 2**32
        return share * self._limits.spread
