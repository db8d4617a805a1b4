"""The tick and its sweeps: nothing live is forgotten, no candidate is left behind.

The tick is one query of what is due in `Live`, and wake-ups for it: the platform spreads the
queue's work. Its mark and its jobs wait for none of them.
"""

from datetime import datetime, timedelta

from rollout.service.dependencies import Dependencies, Limits
from rollout.service.directory import Directory
from rollout.service.leftovers import Leftovers
from rollout.service.outcomes import TickReport
from rollout.service.retention import Pruner
from rollout.service.summaries import Summaries
from rollout.service.sweeping import Sweeper
from rollout.service.wake_ups import WakeUps


class Timer:
    """What the timer trigger does.

    What it and its jobs remember between ticks is a cache of this process: when it last ran and
    last marked a tick, which endpoints it still means to clean, and which faults of services it has
    reported. Losing it, as each restart does, costs an earlier mark, an earlier sweep, a round of
    cleaning begun again and faults reported again, and nothing else.
    """

    def __init__(self, ports: Dependencies, limits: Limits, directory: Directory) -> None:
        self._ports = ports
        self._limits = limits
        self._directory = directory
        self._wake_ups = WakeUps(ports, limits)
        self._pruner = Pruner(ports, limits)
        self._summaries = Summaries(ports)
        self._sweeper = Sweeper(ports, limits, directory, self._summaries)
        self._leftovers = Leftovers(ports, limits, directory)
        self._cached_tick: datetime | None = None
        self._cached_mark: datetime | None = None

    def tick(self, now: datetime) -> TickReport:
        """Wake what is due, mark the tick, and sweep when a sweep is due."""
        woken = self._wake_ups.wake_due(now)
        before, marked = self._cached_tick, self._cached_mark
        sweeps = before is None or _crossed(self._limits.sweep_every, before, now)
        if woken or marked is None or now - marked >= self._limits.mark_tick_every:
            self._ports.store.mark_tick(now)
            self._cached_mark = now
        self._cached_tick = now
        prunes = before is None or _crossed(self._limits.prune_every, before, now)
        rows = self._ports.store.live() if sweeps or prunes else ()
        if sweeps:
            self._sweeper.sweep(rows, now)
        if before is None or _crossed(self._limits.leftovers_every, before, now):
            self._leftovers.begin()
        self._leftovers.go_on()
        if prunes:
            live = (row.endpoint for row in rows)
            self._pruner.begin([*live, *self._directory.configured_endpoints().values()])
        self._pruner.go_on(now)
        return TickReport(woken, sweeps)


def _crossed(period: timedelta, before: datetime, now: datetime) -> bool:
    """A multiple of `period` lies in (before, now]."""
    return int(before.timestamp() / period.total_seconds()) != int(
        now.timestamp() / period.total_seconds()
    )
