"""Endpoints, deployments, models and failures as ARM could word them."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from rollout.adapters.azure_ml.arm import Arm
from rollout.adapters.azure_ml.arm_ids import parse_workspace_id
from rollout.adapters.azure_ml.creation_failures import LOG_LINES, classify
from rollout.adapters.azure_ml.deployments import copied_body, deployment_seen
from rollout.adapters.azure_ml.endpoints import ArmEndpoints, endpoint_seen, traffic_body
from rollout.adapters.azure_ml.models import ArmModels
from rollout.core.records.observation import ModelSeen, ProvisioningState
from rollout.errors import ArmUnavailableError, InvalidInputError, UnsupportedEndpointError
from tests.doubles.records import ENDPOINT, WORKSPACE
from tests.unit.adapters.conftest import Reply, Script

SECONDS = 5.0
HOME = parse_workspace_id(WORKSPACE)
GREEN = f"{ENDPOINT}/deployments/green-7"
OPERATION = "/subscriptions/s/providers/p/locations/l/mfeOperationsStatus/odidp:a:b"

# The fields of a real answer (azure-ai-ml's dump of one, April 2026), in ARM's casing.
LIVE: dict[str, Any] = {
    "id": ENDPOINT,
    "name": "fraud-endpoint",
    "type": "Microsoft.MachineLearningServices/workspaces/onlineEndpoints",
    "location": "eastus",
    "kind": "Managed",
    "tags": {"team": "risk"},
    "identity": {
        "type": "SystemAssigned, UserAssigned",
        "principalId": "p",
        "tenantId": "t",
        "userAssignedIdentities": {"/sub/uai": {"principalId": "p", "clientId": "c"}},
    },
    "sku": None,
    "systemData": {"createdAt": "2026-04-09T15:04:48.8311144Z"},
    "properties": {
        "authMode": "AADToken",
        "description": "d",
        "compute": None,
        "keys": None,
        "properties": {"owner": "ann", "azureml.onlineendpointid": "x"},
        "provisioningState": "Succeeded",
        "publicNetworkAccess": "Disabled",
        "scoringUri": "https://e/score",
        "swaggerUri": "https://e/swagger.json",
        "traffic": {"Blue": 100, "green-7": 0},
        "mirrorTraffic": {"Shadow": 10},
    },
}


@pytest.mark.parametrize("weights", [{"blue": 140}, {"blue": "most"}, {"blue": [100]}])
def test_weights_that_make_no_split_are_no_answer(weights: dict[str, Any]) -> None:
    body = {**LIVE, "properties": {**LIVE["properties"], "traffic": weights}}
    with pytest.raises(ArmUnavailableError, match="no usable weights"):
        endpoint_seen(body)


def test_an_endpoint_in_azures_words_is_read() -> None:
    seen = endpoint_seen(LIVE)
    assert (seen.traffic, seen.mirror) == ({"blue": 100}, {"shadow": 10})
    assert (seen.state, seen.auth_mode) == (ProvisioningState.SUCCEEDED, "aadtoken")
    assert seen.scoring_uri == "https://e/score"


def test_a_state_that_is_new_is_unknown() -> None:
    odd = {**LIVE, "properties": {**LIVE["properties"], "provisioningState": "Dreaming"}}
    assert endpoint_seen(odd).state is ProvisioningState.UNKNOWN
    assert deployment_seen({"name": "e/Green-7", "properties": {}}, HOME).name == "green-7"
    assert deployment_seen({"name": "x"}, HOME).state is ProvisioningState.UNKNOWN


@pytest.mark.parametrize(
    "changes",
    [{"kind": "K8S"}, {"kind": "", "properties": {"compute": "/subscriptions/s/aks"}}],
)
def test_a_kubernetes_endpoint_is_refused_in_one_sentence(changes: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedEndpointError, match="only managed online endpoints") as caught:
        endpoint_seen({**LIVE, **changes})
    assert str(caught.value).count(".") == 1


@pytest.mark.parametrize("body", [None, [], {}, {"properties": []}])
def test_an_answer_that_is_no_endpoint_is_no_answer(body: Any) -> None:
    with pytest.raises(ArmUnavailableError):
        endpoint_seen(body)


def test_a_traffic_body_keeps_the_live_object_and_drops_what_is_read_only() -> None:
    body = traffic_body(LIVE, {"Blue": 90, "green-7": 10, "old": 0}, {"Next": 5}, "r/3")
    assert body == {
        "location": "eastus",
        "kind": "Managed",
        "tags": {"team": "risk", "rollout-write": "r/3"},
        "identity": {
            "type": "SystemAssigned, UserAssigned",
            "userAssignedIdentities": {"/sub/uai": {}},
        },
        "sku": None,
        "properties": {
            "authMode": "AADToken",
            "description": "d",
            "compute": None,
            "properties": {"owner": "ann", "azureml.onlineendpointid": "x"},
            "publicNetworkAccess": "Disabled",
            "traffic": {"blue": 90, "green-7": 10},
            "mirrorTraffic": {"next": 5},
        },
    }


def test_an_empty_split_may_be_asked_and_a_bad_name_may_not() -> None:
    bare = {"location": "l", "properties": {"authMode": "Key"}}
    assert traffic_body(bare, {}, {}, "s")["properties"]["traffic"] == {}
    assert "identity" not in traffic_body(bare, {}, {}, "s")
    with pytest.raises(InvalidInputError):
        traffic_body(LIVE, {"../x": 100}, {}, "s")
    with pytest.raises(InvalidInputError):
        traffic_body(LIVE, {"blue": 100}, {"../x": 10}, "s")


def test_a_copy_drops_what_tells_of_the_source() -> None:
    source = {
        "id": "x",
        "location": "l",
        "systemData": {},
        "sku": {"name": "Default", "tier": "Standard", "capacity": 3},
        "properties": {
            "endpointComputeType": "Managed",
            "model": "old",
            "provisioningState": "Succeeded",
            "scaleSettings": {"scaleType": "Default"},
            "properties": {"AzureAsyncOperationUri": "u", "createdBy": "b", "mine": "1"},
        },
    }
    assert copied_body(source, model_id="new", rollout="r", at_least=None, collector=None) == {
        "location": "l",
        "tags": {"rollout": "r"},
        "sku": {"name": "Default", "tier": "Standard", "capacity": 3},
        "properties": {
            "endpointComputeType": "Managed",
            "model": "new",
            "scaleSettings": {"scaleType": "Default"},
            "properties": {"mine": "1"},
        },
    }
    assert (
        copied_body({}, model_id="m", rollout="r", at_least=2, collector=None)["sku"]["capacity"]
        == 2
    )


def test_a_copy_does_not_inherit_what_azure_made_for_the_source() -> None:
    source = {
        "name": "blue-1",
        "properties": {
            "environmentVariables": {
                "AML_APP_ROOT": "/var/azureml-app/onlinescoring",
                "AZUREML_ENTRY_SCRIPT": "score.py",
                "AZUREML_MODEL_DIR": "/var/azureml-app/azureml-models/fraud/1",
                "MY_OWN": "x",
            }
        },
    }
    body = copied_body(source, model_id="m", rollout="r", at_least=None, collector=None)
    assert body["properties"]["environmentVariables"] == {"MY_OWN": "x"}


def test_a_copy_has_the_collector_that_was_made_for_it() -> None:
    def copied(source: Mapping[str, Any], collector: Mapping[str, Any] | None) -> Any:
        body = copied_body(
            {"properties": source}, model_id="m", rollout="r", at_least=None, collector=collector
        )
        return body["properties"].get("dataCollector", "nothing")

    own = {"collections": {}}
    assert copied({"dataCollector": {"collections": {"a": {}}}}, own) == own
    assert copied({}, own) == own
    # As a GET shows one that was never set.
    assert copied({"dataCollector": None}, None) is None
    assert copied({}, None) == "nothing"


def test_a_kubernetes_deployment_is_not_copied() -> None:
    with pytest.raises(UnsupportedEndpointError):
        copied_body(
            {"properties": {"endpointComputeType": "Kubernetes"}},
            model_id="m",
            rollout="r",
            at_least=None,
            collector=None,
        )


def test_a_404_counts_only_while_the_workspace_answers(arm: Arm, script: Script) -> None:
    with pytest.raises(ArmUnavailableError, match="neither the endpoint nor its workspace"):
        ArmEndpoints(arm).endpoint(ENDPOINT, timeout=SECONDS)
    with pytest.raises(ArmUnavailableError, match="neither the endpoint nor its workspace"):
        ArmEndpoints(arm).deployments(ENDPOINT, timeout=SECONDS)
    assert [heard.path.partition("?")[0].lower() for heard in script.heard] == [
        ENDPOINT,
        WORKSPACE,
        f"{ENDPOINT}/deployments",
        WORKSPACE,
    ]


@pytest.mark.parametrize(
    "body",
    [
        "{}",
        "[]",
        '{"systemData": {}}',
        '{"systemData": {"createdAt": "soon"}, "properties": {}}',
        '{"systemData": {"createdAt": "2026-01-31T10:00:00Z"}, "properties": {"tags": 1}}',
    ],
)
def test_a_model_without_a_time_is_no_answer(arm: Arm, script: Script, body: str) -> None:
    script.on("GET", f"{WORKSPACE}/models/m/versions/7", Reply(200, body))
    with pytest.raises(ArmUnavailableError):
        ArmModels(arm).model(WORKSPACE, "m", "7", timeout=SECONDS)


@pytest.mark.parametrize(
    ("flavors", "read"),
    [
        (None, {}),
        ([], {}),
        ({"a": 1, "b": {"data": 3}, "c": {}}, {"a": {}, "b": {}, "c": {}}),
        ({"a": {"data": {"a_version": 1.5}}}, {"a": {"a_version": "1.5"}}),
        ({str(number): {} for number in range(99)}, {str(number): {} for number in range(20)}),
    ],
)
def test_flavors_of_another_form_are_left_out(
    arm: Arm, script: Script, flavors: object, read: object
) -> None:
    times = {"createdAt": "2026-01-31T10:00:00Z"}
    body = json.dumps({"systemData": times, "properties": {"flavors": flavors}})
    script.on("GET", f"{WORKSPACE}/models/m/versions/7", Reply(200, body))

    found = ArmModels(arm).model(WORKSPACE, "m", "7", timeout=SECONDS)

    assert isinstance(found, ModelSeen)
    assert found.flavors == read


def test_a_models_time_may_have_seven_digits_or_no_zone(arm: Arm, script: Script) -> None:
    for text in ("2026-01-31T10:00:00.1234567Z", "2026-01-31T10:00:00.123456"):
        body = json.dumps({"systemData": {"createdAt": text}, "properties": {}})
        script.on("GET", f"{WORKSPACE}/models/m/versions/7", Reply(200, body))
        found = ArmModels(arm).model(WORKSPACE, "m", "7", timeout=SECONDS)
        assert getattr(found, "created_at").isoformat() == "2026-01-31T10:00:00.123456+00:00"  # noqa: B009


def given_failed(script: Script, url: object) -> None:
    body = {"name": "green-7", "properties": {"properties": {"AzureAsyncOperationUri": url}}}
    script.on("GET", GREEN, Reply(200, json.dumps(body)))


@pytest.mark.parametrize(
    "operation",
    [
        Reply(403, "{}"),
        Reply(404, "{}"),
        Reply(200, '{"status": "Failed"}'),
        Reply(200, '{"status": "Failed", "error": "text"}'),
        Reply(200, "[]"),
    ],
)
def test_where_the_operation_does_not_tell_the_log_does(
    arm: Arm, script: Script, operation: Reply
) -> None:
    given_failed(script, f"{script.url}{OPERATION}?api-version=1")
    script.on("GET", OPERATION, operation)
    log = "ModuleNotFoundError: No module named 'pandas'"
    script.on("POST", f"{GREEN}/getLogs", Reply(200, json.dumps({"content": log})))
    failure = ArmEndpoints(arm).failure(ENDPOINT, "green-7", timeout=SECONDS)
    assert (failure.kind, failure.log_tail) == ("user script", log)
    assert failure.text == "the reason was read from the container's log"
    assert json.loads(script.heard[-1].body) == {"tail": LOG_LINES}


@pytest.mark.parametrize("url", [None, 7, "", "https://evil.example/x"])
@pytest.mark.parametrize("log", [Reply(500), Reply(200, "[]"), Reply(200, '{"content": 1}')])
def test_where_nobody_tells_it_is_unknown(
    arm: Arm, script: Script, url: object, log: Reply
) -> None:
    given_failed(script, url)
    script.on("POST", f"{GREEN}/getLogs", log)
    failure = ArmEndpoints(arm).failure(ENDPOINT, "green-7", timeout=SECONDS)
    assert (failure.kind, failure.text, failure.log_tail) == ("unknown", "Azure gave no reason", "")


@pytest.mark.parametrize(
    ("code", "message", "log", "kind"),
    [
        ("OutOfQuota", "no", "Traceback (most recent call last)", "quota"),
        ("ImageBuildFailure", "", "", "image"),
        ("ResourceNotReady", "User container has crashed", "", "user script"),
        ("InternalServerError", "", "", "platform"),
        ("OperationCanceled", "", "", "platform"),
        ("BadArgument", "Not enough VM quota for this", "", "quota"),
        ("BadArgument", "unable to pull: manifest unknown", "", "image"),
        ("BadArgument", "Error in score.py", "", "user script"),
        ("", "", "ImagePullBackOff", "image"),
        ("BadArgument", "something else", "", "unknown"),
        ("", "please try again later", "", "platform"),
    ],
)
def test_failures_are_sorted_by_whose_they_are(
    code: str, message: str, log: str, kind: str
) -> None:
    assert classify(code, message, log).kind == kind
