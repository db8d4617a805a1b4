"""The app in the worker answers strangers as its description says, keys and methods included."""

import json
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.checks import ignored_auth, unsupported_method
from schemathesis.specs.openapi.schemas import OpenApiSchema

from rollout.inbound.api.routes import ROUTES, Access, Route
from tests.support.described import deviations
from tests.support.integration import SERVICE, RunningProduct
from tests.support.paths import PROJECT

EXAMPLES = 4
READING = [each for each in ROUTES if each.method == "GET"]
NOT_THE_HOSTS = [unsupported_method, ignored_auth]
"""The host answers 404 to a method that no function serves, and each example asks it once more."""


@pytest.fixture(scope="module")
def api(product: RunningProduct) -> OpenApiSchema:
    schema = schemathesis.openapi.from_dict(product.call("GET", "openapi.json", key=False).json)
    schema.config.update(base_url=f"{product.app.ready['url']}/api")
    return schema


def test_the_description_is_the_committed_one_and_needs_no_key(product: RunningProduct) -> None:
    answer = product.call("GET", "openapi.json", key=False)
    assert answer.json == json.loads((PROJECT / "docs" / "openapi.json").read_text())
    again = product.call("GET", "openapi.json", key=False, If_None_Match=answer.headers["etag"])
    assert (again.status, again.body) == (304, b"")


# Orders that are made up would offer versions to the service that other tests look at.
@pytest.mark.parametrize("route", READING, ids=lambda route: route.operation)
def test_what_is_read_is_as_described(
    route: Route, api: OpenApiSchema, product: RunningProduct
) -> None:
    operation = api.find_operation_by_id(route.operation)

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
    def call(case: Case[Any]) -> None:
        if "service" in (case.path_parameters or {}):
            case.path_parameters["service"] = SERVICE
        key = {"x-functions-key": product.app.ready["functionKey"]}
        case.call_and_validate(headers=key, excluded_checks=NOT_THE_HOSTS)

    call()


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.operation)
def test_only_what_is_described_so_needs_no_key(route: Route, product: RunningProduct) -> None:
    path = route.path.format(service=SERVICE, sequence=1)
    refused = product.call(route.method, path, b"", key=False).status == 401
    assert refused is (route.access is not Access.ANYONE)


def test_the_host_answers_404_to_a_method_that_no_function_serves(product: RunningProduct) -> None:
    for method in ("PUT", "DELETE", "PATCH"):
        answer = product.call(method, f"rollouts/{SERVICE}")
        assert (answer.status, answer.body) == (404, b"")


def test_readiness_policy_and_plan_are_told_of_the_running_app(product: RunningProduct) -> None:
    ready = product.call("GET", "readiness").json
    assert {row["name"]: row["state"] for row in ready["rows"]}["events"] == "ok"
    policy = product.call("GET", f"rollouts/{SERVICE}/policy").json
    assert "endpoint: fraud-detection-endpoint" in policy["published"]["text"]
    plan = product.call("GET", f"rollouts/{SERVICE}/plan").json
    assert plan["says"].startswith("Nothing can be foreseen: ")
    assert deviations("Plan", plan) == deviations("Policies", policy) == []
