"""Per-minute requests and latency of an endpoint's deployments, from Azure Monitor over ARM.

Facts used (recordings in GitHub rsethur/validate-metrics, and the list of supported metrics): a
combination never seen in the time span has no series; a returned series has every minute, zeroes
included; dimension names come back in lower case; the span's end is exclusive; `average` is the
count of that minute. A minute that is not there yet may also come as a point without a value.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from rollout.adapters.arm import MONITOR_API_VERSION, Arm
from rollout.adapters.arm_ids import checked_name, parse_endpoint_id
from rollout.adapters.http_calls import Deadline
from rollout.core.observation import Absent, Minute, SideMinute
from rollout.errors import InvalidInputError, MetricsUnavailableError, RolloutError

REQUESTS, LATENCY_P95 = "RequestsPerMinute", "RequestLatency_P95"
FAILURE_STATUSES = frozenset({"408", "424", "429"})
"""A crashing model is a 424 and a slow one a 408: 5xx alone would miss both (troubleshooting page).
"""

MAX_SERIES = 1000
"""`top`: without it Azure Monitor returns ten series and does not say that there were more."""

MINUTE = timedelta(minutes=1)
_DEPLOYMENT, _STATUS = "deployment", "statuscode"
_STAMP = "%Y-%m-%dT%H:%M:%SZ"

Points = dict[datetime, float]


@dataclass
class _Side:
    """One deployment's series: points by status code, and P95 points in milliseconds."""

    by_status: dict[str, Points] = field(default_factory=dict)
    p95: Points = field(default_factory=dict)

    def minute(self, at: datetime, covered: tuple[datetime, datetime] | None) -> SideMinute | None:
        if covered is None or not covered[0] <= at <= covered[1]:
            return None
        counts = {status: points[at] for status, points in self.by_status.items() if points.get(at)}
        requests = sum(counts.values())
        return SideMinute(
            requests=requests,
            failures=sum(count for status, count in counts.items() if is_failure(status)),
            by_status=counts,
            # A latency of zero in a minute without requests is zero-filling, not speed.
            p95_ms=self.p95.get(at) if requests else None,
        )

    def covered(self) -> tuple[datetime, datetime] | None:
        """The first and last minute any of its series has a value for."""
        minutes = [at for points in self.by_status.values() for at in points]
        return (min(minutes), max(minutes)) if minutes else None


@dataclass(frozen=True)
class _Window:
    """What is asked: an endpoint, whole minutes, and until when the answers must be there."""

    endpoint: str
    start: datetime
    end: datetime
    deadline: Deadline

    def minutes(self) -> Iterator[datetime]:
        at = self.start
        while at < self.end:
            yield at
            at += MINUTE


class ArmMetrics:
    """The `Metrics` port: one read, and one more where latency is wanted."""

    def __init__(self, arm: Arm) -> None:
        self._arm = arm

    def minutes(
        self,
        endpoint: str,
        *,
        stable: str | None,
        candidate: str,
        start: datetime,
        end: datetime,
        latency: bool,
        timeout: float,
    ) -> Sequence[Minute]:
        window = _Window(endpoint, _floor(start), _floor(end), Deadline(timeout))
        if window.end <= window.start:
            return []
        sides = {name.lower(): _Side() for name in (stable, candidate) if name is not None}
        try:
            self._read_requests(window, sides)
            if latency:
                self._read_latency(window, sides)
        except InvalidInputError:
            raise
        except RolloutError as error:
            raise MetricsUnavailableError(f"metrics cannot be read: {error}") from error
        covered = {name: side.covered() for name, side in sides.items()}

        def seen(name: str | None, at: datetime) -> SideMinute | None:
            key = None if name is None else name.lower()
            return None if key is None else sides[key].minute(at, covered[key])

        return [Minute(at, seen(stable, at), seen(candidate, at)) for at in window.minutes()]

    def _read_requests(self, window: _Window, sides: Mapping[str, _Side]) -> None:
        wanted = f"{_deployments(sides)} and statusCode eq '*'"
        for dimensions, points in self._series(window, REQUESTS, wanted):
            side = sides.get(dimensions.get(_DEPLOYMENT, "").lower())
            if side is not None:
                side.by_status[dimensions.get(_STATUS, "")] = points

    def _read_latency(self, window: _Window, sides: Mapping[str, _Side]) -> None:
        for dimensions, points in self._series(window, LATENCY_P95, _deployments(sides)):
            side = sides.get(dimensions.get(_DEPLOYMENT, "").lower())
            if side is not None:
                side.p95 = points

    def _series(
        self, window: _Window, metric: str, wanted: str
    ) -> Iterator[tuple[dict[str, str], Points]]:
        body = self._arm.get(
            f"{parse_endpoint_id(window.endpoint).path}/providers/Microsoft.Insights/metrics",
            timeout=window.deadline.left(),
            api_version=MONITOR_API_VERSION,
            query={
                "metricnames": metric,
                "timespan": f"{window.start.strftime(_STAMP)}/{window.end.strftime(_STAMP)}",
                "interval": "PT1M",
                "aggregation": "Average",
                "$filter": wanted,
                "top": str(MAX_SERIES),
            },
        )
        if isinstance(body, Absent):
            raise MetricsUnavailableError("Azure Monitor does not know the endpoint")
        try:
            for found in body["value"]:
                if found.get("errorCode", "Success") != "Success":
                    raise MetricsUnavailableError(
                        f"Azure Monitor: {found['errorCode']} {found.get('errorMessage', '')}"
                    )
                for series in found["timeseries"]:
                    yield _dimensions(series), _points(series, window)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise MetricsUnavailableError(
                f"Azure Monitor's answer is not the documented one: {error!r}"
            ) from error


def is_failure(status: str) -> bool:
    """Say whether an answer with this status code counts against its deployment."""
    return status in FAILURE_STATUSES or (len(status) == 3 and status.startswith("5"))  # noqa: PLR2004


def _deployments(names: Mapping[str, Any]) -> str:
    # `or` binds tighter than `and` in this filter language and there are no parentheses.
    return " or ".join(f"deployment eq '{checked_name('deployment', name)}'" for name in names)


def _dimensions(series: Mapping[str, Any]) -> dict[str, str]:
    return {
        str(each["name"]["value"]).lower(): str(each["value"])
        for each in series.get("metadatavalues", ())
    }


def _points(series: Mapping[str, Any], window: _Window) -> Points:
    points: Points = {}
    for point in series["data"]:
        at = _floor(datetime.fromisoformat(point["timeStamp"]))
        value = point.get("average")
        if value is not None and window.start <= at < window.end:
            points[at] = float(value)
    return points


def _floor(moment: datetime) -> datetime:
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return aware.replace(second=0, microsecond=0)
