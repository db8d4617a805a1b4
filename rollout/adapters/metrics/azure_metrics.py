"""The `Metrics` port: Azure Monitor's metrics, and logs where a policy asks for them.

At most two reads of Resource Manager: requests, and all four latency percentiles at once. Logs cost
a query for slow requests and one for each custom check, on another service.

What absent means. Azure Monitor gives a series only to a combination of deployment and status code
that occurred in the requested time span, and fills the series' other minutes with zero (recordings:
see `metric_series`). A deployment without a request for a few minutes would vanish, so `LOOK_BACK`
before the start is requested too and cut off: a deployment called within it is zero, not absent. A
deployment with no series at all is absent even while the other one has data, because the source
cannot tell "not called" from "not reported". Nothing is known of a minute beyond the newest value
of both deployments' series.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from rollout.adapters.azure_ml.arm import Arm
from rollout.adapters.metrics.log_queries import Counted, LogCounts
from rollout.adapters.metrics.metric_series import Points, Series, read_series
from rollout.adapters.metrics.minute_spans import Asked
from rollout.adapters.metrics.statuses import side_of
from rollout.core.records.observation import Minute, Percentiles, SideMinute
from rollout.errors import (
    ArmThrottledError,
    InvalidInputError,
    MetricsUnavailableError,
    RolloutError,
)
from rollout.ports import MetricsQuestion

REQUESTS = "RequestsPerMinute"
LATENCIES = ("RequestLatency_P50", "RequestLatency_P90", "RequestLatency_P95", "RequestLatency_P99")
LOOK_BACK = timedelta(hours=1)
"""How long a deployment may go without a request before its minutes are absent, not zero."""


@dataclass
class _Side:
    """One deployment's series: counts by status code, percentiles by metric."""

    by_status: dict[str, dict[datetime, float]] = field(default_factory=dict)
    latency: dict[str, Points] = field(default_factory=dict)

    def add(self, series: Series) -> None:
        if series.metric != REQUESTS:
            self.latency[series.metric] = series.points
            return
        points = self.by_status.setdefault(series.status, {})
        for at, count in series.points.items():
            points[at] = points.get(at, 0.0) + count

    def moments(self) -> set[datetime]:
        """The minutes that any of its series of requests has a value for."""
        return {at for points in self.by_status.values() for at in points}

    def minute(self, at: datetime) -> SideMinute:
        counts = {status: points[at] for status, points in self.by_status.items() if points.get(at)}
        return side_of(counts, self._percentiles(at))

    def _percentiles(self, at: datetime) -> Percentiles | None:
        values = [self.latency.get(metric, {}).get(at, 0.0) for metric in LATENCIES]
        # A zero among them says that the minute's latency is not there (yet), whatever its counts.
        return Percentiles(*values) if all(values) else None


class AzureMetrics:
    """The `Metrics` port."""

    def __init__(self, arm: Arm, logs: LogCounts) -> None:
        self._arm = arm
        self._logs = logs

    def minutes(
        self, endpoint: str, question: MetricsQuestion, *, timeout: float
    ) -> Sequence[Minute]:
        """Read both sides' minutes; see the port."""
        asked = Asked.of(endpoint, question, timeout)
        if asked.span.is_empty or not asked.deployments:
            return [Minute(at, None, None) for at in asked.span.minutes()]
        logs = question.logs
        try:
            sides = self._sides(asked, latency=question.latency)
            counted = None if logs is None else self._logs.read(asked, logs, question.thresholds)
        except (InvalidInputError, ArmThrottledError):
            raise
        except RolloutError as error:
            raise MetricsUnavailableError(f"metrics cannot be read: {error}") from error
        return _minutes(asked, sides, counted)

    def _sides(self, asked: Asked, *, latency: bool) -> Mapping[str, _Side]:
        longer = replace(asked, span=asked.span.with_lead(LOOK_BACK))
        series = read_series(self._arm, longer, (REQUESTS,), by_status=True)
        if latency:
            series += read_series(self._arm, asked, LATENCIES)
        sides = {name: _Side() for name in asked.deployments}
        for one in series:
            if one.deployment in sides:
                sides[one.deployment].add(one)
        return sides


def _minutes(asked: Asked, sides: Mapping[str, _Side], counted: Counted | None) -> list[Minute]:
    moments = {name: side.moments() for name, side in sides.items()}
    newest = max((at for each in moments.values() for at in each), default=None)
    oldest = min((at for each in moments.values() for at in each), default=None)

    def seen(name: str | None, at: datetime) -> SideMinute | None:
        if name is None or not moments[name] or newest is None or oldest is None:
            return None
        if not oldest <= at <= newest:
            return None
        minute = sides[name].minute(at)
        return minute if counted is None else counted.added_to(minute, name, at)

    return [
        Minute(at, seen(asked.stable, at), seen(asked.candidate, at)) for at in asked.span.minutes()
    ]
