"""The events' shapes and the retry rules, without sockets."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from localazure.event_grid.events import Casing, as_cloud_event, model_registered_event
from localazure.event_grid.retries import RetryRules
from localazure.event_grid.subscription import (
    Destination,
    EventSubscription,
)

WORKSPACE = (
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"
)
MOMENT = datetime(2017, 6, 26, 18, 41, 0, 958410, tzinfo=UTC)
DAY = timedelta(days=1)


def test_a_registered_model_becomes_the_documented_sample() -> None:
    event = model_registered_event(
        WORKSPACE,
        "sklearn_regression_model",
        "20",
        moment=MOMENT,
        tags={"area": "diabetes"},
        properties={"type": "test"},
        event_id="831e1650",
    )
    assert event == {
        "topic": WORKSPACE,
        "subject": "models/sklearn_regression_model:20",
        "eventType": "Microsoft.MachineLearningServices.ModelRegistered",
        "eventTime": "2017-06-26T18:41:00.9584100Z",
        "id": "831e1650",
        "data": {
            "ModelName": "sklearn_regression_model",
            "ModelVersion": 20,
            "ModelTags": {"area": "diabetes"},
            "ModelProperties": {"type": "test"},
        },
        "dataVersion": "",
        "metadataVersion": "1",
    }


def test_a_version_that_is_not_a_number_stays_text() -> None:
    event = model_registered_event(WORKSPACE, "m", "2026-01", moment=MOMENT)
    assert event["data"]["ModelVersion"] == "2026-01"


def test_camel_case_data_has_the_version_as_text() -> None:
    event = model_registered_event(WORKSPACE, "m", "20", moment=MOMENT, casing=Casing.CAMEL)
    assert event["data"] == {
        "modelName": "m",
        "modelVersion": "20",
        "modelTags": {},
        "modelProperties": {},
    }


def test_each_event_has_its_own_id() -> None:
    one, other = (model_registered_event(WORKSPACE, "m", "1", moment=MOMENT) for _ in range(2))
    assert one["id"] != other["id"]


def test_a_cloud_event_says_the_same_under_other_names() -> None:
    event = model_registered_event(WORKSPACE, "m", "1", moment=MOMENT, event_id="id-1")
    assert as_cloud_event(event) == {
        "source": WORKSPACE,
        "subject": "models/m:1",
        "type": "Microsoft.MachineLearningServices.ModelRegistered",
        "time": "2017-06-26T18:41:00.9584100Z",
        "id": "id-1",
        "data": event["data"],
        "specversion": "1.0",
    }


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({}, True),
        ({"topic": WORKSPACE.upper()}, True),
        ({"topic": f"{WORKSPACE}2"}, False),
        ({"event_types": ("microsoft.machinelearningservices.modelregistered",)}, True),
        ({"event_types": ("Microsoft.MachineLearningServices.ModelDeployed",)}, False),
        ({"subject_begins_with": "MODELS/m"}, True),
        ({"subject_begins_with": "endpoints/"}, False),
    ],
)
def test_filters_compare_without_case(changes: dict[str, Any], *, wanted: bool) -> None:
    nowhere: Any = object()
    destination: Destination = nowhere
    subscription = replace(EventSubscription("s", WORKSPACE, destination), **changes)
    event = model_registered_event(WORKSPACE, "m", "1", moment=MOMENT)
    assert subscription.wants(event) is wanted


def test_the_retry_schedule_is_the_documented_one() -> None:
    waits = [RetryRules().wait_after(attempt, 500) for attempt in range(1, 12)]
    assert waits == [10, 30, 60, 300, 600, 1800, 3600, 10800, 21600, 43200, 43200]


@pytest.mark.parametrize(("status", "least"), [(404, 300), (408, 120), (503, 30), (500, 10)])
def test_some_answers_have_a_shortest_wait(status: int, least: int) -> None:
    assert RetryRules().wait_after(1, status) == least
    assert RetryRules().wait_after(5, status) == 600


def test_the_scale_applies_to_every_wait() -> None:
    assert RetryRules(scale=0.01).wait_after(1, 404) == pytest.approx(3.0)


@pytest.mark.parametrize("status", [400, 401, 403, 413])
def test_some_answers_are_never_retried(status: int) -> None:
    reason = RetryRules().reason_to_stop(1, status, timedelta(0))
    assert reason == "UndeliverableDueToClientError"


def test_attempts_and_age_have_limits() -> None:
    assert RetryRules().reason_to_stop(29, 500, timedelta(0)) is None
    assert RetryRules().reason_to_stop(30, 500, DAY) == "MaxDeliveryAttemptsExceeded"
    assert RetryRules().reason_to_stop(1, None, DAY) == "TimeToLiveExceeded"
