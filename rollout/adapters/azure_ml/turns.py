"""Whose turn it is: looks in the order in which they were due, within what Resource Manager grants.

A look asks for all its requests at once. Where they are not there, it gets a place in line, which
is a moment: all that were due before have their requests by then, at the rate at which they come
back. Its wake-up returns at that moment. The line is this process's own, and a wake-up may return
to another one: it is let in there as well, and its place here is given up after a while.
"""

import time
from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from threading import Lock

from rollout.adapters.azure_ml.request_limits import Kind, RequestLimits, subscription_of
from rollout.ports import Asked, Turn

WRITES_A_LOOK = 1
"""A look writes once at most, and few do: what is set aside and not used is free when it ends."""

WAY_BACK_READS = 2
"""The endpoint and its deployments: what a way back reads before it writes."""

WAY_BACK_WAIT_SECONDS = 5.0
"""The longest that a refused way back waits for Azure, whatever that asks; then for its place."""

PLACE_KEPT_SECONDS = 60.0
"""How long a place is kept for a wake-up that does not return."""

COUNTED_SECONDS = 5.0
"""How long others wait for it: by then it has returned, perhaps to another process."""

NOW = Turn()


@dataclass
class _Place:
    """`at` is when its wake-up returns; `saved_at` what its row said when it was taken.

    `counts`: it is in the line's `dues`, and others wait for it.
    """

    at: float
    due: datetime
    saved_at: datetime
    counts: bool = True

    def is_kept(self, now: float) -> bool:
        return now <= self.at + PLACE_KEPT_SECONDS


@dataclass
class _Line:
    """One subscription's line.

    `dues` are those of all places that count, in order. `front` is when the last of those that returned in
    vain has its requests, `back` the same of ways back that Azure refused.
    """

    places: dict[str, _Place] = field(default_factory=dict)
    dues: list[datetime] = field(default_factory=list)
    front: float = 0.0
    back: float = 0.0
    overdue: bool = False
    swept: float = 0.0

    def put(self, endpoint: str, place: _Place) -> None:
        self.drop(endpoint)
        self.places[endpoint] = place
        insort(self.dues, place.due)

    def drop(self, endpoint: str) -> None:
        place = self.places.pop(endpoint, None)
        if place is not None:
            self._discount(place)

    def sweep(self, now: float) -> None:
        """Forget who does not return; not at each call, for there may be thousands of places."""
        if now - self.swept < 1:
            return
        self.swept = now
        for key, place in list(self.places.items()):
            if now > place.at + COUNTED_SECONDS:
                self._discount(place)
            if not place.is_kept(now):
                self.drop(key)

    def _discount(self, place: _Place) -> None:
        if place.counts:
            place.counts = False
            del self.dues[bisect_left(self.dues, place.due)]

    def before(self, asked: Asked) -> int:
        """How many are to have their turns first; who asks again goes before its equals."""
        find = bisect_right if asked.waits_since is None else bisect_left
        return find(self.dues, asked.due)


