"""What is refused, with which status, and that the sentence says what to do."""

from typing import Any

import pytest

from localazure.arm.arm import Arm
from localazure.arm.messages import MAX_BODY_BYTES, ArmRequest
from localazure.identity import STORAGE_AUDIENCE, TokenAuthority
from localazure.world import ACTIONS, Call, Caller
from tests.contract.localazure.arm.conftest import Wire, deployment_body, endpoint_body

ENDPOINT = "onlineEndpoints/fraud"
BLUE = f"{ENDPOINT}/deployments/blue"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "onlineEndpoints/fraud/skus"),
        ("DELETE", "models/fraud-model"),
        ("GET", "batchEndpoints"),
        ("OPTIONS", "onlineEndpoints/fraud"),
        ("GET", "/subscriptions/s/resourceGroups"),
    ],
)
def test_an_unknown_route_is_not_implemented(wire: Wire, method: str, path: str) -> None:
    answer = wire.send(method, path)
    assert (answer.status, answer.json()["error"]["code"]) == (501, "NotImplemented")


def test_a_call_without_a_token_is_refused(wire: Wire) -> None:
    assert wire.send("GET", ENDPOINT, token=None).status == 401


def test_a_call_without_an_api_version_is_refused(wire: Wire) -> None:
    request = ArmRequest("GET", wire.world.workspace.path, headers={"authorization": "Bearer x"})
    answer = wire.arm.handle(request)
    assert answer.json()["error"]["code"] == "MissingApiVersionParameter"


def test_a_token_for_another_audience_is_refused(wire: Wire) -> None:
    identity = TokenAuthority()
    wire.arm = Arm(wire.world, identity=identity)
    token, _ = identity.mint(STORAGE_AUDIENCE, "rollout")
    answer = wire.send("GET", "", token=token)
    assert (answer.status, answer.json()["error"]["code"]) == (401, "InvalidAuthenticationToken")
    assert "is for https://storage.azure.com" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "path",
    [
        "/subscriptions/other/resourceGroups/ml-local/providers/Microsoft.MachineLearningServices/workspaces/workspace",
        "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/other/providers/Microsoft.MachineLearningServices/workspaces/workspace",
        "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/ml-local/providers/Microsoft.MachineLearningServices/workspaces/other",
        "models/absent/versions/1",
        "environments/absent/versions/1",
        "codes/absent/versions/1",
        "datastores/absent",
        "onlineEndpoints/absent",
        "onlineEndpoints/absent/deployments",
        "onlineEndpoints/absent/deployments/blue",
        "/subscriptions/11111111-1111-1111-1111-111111111111/providers/Microsoft.MachineLearningServices/locations/x/mfeOperationsStatus/oeidp:w:1",
    ],
)
def test_an_absent_resource_is_not_found(wire: Wire, path: str) -> None:
    answer = wire.send("GET", path)
    assert (answer.status, answer.json()["error"]["code"]) == (404, "ResourceNotFound")


def test_paths_ignore_case(wire: Wire) -> None:
    wire.endpoint()
    path = f"{wire.world.workspace.path}/{ENDPOINT}"
    assert wire.send("GET", path.replace("resourceGroups", "resourcegroups")).status == 200


BAD_ENDPOINTS: list[tuple[Any, str]] = [
    (b"", "not JSON"),
    (b"{", "not JSON"),
    (b"[" * 100_000, "not JSON"),
    (b"\xff", "not JSON"),
    ([], "must be a JSON object"),
    ({}, "'properties' is required"),
    ({"properties": []}, "properties must be an object, not list"),
    ({"properties": {}}, "'authMode' is required"),
    ({"properties": {"authMode": "Key"}}, "'location' is required"),
    (endpoint_body(authMode=7), "authMode must be a string, not int"),
    (endpoint_body(authMode="AMLToken"), "AMLToken is not served"),
    (endpoint_body(compute="aks"), "Kubernetes online endpoints are not served"),
    ({**endpoint_body(), "kind": "K8S"}, "Kubernetes online endpoints are not served"),
    (endpoint_body(traffic=[]), "traffic must be an object"),
    (endpoint_body(traffic={"blue": "all"}), "whole number"),
    ({**endpoint_body(), "tags": {"a": {}}}, r"tags\['a'\] must be a string"),
    ({**endpoint_body(), "tags": {"a": True}}, r"tags\['a'\] must be a string"),
]


