"""Metric answers Azure Monitor could give and the local one does not."""

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from rollout.adapters.azure_ml.arm import Arm
from rollout.adapters.metrics.azure_metrics import (
    LATENCIES,
    REQUESTS,
    AzureMetrics,
)
from rollout.adapters.metrics.log_analytics import LogAnalytics
from rollout.adapters.metrics.log_queries import LogCounts
from rollout.adapters.metrics.metric_series import MAX_SERIES
from rollout.adapters.metrics.statuses import side_of
from rollout.core.records.observation import Minute, Percentiles
from rollout.errors import InvalidInputError, MetricsUnavailableError
from rollout.ports import MetricsQuestion
from tests.doubles.records import ENDPOINT
from tests.unit.adapters.conftest import FixedCredential, Reply, Script

AT = datetime(2026, 1, 31, 10, 0, tzinfo=UTC)
PATH = f"{ENDPOINT}/providers/microsoft.insights/metrics"
RECORDINGS = "shared/data/metrics-arm-real-{}.json"
"""Under a folder above the repository. Azure's answers, published in rsethur/validate-metrics."""

Values = Mapping[int, float | None]


def series(values: Values, **dimensions: str) -> dict[str, Any]:
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


def metric(name: str, *found: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": {"value": name}, "timeseries": found, **more}


def answer(*metrics: dict[str, Any], **more: Any) -> Reply:
    return Reply(200, json.dumps({"value": metrics, **more}))


def requests(*found: dict[str, Any], **more: Any) -> Reply:
    return answer(metric(REQUESTS, *found, **more))


def latencies(*values: Values) -> Reply:
    return answer(
        *(
            metric(name, series(each, deployment="green-7"), series({0: 1.0}, deployment="other"))
            for name, each in zip(LATENCIES, values, strict=True)
        )
    )


def read(
    arm: Arm,
    *,
    latency: bool = False,
    stable: str | None = "Blue",
    candidate: str | None = "green-7",
    start: datetime = AT + timedelta(seconds=10),
    minutes: float = 4.6,
) -> list[Minute]:
    logs = LogCounts(LogAnalytics(FixedCredential()))
    return list(
        AzureMetrics(arm, logs).minutes(
            ENDPOINT,
            MetricsQuestion(
                stable,
                candidate,
                start=start,
                end=start + timedelta(minutes=minutes),
                latency=latency,
            ),
            timeout=5,
        )
    )


def questions(script: Script) -> list[dict[str, list[str]]]:
    return [parse_qs(heard.path.partition("?")[2]) for heard in script.heard]


def test_one_read_asks_for_requests_with_a_look_back_and_one_for_all_percentiles(
    arm: Arm, script: Script
) -> None:
    script.on("GET", PATH, requests(), latencies({}, {}, {}, {}))
    read(arm, latency=True)
    shared = {
        "api-version": ["2023-10-01"],
        "interval": ["PT1M"],
        "aggregation": ["Average"],
        "top": ["1000"],
    }
    assert questions(script) == [
        shared
        | {
            "metricnames": ["RequestsPerMinute"],
            "timespan": ["2026-01-31T09:00:00Z/2026-01-31T10:04:00Z"],
            "$filter": ["deployment eq 'blue' or deployment eq 'green-7' and statusCode eq '*'"],
        },
        shared
        | {
            "metricnames": [
                "RequestLatency_P50,RequestLatency_P90,RequestLatency_P95,RequestLatency_P99"
            ],
            "timespan": ["2026-01-31T10:00:00Z/2026-01-31T10:04:00Z"],
            "$filter": ["deployment eq 'blue' or deployment eq 'green-7'"],
        },
    ]


def test_stables_history_alone_asks_for_stable_alone(arm: Arm, script: Script) -> None:
    script.on("GET", PATH, requests())
    minutes = read(arm, candidate=None, minutes=24 * 60)
    assert len(minutes) == 24 * 60
    (question,) = questions(script)
    assert question["$filter"] == ["deployment eq 'blue' and statusCode eq '*'"]


def test_nobodys_minutes_need_no_question(arm: Arm, script: Script) -> None:
    assert [minute.stable for minute in read(arm, stable=None, candidate=None)] == [None] * 4
    assert script.heard == []


def test_a_minute_missing_inside_what_is_known_is_zero_and_outside_it_is_absent(
    arm: Arm, script: Script
) -> None:
    script.on(
        "GET",
        PATH,
        requests(
            series({1: 5.0}, Deployment="GREEN-7", StatusCode="200"),
            series({3: 2.0}, deployment="green-7", statuscode="503"),
            series({0: 9.0}, deployment="other", statuscode="200"),
        ),
    )
    minutes = read(arm)
    sides = [minute.candidate for minute in minutes]
    assert sides[0] is None
    assert [side and (side.requests, side.failures) for side in sides[1:]] == [
        (5, 0),
        (0, 0),
        (2, 2),
    ]
    assert all(minute.stable is None for minute in minutes)


def test_a_quiet_deployment_whose_series_ends_early_is_zero_while_the_other_goes_on(
    arm: Arm, script: Script
) -> None:
    script.on(
        "GET",
        PATH,
        requests(
            series({-30: 4.0, 0: None}, deployment="green-7", statuscode="200"),
            series({0: 9.0, 2: 9.0}, deployment="blue", statuscode="200"),
        ),
    )
    sides = [minute.candidate for minute in read(arm)]
    assert [side and side.requests for side in sides] == [0, 0, 0, None]


def test_points_without_a_value_are_not_there_yet(arm: Arm, script: Script) -> None:
    values = {0: 0.0, 1: 4.0, 2: None, 3: None}
    script.on("GET", PATH, requests(series(values, deployment="green-7", statuscode="200")))
    assert [minute.candidate is None for minute in read(arm)] == [False, False, True, True]


def test_a_series_without_any_value_says_nothing(arm: Arm, script: Script) -> None:
    script.on(
        "GET",
        PATH,
        requests(
            series({0: None}, deployment="green-7", statuscode="200"),
            series({0: 1.0}, deployment="blue", statuscode="200"),
        ),
    )
    assert read(arm)[0].candidate is None


def test_refused_requests_are_counted_apart_from_failures(arm: Arm, script: Script) -> None:
    counts = {"200": 50.0, "400": 3.0, "404": 1.5, "408": 2.0, "424": 4.0, "429": 1.0, "503": 8.0}
    found = [
        series({0: count}, deployment="green-7", statuscode=status)
        for status, count in counts.items()
    ]
    script.on("GET", PATH, requests(*found))
    side = read(arm)[0].candidate
    assert side is not None
    assert (side.requests, side.failures, side.client_errors) == (69.5, 15, 4.5)
    assert side.by_status == counts


def test_latency_is_there_only_where_requests_and_all_percentiles_are(
    arm: Arm, script: Script
) -> None:
    counts = {0: 4.0, 1: 0.0, 2: 3.0, 3: 3.0}
    script.on(
        "GET",
        PATH,
        requests(series(counts, deployment="green-7", statuscode="200")),
        latencies(
            {0: 12.5, 1: 0.0, 2: 5.0, 3: 0.0},
            {0: 13.0, 1: 0.0, 2: None, 3: 0.0},
            {0: 14.0, 1: 0.0, 2: 7.0, 3: 0.0},
            {0: 15.0, 1: 0.0, 2: 8.0, 3: 0.0},
        ),
    )
    sides = [minute.candidate for minute in read(arm, latency=True, stable=None)]
    assert [side and side.latency for side in sides] == [
        Percentiles(12.5, 13, 14, 15),
        None,
        None,
        None,
    ]


def many(count: int) -> list[dict[str, Any]]:
    return [series({0: 1.0}, deployment="green-7", statuscode=str(n)) for n in range(count)]


def test_as_many_series_as_were_asked_for_may_not_be_all_and_are_refused(
    arm: Arm, script: Script
) -> None:
    script.on("GET", PATH, requests(*many(MAX_SERIES - 1)), requests(*many(MAX_SERIES)))
    assert read(arm)[0].candidate is not None
    with pytest.raises(MetricsUnavailableError, match="there may be more"):
        read(arm)


GOOD = series({0: 1.0}, deployment="green-7", statuscode="200")


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (Reply(404, "{}"), "does not know the endpoint"),
        (Reply(200, "{}"), "not the documented one"),
        (Reply(200, "[]"), "not the documented one"),
        (answer(metric(REQUESTS, {**GOOD, "data": [{"timeStamp": "x"}]})), "documented"),
        (requests(series({0: -1.0}, deployment="green-7", statuscode="200")), "documented"),
        (requests(series({0: math.inf}, deployment="green-7", statuscode="200")), "not JSON"),
        (requests(series({0: math.nan}, deployment="green-7", statuscode="200")), "not JSON"),
        (requests({**GOOD, "data": [{"timeStamp": "2026-01-31T10:00:00Z", "average": "9"}]}), "9"),
        (requests(series({0: 1.0}, statuscode="200")), "did not split RequestsPerMinute"),
        (answer(metric(REQUESTS, GOOD), nextLink="https://more"), "a part of the series"),
        (answer(), "lacks RequestsPerMinute"),
        (answer(metric("Other")), "documented"),
        (requests(errorCode="Throttled", errorMessage="slow down"), "Throttled slow down"),
        (Reply(500, '{"code": "X", "message": "m"}'), "500 X: m"),
        (Reply(403, "{}"), "Check the role"),
    ],
)
def test_whatever_is_wrong_is_the_source_and_not_the_model(
    arm: Arm, script: Script, reply: Reply, says: str
) -> None:
    script.on("GET", PATH, reply)
    with pytest.raises(MetricsUnavailableError, match=says):
        read(arm)


