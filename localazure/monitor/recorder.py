"""What the data plane saw, kept in memory in slices of a few seconds.

The slices are finer than the API's minutes, because a metric is not late by whole minutes: with an
ingestion delay, the newest minute a reader sees is incomplete and grows.
"""

import math
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

SLICE = timedelta(seconds=5)
"""The length of a slice; it divides a minute."""

RETENTION = timedelta(hours=26)
"""Older slices are dropped. Azure keeps 93 days (Azure Monitor's page on metrics)."""

MINUTE = timedelta(minutes=1)

NO_MODEL_ANSWER = "0"
"""`modelStatusCode` if the container never answered. Azure's own value was never observed."""

DIMENSIONS = ("deployment", "statusCode", "statusCodeClass", "modelStatusCode")
"""The dimensions of `RequestsPerMinute` (Azure Monitor's list of supported metrics)."""


@dataclass(frozen=True)
class Outcome:
    """How one request ended: the dimensions by which a series can be split."""

    deployment: str
    status: int
    model_status: int | None

    def dimension(self, name: str) -> str:
        """Return the value of one of `DIMENSIONS` (any case)."""
        match name.lower():
            case "deployment":
                return self.deployment
            case "statuscode":
                return str(self.status)
            case "statuscodeclass":
                return f"{self.status // 100}xx"
            case "modelstatuscode":
                return NO_MODEL_ANSWER if self.model_status is None else str(self.model_status)
            case _:
                raise ValueError(f"{name!r} is not a dimension; there are {', '.join(DIMENSIONS)}.")


@dataclass(frozen=True)
class Request:
    """One request: a row of the traffic log."""

    endpoint: str
    outcome: Outcome
    ended: datetime
    duration_ms: float


@dataclass
class _Slice:
    """By outcome: when each request ended, in seconds since 1970, and its duration in ms."""

    ended: dict[Outcome, array[float]] = field(default_factory=dict)
    durations: dict[Outcome, array[float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Minute:
    """The visible part of one minute: requests by outcome, durations (ms) by deployment."""

    start: datetime
    counts: Mapping[Outcome, int]
    durations: Mapping[str, list[float]]


def floor_to_minute(moment: datetime) -> datetime:
    """Return the start of the minute that contains `moment`, in UTC."""
    return moment.astimezone(UTC).replace(second=0, microsecond=0)


class Recorder:
    """Counts requests by endpoint. Endpoint and deployment names are kept in lower case.

    Four dials may be turned at any time. `ahead`: how far its present lies ahead of the clock, so
    that the minutes of hours pass without waiting for them. `ingestion_delay`: what ended less than
    this long ago is not visible yet. `addressed_counted`, `mirrored_counted`: whether requests that
    name their deployment are counted, and mirrored ones; Azure's documentation does not say.
    """

    def __init__(
        self,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        ingestion_delay: timedelta = timedelta(0),
    ) -> None:
        self.clock = clock
        self.ahead = timedelta(0)
        self.ingestion_delay = ingestion_delay
        self.addressed_counted = True
        self.mirrored_counted = True
        self._slices: dict[str, dict[datetime, _Slice]] = {}

    def present(self) -> datetime:
        """Return the present, in UTC."""
        return self.clock() + self.ahead

    def record(
        self, endpoint: str, outcome: Outcome, duration_ms: float, at: datetime | None = None
    ) -> None:
        """Count one request that ended now, or at a moment in the past."""
        now = at or self.present()
        start = _slice_start(now)
        slices = self._slices.setdefault(endpoint.lower(), {})
        if start not in slices:
            self._forget(slices, start - RETENTION)
            slices[start] = _Slice()
        slices[start].ended.setdefault(outcome, array("d")).append(now.timestamp())
        slices[start].durations.setdefault(outcome, array("d")).append(duration_ms)

    def forget(self, endpoint: str) -> None:
        """Forget every request to an endpoint."""
        self._slices.pop(endpoint.lower(), None)

    def minutes(self, endpoint: str, start: datetime, end: datetime) -> Iterator[Minute]:
        """Yield every minute that begins in [start, end) and in the visible past, oldest first.

        `start` is floored to its minute. Minutes without a request are yielded too, empty.
        """
        slices = self._slices.get(endpoint.lower(), {})
        visible_until = self.present() - self.ingestion_delay
        minute = floor_to_minute(start)
        while minute < min(end, visible_until):
            yield _sum(slices, minute, visible_until)
            minute += MINUTE

    def requests(self, start: datetime, end: datetime) -> Iterator[Request]:
        """Yield every request, to any endpoint, that ended in [start, end)."""
        for endpoint, slices in self._slices.items():
            for at, found in slices.items():
                if start < at + SLICE and at < end:
                    yield from _within(endpoint, found, start.timestamp(), end.timestamp())

    def _forget(self, slices: dict[datetime, _Slice], before: datetime) -> None:
        for start in [start for start in slices if start < before]:
            del slices[start]


def _slice_start(moment: datetime) -> datetime:
    seconds = math.floor(moment.timestamp())
    return datetime.fromtimestamp(seconds - seconds % int(SLICE.total_seconds()), UTC)


def _sum(slices: Mapping[datetime, _Slice], minute: datetime, visible_until: datetime) -> Minute:
    counts: Counter[Outcome] = Counter()
    durations: dict[str, list[float]] = {}
    start = minute
    while start < minute + MINUTE and start + SLICE <= visible_until:
        if start in slices:
            for outcome, values in slices[start].durations.items():
                counts[outcome] += len(values)
                durations.setdefault(outcome.deployment, []).extend(values)
        start += SLICE
    return Minute(minute, counts, durations)


def _within(endpoint: str, found: _Slice, start: float, end: float) -> Iterator[Request]:
    for outcome, moments in found.ended.items():
        for moment, duration in zip(moments, found.durations[outcome], strict=True):
            if start <= moment < end:
                yield Request(endpoint, outcome, datetime.fromtimestamp(moment, UTC), duration)
