"""Requests that a machine makes up from the API's description, against a rollout that bakes.

Keys are the host's matter, which is not on this stage.
"""

from datetime import timedelta
from http import HTTPStatus
from itertools import count
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.schemas import OpenApiSchema
from werkzeug.test import Client

from rollout.adapters.spans import Spans
from rollout.core.records.phases import Phase
from rollout.core.records.signals import Verb
from rollout.inbound.announced import AnnouncedEvents
from rollout.inbound.api.openapi import document
from rollout.inbound.api.routes import ROUTES, Route
from rollout.inbound.model_events import ModelEvents
from rollout.settings import read_settings
from rollout.wiring import RunningApp
from tests.support.stories.front import Front, let_run
from tests.support.stories.scenes import on_trial
from tests.support.stories.stage import Story

EXAMPLES = 20
HOUR = timedelta(hours=1)
SERVICE = "fraud"
ENVIRONMENT = {
    "AZURE_SUBSCRIPTION_ID": "00000000-0000-0000-0000-000000000000",
    "AZURE_RESOURCE_GROUP": "group",
    "AZUREML_WORKSPACE_NAME": "workspace",
    "AzureWebJobsStorage": "UseDevelopmentStorage=true",
}
MADE_UP = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
CAN_BE_WRONG = [each for each in ROUTES if each.body or each.parts or each.query]


@pytest.fixture
def story(monkeypatch: pytest.MonkeyPatch) -> Story:
    """A rollout that bakes, behind the app's HTTP functions."""
    story = on_trial(Phase.BAKING)
    story.tick()
    found = read_settings(ENVIRONMENT)
    events = ModelEvents(found.workspace, story.service.registered, None, story.log)  # type: ignore[arg-type]
    told = AnnouncedEvents(lambda *_: None, story.log)
    running = RunningApp(found, story.service, events, told, story.log, Spans(wanted=False))
    let_run(monkeypatch, running, story.clock)
    return story


@pytest.fixture
def api(story: Story) -> OpenApiSchema:
    del story
    described = document()
    for path in described["paths"].values():
        for operation in path.values():
            del operation["security"]
    schema = schemathesis.openapi.from_dict(described)
    schema.app = Front()
    return schema


def named(route: Route) -> str:
    return route.operation


@pytest.mark.parametrize("route", ROUTES, ids=named)
def test_what_fits_is_taken_and_answered_as_described(route: Route, api: OpenApiSchema) -> None:
    operation = api.find_operation_by_id(route.operation)
    keys = count()

    @MADE_UP
    @given(
        case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE),
        ours=st.sampled_from([True, True, False]),
    )
    def call(case: Case[Any], ours: bool) -> None:  # noqa: FBT001 - drawn
        # JSON Schema takes 1.0 for a whole number, and for a version it could be "1.0" too.
        assume(not (isinstance(case.body, dict) and isinstance(case.body.get("version"), float)))
        if case.headers and "Idempotency-Key" in case.headers:
            # One key is one order.
            case.headers["Idempotency-Key"] = f"key-{next(keys)}"
        if ours:
            for place in (case.path_parameters, case.body):
                if isinstance(place, dict) and "service" in place:
                    place["service"] = SERVICE
                    # It serves one model, and a request for another is faulty.
                    place.pop("model", None)
        case.call_and_validate()

    call()


@pytest.mark.parametrize("route", CAN_BE_WRONG, ids=named)
def test_what_does_not_fit_is_refused_with_a_problem(route: Route, api: OpenApiSchema) -> None:
    operation = api.find_operation_by_id(route.operation)

    @MADE_UP
    @given(case=operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    def call(case: Case[Any]) -> None:
        case.call_and_validate()

    call()


def test_a_view_that_is_known_is_sent_again_once_its_suspension_has_ended(story: Story) -> None:
    """It ends by itself: where nothing runs, nothing is saved then."""
    story.command(Verb.ROLLBACK)
    story.until_quiet(within=2 * HOUR)
    story.command(Verb.SUSPEND, until=story.clock.now + HOUR)
    front = Client(Front())
    first = front.get(f"/api/rollouts/{SERVICE}")
    tag = {"If-None-Match": first.headers["ETag"]}
    assert front.get(f"/api/rollouts/{SERVICE}", headers=tag).status_code == HTTPStatus.NOT_MODIFIED
    story.pass_time(HOUR)
    again = front.get(f"/api/rollouts/{SERVICE}", headers=tag)
    assert again.status_code == HTTPStatus.OK
    assert again.get_json()["suspension"] is None
