"""What stands over an endpoint: the identities that its writes name, locks and policies."""

from typing import Any

import pytest

from localazure.arm.messages import ArmResponse
from localazure.world import ACTIONS, ASSIGN_IDENTITY, READ_SECRETS, Call, LockLevel, Policy
from localazure.world.names import PROVIDER
from tests.contract.localazure.arm.conftest import (
    PRINCIPAL,
    Wire,
    deployment_body,
    endpoint_body,
)

ENDPOINT = "onlineEndpoints/fraud"
BLUE = f"{ENDPOINT}/deployments/blue"
IDENTITIES = (
    "/subscriptions/s/resourceGroups/shared/providers/Microsoft.ManagedIdentity"
    "/userAssignedIdentities"
)
MODEL = "fraud-model"
MINE, OTHER = f"{IDENTITIES}/serving", f"{IDENTITIES}/reading"
WRITES = frozenset(ACTIONS.values())
"""Every action on Azure Machine Learning, and none on identities."""
OF_ENDPOINTS = Policy("/subscriptions", f"{PROVIDER}/workspaces/onlineEndpoints")


def body_with(*identities: str, **properties: Any) -> dict[str, Any]:
    assigned: dict[str, dict[str, str]] = {each: {} for each in identities}
    identity = {"type": "UserAssigned", "userAssignedIdentities": assigned}
    return {**endpoint_body(**properties), "identity": identity}


@pytest.fixture
def served(wire: Wire) -> Wire:
    """An endpoint with an identity and a deployment, made by one who may use that identity."""
    wire.send("PUT", ENDPOINT, body_with(MINE))
    wire.deploy("blue")
    wire.arm.access.allow_only(PRINCIPAL, WRITES)
    return wire


def refused(answer: ArmResponse) -> tuple[int, str]:
    return answer.status, answer.json()["error"]["code"]


def sentence(answer: ArmResponse) -> str:
    text: str = answer.json()["error"]["message"]
    return text


def put_traffic(wire: Wire, *identities: str) -> ArmResponse:
    return wire.send("PUT", ENDPOINT, body_with(*(identities or (MINE,)), traffic={"blue": 100}))


def put_deployment(wire: Wire) -> ArmResponse:
    return wire.send("PUT", BLUE, deployment_body(wire.world.workspace.asset("models", MODEL, "1")))


LINKED = (403, "LinkedAuthorizationFailed")


def test_a_write_that_repeats_an_identity_needs_the_right_to_assign_it(served: Wire) -> None:
    answer = put_traffic(served)
    assert refused(answer) == LINKED
    assert f"perform action '{ASSIGN_IDENTITY}' on the linked scope(s) '{MINE}'" in sentence(answer)
    assert ACTIONS[Call.ENDPOINTS_PUT] in sentence(answer)
    served.arm.access.grant(PRINCIPAL, MINE.upper(), [ASSIGN_IDENTITY])
    assert put_traffic(served).status == 200
    served.arm.access.revoke(PRINCIPAL, MINE)
    assert refused(put_traffic(served)) == LINKED


def test_only_the_identities_that_may_not_be_used_are_named(served: Wire) -> None:
    served.arm.access.grant(PRINCIPAL, MINE, [ASSIGN_IDENTITY])
    answer = put_traffic(served, MINE, OTHER)
    assert refused(answer) == LINKED
    assert f"scope(s) '{OTHER}'" in sentence(answer)


def test_a_deleted_identity_is_refused_the_same_way_whoever_asks(served: Wire) -> None:
    served.arm.access.allow_everything(PRINCIPAL)
    served.arm.governance.delete_identity(MINE)
    answer = put_traffic(served)
    assert refused(answer) == LINKED
    assert "or the linked scope(s) are invalid" in sentence(answer)
    served.arm.governance.restore_identity(MINE.upper())
    assert put_traffic(served).status == 200


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", BLUE, None),
        ("PATCH", BLUE, {"sku": {"name": "Default", "capacity": 3}}),
        ("PATCH", ENDPOINT, {"identity": body_with(MINE)["identity"]}),
    ],
)
def test_other_writes_are_held_to_it_too(
    served: Wire, method: str, path: str, body: dict[str, Any] | None
) -> None:
    answer = put_deployment(served) if body is None else served.send(method, path, body)
    assert refused(answer) == LINKED


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", ENDPOINT, None),
        ("PATCH", ENDPOINT, {"tags": {"team": "risk"}}),
        ("DELETE", BLUE, None),
    ],
)
def test_what_names_no_identity_needs_no_such_right(
    served: Wire, method: str, path: str, body: dict[str, Any] | None
) -> None:
    assert served.send(method, path, body).status < 300


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"identity": 3}'])
def test_a_body_that_names_nothing_is_left_to_whoever_reads_it(served: Wire, body: bytes) -> None:
    answer = served.send("PUT", ENDPOINT, body)
    assert refused(answer) != LINKED
    assert answer.status == 400


def test_a_read_only_lock_refuses_every_call_but_reads(served: Wire) -> None:
    served.arm.access.allow_everything(PRINCIPAL)
    group = served.world.workspace.path.partition("/providers/")[0]
    served.arm.governance.lock(group, LockLevel.READ_ONLY)
    for answer in (
        put_traffic(served),
        put_deployment(served),
        served.send("DELETE", BLUE),
        served.send("POST", f"{ENDPOINT}/listKeys", {}),
    ):
        assert refused(answer) == (409, "ScopeLocked")
        assert f"following scope(s) are locked: '{group}'" in sentence(answer)
    assert served.send("GET", ENDPOINT).status == 200
    served.arm.governance.unlock(group)
    assert put_traffic(served).status == 200


