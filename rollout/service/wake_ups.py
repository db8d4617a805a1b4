"""The tick's wake-ups: each endpoint that is due gets one, and a put that fails is one message's.

They are spread over time by endpoint, always in the same way, so that Azure's limits meet no burst
and each endpoint's looks keep their distance.
"""

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import batched

from rollout.errors import StoreUnavailableError
from rollout.ports import DUE_AT_ONCE, LiveRow, NotPut, WakeGroup
from rollout.service.dependencies import Dependencies, Limits
from rollout.service.stops import perhaps_suspended

OLDER_ROWS_A_TICK = 100
"""Writes of a tick after an update of the app: no tick may take long because of one."""


class WakeUps:
    """Wakes what is due.

    What it remembers between ticks is a cache of this process: whether older apps left rows that
    say nothing of when they are due, and how many ticks in a row an endpoint could not be woken.
    Losing it costs one query of all rows, and an order in which to put wake-ups: what was not woken
    stays due.
    """

    def __init__(self, ports: Dependencies, limits: Limits) -> None:
        self._ports = ports
        self._limits = limits
        self._cached_older_rows = True
        self._cached_missed: Mapping[str, int] = {}
        self._cached_reported = False

    def wake_due(self, now: datetime) -> int:
        """Wake the endpoints that are due; return how many were.

        Raises:
            StoreUnavailableError: Table `Live` cannot be read.
        """
        due, older = self._due(now)
        if not due:
            self._failed([])
            return 0
        # Read where something is due only: an idle app pays for nothing.
        suspended = perhaps_suspended(self._ports, now)
        begun = self._ports.stopwatch.seconds()
        failed = self._put(self._groups(due, now), begun, suspended=suspended)
        if failed:
            # Once more, each by itself: what ails one message is not the others' business.
            failed = self._put(_one_by_one(failed), begun, suspended=suspended)
        self._failed(failed)
        self._bring_up_to_date(older)
        return len(due)

    def _due(self, now: datetime) -> tuple[Sequence[str], Sequence[LiveRow]]:
        """Return the endpoints that are due, and rows of an older app, which are due as well."""
        # Whether a filter finds rows without the column differs between services that speak the
        # protocol. So all rows are read until none is left of an older app.
        rows = self._ports.store.live_due(None if self._cached_older_rows else now)
        due, older = [], []
        for row in rows:
            if row.due is None:
                older.append(row)
            if row.is_due(now):
                due.append(row.endpoint)
        self._cached_older_rows = bool(older)
        return due, older

    def _bring_up_to_date(self, older: Sequence[LiveRow]) -> None:
        """Give some rows of an older app their column; they are due as before.

        After the wake-ups: none of them waits for that.
        """
        try:
            for row in older[:OLDER_ROWS_A_TICK]:
                if not row.fault:
                    self._ports.store.defer_live(row, DUE_AT_ONCE)
        except StoreUnavailableError as error:
            self._ports.log.info("rows of an older app stay as they are", reason=str(error))

    def _groups(self, due: Sequence[str], now: datetime) -> Sequence[WakeGroup]:
        """Those first that were missed, longest first; the rest begins elsewhere at each tick.

        So whatever ends a tick early ends it for others each time.
        """
        size = max(1, min(self._limits.group, len(due) // self._limits.messages))
        span = self._span(len(due))
        missed: dict[int, list[str]] = {}
        for endpoint in due:
            missed.setdefault(self._cached_missed.get(endpoint, 0), []).append(endpoint)
        turn = str(int(now.timestamp() // self._limits.chain.total_seconds()))
        groups: list[WakeGroup] = []
        for times in sorted(missed, reverse=True):
            some = list(_grouped(missed[times], span, size))
            begin = _share(turn, len(some))
            groups += [*some[begin:], *some[:begin]]
        return groups

    def _span(self, due: int) -> timedelta:
        """Over how long they are spread: it grows steadily, so that no look jumps in time."""
        above = max(0, due - self._limits.spread_above)
        return min(self._limits.spread, above * self._limits.spread_each)

    def _put(
        self, groups: Sequence[WakeGroup], begun: float, *, suspended: bool
    ) -> Sequence[NotPut]:
        passed = timedelta(seconds=self._ports.stopwatch.seconds() - begun)
        within = max(timedelta(0), self._limits.waking_time - passed)
        return self._ports.queue.wake_all(groups, suspended=suspended, within=within)

    def _failed(self, failed: Sequence[NotPut]) -> None:
        """Remember who was not woken; ask for an operator once it lasts, and once only."""
        before, names = (
            self._cached_missed,
            [each for one in failed for each in one.group.endpoints],
        )
        self._cached_missed = {each: before.get(each, 0) + 1 for each in names}
        if not failed:
            self._cached_reported = False
            return
        again, reason = sum(times > 1 for times in self._cached_missed.values()), failed[0].reason
        if again and not self._cached_reported:
            self._cached_reported = True
            text = f"{again} endpoints were not woken by two ticks in a row"
            self._ports.log.attention(f"{text}, so that nobody looks at them: {reason}")
        elif not before:
            text = f"{len(names)} endpoints were not woken; the next tick wakes them first"
            self._ports.log.info(text, reason=reason)


def _one_by_one(failed: Iterable[NotPut]) -> Sequence[WakeGroup]:
    return [
        WakeGroup((endpoint,), each.group.delay)
        for each in failed
        for endpoint in each.group.endpoints
    ]


def _grouped(endpoints: Iterable[str], span: timedelta, size: int) -> Iterator[WakeGroup]:
    """Endpoints of the same second share messages, `size` at most in each."""
    for second, those in sorted(_by_second(endpoints, span).items()):
        for some in batched(those, size, strict=False):
            yield WakeGroup(some, timedelta(seconds=second))


def _by_second(endpoints: Iterable[str], span: timedelta) -> Mapping[int, list[str]]:
    seconds: dict[int, list[str]] = {}
    for endpoint in endpoints:
        seconds.setdefault(_share(endpoint, int(span.total_seconds())), []).append(endpoint)
    return seconds


def _share(text: str, of: int) -> int:
    """A whole number from 0 up to `of`, always the same for a text, and evenly spread."""
    return zlib.crc32(text.encode()) * of >> 32
