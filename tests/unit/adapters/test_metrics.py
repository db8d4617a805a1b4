"""Metric answers Azure Monitor could give and the local one does not."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest

from rollout.adapters.arm import Arm
from rollout.adapters.metrics import ArmMetrics, is_failure
from rollout.core.observation import Minute
from rollout.errors import InvalidInputError, MetricsUnavailableError
from tests.doubles.records import ENDPOINT
from tests.unit.adapters.conftest import Reply, Script

AT = datetime(2026, 1, 31, 10, 0, tzinfo=UTC)
PATH = f"{ENDPOINT}/providers/microsoft.insights/metrics"


def series(values: dict[int, float | None], **dimensions: str) -> dict[str, Any]:
    return {
        "metadatavalues": [
            {"name": {"value": name, "localizedValue": name}, "value": value}
            for name, value in dimensions.items()
        ],
        "data": [
            {"timeStamp": (AT + timedelta(minutes=at)).strftime("%Y-%m-%dT%H:%M:%SZ")}
            | ({} if value is None else {"average": value})
            for at, value in values.items()
        ],
    }


def answer(*found: dict[str, Any], **more: Any) -> Reply:
    return Reply(200, json.dumps({"value": [{"timeseries": found, **more}]}))


def read(arm: Arm, *, latency: bool = False, stable: str | None = "Blue") -> list[Minute]:
    return list(
        ArmMetrics(arm).minutes(
            ENDPOINT,
            stable=stable,
            candidate="green-7",
            start=AT + timedelta(seconds=10),
            end=AT + timedelta(minutes=4, seconds=50),
            latency=latency,
            timeout=5,
        )
    )


def test_the_question_names_deployments_metric_span_and_top(arm: Arm, script: Script) -> None:
    script.on("GET", PATH, answer())
    read(arm)
    (heard,) = script.heard
    query = parse_qs(heard.path.partition("?")[2])
    assert query == {
        "api-version": ["2023-10-01"],
        "metricnames": ["RequestsPerMinute"],
        "timespan": ["2026-01-31T10:00:00Z/2026-01-31T10:04:00Z"],
        "interval": ["PT1M"],
        "aggregation": ["Average"],
        "$filter": ["deployment eq 'blue' or deployment eq 'green-7' and statusCode eq '*'"],
        "top": ["1000"],
    }


def test_a_minute_missing_inside_a_series_is_zero_and_outside_it_is_absent(
    arm: Arm, script: Script
) -> None:
    script.on(
        "GET",
        PATH,
        answer(
            series({1: 5.0}, Deployment="GREEN-7", StatusCode="200"),
            series({3: 2.0}, deployment="green-7", statuscode="503"),
            series({0: 9.0}, deployment="other", statuscode="200"),
        ),
    )
    sides = [minute.candidate for minute in read(arm)]
    assert sides[0] is None
    assert [side and (side.requests, side.failures) for side in sides[1:]] == [
        (5, 0),
        (0, 0),
        (2, 2),
    ]
    assert all(minute.stable is None for minute in read(arm))


def test_points_without_a_value_are_not_there_yet(arm: Arm, script: Script) -> None:
    values = {0: 0.0, 1: 4.0, 2: None, 3: None}
    script.on("GET", PATH, answer(series(values, deployment="green-7", statuscode="200")))
    assert [minute.candidate is None for minute in read(arm)] == [False, False, True, True]


def test_latency_is_there_only_where_requests_are(arm: Arm, script: Script) -> None:
    script.on(
        "GET",
        PATH,
        answer(series({0: 4.0, 1: 0.0, 2: 3.0}, deployment="green-7", statuscode="200")),
        answer(
            series({0: 12.5, 1: 0.0, 2: None}, deployment="green-7"),
            series({0: 1.0}, deployment="other"),
        ),
    )
    sides = [minute.candidate for minute in read(arm, latency=True, stable=None)][:3]
    assert [side and side.p95_ms for side in sides] == [12.5, None, None]
    assert len(script.heard) == 2


@pytest.mark.parametrize(
    "reply",
    [
        Reply(404, "{}"),
        Reply(200, "{}"),
        Reply(200, "[]"),
        Reply(200, '{"value": [{"timeseries": [{"data": [{"timeStamp": "x"}]}]}]}'),
        answer(errorCode="Throttled", errorMessage="slow down"),
        Reply(500, '{"code": "X", "message": "m"}'),
        Reply(403, "{}"),
    ],
)
def test_whatever_is_wrong_is_the_source_and_not_the_model(
    arm: Arm, script: Script, reply: Reply
) -> None:
    script.on("GET", PATH, reply)
    with pytest.raises(MetricsUnavailableError):
        read(arm)


def test_a_name_that_would_change_the_filter_is_refused(arm: Arm) -> None:
    with pytest.raises(InvalidInputError):
        read(arm, stable="x' or '1")


@pytest.mark.parametrize(
    ("status", "failed"),
    [
        *((status, False) for status in ("200", "400", "401", "403", "404", "5", "")),
        *((status, True) for status in ("408", "424", "429", "500", "503")),
    ],
)
def test_failures_are_what_the_deployment_is_to_blame_for(status: str, failed: bool) -> None:  # noqa: FBT001
    assert is_failure(status) is failed
