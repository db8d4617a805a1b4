"""`Endpoints`, `Models` and `Creator`: the same facts of the doubles and of ARM over https."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

import pytest

from localazure.runtime import InstantRuntime
from localazure.world import (
    Effect,
    EndpointSpec,
    Fault,
    OperationError,
    OperationKind,
    World,
    make_split,
)
from rollout.adapters.creation import TemplateCreator
from rollout.adapters.endpoints import ArmEndpoints
from rollout.adapters.metrics import ArmMetrics
from rollout.adapters.models import ArmModels
from rollout.adapters.scoring import DirectScoring
from rollout.core.observation import Absent, EndpointSeen, ProvisioningState
from rollout.errors import ArmRefusedError, ArmUnavailableError, EndpointBusyError
from tests.contract.ports import Ports
from tests.doubles.records import POLICY
from tests.doubles.wire import Wire
from tests.doubles.world_endpoints import WorldCreator, WorldEndpoints, WorldModels
from tests.doubles.world_traffic import WorldMetrics, WorldScoring

if TYPE_CHECKING:
    from pathlib import Path

    from azure.identity import ManagedIdentityCredential

    from rollout.adapters.arm import Arm
    from tests.contract.conftest import LocalAzure

pytestmark = pytest.mark.filterwarnings("ignore:::azure", "ignore:::marshmallow")
SECONDS = 5.0
STAMP = "20260131T100000Z-0001/3"


def double_ports() -> Ports:
    runtime = InstantRuntime()
    world = World(runtime=runtime)
    wire = Wire(world)
    return Ports(
        world,
        wire.faults,
        WorldEndpoints(wire),
        WorldModels(wire),
        WorldMetrics(wire),
        WorldCreator(wire),
        WorldScoring(wire),
        runtime.fail_version,
    )


@pytest.fixture(params=["double", "arm"])
def ports(request: pytest.FixtureRequest) -> Iterator[Ports]:
    if request.param == "double":
        yield double_ports()
        return
    local: LocalAzure = request.getfixturevalue("local_azure")
    arm: Arm = request.getfixturevalue("arm")
    credential: ManagedIdentityCredential = request.getfixturevalue("credential")
    services: Path = request.getfixturevalue("services")
    creator = TemplateCreator(credential, lambda _service: services)
    scoring = DirectScoring(arm, credential)
    yield Ports(
        local.parts.world,
        local.parts.arm.faults,
        ArmEndpoints(arm),
        ArmModels(arm),
        ArmMetrics(arm),
        creator,
        scoring,
        local.runtime.fail_version,
    )
    local.parts.arm.faults.clear()
    creator.close()
    scoring.close()


@pytest.fixture
def blue(ports: Ports) -> Ports:
    """An endpoint with everything on blue, which serves version 6 with three instances."""
    ports.given_endpoint(
        EndpointSpec(
            location="westeurope",
            tags={"team": "risk"},
            description="fraud scores",
            identity={"type": "SystemAssigned"},
        )
    )
    ports.given_deployment("blue", "6", instances=3)
    ports.given_split(blue=100)
    return ports


def seen(ports: Ports) -> EndpointSeen:
    found = ports.endpoints.endpoint(ports.endpoint, timeout=SECONDS)
    assert isinstance(found, EndpointSeen)
    return found


def test_an_absent_endpoint_is_absent_and_has_no_deployments(ports: Ports) -> None:
    assert ports.endpoints.endpoint(ports.endpoint, timeout=SECONDS) == Absent()
    assert ports.endpoints.deployments(ports.endpoint, timeout=SECONDS) == {}


def test_an_endpoint_is_read(blue: Ports) -> None:
    found = seen(blue)
    assert found.state is ProvisioningState.SUCCEEDED
    assert (found.traffic, found.mirror, found.stamp) == ({"blue": 100}, {}, None)
    assert (found.auth_mode, found.location) == ("key", "westeurope")
    assert blue.name in found.scoring_uri


def test_deployments_are_listed_with_model_and_tag(blue: Ports) -> None:
    (deployment,) = blue.endpoints.deployments(blue.endpoint, timeout=SECONDS).values()
    assert deployment.name == "blue"
    assert deployment.state is ProvisioningState.SUCCEEDED
    assert (deployment.model, deployment.instance_count) == ((blue.model, "6"), 3)
    assert deployment.rollout_tag is None


def test_a_traffic_write_changes_split_and_stamp_and_nothing_else(blue: Ports) -> None:
    blue.given_deployment("green-7", "7")
    blue.given_deployment("shadow", "8")
    spec = blue.world.endpoints.get(blue.name).spec
    mirrored = replace(spec, split=make_split({"blue": 100}, {"shadow": 10}))
    blue.world.endpoints.put(blue.name, mirrored)
    blue.endpoints.set_traffic(
        blue.endpoint,
        seen(blue),
        {"blue": 90, "green-7": 10},
        stamp=STAMP,
        timeout=SECONDS,
    )
    after = blue.world.endpoints.get(blue.name).spec
    assert after.split == make_split({"blue": 90, "green-7": 10}, {"shadow": 10})
    assert after.tags == {"team": "risk", "rollout-write": STAMP}
    assert (after.description, after.identity) == (spec.description, spec.identity)
    assert seen(blue).stamp == STAMP


def test_weight_on_an_absent_deployment_is_refused(blue: Ports) -> None:
    with pytest.raises(ArmRefusedError):
        blue.endpoints.set_traffic(
            blue.endpoint, seen(blue), {"gone": 100}, stamp=STAMP, timeout=SECONDS
        )
    assert blue.split() == {"blue": 100}


@pytest.mark.parametrize("split", [{"blue": 99}, {"blue": 120, "green-7": -20}], ids=str)
def test_a_split_that_is_not_a_hundred_is_refused(blue: Ports, split: dict[str, int]) -> None:
    with pytest.raises(ArmRefusedError):
        blue.endpoints.set_traffic(blue.endpoint, seen(blue), split, stamp=STAMP, timeout=SECONDS)


def test_a_write_while_another_operation_runs_is_busy(blue: Ports) -> None:
    before = blue.world.dials
    blue.world.dials = replace(before, traffic_update=timedelta(hours=1))
    blue.given_deployment("green-7", "7")
    found = seen(blue)
    split = {"blue": 90, "green-7": 10}
    blue.endpoints.set_traffic(blue.endpoint, found, split, stamp=STAMP, timeout=SECONDS)
    blue.world.dials = before
    with pytest.raises(EndpointBusyError):
        blue.endpoints.set_traffic(blue.endpoint, found, split, stamp=STAMP, timeout=SECONDS)
    assert seen(blue).state is ProvisioningState.UPDATING
    assert seen(blue).traffic == {"blue": 100}


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(409), EndpointBusyError),
        (Fault(412), EndpointBusyError),
        (Fault(429), ArmUnavailableError),
        (Fault(500), ArmUnavailableError),
        (Fault(400, code="OperationCanceled"), EndpointBusyError),
        (Fault(400, code="BadArgument"), ArmRefusedError),
        (Fault(403, code="AuthorizationFailed"), ArmRefusedError),
        (Fault(drops_connection=True), ArmUnavailableError),
    ],
    ids=lambda value: str(getattr(value, "status", "")),
)
def test_a_failed_write_is_told_apart_by_what_helps(
    blue: Ports, fault: Fault, error: type[Exception]
) -> None:
    found = seen(blue)
    blue.faults.add("endpoints.put", fault)
    with pytest.raises(error):
        blue.endpoints.set_traffic(
            blue.endpoint, found, {"blue": 100}, stamp=STAMP, timeout=SECONDS
        )
    assert seen(blue).stamp is None


def test_a_write_whose_answer_is_lost_may_have_happened(blue: Ports) -> None:
    found = seen(blue)
    blue.faults.add("endpoints.put", Fault(drops_connection=True, effect=Effect.BEFORE))
    with pytest.raises(ArmUnavailableError):
        blue.endpoints.set_traffic(
            blue.endpoint, found, {"blue": 100}, stamp=STAMP, timeout=SECONDS
        )
    assert seen(blue).stamp == STAMP


@pytest.mark.parametrize("status", [409, 429, 503])
def test_a_failed_read_is_never_absence(blue: Ports, status: int) -> None:
    blue.faults.add("endpoints.get", Fault(status))
    with pytest.raises(ArmUnavailableError):
        blue.endpoints.endpoint(blue.endpoint, timeout=SECONDS)
    blue.faults.add("deployments.list", Fault(status))
    with pytest.raises(ArmUnavailableError):
        blue.endpoints.deployments(blue.endpoint, timeout=SECONDS)


def test_a_deletion_is_started_and_may_be_repeated(blue: Ports) -> None:
    blue.given_deployment("green-7", "7")
    for _ in range(2):
        blue.endpoints.delete_deployment(blue.endpoint, "green-7", timeout=SECONDS)
    assert set(blue.endpoints.deployments(blue.endpoint, timeout=SECONDS)) == {"blue"}


def test_a_deployment_with_traffic_is_not_deleted(blue: Ports) -> None:
    with pytest.raises(ArmRefusedError):
        blue.endpoints.delete_deployment(blue.endpoint, "blue", timeout=SECONDS)


@pytest.mark.parametrize(("at_least", "expected"), [(None, 3), (2, 3), (5, 5)])
def test_a_copy_differs_in_model_tag_and_instances_only(
    blue: Ports, at_least: int | None, expected: int
) -> None:
    wanted = blue.register("7")
    source = blue.endpoints.deployments(blue.endpoint, timeout=SECONDS)["blue"]
    blue.endpoints.copy_deployment(
        blue.endpoint,
        source,
        name="green-7",
        model=blue.model,
        version="7",
        rollout="r1",
        at_least=at_least,
        timeout=SECONDS,
    )
    copy = blue.endpoints.deployments(blue.endpoint, timeout=SECONDS)["green-7"]
    assert (copy.model, copy.rollout_tag, copy.instance_count) == (
        (blue.model, "7"),
        "r1",
        expected,
    )
    spec = blue.world.deployments.get(blue.name, "green-7").spec
    original = blue.world.deployments.get(blue.name, "blue").spec
    assert spec.model_id is not None
    assert spec.model_id.lower() == wanted.lower()
    assert spec.tags == {"team": "risk", "rollout": "r1"}
    assert spec.body.get("appInsightsEnabled") == original.body.get("appInsightsEnabled")
    assert (spec.instance_type, spec.location) == (original.instance_type, original.location)
    assert blue.split() == {"blue": 100}


def test_a_copy_of_a_copy_carries_the_new_tag(blue: Ports) -> None:
    for name, source, rollout in (("green-7", "blue", "r1"), ("green-8", "green-7", "r2")):
        blue.register(name.rpartition("-")[2])
        blue.endpoints.copy_deployment(
            blue.endpoint,
            blue.endpoints.deployments(blue.endpoint, timeout=SECONDS)[source],
            name=name,
            model=blue.model,
            version=name.rpartition("-")[2],
            rollout=rollout,
            at_least=None,
            timeout=SECONDS,
        )
    found = blue.endpoints.deployments(blue.endpoint, timeout=SECONDS)
    assert {name: each.rollout_tag for name, each in found.items()} == {
        "blue": None,
        "green-7": "r1",
        "green-8": "r2",
    }


def test_a_failed_creation_is_explained_by_its_operation(blue: Ports) -> None:
    error = OperationError("OutOfQuota", "Not enough quota for Standard_DS3_v2. key=AccountKey=abc")
    blue.world.fail_next(OperationKind.DEPLOYMENT_CREATE, error)
    blue.given_deployment("green-7", "7")
    assert (
        blue.endpoints.deployments(blue.endpoint, timeout=SECONDS)["green-7"].state
        is ProvisioningState.FAILED
    )
    failure = blue.endpoints.failure(blue.endpoint, "green-7", timeout=SECONDS)
    assert failure.kind == "quota"
    assert failure.text.startswith("OutOfQuota: Not enough quota for Standard_DS3_v2.")


def test_a_crashing_script_is_explained_with_its_log(blue: Ports) -> None:
    version = f"9{len(blue.name)}{blue.name[-4:]}"
    reason = (
        "Traceback (most recent call last):\n"
        '  File "score.py", line 9, in init\n'
        "\x1b[31mValueError\x1b[0m: cannot open https://x.blob/m?sig=s3cret%3D&se=1"
    )
    blue.fail_version(version, reason)
    blue.given_deployment("green-9", version)
    failure = blue.endpoints.failure(blue.endpoint, "green-9", timeout=SECONDS)
    assert failure.kind == "user script"
    assert "ValueError: cannot open https://x.blob/m?sig=[redacted]&se=1" in failure.log_tail
    assert failure.log_tail == blue.endpoints.log_tail(blue.endpoint, "green-9", timeout=SECONDS)
    assert "s3cret" not in failure.text


def test_nothing_known_of_a_failure_is_said_so(blue: Ports) -> None:
    failure = blue.endpoints.failure(blue.endpoint, "never", timeout=SECONDS)
    assert (failure.kind, failure.log_tail) == ("unknown", "")
    assert blue.endpoints.log_tail(blue.endpoint, "never", timeout=SECONDS) == ""


def test_a_model_is_read_with_its_time_and_tags(ports: Ports) -> None:
    ports.register("7", {"stage": "prod"})
    workspace = ports.world.workspace.path
    found = ports.models.model(workspace.lower(), ports.model, "7", timeout=SECONDS)
    assert not isinstance(found, Absent)
    assert (found.name, found.version, found.tags) == (ports.model, "7", {"stage": "prod"})
    assert found.created_at.astimezone(UTC) == ports.world.models.get(ports.model, "7").created.at
    assert ports.models.model(workspace, ports.model, "8", timeout=SECONDS) == Absent()


def test_a_first_endpoint_and_candidate_are_created_from_the_service(ports: Ports) -> None:
    policy = replace(POLICY, endpoint=ports.name, model=ports.model)
    ports.register("7")
    ports.creator.create_endpoint(ports.endpoint, policy)
    assert seen(ports).traffic == {}
    for at_least in (None, 4):
        ports.creator.create_candidate(
            ports.endpoint,
            policy,
            name="blue-7",
            model=ports.model,
            version="7",
            rollout="r1",
            at_least=at_least,
        )
        found = ports.endpoints.deployments(ports.endpoint, timeout=SECONDS)["blue-7"]
        assert found.state is ProvisioningState.SUCCEEDED
        assert found.model == (ports.model, "7")
        assert (found.rollout_tag, found.instance_count) == ("r1", at_least or 2)
    assert ports.split() == {}


def test_creating_of_an_unregistered_version_is_refused(blue: Ports) -> None:
    policy = replace(POLICY, endpoint=blue.name, model=blue.model)
    with pytest.raises(ArmRefusedError):
        blue.creator.create_candidate(
            blue.endpoint,
            policy,
            name="green-9",
            model=blue.model,
            version="never",
            rollout="r1",
            at_least=None,
        )
    assert set(blue.endpoints.deployments(blue.endpoint, timeout=SECONDS)) == {"blue"}


def test_creating_while_the_endpoint_changes_is_busy(blue: Ports) -> None:
    policy = replace(POLICY, endpoint=blue.name, model=blue.model)
    blue.register("7")
    blue.faults.add("deployments.put", Fault(409))
    with pytest.raises(EndpointBusyError):
        blue.creator.create_candidate(
            blue.endpoint,
            policy,
            name="green-7",
            model=blue.model,
            version="7",
            rollout="r1",
            at_least=None,
        )