def test_a_percentile_that_is_not_answered_is_an_error_and_not_an_absence(
    arm: Arm, script: Script
) -> None:
    script.on("GET", PATH, requests(), answer(*(metric(name) for name in LATENCIES[:-1])))
    with pytest.raises(MetricsUnavailableError, match="lacks RequestLatency_P99"):
        read(arm, latency=True)


def test_a_name_that_would_change_the_filter_is_refused(arm: Arm) -> None:
    with pytest.raises(InvalidInputError):
        read(arm, stable="x' or '1")


def recording(name: str) -> dict[str, Any]:
    places = (above / RECORDINGS.format(name) for above in Path(__file__).parents)
    file = next((place for place in places if place.exists()), None)
    if file is None:
        pytest.skip(f"no recording {name} here: recordings are not part of the repository")
    found: dict[str, Any] = json.loads(file.read_text())["response"]
    return found


def test_a_recorded_answer_is_read_minute_by_minute(arm: Arm, script: Script) -> None:
    body = recording("requests-per-minute-split")
    start = datetime(2021, 2, 21, 21, 14, tzinfo=UTC)
    # It was split by class; the codes are what this product asks for.
    text = json.dumps(body).replace("statuscodeclass", "statuscode").replace("4xx", "424")
    script.on("GET", PATH, Reply(200, text.replace("5xx", "500")))
    minutes = read(arm, candidate=None, start=start, minutes=25)
    sides = [minute.stable for minute in minutes]
    assert len(sides) == 25
    assert None not in sides
    assert [side.by_status.get("424", 0) for side in sides if side][:4] == [0, 2750, 4020, 4290]
    assert all(side.failures == side.requests for side in sides if side)


def test_a_recorded_answer_without_dimensions_is_refused(arm: Arm, script: Script) -> None:
    body = recording("latency-p90")
    body["value"][0]["name"]["value"] = REQUESTS
    script.on("GET", PATH, Reply(200, json.dumps(body)))
    with pytest.raises(MetricsUnavailableError, match="by deployment"):
        read(arm)


@pytest.mark.parametrize("status", ["0", "-1", "Unknown", "", "000", "5xx", "2000", "600"])
def test_a_request_without_an_http_status_is_neither_a_success_nor_a_failure(status: str) -> None:
    found = side_of({"200": 7.0, "503": 1.0, status: 5.0}, None)
    assert (found.requests, found.failures, found.client_errors, found.unknown) == (8, 1, 0, 5)
    assert found.by_status[status] == 5


def test_requests_that_were_not_split_by_status_are_of_unknown_status(
    arm: Arm, script: Script
) -> None:
    script.on("GET", PATH, requests(series({0: 9.0}, deployment="green-7")))
    (minute, *_) = read(arm)
    assert minute.candidate is not None
    assert (minute.candidate.requests, minute.candidate.unknown) == (0, 9)
