"""The metrics API over recorded requests, with the quirks of the recordings."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from localazure.monitor.metrics_api import list_metrics
from localazure.monitor.recorder import Outcome, Recorder
from localazure.monitor.series import EmptyLatency, percentile

ENDPOINT = (
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"
    "/onlineEndpoints/demo-endpoint"
)
START = datetime(2026, 2, 21, 21, 14, tzinfo=UTC)


class Scene:
    """A recorder on a clock that the test moves."""

    def __init__(self, ingestion_delay: timedelta = timedelta(0)) -> None:
        self.now = START
        self.empty_latency = EmptyLatency.NULL
        self.recorder = Recorder(lambda: self.now, ingestion_delay)

    def at(self, minute: float) -> "Scene":
        self.now = START + timedelta(minutes=minute)
        return self

    def served(self, deployment: str, status: int, *durations: float) -> "Scene":
        model = {200: 200, 424: 500}.get(status)
        for duration in durations or (10.0,):
            self.recorder.record("demo-endpoint", Outcome(deployment, status, model), duration)
        return self

    def ask(self, minutes: int, /, **query: str) -> tuple[int, dict[str, Any]]:
        end = START + timedelta(minutes=minutes)
        asked = {
            "api-version": "2023-10-01",
            "metricnames": "RequestsPerMinute",
            "timespan": f"{START:%Y-%m-%dT%H:%M:%SZ}/{end:%Y-%m-%dT%H:%M:%SZ}",
            "interval": "PT1M",
            "aggregation": "Average",
        } | {name.replace("filter", "$filter"): value for name, value in query.items()}
        return list_metrics(
            ENDPOINT,
            asked,
            self.recorder,
            region="westeurope",
            empty_latency=self.empty_latency,
        )

    def series(self, minutes: int, **query: str) -> dict[tuple[str, ...], list[float | None]]:
        status, body = self.ask(minutes, **query)
        assert status == 200, body
        return values_by_series(body)


def values_by_series(body: Mapping[str, Any]) -> dict[tuple[str, ...], list[float | None]]:
    return {
        tuple(one["value"] for one in series["metadatavalues"]): [
            point.get("average") for point in series["data"]
        ]
        for series in body["value"][0]["timeseries"]
    }


def test_the_answer_has_the_shape_of_the_recording() -> None:
    scene = Scene().at(1.5).served("blue", 424).served("blue", 200).at(5)
    status, body = scene.ask(3, filter="deployment eq 'blue' and statusCodeClass ne '2xx'")
    assert status == 200
    # Compared with a published recording (GitHub rsethur/validate-metrics, 2021-03-26).
    assert body == {
        "cost": 2,
        "timespan": "2026-02-21T21:14:00Z/2026-02-21T21:17:00Z",
        "interval": "PT1M",
        "value": [
            {
                "id": f"{ENDPOINT}/providers/Microsoft.Insights/metrics/RequestsPerMinute",
                "type": "Microsoft.Insights/metrics",
                "name": {
                    "value": "RequestsPerMinute",
                    "localizedValue": "Requests Per Minute",
                },
                "displayDescription": "The number of requests sent to online endpoint within a "
                "minute",
                "unit": "Count",
                "timeseries": [
                    {
                        "metadatavalues": [
                            {
                                "name": {"value": "deployment", "localizedValue": "deployment"},
                                "value": "blue",
                            },
                            {
                                "name": {
                                    "value": "statuscodeclass",
                                    "localizedValue": "statuscodeclass",
                                },
                                "value": "4xx",
                            },
                        ],
                        "data": [
                            {"timeStamp": "2026-02-21T21:14:00Z", "average": 0.0},
                            {"timeStamp": "2026-02-21T21:15:00Z", "average": 1.0},
                            {"timeStamp": "2026-02-21T21:16:00Z", "average": 0.0},
                        ],
                    }
                ],
                "errorCode": "Success",
            }
        ],
        "namespace": "Microsoft.MachineLearningServices/workspaces/onlineEndpoints",
        "resourceregion": "westeurope",
    }


def test_a_combination_without_requests_in_the_time_span_has_no_series() -> None:
    scene = Scene().at(0.5).served("blue", 200).at(9).served("green", 200).at(20)
    assert scene.series(5, filter="deployment eq '*'") == {("blue",): [1.0, 0.0, 0.0, 0.0, 0.0]}


def test_an_endpoint_without_calls_has_no_series_at_all() -> None:
    assert Scene().at(5).series(5) == {}


def test_without_a_filter_there_is_one_series_with_no_dimensions() -> None:
    scene = Scene().at(0.1).served("blue", 200, 1, 2).served("green", 424).at(5)
    assert scene.series(1) == {(): [3.0]}


def test_every_dimension_can_be_asked_for() -> None:
    scene = Scene().at(0.1).served("blue", 424).served("blue", 408).at(5)
    text = "deployment eq '*' and statusCode eq '*' and modelStatusCode eq '*'"
    assert set(scene.series(1, filter=text)) == {("blue", "424", "500"), ("blue", "408", "0")}


def test_the_end_of_the_time_span_is_exclusive() -> None:
    scene = Scene().at(2).served("blue", 200).at(9)
    assert scene.series(2) == {}
    assert scene.series(3) == {(): [0.0, 0.0, 1.0]}


def test_ten_series_are_returned_unless_top_says_otherwise_and_the_rare_ones_are_lost() -> None:
    scene = Scene().at(0.1)
    for code in range(200, 211):
        scene.served("blue", code, 1, 2)
    scene.served("blue", 424).at(5)
    text = "deployment eq 'blue' and statusCode eq '*'"
    assert len(scene.series(1, filter=text)) == 10
    assert ("blue", "424") not in scene.series(1, filter=text)
    assert ("blue", "424") in scene.series(1, filter=text, top="50")


def test_with_an_ingestion_delay_the_newest_minutes_are_absent_and_the_last_is_partial() -> None:
    scene = Scene(ingestion_delay=timedelta(minutes=2))
    scene.at(0.1).served("blue", 200).at(0.6).served("blue", 200)
    assert scene.at(2.05).series(5) == {}
    assert scene.at(2.5).series(5) == {(): [1.0]}
    assert scene.at(3).series(5) == {(): [2.0]}
    assert scene.at(4).series(5) == {(): [2.0, 0.0]}


def test_minutes_that_have_not_begun_are_absent() -> None:
    assert Scene().at(0.2).served("blue", 200).at(1.5).series(10) == {(): [1.0, 0.0]}


def test_latency_is_the_mean_and_percentiles_are_over_the_minute() -> None:
    scene = Scene().at(0.1).served("blue", 200, *range(1, 101)).at(2)
    assert scene.series(1, metricnames="RequestLatency") == {(): [50.5]}
    for percent in (50, 90, 95, 99):
        found = scene.series(1, metricnames=f"RequestLatency_P{percent}")
        assert found == {(): [float(percent)]}


def test_a_latency_series_is_split_by_deployment_only() -> None:
    scene = Scene().at(0.1).served("blue", 200, 10).served("green", 424, 30).at(2)
    text = "deployment eq '*'"
    assert scene.series(1, metricnames="RequestLatency_P95", filter=text) == {
        ("blue",): [10.0],
        ("green",): [30.0],
    }
    status, body = scene.ask(1, metricnames="RequestLatency", filter="statusCode eq '424'")
    assert (status, body["code"]) == (400, "BadRequest")


@pytest.mark.parametrize(
    ("empty", "points"),
    [
        (EmptyLatency.NULL, [{"timeStamp": "2026-02-21T21:15:00Z"}]),
        (EmptyLatency.ABSENT, []),
        (EmptyLatency.ZERO, [{"timeStamp": "2026-02-21T21:15:00Z", "average": 0.0}]),
    ],
)
def test_the_dial_decides_how_a_minute_without_requests_shows_latency(
    empty: EmptyLatency, points: list[dict[str, Any]]
) -> None:
    scene = Scene().at(0.1).served("blue", 200).at(5)
    scene.empty_latency = empty
    _, body = scene.ask(2, metricnames="RequestLatency_P95")
    assert body["value"][0]["timeseries"][0]["data"][1:] == points


def test_several_metrics_are_answered_in_the_order_asked() -> None:
    scene = Scene().at(0.1).served("blue", 200).at(5)
    _, body = scene.ask(2, metricnames="RequestLatency_P50,requestsperminute")
    names = [one["name"]["value"] for one in body["value"]]
    assert names == ["RequestLatency_P50", "RequestsPerMinute"]


def test_all_percentiles_and_deployments_come_in_one_answer() -> None:
    scene = Scene().at(0.1).served("blue", 200, *range(1, 101)).served("green", 424, 7).at(2)
    status, body = scene.ask(
        1,
        metricnames="RequestLatency_P50,RequestLatency_P90,RequestLatency_P95,RequestLatency_P99",
        filter="deployment eq 'blue' or deployment eq 'green'",
    )
    assert status == 200
    assert {
        (metric["name"]["value"], series["metadatavalues"][0]["value"]): series["data"][0][
            "average"
        ]
        for metric in body["value"]
        for series in metric["timeseries"]
    } == {
        (f"RequestLatency_P{percent}", name): value
        for percent in (50, 90, 95, 99)
        for name, value in (("blue", percent), ("green", 7))
    }


def test_one_metric_without_the_filters_dimension_fails_the_whole_query() -> None:
    status, body = Scene().ask(
        1,
        metricnames="RequestsPerMinute,RequestLatency_P50",
        filter="deployment eq 'blue' and statusCode eq '*'",
    )
    assert (status, body["code"]) == (400, "BadRequest")
    assert body["message"].startswith(
        "Metric: RequestLatency_P50 does not support requested dimension combination: statuscode, "
        "supported ones are: deployment, TraceId: {"
    )


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"api-version": ""}, "api-version"),
        ({"interval": "PT5M"}, "use PT1M"),
        ({"aggregation": "Total"}, "use Average"),
        ({"metricnames": ""}, "RequestsPerMinute"),
        ({"metricnames": "CpuUtilizationPercentage"}, "CpuUtilizationPercentage"),
        ({"metricnamespace": "Microsoft.Storage"}, "metricnamespace"),
        ({"timespan": "yesterday"}, "cannot be read"),
        ({"timespan": "2026-01-01T10:00:00Z/2026-01-01T10:00:00Z"}, "ends before it starts"),
        ({"timespan": "2026-01-01T10:00:00Z/2026-02-01T10:00:00Z"}, "longer than"),
        ({"filter": "deployment eq '*'", "top": "0"}, "top must be"),
        ({"filter": "deployment eq '*'", "top": "many"}, "top must be"),
        ({"top": "5"}, "only valid together with $filter"),
        ({"filter": "deployment is blue"}, "Expected eq or ne"),
    ],
)
def test_a_bad_query_is_400_with_code_and_message(query: dict[str, str], says: str) -> None:
    status, body = Scene().at(1).ask(1, **query)
    assert status == 400
    assert body["code"] == "BadRequest"
    assert says in body["message"]


def test_metrics_of_a_deployment_are_refused_with_a_sentence() -> None:
    status, body = list_metrics(f"{ENDPOINT}/deployments/blue", {}, Recorder(), region="r")
    assert status == 400
    assert "online endpoints only" in body["message"]


def test_old_slices_are_forgotten() -> None:
    scene = Scene().at(0).served("blue", 200).at(60 * 27).served("blue", 200)
    assert scene.series(5) == {}


def test_percentile_of_one_value_is_that_value() -> None:
    assert percentile([7.0], 0.99) == 7.0
    assert percentile([1.0, 2.0], 0.5) == 1.0
