"""Locks, policies, identities and rights, changed while the whole local Azure runs."""

from collections.abc import Iterator
from typing import Any

import pytest

from localazure.stack.process import stack_process
from tests.contract.localazure.stack.test_stack import LocalAzure

ENDPOINT = "/onlineEndpoints/governed"
IDENTITY = (
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity"
    "/userAssignedIdentities/serving"
)
ML = "Microsoft.MachineLearningServices/workspaces"
ASSIGN = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"
LOCKED = (409, "ScopeLocked")
DENIED = (403, "RequestDisallowedByPolicy")
LINKED = (403, "LinkedAuthorizationFailed")
UNAUTHORISED = (403, "AuthorizationFailed")
NOTHING: dict[str, Any] = {"locks": {}, "policies": {}, "deletedIdentities": [], "taken": {}}


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAzure]:
    work = tmp_path_factory.mktemp("azure")
    arguments = ["--runtime", "instant", "--env-file", str(work / "azure.env")]
    with stack_process(work, arguments) as process:
        yield LocalAzure(process)


@pytest.fixture
def azure(started: LocalAzure) -> Iterator[LocalAzure]:
    """With an endpoint that runs as an identity, and nothing set at the end."""
    assert put(started)[0] in (200, 201)
    yield started
    assert started.control("DELETE", "governance")[0] == 204
    assert started.control("GET", "governance") == (200, NOTHING)
    started.control("DELETE", "access/developer")


def put(azure: LocalAzure) -> tuple[int, str]:
    """Write the endpoint; its status, and the code of a refusal."""
    body = {
        "location": "westeurope",
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {IDENTITY: {}}},
        "properties": {"authMode": "Key"},
    }
    status, answer = azure.workspace("PUT", ENDPOINT, body)
    return status, answer.get("error", {}).get("code", "")


def told(azure: LocalAzure, method: str, path: str, body: Any = None) -> int:
    return azure.control(method, path, body)[0]


def test_a_lock_is_set_and_taken_off(azure: LocalAzure) -> None:
    scope = f"{azure.ready['workspaceId']}{ENDPOINT}"
    assert told(azure, "PUT", "locks", {"level": "ReadOnly"}) == 204
    assert told(azure, "PUT", "locks", {"level": "CanNotDelete", "scope": scope}) == 204
    assert azure.control("GET", "governance")[1]["locks"] == {
        azure.ready["workspaceId"]: "ReadOnly",
        scope: "CanNotDelete",
    }
    assert put(azure) == LOCKED
    assert told(azure, "DELETE", "locks") == 204
    assert put(azure) == (200, "")
    assert azure.workspace("DELETE", ENDPOINT)[0] == 409
    assert told(azure, "DELETE", f"locks?scope={scope}") == 204


def test_a_policy_is_assigned_and_withdrawn(azure: LocalAzure) -> None:
    assert told(azure, "PUT", "policies/approved-only", {}) == 204
    assert azure.control("GET", "governance")[1]["policies"] == {
        "approved-only": {
            "scope": azure.ready["workspaceId"],
            "resourceType": f"{ML}/onlineEndpoints",
        }
    }
    assert put(azure) == DENIED
    other = {"scope": "/subscriptions/other", "resourceType": f"{ML}/onlineEndpoints"}
    assert told(azure, "PUT", "policies/approved-only", other) == 204
    assert put(azure) == (200, "")
    assert told(azure, "DELETE", "policies/approved-only") == 204


def test_an_identity_is_deleted_and_made_again(azure: LocalAzure) -> None:
    assert told(azure, "POST", "identities/delete", {"id": IDENTITY}) == 204
    assert azure.control("GET", "governance")[1]["deletedIdentities"] == [IDENTITY.lower()]
    assert put(azure) == LINKED
    assert told(azure, "POST", "identities/restore", {"id": IDENTITY}) == 204
    assert put(azure) == (200, "")


def test_a_right_is_taken_away_and_given_back(azure: LocalAzure) -> None:
    action = f"{ML}/onlineEndpoints/write"
    assert told(azure, "PUT", "access/developer/taken", {"actions": [action]}) == 204
    assert azure.control("GET", "governance")[1]["taken"] == {"developer": [action.lower()]}
    assert put(azure) == UNAUTHORISED
    assert azure.workspace("GET", ENDPOINT)[0] == 200
    assert told(azure, "DELETE", "access/developer/taken") == 204
    assert put(azure) == (200, "")


def test_a_right_is_granted_on_one_scope(azure: LocalAzure) -> None:
    assert told(azure, "PUT", "access/developer", {"actions": [f"{ML}/onlineEndpoints/*"]}) == 204
    assert put(azure) == LINKED
    given = {"scope": IDENTITY, "actions": [ASSIGN]}
    assert told(azure, "PUT", "access/developer/granted", given) == 204
    assert put(azure) == (200, "")
    assert told(azure, "DELETE", f"access/developer/granted?scope={IDENTITY}") == 204
    assert put(azure) == LINKED


def test_a_right_on_an_endpoint_is_none_on_the_workspace(azure: LocalAzure) -> None:
    assert told(azure, "PUT", "access/developer", {"actions": []}) == 204
    scope = f"{azure.ready['workspaceId']}{ENDPOINT}"
    given = {"scope": scope, "actions": [f"{ML}/onlineEndpoints/read"]}
    assert told(azure, "PUT", "access/developer/granted", given) == 204
    assert azure.workspace("GET", ENDPOINT)[0] == 200
    assert azure.workspace("GET", "/onlineEndpoints")[0] == 403
    assert told(azure, "DELETE", f"access/developer/granted?scope={scope}") == 204


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "locks", {"level": "Shut"}),
        ("PUT", "locks", {}),
        ("PUT", "locks", {"level": "ReadOnly", "scope": "group"}),
        ("PUT", "policies/a", {"scope": 3}),
        ("POST", "identities/delete", {"id": None}),
        ("PUT", "access/developer/taken", {"actions": "*"}),
        ("PUT", "access/developer/granted", ["*"]),
    ],
)
def test_a_body_that_cannot_be_meant_is_explained(
    azure: LocalAzure, method: str, path: str, body: Any
) -> None:
    status, answer = azure.control(method, path, body)
    assert status == 400
    assert answer["error"]
