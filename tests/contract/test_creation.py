"""Creating, copying, and why it failed: the same facts of the doubles and of ARM over https."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from localazure.world import (
    ACTIONS,
    Call,
    Fault,
    OperationError,
    OperationKind,
)
from rollout.core.records.observation import Absent, ModelId, ModelSeen, ProvisioningState
from rollout.errors import ArmRefusedError, ArmUnavailableError, EndpointBusyError
from rollout.ports import NewDeployment
from tests.doubles.records import POLICY
from tests.support.contract.ports import Ports
from tests.support.role import ROLE

pytestmark = pytest.mark.filterwarnings("ignore:::azure", "ignore:::marshmallow")
SECONDS = 5.0
STAMP = "20260131T100000Z-0001/3"
LATER = datetime(2100, 1, 1, tzinfo=UTC)


def create(
    ports: Ports,
    name: str,
    *,
    rollout: str = "r1",
    at_least: int | None = None,
    until: datetime = LATER,
    endpoint: str = "",
) -> None:
    """Create version 7 from the template."""
    policy = replace(POLICY, endpoint=endpoint or ports.name, model=ports.model)
    ports.creator.create_candidate(
        ports.endpoint,
        policy,
        NewDeployment(name, ports.model, "7", rollout, at_least=at_least, until=until),
    )


def copy(ports: Ports, name: str, *, rollout: str = "r1", until: datetime = LATER) -> None:
    """Create version 7 as a copy of blue."""
    ports.endpoints.copy_deployment(
        ports.endpoint,
        ports.endpoints.deployments(ports.endpoint, timeout=SECONDS)["blue"],
        NewDeployment(name, ports.model, "7", rollout, at_least=None, until=until),
        timeout=SECONDS,
    )


@pytest.mark.parametrize(("at_least", "expected"), [(None, 3), (2, 3), (5, 5)])
def test_a_copy_differs_in_model_tag_and_instances_only(
    blue: Ports, at_least: int | None, expected: int
) -> None:
    wanted = blue.register("7")
    source = blue.endpoints.deployments(blue.endpoint, timeout=SECONDS)["blue"]
    blue.endpoints.copy_deployment(
        blue.endpoint,
        source,
        NewDeployment("green-7", blue.model, "7", "r1", at_least=at_least, until=LATER),
        timeout=SECONDS,
    )
    copy = blue.endpoints.deployments(blue.endpoint, timeout=SECONDS)["green-7"]
    assert (copy.model, copy.rollout_tag, copy.instance_count) == (
        ModelId(blue.model, "7"),
        "r1",
        expected,
    )
    spec = blue.world.deployments.get(blue.name, "green-7").spec
    original = blue.world.deployments.get(blue.name, "blue").spec
    assert spec.model_id is not None
    assert spec.model_id.lower() == wanted.lower()
    assert spec.tags == {"team": "risk", "rollout": "r1"}
    # Azure wrote the folder of blue's version into blue, and green-7 must not look for it there.
    assert spec.environment_variables == original.environment_variables
    assert spec.body.get("appInsightsEnabled") == original.body.get("appInsightsEnabled")
    assert (spec.instance_type, spec.location) == (original.instance_type, original.location)
    assert blue.split() == {"blue": 100}


def test_a_copy_of_a_copy_carries_the_new_tag(blue: Ports) -> None:
    for name, source, rollout in (("green-7", "blue", "r1"), ("green-8", "green-7", "r2")):
        blue.register(name.rpartition("-")[2])
        blue.endpoints.copy_deployment(
            blue.endpoint,
            blue.endpoints.deployments(blue.endpoint, timeout=SECONDS)[source],
            NewDeployment(
                name, blue.model, name.rpartition("-")[2], rollout, at_least=None, until=LATER
            ),
            timeout=SECONDS,
        )
    found = blue.endpoints.deployments(blue.endpoint, timeout=SECONDS)
    assert {name: each.rollout_tag for name, each in found.items()} == {
        "blue": None,
        "green-7": "r1",
        "green-8": "r2",
    }


def test_a_failed_creation_is_explained_by_its_operation_where_that_may_be_read(
    blue: Ports,
) -> None:
    blue.allow(*ROLE.everything, ACTIONS[Call.OPERATIONS_GET])
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
    assert not found.archived
    assert ports.models.model(workspace, ports.model, "8", timeout=SECONDS) == Absent()


def test_what_an_mlflow_model_was_packaged_with_is_read(ports: Ports) -> None:
    flavors = {"python_function": {"data": {"python_version": "3.11.9"}}, "sklearn": {"data": {}}}
    body = {"modelUri": "azureml://7", "modelType": "mlflow_model", "flavors": flavors}
    ports.world.models.put(ports.model, "7", body)

    found = ports.models.model(ports.world.workspace.path, ports.model, "7", timeout=SECONDS)

    assert isinstance(found, ModelSeen)
    assert found.flavors == {"python_function": {"python_version": "3.11.9"}, "sklearn": {}}


def test_a_version_is_seen_archived_deleted_and_registered_again(ports: Ports) -> None:
    ports.register("7")
    workspace, models = ports.world.workspace.path, ports.world.models

    def read() -> ModelSeen | Absent:
        return ports.models.model(workspace, ports.model, "7", timeout=SECONDS)

    first = read()
    body = dict(models.get(ports.model, "7").body)
    models.put(ports.model, "7", {**body, "isArchived": True})
    assert isinstance(first, ModelSeen)
    assert not first.archived
    assert read() == replace(first, archived=True)
    models.delete(ports.model, "7")
    assert read() == Absent()
    ports.register("7")
    again = read()
    assert isinstance(again, ModelSeen)
    assert again.created_at != first.created_at


def test_a_first_endpoint_and_candidate_are_created_from_the_service(ports: Ports) -> None:
    policy = replace(POLICY, endpoint=ports.name, model=ports.model)
    ports.register("7")
    ports.creator.create_endpoint(ports.endpoint, policy, until=LATER)
    assert ports.seen().traffic == {}
    for name, at_least in (("blue-7", None), ("blue-8", 4)):
        create(ports, name, at_least=at_least)
        found = ports.endpoints.deployments(ports.endpoint, timeout=SECONDS)[name]
        assert found.state is ProvisioningState.SUCCEEDED
        assert found.model == ModelId(ports.model, "7")
        assert (found.rollout_tag, found.instance_count) == ("r1", at_least or 2)
    assert ports.split() == {}


def test_an_endpoint_that_exists_is_not_written_by_its_creation(blue: Ports) -> None:
    writes = len(blue.world.log)
    policy = replace(POLICY, endpoint=blue.name, model=blue.model)
    blue.creator.create_endpoint(blue.endpoint, policy, until=LATER)
    assert blue.split() == {"blue": 100}
    assert len(blue.world.log) == writes


def test_an_endpoint_is_named_by_its_id_whatever_the_policy_says_now(ports: Ports) -> None:
    policy = replace(POLICY, endpoint="another-endpoint", model=ports.model)
    ports.creator.create_endpoint(ports.endpoint, policy, until=LATER)
    assert ports.seen().traffic == {}
    ports.register("7")
    create(ports, "blue-7", endpoint="another-endpoint")
    assert set(ports.endpoints.deployments(ports.endpoint, timeout=SECONDS)) == {"blue-7"}


def test_a_candidate_that_exists_is_left_as_it_is_by_a_late_call(blue: Ports) -> None:
    blue.register("7")
    create(blue, "green-7")
    writes = len(blue.world.log)
    create(blue, "green-7", at_least=9)
    copy(blue, "green-7", rollout="r1")
    assert len(blue.world.log) == writes


def test_a_name_that_somebody_else_took_is_refused_for_good(blue: Ports) -> None:
    blue.register("7")
    create(blue, "green-7")
    with pytest.raises(ArmRefusedError, match="not this rollout's"):
        create(blue, "green-7", rollout="r2")
    with pytest.raises(ArmRefusedError, match="not this rollout's"):
        copy(blue, "green-7", rollout="r2")


def test_a_create_call_whose_time_is_over_is_not_sent(blue: Ports) -> None:
    blue.register("7")
    writes = len(blue.world.log)
    past = datetime(2020, 1, 1, tzinfo=UTC)
    policy = replace(POLICY, endpoint=blue.name, model=blue.model)
    with pytest.raises(ArmUnavailableError, match="was not sent"):
        blue.creator.create_endpoint(blue.endpoint, policy, until=past)
    with pytest.raises(ArmUnavailableError, match="was not sent"):
        create(blue, "green-7", until=past)
    with pytest.raises(ArmUnavailableError, match="was not sent"):
        copy(blue, "green-7", until=past)
    assert len(blue.world.log) == writes


def test_creating_of_an_unregistered_version_is_refused(blue: Ports) -> None:
    policy = replace(POLICY, endpoint=blue.name, model=blue.model)
    with pytest.raises(ArmRefusedError):
        blue.creator.create_candidate(
            blue.endpoint,
            policy,
            NewDeployment("green-9", blue.model, "never", "r1", at_least=None, until=LATER),
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
            NewDeployment("green-7", blue.model, "7", "r1", at_least=None, until=LATER),
        )
