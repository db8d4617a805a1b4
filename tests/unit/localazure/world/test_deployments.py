from dataclasses import replace
from datetime import timedelta

import pytest

from localazure.runtime import ContainerSpec, ContainerState, ContainerStatus, InstantRuntime
from localazure.world import (
    ArmError,
    Dials,
    OperationError,
    OperationKind,
    OperationStatus,
    WorkspaceId,
    World,
)
from tests.unit.localazure.world.conftest import ENDPOINT, Scene


class SlowRuntime(InstantRuntime):
    """Containers stay starting until a test makes them ready; records what it was asked to run."""

    def __init__(self) -> None:
        super().__init__()
        self.started: list[ContainerSpec] = []
        self.is_ready = False

    def start(self, spec: ContainerSpec) -> None:
        self.started.append(spec)
        super().start(spec)

    def status(self, endpoint: str, deployment: str) -> ContainerStatus:
        status = super().status(endpoint, deployment)
        if status.state is ContainerState.READY and not self.is_ready:
            return ContainerStatus(ContainerState.STARTING)
        return status


@pytest.fixture
def slow() -> Scene:
    scene = Scene(runtime=SlowRuntime())
    scene.world.endpoints.put(ENDPOINT, scene.endpoint_spec())
    return scene


def test_a_deployment_is_ready_when_time_is_over_and_the_container_is(slow: Scene) -> None:
    assert isinstance(slow.runtime, SlowRuntime)
    slow.world.dials = Dials(deployment_creation=timedelta(minutes=5))
    slow.world.deployments.put(ENDPOINT, "green", slow.spec())
    slow.runtime.is_ready = True
    assert slow.state("green") == "Creating"
    slow.runtime.is_ready = False
    slow.clock.move(minutes=6)
    assert slow.state("green") == "Creating"
    slow.runtime.is_ready = True
    assert slow.state("green") == "Succeeded"


def test_a_container_that_fails_ends_the_operation_at_once_with_its_reason(scene: Scene) -> None:
    scene.endpoint()
    scene.runtime.fail_version("3", "score.py: no module named numpy")
    scene.world.dials = Dials(deployment_creation=timedelta(minutes=5))
    deployment, _ = scene.world.deployments.put(ENDPOINT, "green", scene.spec("3"))
    operation = scene.world.operation(deployment.operation)
    assert (deployment.state, operation.status) == ("Failed", OperationStatus.FAILED)
    assert operation.error == OperationError("ResourceNotReady", "score.py: no module named numpy")
    assert scene.world.deployments.logs(ENDPOINT, "green", 5) == "score.py: no module named numpy"


def test_a_planned_failure_ends_the_operation_when_it_is_due(scene: Scene) -> None:
    scene.endpoint()
    scene.world.dials = Dials(deployment_creation=timedelta(minutes=5))
    error = OperationError("OutOfQuota", "Not enough cores.")
    scene.world.fail_next(OperationKind.DEPLOYMENT_CREATE, error)
    deployment, _ = scene.world.deployments.put(ENDPOINT, "green", scene.spec())
    assert scene.state("green") == "Creating"
    scene.clock.move(minutes=5)
    assert scene.state("green") == "Failed"
    assert scene.world.operation(deployment.operation).error == error


def test_the_runtime_gets_the_assets_locations(slow: Scene) -> None:
    assert isinstance(slow.runtime, SlowRuntime)
    slow.world.codes.put("guid", "1", {"codeUri": "https://blob/src"})
    slow.world.environments.put("env", "7", {"condaFile": "dependencies: []", "image": "i"})
    workspace = slow.world.workspace
    slow.world.deployments.put(
        ENDPOINT,
        "green",
        slow.spec(
            "2",
            code_id=workspace.asset("codes", "guid", "1"),
            environment_id=workspace.asset("environments", "env", "7"),
            scoring_script="score.py",
            environment_variables={"A": "1"},
            instance_count=3,
        ),
    )
    (container,) = slow.runtime.started
    assert container == ContainerSpec(
        endpoint=ENDPOINT,
        deployment="green",
        model_name="fraud-model",
        model_version="2",
        model_uri="azureml://m/2",
        code_uri="https://blob/src",
        scoring_script="score.py",
        conda_yaml="dependencies: []",
        environment_variables={"A": "1"},
        instance_count=3,
    )


def test_azure_writes_its_own_variables_once_a_deployment_is_ready(scene: Scene) -> None:
    scene.endpoint()
    scene.world.codes.put("guid", "1", {"codeUri": "https://blob/src"})
    code = scene.world.workspace.asset("codes", "guid", "1")
    own = {"AZUREML_MODEL_DIR": "/var/azureml-app/azureml-models/fraud-model/1", "A": "1"}
    spec = scene.spec("2", code_id=code, scoring_script="score.py", environment_variables=own)
    scene.world.deployments.put(ENDPOINT, "green", spec)
    green = scene.world.deployments.get(ENDPOINT, "green")
    # What a client set stays, even another version's folder: the container then looks there.
    assert scene.world.deployments.variables(green) == {
        "AML_APP_ROOT": "/var/azureml-app/src",
        "AZUREML_ENTRY_SCRIPT": "score.py",
        **own,
    }
    assert scene.world.deployments.variables(replace(green, was_ready=False)) == own


