"""`Metrics` and `Scoring`: the doubles, and the adapters on real requests to a local data plane."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from azure.identity import ManagedIdentityCredential

from localazure.monitor.recorder import Outcome
from localazure.stack.instant_models import ModelAnswer
from localazure.world import AuthMode, DeploymentSpec, EndpointSpec, Fault, World
from rollout.adapters.arm import Arm
from rollout.adapters.endpoints import ArmEndpoints
from rollout.adapters.metrics import ArmMetrics
from rollout.adapters.scoring import DirectScoring
from rollout.core.observation import EndpointSeen, Minute, Validation
from rollout.core.policy import Expectation, SampleRequest, Validate
from rollout.errors import AccessDeniedError, ArmUnavailableError, MetricsUnavailableError
from rollout.ports import Metrics
from tests.contract.conftest import LocalAzure
from tests.contract.ports import Ports
from tests.doubles.wire import Wire
from tests.doubles.world_endpoints import WorldCreator, WorldEndpoints, WorldModels
from tests.doubles.world_traffic import Quality, WorldMetrics, WorldScoring

if TYPE_CHECKING:
    from collections.abc import Callable


SECONDS = 5.0
MINUTE = timedelta(minutes=1)


class Clock:
    """A clock that tests set."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


START = datetime.now(UTC).replace(second=0, microsecond=0)
STORY = [
    # From this minute on, blue and green have these weights.
    (0, {"blue": 100}),
    (3, {"blue": 90, "green-7": 10}),
    (6, {"blue": 100}),
]
PER_MINUTE = 100


@pytest.fixture(params=["double", "arm"])
def measured(request: pytest.FixtureRequest) -> Iterator[tuple[Metrics, str]]:
    """Nine minutes of one endpoint: the same traffic, computed and recorded."""
    clock = Clock(START)
    world = World(clock=clock)
    wire = Wire(world)
    world.endpoints.put("shared", EndpointSpec("westeurope"))
    for name in ("blue", "green-7"):
        world.deployments.put("shared", name, DeploymentSpec("westeurope"))
    endpoint = world.workspace.endpoint("shared").lower()
    ports = WorldEndpoints(wire)
    for minute, split in STORY:
        clock.now = START + minute * MINUTE
        seen = ports.endpoint(endpoint, timeout=1)
        assert isinstance(seen, EndpointSeen)
        ports.set_traffic(endpoint, seen, split, stamp="s", timeout=1)
    clock.now = START + 9 * MINUTE
    if request.param == "double":
        quality: Callable[[str, datetime], Quality] = lambda name, _at: Quality(  # noqa: E731
            0.1 if name == "green-7" else 0.0, 20.0
        )
        yield WorldMetrics(wire, PER_MINUTE, quality, timedelta(0)), endpoint
        return
    local: LocalAzure = request.getfixturevalue("local_azure")
    arm: Arm = request.getfixturevalue("arm")
    recorder = local.parts.recorder
    real_clock = recorder.clock
    recorder.clock = clock
    recorder._slices.pop("shared", None)
    for minute in range(9):
        split = [weights for since, weights in STORY if since <= minute][-1]
        clock.now = START + minute * MINUTE
        for name, weight in split.items():
            for number in range(PER_MINUTE * weight // 100):
                failed = name == "green-7" and number % 10 == 0
                outcome = Outcome(name, 424 if failed else 200, 500 if failed else 200)
                recorder.record("shared", outcome, 20.0)
    clock.now = START + 9 * MINUTE
    yield ArmMetrics(arm), endpoint
    recorder.clock = real_clock
    local.parts.arm.faults.clear()


def read(
    measured: tuple[Metrics, str],
    first: int,
    last: int,
    *,
    stable: str | None = "blue",
    latency: bool = True,
) -> list[Minute]:
    metrics, endpoint = measured
    return list(
        metrics.minutes(
            endpoint,
            stable=stable,
            candidate="green-7",
            start=START + first * MINUTE,
            end=START + last * MINUTE,
            latency=latency,
            timeout=SECONDS,
        )
    )


def test_minutes_are_split_by_deployment_and_status(measured: tuple[Metrics, str]) -> None:
    (minute,) = read(measured, 4, 5)
    assert minute.at == START + 4 * MINUTE
    assert minute.stable is not None
    assert (minute.stable.requests, minute.stable.failures) == (90, 0)
    assert minute.candidate is not None
    assert (minute.candidate.requests, minute.candidate.failures) == (10, 1)
    assert minute.candidate.by_status == {"200": 9, "424": 1}
    assert (minute.stable.p95_ms, minute.candidate.p95_ms) == (20, 20)


def test_every_minute_is_there_once_and_the_end_is_exclusive(
    measured: tuple[Metrics, str],
) -> None:
    minutes = read(measured, 1, 8)
    assert [minute.at for minute in minutes] == [START + number * MINUTE for number in range(1, 8)]


def test_a_series_that_is_there_is_zero_where_nobody_called(measured: tuple[Metrics, str]) -> None:
    before, first = read(measured, 2, 4)
    assert before.candidate is not None
    assert (before.candidate.requests, before.candidate.failures) == (0, 0)
    assert before.candidate.p95_ms is None
    assert first.candidate is not None
    assert first.candidate.requests == 10


def test_a_deployment_nobody_called_in_the_span_is_absent_and_not_zero(
    measured: tuple[Metrics, str],
) -> None:
    minutes = read(measured, 0, 3)
    assert [minute.candidate for minute in minutes] == [None, None, None]
    assert all(minute.stable is not None for minute in minutes)


def test_minutes_that_are_not_there_yet_are_absent(measured: tuple[Metrics, str]) -> None:
    *_, last, future = read(measured, 5, 10)
    assert last.stable is not None
    assert (future.stable, future.candidate) == (None, None)


def test_without_a_stable_only_the_candidate_is_read(measured: tuple[Metrics, str]) -> None:
    (minute,) = read(measured, 4, 5, stable=None, latency=False)
    assert minute.stable is None
    assert minute.candidate is not None
    assert minute.candidate.p95_ms is None


def test_an_empty_span_needs_no_answer(measured: tuple[Metrics, str]) -> None:
    assert read(measured, 5, 5) == []


@pytest.mark.parametrize("status", [429, 503, 403])
def test_a_metric_source_that_refuses_is_unavailable(
    request: pytest.FixtureRequest, measured: tuple[Metrics, str], status: int
) -> None:
    metrics, _ = measured
    if isinstance(metrics, WorldMetrics):
        metrics.wire.faults.add("metrics.get", Fault(status))
    else:
        local: LocalAzure = request.getfixturevalue("local_azure")
        local.parts.arm.faults.add("metrics.get", Fault(status))
    with pytest.raises(MetricsUnavailableError):
        read(measured, 0, 3)


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
    assert "1 sample requests answered by green-77" in found.evidence


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
    late, absent, wrong, missing = found.failures
    assert "took" in late
    assert "has no 'scores.5'" in absent
    assert "has 'scores.0.value' = 1 instead of true" in wrong
    assert missing == "missing.json is not in the service's folder"


def test_keys_that_may_not_be_listed_are_said_to_be_a_missing_right(
    local_azure: LocalAzure, arm: Arm, credential: ManagedIdentityCredential
) -> None:
    local_azure.parts.arm.access.allow_only("rollout-app", ["*/read"])
    try:
        with pytest.raises(AccessDeniedError, match="listKeys"):
            asked(local_azure, arm, credential, ModelAnswer(body={}))
    finally:
        local_azure.parts.arm.access.allow_everything("rollout-app")


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
