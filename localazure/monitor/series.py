"""Time series from what was recorded: which metrics there are and how each is computed."""

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from localazure.monitor.metric_filter import SeriesFilter
from localazure.monitor.recorder import DIMENSIONS, Minute, Outcome, Recorder


class EmptyLatency(StrEnum):
    """How a latency series shows a minute without requests; Azure's choice is not documented."""

    NULL = "null"
    """The point has no value."""
    ABSENT = "absent"
    """There is no point."""
    ZERO = "zero"
    """The point says 0."""


@dataclass(frozen=True)
class Metric:
    """One metric of an online endpoint. `reduce` is `None` for the count of requests."""

    name: str
    display_name: str
    description: str
    unit: str
    dimensions: tuple[str, ...]
    reduce: Callable[[Sequence[float]], float] | None


@dataclass(frozen=True)
class Series:
    """`values` are the filter dimensions' values; a point is a minute and its value or None."""

    values: tuple[str, ...]
    points: tuple[tuple[datetime, float | None], ...]

    @property
    def total(self) -> float:
        """The sum of all values: the busier series has the larger one."""
        return sum(value or 0.0 for _, value in self.points)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least `share` (0 to 1) of `values` do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def _latency(percent: int) -> Metric:
    return Metric(
        f"RequestLatency_P{percent}",
        f"Request Latency P{percent}",
        f"The P{percent} request latency aggregated by all request latency values collected over "
        "a period of 60 seconds",
        "Milliseconds",
        ("deployment",),
        lambda values: percentile(values, percent / 100),
    )


METRICS = (
    Metric(
        "RequestsPerMinute",
        "Requests Per Minute",
        "The number of requests sent to online endpoint within a minute",
        "Count",
        DIMENSIONS,
        None,
    ),
    Metric(
        "RequestLatency",
        "Request Latency",
        "The complete interval of time taken for a request to be responded",
        "Milliseconds",
        ("deployment",),
        statistics.fmean,
    ),
    *(_latency(percent) for percent in (50, 90, 95, 99)),
)


def read_series(
    recorder: Recorder,
    endpoint: str,
    metric: Metric,
    wanted: SeriesFilter,
    *,
    start: datetime,
    end: datetime,
) -> list[Series]:
    """Return the series of `metric` that had a request in [start, end), split as `wanted` says.

    Each covers every visible minute; without requests counts are 0 and latencies `None`. Sorted by
    dimension values.
    """
    minutes = list(recorder.minutes(endpoint, start, end))
    keys = sorted({key for minute in minutes for key in _keys(minute, wanted)})
    return [
        Series(
            key,
            tuple((minute.start, _value(minute, metric, wanted, key)) for minute in minutes),
        )
        for key in keys
    ]


def _keys(minute: Minute, wanted: SeriesFilter) -> list[tuple[str, ...]]:
    return [
        tuple(outcome.dimension(name) for name in wanted.dimensions)
        for outcome in minute.counts
        if wanted.admits(outcome.dimension)
    ]


def _value(
    minute: Minute, metric: Metric, wanted: SeriesFilter, key: tuple[str, ...]
) -> float | None:
    chosen = [outcome for outcome in minute.counts if _belongs(outcome, wanted, key)]
    if metric.reduce is None:
        return float(sum(minute.counts[outcome] for outcome in chosen))
    deployments = dict.fromkeys(outcome.deployment for outcome in chosen)
    durations = [value for name in deployments for value in minute.durations[name]]
    return metric.reduce(durations) if durations else None


def _belongs(outcome: Outcome, wanted: SeriesFilter, key: tuple[str, ...]) -> bool:
    return (
        wanted.admits(outcome.dimension)
        and tuple(outcome.dimension(name) for name in wanted.dimensions) == key
    )
