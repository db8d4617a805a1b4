"""`Scoring`: the double, and real requests to a local data plane."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from azure.identity import ManagedIdentityCredential

from localazure.stack.instant_models import ModelAnswer
from localazure.world import AuthMode, EndpointSpec, Fault, World
from rollout.adapters.azure_ml.arm import Arm
from rollout.adapters.azure_ml.endpoints import ArmEndpoints
from rollout.adapters.azure_ml.scoring import DirectScoring
from rollout.core.policy.expectation import Expectation
from rollout.core.policy.model import SampleRequest, Validate
from rollout.core.records.observation import EndpointSeen, Validation
from rollout.errors import AccessDeniedError, ArmUnavailableError
from tests.doubles.wire import APP, Wire
from tests.doubles.world_endpoints import WorldCreator, WorldEndpoints, WorldModels
from tests.doubles.world_traffic import WorldMetrics, WorldScoring
from tests.support.contract.local_azure import LocalAzure
from tests.support.contract.ports import Ports
from tests.support.role import GRANTED

SECONDS = 5.0
SAMPLE = {"sample.json": b'{"data": [[1, 2]]}'}
VALIDATE = Validate((SampleRequest("sample.json", Expectation(absent=("error",))),))


@pytest.fixture(params=["double", "socket"])
def scored(request: pytest.FixtureRequest) -> Iterator[Ports]:
    """An endpoint whose candidates answer: 7 well, 8 with 424, 9 not at all yet."""
    if request.param == "double":
        wire = Wire(World())
        failing = Validation(failures=("sample.json: answered 424",))
        verdicts = {"8": failing}
        ports = Ports(
            wire.world,
            wire.faults,
            WorldEndpoints(wire),
            WorldModels(wire),
            WorldMetrics(wire),
            WorldCreator(wire),
            WorldScoring(wire, lambda version: verdicts.get(version, Validation())),
            lambda _version, _reason: None,
        )
        ports.given_endpoint()
        yield ports
        return
    local: LocalAzure = request.getfixturevalue("local_azure")
    arm: Arm = request.getfixturevalue("arm")
    credential: ManagedIdentityCredential = request.getfixturevalue("credential")
    scoring = DirectScoring(arm, credential)
    wire = Wire(local.parts.world)
    local.runtime.answers["8"] = ModelAnswer(status=500, body={"error": "boom"})
    ports = Ports(
        local.parts.world,
        local.parts.arm.faults,
        ArmEndpoints(arm),
        WorldModels(wire),
        WorldMetrics(wire),
        WorldCreator(wire),
        scoring,
        local.runtime.fail_version,
    )
    ports.given_endpoint()
    yield ports
    local.runtime.answers.clear()
    local.parts.arm.faults.clear()
    scoring.close()


def validate(ports: Ports, candidate: str, what: Validate = VALIDATE) -> Validation:
    seen = ports.endpoints.endpoint(ports.endpoint, timeout=SECONDS)
    assert isinstance(seen, EndpointSeen)
    return ports.scoring.validate(ports.endpoint, seen, candidate, what, SAMPLE)


def test_a_candidate_without_weight_that_answers_well_passes(scored: Ports) -> None:
    scored.given_deployment("green-7", "7")
    found = validate(scored, "green-7")
    assert (found.failures, found.transient) == ((), "")


def test_a_candidate_that_crashes_fails(scored: Ports) -> None:
    scored.given_deployment("green-8", "8")
    found = validate(scored, "green-8")
    assert len(found.failures) == 1
    assert "424" in found.failures[0]


def test_a_candidate_the_router_does_not_know_is_tried_again(scored: Ports) -> None:
    found = validate(scored, "green-9")
    assert found.failures == ()
    assert found.transient


def given_scoring(
    local_azure: LocalAzure, arm: Arm, answer: ModelAnswer, auth: AuthMode = AuthMode.KEY
) -> tuple[Ports, ArmEndpoints]:
    wire = Wire(local_azure.parts.world)
    endpoints = ArmEndpoints(arm)
    ports = Ports(
        local_azure.parts.world,
        local_azure.parts.arm.faults,
        endpoints,
        WorldModels(wire),
        WorldMetrics(wire),
        WorldCreator(wire),
        WorldScoring(wire),
        local_azure.runtime.fail_version,
    )
    local_azure.runtime.answers["77"] = answer
    ports.given_endpoint(EndpointSpec("westeurope", auth_mode=auth))
    ports.given_deployment("green-77", "77")
    return ports, endpoints


def asked(
    local_azure: LocalAzure,
    arm: Arm,
    credential: ManagedIdentityCredential,
    answer: ModelAnswer,
    what: Validate = VALIDATE,
    *,
    auth: AuthMode = AuthMode.KEY,
) -> Validation:
    ports, endpoints = given_scoring(local_azure, arm, answer, auth)
    scoring = DirectScoring(arm, credential)
    try:
        seen = endpoints.endpoint(ports.endpoint, timeout=SECONDS)
        assert isinstance(seen, EndpointSeen)
        return scoring.validate(ports.endpoint, seen, "green-77", what, SAMPLE)
    finally:
        scoring.close()
        local_azure.runtime.answers.clear()


def test_a_script_that_swallows_its_exception_fails_by_the_expectation(
    local_azure: LocalAzure, arm: Arm, credential: ManagedIdentityCredential
) -> None:
    found = asked(local_azure, arm, credential, ModelAnswer(body={"error": "no column\x1b[2J"}))
    (failure,) = found.failures
    assert failure.startswith("sample.json: has 'error', which must be absent")
    assert "\x1b" not in failure


def test_a_token_is_used_where_the_endpoint_wants_one(
    local_azure: LocalAzure, arm: Arm, credential: ManagedIdentityCredential
) -> None:
    found = asked(
        local_azure, arm, credential, ModelAnswer(body={"ok": 1}), auth=AuthMode.AAD_TOKEN
    )
    assert found == replace(found, failures=(), transient="")
    assert "1 sample request answered by green-77" in found.evidence


def test_an_answer_that_does_not_come_in_time_is_tried_again(
    local_azure: LocalAzure, arm: Arm, credential: ManagedIdentityCredential
) -> None:
    slow = ModelAnswer(body={}, seconds=1.0)
    what = replace(VALIDATE, timeout=timedelta(milliseconds=100))
    found = asked(local_azure, arm, credential, slow, what)
    assert found.failures == ()
    assert "no answer" in found.transient


def test_all_expectations_are_reported_at_once(
    local_azure: LocalAzure, arm: Arm, credential: ManagedIdentityCredential
) -> None:
    expect = Expectation(
        present=("scores.0.label", "scores.5"),
        values={"scores.0.value": True, "count": 2},
        latency=timedelta(0),
    )
    what = Validate((SampleRequest("sample.json", expect), SampleRequest("missing.json")))
    answer = ModelAnswer(body={"scores": [{"label": "x", "value": 1}], "count": 2.0})
    found = asked(local_azure, arm, credential, answer, what)
    late, absent, wrong = found.failures
    assert "took" in late
    assert "has no 'scores.5'" in absent
    assert "has 'scores.0.value' = 1 instead of true" in wrong
    assert found.unusable == ("missing.json is not in the service's folder",)


def test_keys_that_may_not_be_listed_are_said_to_be_a_missing_right(
    local_azure: LocalAzure, arm: Arm, credential: ManagedIdentityCredential
) -> None:
    local_azure.parts.arm.access.allow_only(APP, ["*/read"])
    try:
        with pytest.raises(AccessDeniedError, match="listKeys"):
            asked(local_azure, arm, credential, ModelAnswer(body={}))
    finally:
        local_azure.parts.arm.access.allow_only(APP, GRANTED)


def test_keys_that_cannot_be_listed_now_are_no_verdict(
    local_azure: LocalAzure, arm: Arm, credential: ManagedIdentityCredential
) -> None:
    local_azure.parts.arm.faults.add("endpoints.listKeys", Fault(503))
    with pytest.raises(ArmUnavailableError):
        asked(local_azure, arm, credential, ModelAnswer(body={}))


def test_without_sample_requests_nothing_is_sent(
    local_azure: LocalAzure, arm: Arm, credential: ManagedIdentityCredential
) -> None:
    found = asked(local_azure, arm, credential, ModelAnswer(), Validate())
    assert found.evidence == "no sample requests"


def test_samples_are_sent_as_json_text(
    local_azure: LocalAzure, arm: Arm, credential: ManagedIdentityCredential
) -> None:
    what = Validate((SampleRequest("sample.json", Expectation(values={"a": json.loads("null")})),))
    assert asked(local_azure, arm, credential, ModelAnswer(body={"a": None}), what).failures == ()
