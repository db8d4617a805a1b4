"""Azure Monitor's time series of an endpoint's metrics, over ARM: one read for several metrics.

Facts used, from Metrics - List in Azure Monitor's REST reference (api-version 2023-10-01) and from
recordings (GitHub rsethur/validate-metrics): `metricnames` is a list with commas; all its metrics
must have the filter's dimensions, else 400 (`ValidateDimensions` is on unless it is switched off);
the series are split by the dimensions that the filter names; `top` bounds the series of a metric
(without it: ten), and the answer does not say whether there were more: it has no paging. Dimension
names come back in lower case, the time span's end is exclusive, and `average` of a count at `PT1M`
is the count of that minute.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rollout.adapters.azure_ml.arm import MONITOR_API_VERSION, Arm
from rollout.adapters.metrics.minute_spans import Asked, Span, floor_minute
from rollout.core.records.observation import Absent
from rollout.errors import MetricsUnavailableError
from rollout.text.redaction import redacted_line

MAX_SERIES = 1000
"""`top`. Azure Monitor silently drops whatever exceeds it, so a full answer is refused."""

DEPLOYMENT, STATUS = "deployment", "statuscode"

Points = Mapping[datetime, float]


@dataclass(frozen=True)
class Series:
    """Values by minute; a minute without a value in the source is left out.

    `deployment` is in lower case; `status` is "" where the question did not split by it.
    """

    metric: str
    deployment: str
    status: str
    points: Points


def read_series(
    arm: Arm, asked: Asked, metrics: Sequence[str], *, by_status: bool = False
) -> list[Series]:
    """Return the series of an endpoint's metrics, split by deployment: one request.

    Args:
        arm: Resource Manager.
        asked: Whose series, which minutes, by when.
        metrics: Their names; Azure Monitor takes up to 20.
        by_status: Whether to split by status code too. Latencies cannot be.

    Raises:
        MetricsUnavailableError: The answer is malformed, or may be incomplete.
        RolloutError: As `Endpoints` does.
    """
    body = arm.get(
        f"{asked.endpoint.path}/providers/Microsoft.Insights/metrics",
        timeout=asked.deadline.left(),
        api_version=MONITOR_API_VERSION,
        query={
            "metricnames": ",".join(metrics),
            "timespan": str(asked.span),
            "interval": "PT1M",
            "aggregation": "Average",
            "$filter": _filter(asked.deployments, by_status=by_status),
            "top": str(MAX_SERIES),
        },
    )
    if isinstance(body, Absent):
        raise MetricsUnavailableError("Azure Monitor does not know the endpoint")
    try:
        return list(_series(body, metrics, asked.span))
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
        raise MetricsUnavailableError(
            f"Azure Monitor's answer is not the documented one: {redacted_line(repr(error))}"
        ) from error


def _filter(deployments: Sequence[str], *, by_status: bool) -> str:
    # In this language `or` binds tighter than `and`, and parentheses do not exist.
    wanted = " or ".join(f"deployment eq '{name}'" for name in deployments)
    return f"{wanted} and statusCode eq '*'" if by_status else wanted


def _series(body: Mapping[str, Any], metrics: Sequence[str], span: Span) -> Iterator[Series]:
    if body.get("nextLink"):
        raise MetricsUnavailableError("Azure Monitor gave only a part of the series (nextLink)")
    missing = {name.lower(): name for name in metrics}
    for found in body["value"]:
        if found.get("errorCode", "Success") != "Success":
            text = redacted_line(f"{found['errorCode']} {found.get('errorMessage', '')}")
            raise MetricsUnavailableError(f"Azure Monitor: {text}")
        name = missing.pop(str(found["name"]["value"]).lower())
        series = found["timeseries"]
        if len(series) >= MAX_SERIES:
            raise MetricsUnavailableError(
                f"Azure Monitor gave {len(series)} series of {name}, the most that were requested: "
                "there may be more. Does something call the endpoint with ever new status codes?"
            )
        for one in series:
            yield _one(name, one, span)
    if missing:
        raise MetricsUnavailableError(f"Azure Monitor's answer lacks {', '.join(missing.values())}")


def _one(metric: str, series: Mapping[str, Any], span: Span) -> Series:
    dimensions = {
        str(each["name"]["value"]).lower(): str(each["value"]) for each in series["metadatavalues"]
    }
    if DEPLOYMENT not in dimensions:
        raise MetricsUnavailableError(f"Azure Monitor did not split {metric} by deployment")
    points: dict[datetime, float] = {}
    for point in series["data"]:
        at = floor_minute(datetime.fromisoformat(point["timeStamp"]))
        value = point.get("average")
        if value is not None and at in span:
            points[at] = _number(value)
    return Series(metric, dimensions[DEPLOYMENT].lower(), dimensions.get(STATUS, ""), points)


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value!r} is not a number")
    number = float(value)
    if not math.isfinite(number) or number < 0:
        raise ValueError(f"{number} is neither a count nor a time")
    return number
