"""What stands above an endpoint, as the app hears of it: named, with the command, on both ports."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from localazure.world import ASSIGN_IDENTITY, EndpointSpec, Fault, LockLevel, Policy
from localazure.world.governance import ENFORCES_SECRETS
from localazure.world.names import PROVIDER
from rollout.errors import AccessDeniedError
from rollout.ports import NewDeployment
from tests.doubles.records import POLICY
from tests.doubles.wire import APP
from tests.support.contract.ports import SECONDS, Ports

pytestmark = pytest.mark.filterwarnings("ignore:::azure", "ignore:::marshmallow")
STAMP = "20260131T100000000000Z-0001/0"
LATER = datetime(2100, 1, 1, tzinfo=UTC)


@pytest.fixture
def identity(ports: Ports) -> str:
    """The id of an identity of this test's own, which the app has no right on."""
    group = "/subscriptions/s/resourceGroups/shared/providers/Microsoft.ManagedIdentity"
    return f"{group}/userAssignedIdentities/of-{ports.name}"


@pytest.fixture
def served(ports: Ports, identity: str) -> Ports:
    assigned = {"type": "UserAssigned", "userAssignedIdentities": {identity: {}}}
    ports.given_endpoint(EndpointSpec(location="westeurope", identity=assigned))
    ports.given_deployment("blue", "6")
    ports.given_split(blue=100)
    return ports


def rehearse(ports: Ports) -> None:
    seen = ports.seen()
    ports.endpoints.set_traffic(
        ports.endpoint, seen, seen.traffic, seen.mirror, stamp=STAMP, timeout=SECONDS
    )


def copy(ports: Ports) -> None:
    ports.register("7")
    ports.endpoints.copy_deployment(
        ports.endpoint,
        ports.endpoints.deployments(ports.endpoint, timeout=SECONDS)["blue"],
        NewDeployment("green-7", ports.model, "7", "r", at_least=None, until=LATER),
        timeout=SECONDS,
    )


def test_a_right_on_the_endpoints_identity_is_what_a_write_needs(
    served: Ports, identity: str
) -> None:
    grant = f"--role 'Managed Identity Operator' --scope {identity}"
    for write in (rehearse, copy):
        with pytest.raises(AccessDeniedError, match=identity) as refused:
            write(served)
        assert grant in str(refused.value)
    served.access.grant(APP, identity, [ASSIGN_IDENTITY])
    rehearse(served)
    assert (served.seen().stamp, served.split()) == (STAMP, {"blue": 100})
    copy(served)
    served.access.revoke(APP, identity)


def test_a_deleted_identity_is_named_too(served: Ports, identity: str) -> None:
    served.access.grant(APP, identity, [ASSIGN_IDENTITY])
    served.governance.delete_identity(identity)
    with pytest.raises(AccessDeniedError, match="or that was deleted"):
        rehearse(served)
    served.access.revoke(APP, identity)


def test_a_lock_is_named_and_no_running_operation(blue: Ports) -> None:
    blue.governance.lock(blue.endpoint, LockLevel.READ_ONLY)
    for write in (rehearse, copy):
        with pytest.raises(AccessDeniedError, match=f"A lock on {blue.endpoint} is ReadOnly"):
            write(blue)
    with pytest.raises(AccessDeniedError, match="Azure answered 409 ScopeLocked"):
        blue.endpoints.delete_deployment(blue.endpoint, "blue", timeout=SECONDS)


def test_a_lock_against_deletion_lets_traffic_move(blue: Ports) -> None:
    blue.governance.lock(blue.endpoint, LockLevel.CAN_NOT_DELETE)
    rehearse(blue)
    with pytest.raises(AccessDeniedError, match="A lock on"):
        blue.endpoints.delete_deployment(blue.endpoint, "blue", timeout=SECONDS)


def create(ports: Ports) -> None:
    ports.register("7")
    ports.creator.create_candidate(
        ports.endpoint,
        replace(POLICY, endpoint=ports.name, model=ports.model),
        NewDeployment("green-7", ports.model, "7", "r", at_least=None, until=LATER),
    )


@pytest.mark.parametrize("ports", ["arm"], indirect=True)  # the double has no such answer
@pytest.mark.parametrize(
    ("write", "call"),
    [(rehearse, "endpoints.put"), (copy, "deployments.put"), (create, "deployments.put")],
)
@pytest.mark.parametrize("enforced", [True, False])
def test_a_refusal_without_a_reason_is_explained_by_the_endpoint(
    blue: Ports, write: Callable[[Ports], None], call: str, *, enforced: bool
) -> None:
    """Azure's words for an endpoint that enforces access to secret stores are not documented."""
    if enforced:
        spec = blue.world.endpoints.get(blue.name).spec
        own = {ENFORCES_SECRETS: "enabled"}
        blue.world.endpoints.put(blue.name, replace(spec, properties=own))
    blue.faults.add(call, Fault(status=403, code="Forbidden", message="no"))
    with pytest.raises(AccessDeniedError, match="Azure answered 403 Forbidden") as refused:
        write(blue)
    assert ("azd env set ENDPOINTS_ENFORCE_SECRETS true" in str(refused.value)) is enforced


def test_a_policy_is_named(blue: Ports) -> None:
    policy = Policy(blue.endpoint, f"{PROVIDER}/workspaces/onlineEndpoints")
    blue.governance.deny("approved-only", policy)
    with pytest.raises(AccessDeniedError, match=r"The policy .*/policyAssignments/approved-only"):
        rehearse(blue)