@pytest.mark.parametrize("kind", ["models", "environments", "codes"])
def test_an_unknown_asset_is_refused(scene: Scene, kind: str) -> None:
    scene.endpoint()
    field = {"models": "model_id", "environments": "environment_id", "codes": "code_id"}[kind]
    spec = scene.spec(**{field: scene.world.workspace.asset(kind, "nothing", "1")})
    with pytest.raises(ArmError, match="does not exist") as refusal:
        scene.world.deployments.put(ENDPOINT, "green", spec)
    assert refusal.value.status == 400
    assert scene.world.deployments.list(ENDPOINT) == []


@pytest.mark.parametrize(
    ("model_id", "reason"),
    [
        ("azureml:fraud-model:1", "not the ARM id"),
        ("azureml://registries/r/models/m/versions/1", "registries are not served"),
        (WorkspaceId(name="other").asset("models", "fraud-model", "1"), "another workspace"),
        (WorkspaceId().asset("environments", "fraud-model", "1"), "not the ARM id"),
    ],
)
def test_a_model_id_of_another_kind_is_refused(scene: Scene, model_id: str, reason: str) -> None:
    scene.endpoint()
    with pytest.raises(ArmError, match=reason):
        scene.world.deployments.put(ENDPOINT, "green", scene.spec(model_id=model_id))


@pytest.mark.parametrize(
    ("count", "code"), [(0, "BadArgument"), (-1, "BadArgument"), (51, "OutOfQuota")]
)
def test_an_impossible_instance_count_is_refused(scene: Scene, count: int, code: str) -> None:
    scene.endpoint()
    with pytest.raises(ArmError) as refusal:
        scene.world.deployments.put(ENDPOINT, "green", scene.spec(instance_count=count))
    assert refusal.value.code == code


def test_a_deployment_name_outside_3_to_32_characters_is_refused(scene: Scene) -> None:
    scene.endpoint()
    for name in ("ab", "g" * 33):
        with pytest.raises(ArmError, match="not a valid deployment name"):
            scene.world.deployments.put(ENDPOINT, name, scene.spec())


def test_the_21st_deployment_of_an_endpoint_is_refused(scene: Scene) -> None:
    scene.endpoint(*(f"blue-{number}" for number in range(20)))
    with pytest.raises(ArmError, match="already has 20 deployments"):
        scene.world.deployments.put(ENDPOINT, "blue-20", scene.spec())


def test_nothing_is_deployed_while_the_endpoint_is_updating(scene: Scene) -> None:
    scene.endpoint("blue", live={"blue": 100})
    scene.world.dials = Dials(traffic_update=timedelta(seconds=20))
    scene.shift({})
    for refused in (
        lambda: scene.world.deployments.put(ENDPOINT, "green", scene.spec()),
        lambda: scene.world.deployments.patch(ENDPOINT, "blue", tags={}),
    ):
        with pytest.raises(ArmError, match="endpoint fraud is in Updating") as refusal:
            refused()
        assert refusal.value.status == 409


def test_a_second_operation_on_a_deployment_is_a_conflict_but_another_one_may_run(
    scene: Scene,
) -> None:
    scene.endpoint()
    scene.world.dials = Dials(deployment_creation=timedelta(minutes=5))
    scene.world.deployments.put(ENDPOINT, "green", scene.spec())
    with pytest.raises(ArmError, match="it is in Creating"):
        scene.world.deployments.put(ENDPOINT, "green", scene.spec("2"))
    scene.world.deployments.put(ENDPOINT, "blue", scene.spec())
    assert scene.state("blue") == "Creating"


def test_an_update_restarts_the_container_only_if_what_runs_changes(slow: Scene) -> None:
    assert isinstance(slow.runtime, SlowRuntime)
    slow.runtime.is_ready = True
    slow.world.deployments.put(ENDPOINT, "blue", slow.spec())
    slow.world.deployments.put(ENDPOINT, "blue", slow.spec(tags={"a": "1"}))
    assert len(slow.runtime.started) == 1
    slow.world.deployments.put(ENDPOINT, "blue", slow.spec("2"))
    assert [spec.model_version for spec in slow.runtime.started] == ["1", "2"]


def test_an_update_is_updating_and_scaling_is_scaling(scene: Scene) -> None:
    scene.endpoint("blue")
    scene.world.dials = Dials(
        deployment_update=timedelta(minutes=1), deployment_scaling=timedelta(minutes=1)
    )
    scene.world.deployments.put(ENDPOINT, "blue", scene.spec("2"))
    assert scene.state("blue") == "Updating"
    scene.clock.move(minutes=1)
    scene.world.deployments.patch(ENDPOINT, "blue", instance_count=4)
    assert scene.state("blue") == "Scaling"
    scene.clock.move(minutes=1)
    assert scene.world.deployments.get(ENDPOINT, "blue").spec.instance_count == 4