def test_a_lock_against_deletion_refuses_nothing_else(served: Wire) -> None:
    served.arm.access.allow_everything(PRINCIPAL)
    served.arm.governance.lock(served.world.workspace.path.upper(), LockLevel.CAN_NOT_DELETE)
    answer = served.send("DELETE", BLUE)
    assert refused(answer) == (409, "ScopeLocked")
    assert "cannot perform delete operation" in sentence(answer)
    assert put_traffic(served).status == 200


def test_a_lock_holds_for_what_is_below_it_only(served: Wire) -> None:
    served.arm.access.allow_everything(PRINCIPAL)
    served.arm.governance.lock(f"{served.world.workspace.path}/online", LockLevel.READ_ONLY)
    assert put_traffic(served).status == 200


def test_a_policy_denies_writes_of_its_type_only(served: Wire) -> None:
    served.arm.access.allow_everything(PRINCIPAL)
    served.arm.governance.deny("no-endpoints", OF_ENDPOINTS)
    answer = put_traffic(served)
    assert refused(answer) == (403, "RequestDisallowedByPolicy")
    assert sentence(answer).startswith("Resource 'fraud' was disallowed by policy.")
    assert "policyAssignments/no-endpoints" in sentence(answer)
    assert put_deployment(served).status == 200
    assert served.send("DELETE", ENDPOINT).status == 202
    served.arm.governance.withdraw("no-endpoints")
    served.arm.governance.deny(
        "elsewhere", Policy("/subscriptions/other", OF_ENDPOINTS.resource_type)
    )
    served.move(hours=1)
    assert served.send("PUT", ENDPOINT, body_with(MINE)).status == 201


def test_a_lock_comes_before_a_policy_and_a_right_before_both(served: Wire) -> None:
    served.arm.governance.lock(served.world.workspace.path, LockLevel.READ_ONLY)
    served.arm.governance.deny("no-endpoints", OF_ENDPOINTS)
    assert refused(put_traffic(served)) == LINKED
    served.arm.access.grant(PRINCIPAL, MINE, [ASSIGN_IDENTITY])
    assert refused(put_traffic(served)) == (409, "ScopeLocked")


SECRETS = {"enforce_access_to_default_secret_stores": "enabled"}


def put_enforcing(wire: Wire, identity: Any = None, **properties: Any) -> ArmResponse:
    body = endpoint_body(properties=SECRETS, **properties)
    return wire.send("PUT", ENDPOINT, body if identity is None else {**body, "identity": identity})


def deploy(wire: Wire) -> ArmResponse:
    return wire.send("PUT", BLUE, deployment_body(wire.world.workspace.asset("models", MODEL, "1")))


def test_an_endpoint_that_enforces_secrets_is_written_by_who_may_read_them(served: Wire) -> None:
    workspace = served.world.workspace.path
    for action in READ_SECRETS:
        refusal = put_enforcing(served)
        assert refused(refusal) == (403, "AuthorizationFailed")
        assert f"perform action '{action}' over scope '{workspace}'" in sentence(refusal)
        served.arm.access.grant(PRINCIPAL, workspace, READ_SECRETS[:1])
    served.arm.access.grant(PRINCIPAL, workspace, READ_SECRETS)
    assert put_enforcing(served).status == 200
    served.move(hours=1)
    assert deploy(served).status == 200
    served.arm.access.revoke(PRINCIPAL, workspace)
    assert refused(deploy(served)) == (403, "AuthorizationFailed")
    assert served.send("PATCH", ENDPOINT, {"tags": {"team": "risk"}}).status == 200


@pytest.mark.parametrize(
    ("identity", "value"),
    [
        ({"type": "UserAssigned", "userAssignedIdentities": {MINE: {}}}, "enabled"),
        (None, "disabled"),
    ],
)
def test_other_endpoints_are_not_held_to_it(served: Wire, identity: Any, value: str) -> None:
    served.arm.access.grant(PRINCIPAL, MINE, [ASSIGN_IDENTITY])
    body = endpoint_body(properties={"enforce_access_to_default_secret_stores": value})
    wanted = body if identity is None else {**body, "identity": identity}
    assert served.send("PUT", ENDPOINT, wanted).status == 200


def test_what_is_granted_on_a_scope_holds_below_it_and_nowhere_else(served: Wire) -> None:
    other = f"{served.world.workspace.path}/onlineEndpoints/frau"
    served.arm.access.allow_only(PRINCIPAL, [])
    served.arm.access.grant(PRINCIPAL, other, WRITES)
    assert refused(served.send("GET", ENDPOINT)) == (403, "AuthorizationFailed")
    served.arm.access.grant(PRINCIPAL, f"{other}D", WRITES)
    for path in (ENDPOINT, BLUE):
        assert served.send("GET", path).status == 200
    assert refused(served.send("GET", "onlineEndpoints")) == (403, "AuthorizationFailed")


def test_what_was_taken_is_refused_to_who_may_do_everything(served: Wire) -> None:
    served.arm.access.allow_everything(PRINCIPAL)
    served.arm.access.take(PRINCIPAL, [ACTIONS[Call.ENDPOINTS_PUT].upper()])
    assert refused(put_traffic(served)) == (403, "AuthorizationFailed")
    assert served.send("GET", ENDPOINT).status == 200
    served.arm.access.give_back(PRINCIPAL)
    assert put_traffic(served).status == 200
