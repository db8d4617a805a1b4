"""Answers of Azure Monitor's metrics API, kept in a file -> minutes.

They answer a query of `RequestsPerMinute` by deployment and status code, and one of the latency
percentiles by deployment, with interval PT1M and aggregation average: see `metric_series`.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from rollout.adapters.metrics.azure_metrics import LATENCIES, REQUESTS
from rollout.adapters.metrics.minute_spans import floor_minute
from rollout.adapters.metrics.statuses import side_of
from rollout.core.records.observation import Minute, Percentiles, SideMinute

Points = dict[datetime, float]
_KNOWN = {name.lower(): name for name in (REQUESTS, *LATENCIES)}


def monitor_minutes(answers: Any, *, stable: str | None, candidate: str | None) -> Sequence[Minute]:
    """Return every minute that an answer has a value for.

    A side without a series is absent; one with a series is zero where it has no value, just as when
    the product itself reads.

    Args:
        answers: One answer's JSON, or a list of them.
        stable: A deployment's name; None: no deployment.
        candidate: Likewise.

    Raises:
        ValueError: This is not such an answer, or has nothing about these deployments.
    """
    counts: dict[str, dict[str, Points]] = {}
    latency: dict[str, dict[str, Points]] = {}
    try:
        for metric, deployment, status, points in _series(answers):
            if metric == REQUESTS:
                counts.setdefault(deployment, {})[status] = points
            else:
                latency.setdefault(deployment, {})[metric] = points
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"this is not an answer of the metrics API: {error!r}") from error
    for name in (stable, candidate):
        if name is not None and name.lower() not in counts:
            known = ", ".join(sorted(counts)) or "no deployment"
            raise ValueError(f"{REQUESTS} has no series of {name}, only of {known}")
    moments = {
        at
        for name in (stable, candidate)
        if name is not None
        for points in counts[name.lower()].values()
        for at in points
    }

    def side(name: str | None, at: datetime) -> SideMinute | None:
        if name is None:
            return None
        return _side(counts[name.lower()], latency.get(name.lower(), {}), at)

    return [Minute(at, side(stable, at), side(candidate, at)) for at in sorted(moments)]


def _series(answers: Any) -> Iterator[tuple[str, str, str, Points]]:
    for answer in answers if isinstance(answers, list) else [answers]:
        for metric in answer["value"]:
            name = _KNOWN.get(str(metric["name"]["value"]).lower())
            if name is None:
                continue
            for series in metric["timeseries"]:
                dimensions = {
                    str(each["name"]["value"]).lower(): str(each["value"])
                    for each in series["metadatavalues"]
                }
                if "deployment" not in dimensions:
                    raise ValueError(f"{name} is not split by deployment")
                if name == REQUESTS and "statuscode" not in dimensions:
                    raise ValueError(f"{name} is not split by statusCode")
                status = dimensions.get("statuscode", "")
                yield name, dimensions["deployment"].lower(), status, _points(series["data"])


def _points(data: Sequence[Mapping[str, Any]]) -> Points:
    points: Points = {}
    for point in data:
        value = point.get("average")
        if value is None:
            continue
        sound = isinstance(value, int | float) and not isinstance(value, bool)
        if not (sound and math.isfinite(value) and value >= 0):
            raise ValueError(f"{value!r} at {point['timeStamp']} is neither a count nor a time")
        points[floor_minute(datetime.fromisoformat(point["timeStamp"]))] = float(value)
    return points


def _side(
    by_status: Mapping[str, Points], latency: Mapping[str, Points], at: datetime
) -> SideMinute:
    counts = {status: points[at] for status, points in by_status.items() if points.get(at)}
    values = [latency.get(metric, {}).get(at, 0.0) for metric in LATENCIES]
    return side_of(counts, Percentiles(*values) if all(values) else None)