class LimitedTurns:
    """The `Turns` port. Safe for threads; `clock` gives seconds that never go back."""

    def __init__(self, limits: RequestLimits, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._clock = clock
        self._lock = Lock()
        self._lines: dict[str, _Line] = {}

    def returned(self, endpoint: str) -> None:
        with self._lock:
            self._line(endpoint).drop(endpoint)

    @contextmanager
    def turn(self, asked: Asked) -> Iterator[Turn]:
        subscription, needs = subscription_of(asked.endpoint) or "", _needs(asked)
        with self._lock:
            line = self._line(asked.endpoint)
            found = self._decide(line, asked)
            ahead = asked.is_overdue and found.wait is not None and not line.overdue
            if ahead:
                found = NOW
            if found.is_now:
                line.drop(asked.endpoint)
                line.overdue = line.overdue or ahead
                self._limits.promise(subscription, needs)
        try:
            yield found
        finally:
            if found.is_now:
                with self._lock:
                    line.overdue = line.overdue and not ahead
                    self._limits.release(subscription, needs)

    def next_turn(self, asked: Asked) -> Turn | None:
        with self._lock:
            line, now = self._line(asked.endpoint), self._clock()
            # Who only waits to be due again, as this one will, waits for nobody.
            if not line.dues or line.dues[0] > asked.now:
                return None
            due, overdue = (
                now + (each - asked.now).total_seconds() for each in (asked.due, asked.overdue_at)
            )
            at = max(due, min(now + self._wait(line, asked), overdue))
            line.put(asked.endpoint, _Place(at, asked.due, asked.saved_at))
            # What it waits for until it is due is no waiting.
            return Turn(_whole_seconds(at - now), max(asked.due, asked.saved_at, asked.now))

    def after_refusal(self, asked: Asked, wait: timedelta, *, goes_back: bool) -> timedelta:
        asks = wait.total_seconds()
        with self._lock:
            line, now = self._line(asked.endpoint), self._clock()
            if goes_back:
                earliest = now + min(asks, WAY_BACK_WAIT_SECONDS)
                line.back = max(earliest, line.back) + self._span(WAY_BACK_READS)
                return _whole_seconds(line.back - now)
            # What a resource provider refused is no other look's wait: only what is short here is.
            subscription = subscription_of(asked.endpoint) or ""
            short = min(asks, self._limits.wait(subscription, _needs(asked)))
            line.front = max(now + short, line.front) + self._span(asked.reads)
            at = max(now + asks, line.front)
            line.put(asked.endpoint, _Place(at, asked.due, asked.saved_at))
            return _whole_seconds(at - now)

    def spare(self, endpoints: Sequence[str], reads: int) -> timedelta | None:
        wanted = Counter(subscription_of(each) or "" for each in endpoints)
        with self._lock:
            if any(self._line(endpoint).dues for endpoint in endpoints):
                return None
            waits = [
                self._limits.wait(subscription, {Kind.READS: float(reads * count)})
                for subscription, count in wanted.items()
            ]
        return timedelta(seconds=max(waits, default=0.0))

    def _decide(self, line: _Line, asked: Asked) -> Turn:
        place, since = line.places.get(asked.endpoint), asked.waits_since
        if since is not None and asked.saved_at > since:
            # Another pass came between, and saw all that this one would.
            return Turn(dropped=True)
        if since is None and place is not None:
            if asked.saved_at <= place.saved_at:
                return Turn(dropped=True)
            # The wake-up that holds the place will find the row saved since, and drop out.
            place.saved_at = asked.saved_at
            return self._come_back(place, asked)
        wait = self._wait(line, asked)
        if not wait:
            return NOW
        at = self._clock() + wait
        if since is not None:
            # One after another: they came back at the same second.
            at = line.front = max(at, line.front) + self._span(asked.reads)
        left = (asked.overdue_at - asked.now).total_seconds()
        if left > 0:
            at = min(at, self._clock() + left)
        place = _Place(at, asked.due, asked.saved_at)
        line.put(asked.endpoint, place)
        return self._come_back(place, asked)

    def _wait(self, line: _Line, asked: Asked) -> float:
        """In how many seconds there is enough for it and all before it, taken for looks like it."""
        subscription = subscription_of(asked.endpoint) or ""
        before = line.before(asked) * asked.reads
        return self._limits.wait(subscription, _needs(asked), reads_before=before)

    def _come_back(self, place: _Place, asked: Asked) -> Turn:
        # A clock behind the one that saved the row must not make the wait older than the save.
        since = asked.waits_since or max(asked.now, asked.saved_at)
        return Turn(_whole_seconds(place.at - self._clock()), since)

    def _span(self, reads: int) -> float:
        return reads / self._limits.refill(Kind.READS)

    def _line(self, endpoint: str) -> _Line:
        line = self._lines.setdefault(subscription_of(endpoint) or "", _Line())
        line.sweep(self._clock())
        return line


def _needs(asked: Asked) -> dict[Kind, float]:
    return {Kind.READS: float(asked.reads), Kind.WRITES: float(WRITES_A_LOOK)}


def _whole_seconds(seconds: float) -> timedelta:
    """The queue counts whole seconds; none at all would come back at once, and in vain."""
    return timedelta(seconds=max(1, ceil(seconds)))
