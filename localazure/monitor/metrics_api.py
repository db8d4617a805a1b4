"""ARM `GET {endpoint id}/providers/Microsoft.Insights/metrics`, answered from a `Recorder`.

The shape is that of recorded answers (GitHub rsethur/validate-metrics, api-version 2018-01-01):
dimension names come back in lower case, a returned series has every minute and counts are
zero-filled, a combination with no request in the time span has no series at all, and the end of
the time span is exclusive. Without `top` there are ten series at most, and nothing shows that more
exist (Azure Monitor's REST reference).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from localazure.monitor.metric_filter import InvalidFilterError, SeriesFilter, parse_filter
from localazure.monitor.recorder import MINUTE, Recorder, floor_to_minute
from localazure.monitor.series import METRICS, EmptyLatency, Metric, Series, read_series

NAMESPACE = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints"
DEFAULT_TOP = 10
MAX_MINUTES = 3 * 24 * 60
"""The longest time span of a query; Azure keeps 93 days and answers for 30 of them."""

_ENDPOINT_ID = re.compile(r"/onlineEndpoints/([^/]+)/?$", re.IGNORECASE)


class InvalidQueryError(Exception):
    """The query is refused with status 400; the text says what to change."""


@dataclass(frozen=True)
class _Query:
    metrics: tuple[Metric, ...]
    start: datetime
    end: datetime
    filter_text: str
    top: int


def endpoint_of(resource_id: str) -> str:
    """Return the endpoint's name from its ARM id.

    Raises:
        InvalidQueryError: the id is not an online endpoint's.
    """
    found = _ENDPOINT_ID.search(resource_id)
    if found is None:
        raise InvalidQueryError(
            f"Metrics are kept for online endpoints only; {resource_id} is not the id of one."
        )
    return found.group(1)


def list_metrics(
    resource_id: str,
    query: Mapping[str, str],
    recorder: Recorder,
    *,
    region: str,
    empty_latency: EmptyLatency = EmptyLatency.NULL,
) -> tuple[int, dict[str, Any]]:
    """Answer one metrics query: the status code and the JSON body.

    `query` is the decoded query string (names in any case): `metricnames` (comma-separated),
    `timespan` (`start/end`, ISO 8601 in UTC), `interval` (`PT1M`), `aggregation` (`Average`),
    `$filter`, `top`, `api-version`. Faults are 400 with `{code, message}`, which is how this API
    words errors (Azure Monitor's page on migrating to the batch API).
    """
    try:
        endpoint = endpoint_of(resource_id)
        asked = _parse({name.lower(): value for name, value in query.items()})
        filters = [parse_filter(asked.filter_text, m.name, m.dimensions) for m in asked.metrics]
    except (InvalidQueryError, InvalidFilterError) as error:
        return 400, {"code": "BadRequest", "message": str(error)}
    values = []
    for metric, wanted in zip(asked.metrics, filters, strict=True):
        series = read_series(recorder, endpoint, metric, wanted, start=asked.start, end=asked.end)
        if wanted.comparisons:
            series = _top(series, asked.top)
        values.append(_metric_body(resource_id, metric, wanted, series, empty_latency))
    return 200, {
        # In the recordings the cost is one less than the number of minutes asked for.
        "cost": max(0, (asked.end - asked.start) // MINUTE - 1),
        "timespan": f"{_stamp(asked.start)}/{_stamp(asked.end)}",
        "interval": "PT1M",
        "value": values,
        "namespace": NAMESPACE,
        "resourceregion": region,
    }


def _parse(query: Mapping[str, str]) -> _Query:
    if not query.get("api-version"):
        raise InvalidQueryError("The query parameter api-version is required.")
    if query.get("interval", "PT1M") != "PT1M":
        raise InvalidQueryError(f"interval {query['interval']!r} is not kept here; use PT1M.")
    if query.get("aggregation", "Average").lower() != "average":
        raise InvalidQueryError(
            f"aggregation {query['aggregation']!r} is not supported by these metrics; use Average."
        )
    if query.get("metricnamespace", NAMESPACE).lower() != NAMESPACE.lower():
        raise InvalidQueryError(f"metricnamespace must be {NAMESPACE}.")
    start, end = _timespan(query.get("timespan", ""))
    names = [name.strip() for name in query.get("metricnames", "").split(",") if name.strip()]
    return _Query(_metrics(names), start, end, query.get("$filter", ""), _top_of(query))


def _metrics(names: list[str]) -> tuple[Metric, ...]:
    known = {metric.name.lower(): metric for metric in METRICS}
    unknown = [name for name in names if name.lower() not in known]
    if unknown or not names:
        raise InvalidQueryError(
            f"metricnames: {', '.join(unknown) or 'nothing'} is not a metric kept here; "
            f"there are {', '.join(metric.name for metric in METRICS)}."
        )
    return tuple(known[name.lower()] for name in names)


def _timespan(text: str) -> tuple[datetime, datetime]:
    try:
        start, end = (_moment(part) for part in text.split("/"))
    except ValueError as error:
        raise InvalidQueryError(
            f"timespan {text!r} cannot be read; write 2026-01-31T10:00:00Z/2026-01-31T10:30:00Z."
        ) from error
    start = floor_to_minute(start)
    if end <= start:
        raise InvalidQueryError(f"timespan {text!r} ends before it starts.")
    if end - start > MAX_MINUTES * MINUTE:
        raise InvalidQueryError(f"timespan {text!r} is longer than {MAX_MINUTES} minutes.")
    return start, end


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _top_of(query: Mapping[str, str]) -> int:
    text = query.get("top", str(DEFAULT_TOP))
    if not text.isascii() or not text.isdigit() or int(text) == 0:
        raise InvalidQueryError(f"top must be a positive whole number, not {text!r}.")
    if "top" in query and not query.get("$filter"):
        raise InvalidQueryError("top is only valid together with $filter.")
    return int(text)


def _top(series: list[Series], top: int) -> list[Series]:
    # Which ones Azure keeps is not documented; the busiest first is the hardest on a caller that
    # forgot `top`: rare failures go missing.
    return sorted(series, key=lambda one: -one.total)[:top]


def _metric_body(
    resource_id: str,
    metric: Metric,
    wanted: SeriesFilter,
    series: list[Series],
    empty_latency: EmptyLatency,
) -> dict[str, Any]:
    return {
        "id": f"{resource_id}/providers/Microsoft.Insights/metrics/{metric.name}",
        "type": "Microsoft.Insights/metrics",
        "name": {"value": metric.name, "localizedValue": metric.display_name},
        "displayDescription": metric.description,
        "unit": metric.unit,
        "timeseries": [
            {
                "metadatavalues": [
                    {
                        "name": {"value": name.lower(), "localizedValue": name.lower()},
                        "value": value,
                    }
                    for name, value in zip(wanted.dimensions, one.values, strict=True)
                ],
                "data": [
                    point
                    for minute, value in one.points
                    if (point := _point(minute, value, empty_latency)) is not None
                ],
            }
            for one in series
        ],
        "errorCode": "Success",
    }


def _point(minute: datetime, value: float | None, empty: EmptyLatency) -> dict[str, Any] | None:
    if value is not None:
        return {"timeStamp": _stamp(minute), "average": value}
    match empty:
        case EmptyLatency.NULL:
            return {"timeStamp": _stamp(minute)}
        case EmptyLatency.ABSENT:
            return None
        case EmptyLatency.ZERO:
            return {"timeStamp": _stamp(minute), "average": 0.0}


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