def test_tags_can_be_patched_without_any_operation(scene: Scene) -> None:
    scene.endpoint("blue")
    before = scene.world.deployments.get(ENDPOINT, "blue")
    after = scene.world.deployments.patch(ENDPOINT, "blue", tags={"a": "1"}, instance_count=1)
    assert (after.state, after.spec.tags) == ("Succeeded", {"a": "1"})
    assert after.operation == before.operation


def test_one_that_never_came_up_is_created_again_by_a_put(scene: Scene) -> None:
    scene.endpoint()
    scene.runtime.fail_version("3", "boom")
    scene.world.deployments.put(ENDPOINT, "green", scene.spec("3"))
    scene.world.dials = Dials(deployment_creation=timedelta(minutes=5))
    scene.world.deployments.put(ENDPOINT, "green", scene.spec("2"))
    assert scene.state("green") == "Creating"


def test_the_instance_type_cannot_be_changed(scene: Scene) -> None:
    scene.endpoint("blue")
    with pytest.raises(ArmError, match="instance type of deployment 'fraud/blue' cannot"):
        scene.world.deployments.put(ENDPOINT, "blue", scene.spec(instance_type="Standard_F4s_v2"))


@pytest.mark.parametrize(("live", "mirror"), [({"green": 100}, {}), ({"blue": 100}, {"green": 9})])
def test_a_deployment_with_traffic_is_not_deleted(
    scene: Scene, live: dict[str, int], mirror: dict[str, int]
) -> None:
    scene.endpoint("blue", "green")
    scene.shift(live, mirror)
    with pytest.raises(ArmError, match="Set its traffic to 0 first") as refusal:
        scene.world.deployments.delete(ENDPOINT, "green")
    assert refusal.value.status == 400


def test_a_deployment_that_is_about_to_get_traffic_is_not_deleted(scene: Scene) -> None:
    scene.endpoint("blue", "green", live={"blue": 100})
    scene.world.dials = Dials(traffic_update=timedelta(seconds=20))
    scene.shift({"green": 100})
    with pytest.raises(ArmError, match="Set its traffic to 0 first"):
        scene.world.deployments.delete(ENDPOINT, "green")


def test_an_idle_deployment_is_not_deleted_while_the_endpoint_is_updating(scene: Scene) -> None:
    scene.endpoint("blue", "green", live={"blue": 100})
    scene.world.dials = Dials(traffic_update=timedelta(seconds=20))
    scene.shift({})
    with pytest.raises(ArmError, match="endpoint fraud is in Updating"):
        scene.world.deployments.delete(ENDPOINT, "green")


def test_a_deleted_deployment_is_deleting_and_then_gone(scene: Scene) -> None:
    scene.endpoint("green")
    scene.world.dials = Dials(deployment_deletion=timedelta(minutes=1))
    operation = scene.world.deployments.delete(ENDPOINT, "green")
    assert operation is not None
    assert scene.state("green") == "Deleting"
    with pytest.raises(ArmError, match="it is in Deleting"):
        scene.world.deployments.delete(ENDPOINT, "green")
    scene.clock.move(minutes=1)
    assert scene.world.deployments.list(ENDPOINT) == []
    assert scene.world.operation(operation).status is OperationStatus.SUCCEEDED
    assert scene.world.deployments.delete(ENDPOINT, "green") is None


def test_weight_is_refused_for_a_deployment_that_is_being_deleted(scene: Scene) -> None:
    scene.endpoint("blue", "green", live={"blue": 100})
    scene.world.dials = Dials(deployment_deletion=timedelta(minutes=1))
    scene.world.deployments.delete(ENDPOINT, "green")
    with pytest.raises(ArmError, match="Deleting provisioning state"):
        scene.shift({"blue": 90, "green": 10})


def test_deleting_cancels_a_creation_unless_the_dial_forbids_it(scene: Scene) -> None:
    scene.endpoint()
    scene.world.dials = Dials(deployment_creation=timedelta(minutes=5), delete_cancels=False)
    creation = scene.world.deployments.put(ENDPOINT, "green", scene.spec())[0].operation
    with pytest.raises(ArmError, match="it is in Creating"):
        scene.world.deployments.delete(ENDPOINT, "green")
    scene.world.dials = Dials()
    scene.world.deployments.delete(ENDPOINT, "green")
    ended = scene.world.operation(creation)
    assert ended.status is OperationStatus.CANCELED
    assert ended.error is not None
    assert ended.error.code == "OperationCanceled"


def test_a_world_needs_nothing_but_its_defaults() -> None:
    world = World()
    assert world.endpoints.list() == []
    assert world.now().tzinfo is not None