@pytest.mark.parametrize(("body", "reason"), BAD_ENDPOINTS)
def test_a_malformed_endpoint_is_refused_with_the_place(wire: Wire, body: Any, reason: str) -> None:
    refused_with(wire, ENDPOINT, body, reason)
    assert wire.world.endpoints.list() == []


BAD_DEPLOYMENTS: list[tuple[Any, str]] = [
    ({"location": "x", "properties": {}}, "'endpointComputeType' is required"),
    (deployment_body(None, endpointComputeType="Kubernetes"), "managed online endpoints only"),
    ({**deployment_body(None), "sku": {"capacity": "2"}}, "capacity must be a whole number"),
    ({**deployment_body(None), "sku": {"capacity": True}}, "capacity must be a whole number"),
    (deployment_body(None, requestSettings={"requestTimeout": "5"}), "ISO 8601"),
    (deployment_body(None, requestSettings={"requestTimeout": "P"}), "ISO 8601"),
    (deployment_body(None, requestSettings={"requestTimeout": "PT181S"}), "at most 180 s"),
    (deployment_body(None, requestSettings={"requestTimeout": "PT0S"}), "more than 0"),
    (deployment_body(None, environmentVariables={"A": []}), "must be a string"),
    (deployment_body("azureml:fraud-model:1"), "is not the ARM id"),
]


@pytest.mark.parametrize(("body", "reason"), BAD_DEPLOYMENTS)
def test_a_malformed_deployment_is_refused_with_the_place(
    wire: Wire, body: Any, reason: str
) -> None:
    wire.endpoint()
    refused_with(wire, BLUE, body, reason)
    assert wire.world.deployments.list("fraud") == []


def refused_with(wire: Wire, path: str, body: Any, reason: str) -> None:
    answer = wire.send("PUT", path, body)
    assert answer.status == 400
    with pytest.raises(AssertionError, match=reason):
        raise AssertionError(answer.json()["error"]["message"])


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PATCH", ENDPOINT, {"properties": {"traffic": {"blue": 100}}}, 400),
        ("PATCH", BLUE, {"properties": {}}, 400),
        ("POST", f"{ENDPOINT}/regenerateKeys", {"keyType": "Third"}, 400),
        ("POST", f"{ENDPOINT}/token", {}, 400),
        ("POST", f"{BLUE}/getLogs", {"tail": 0}, 400),
        ("GET", "models/m/versions?$orderBy=name", None, 400),
        ("GET", "models/m/versions?$orderBy=createdtime up", None, 400),
        ("GET", "models/m/versions?$top=-1", None, 400),
        ("GET", "models/m/versions?listViewType=Some", None, 400),
        ("PUT", "models/m/versions/1", {"properties": {}}, 400),
        ("POST", "codes/c/versions/1/startPendingUpload", {"pendingUploadType": "None"}, 400),
        (
            "POST",
            "codes/c/versions/1/startPendingUpload",
            {"pendingUploadType": "TemporaryBlobReference"},
            501,
        ),
    ],
)
def test_other_malformed_calls_are_refused(
    wire: Wire, method: str, path: str, body: Any, status: int
) -> None:
    wire.endpoint("blue")
    assert wire.send(method, path, body).status == status


def test_a_scoring_token_needs_an_identity(wire: Wire) -> None:
    wire.send("PUT", ENDPOINT, endpoint_body(authMode="AADToken"))
    assert wire.send("POST", f"{ENDPOINT}/token", {}).status == 501


def test_an_oversized_body_is_refused(wire: Wire) -> None:
    assert wire.send("PUT", ENDPOINT, b" " * (MAX_BODY_BYTES + 1)).status == 413


def test_a_principal_may_be_restricted_to_some_actions(wire: Wire) -> None:
    wire.endpoint("blue", live={"blue": 100})
    wire.arm.access.allow_only("rollout", [ACTIONS[Call.ENDPOINTS_GET]])
    assert wire.send("GET", ENDPOINT, token="rollout").status == 200
    answer = wire.send("PUT", ENDPOINT, endpoint_body(), token="rollout")
    assert (answer.status, answer.json()["error"]["code"]) == (403, "AuthorizationFailed")
    assert ACTIONS[Call.ENDPOINTS_PUT] in answer.json()["error"]["message"]
    assert wire.send("PUT", ENDPOINT, endpoint_body()).status == 200


def test_the_write_log_knows_the_caller_of_the_wire(wire: Wire) -> None:
    wire.endpoint()
    (write,) = wire.world.log.of("endpoints.put")
    assert write.caller == Caller("tester", "wire-test")
