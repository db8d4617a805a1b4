"""`dataCollector`, data assets and the datastore over the wire, field by field."""

from typing import Any

import pytest

from localazure.world import Datastore
from tests.contract.localazure.arm.conftest import Wire, deployment_body

BLUE = "onlineEndpoints/fraud/deployments/blue"
STORE = "workspaceblobstore"
FOLDER = f"azureml://datastores/{STORE}/paths/modelDataCollector/fraud/blue/model_inputs"
DATA = "data/fraud-blue-model_inputs/versions/1"


@pytest.fixture
def collecting(wire: Wire) -> Wire:
    wire.world.datastores[STORE] = Datastore(STORE, "account", "azureml-blobstore-1")
    wire.endpoint()
    wire.send("PUT", DATA, {"properties": {"dataType": "uri_folder", "dataUri": FOLDER}})
    return wire


def put(wire: Wire, collector: Any) -> tuple[int, Any]:
    body = deployment_body(wire.model(), dataCollector=collector)
    answer = wire.send("PUT", BLUE, body)
    return answer.status, answer.json()


def test_a_collector_is_given_back_with_every_field_and_the_services_spelling(
    collecting: Wire,
) -> None:
    data = f"{collecting.world.workspace.path}/{DATA}"
    sent: dict[str, Any] = {
        "rollingRate": "minute",
        "requestLogging": {"captureHeaders": ["x-ms-client-request-id"]},
        "collections": {
            "model_inputs": {"dataCollectionMode": "enabled", "samplingRate": 0.5, "dataId": data},
            "request": {"dataCollectionMode": "disabled"},
        },
    }
    assert put(collecting, sent)[0] == 201
    read = collecting.send("GET", BLUE).json()
    assert read["properties"]["dataCollector"] == {
        "rollingRate": "Minute",
        "requestLogging": {"captureHeaders": ["x-ms-client-request-id"]},
        "collections": {
            "model_inputs": {
                "clientId": None,
                "dataCollectionMode": "Enabled",
                "dataId": data,
                "samplingRate": 0.5,
            },
            "request": {
                "clientId": None,
                "dataCollectionMode": "Disabled",
                "dataId": None,
                "samplingRate": 1.0,
            },
        },
    }
    assert collecting.send("PUT", BLUE, read).status == 200


def test_a_deployment_without_a_collector_shows_null(collecting: Wire) -> None:
    nothing: tuple[Any, ...] = (None, {"collections": {}})
    for sent in nothing:
        status, read = put(collecting, sent)
        assert status in (200, 201)
        shown = read["properties"]["dataCollector"]
        assert (shown is None) == (sent is None)


@pytest.mark.parametrize(
    ("collector", "said"),
    [
        ({}, "'collections' is required"),
        ({"collections": {"a": {"dataCollectionMode": "on"}}}, "dataCollectionMode of 'a'"),
        ({"collections": {"a": {"samplingRate": 2}}}, "samplingRate must be from 0 to 1"),
        ({"collections": {"a": {"samplingRate": "1"}}}, "samplingRate must be a number"),
        ({"collections": {"a": None}}, "'a' is required"),
        ({"collections": {"a": {}, "A": {}}}, "same name"),
        ({"collections": {}, "rollingRate": "second"}, "rollingRate must be one of"),
        ({"collections": {}, "requestLogging": {"captureHeaders": [1]}}, "captureHeaders must be"),
        ("yes", "dataCollector must be an object"),
    ],
)
def test_a_malformed_collector_is_refused_and_named(
    collecting: Wire, collector: Any, said: str
) -> None:
    status, answer = put(collecting, collector)
    assert status == 400
    assert said in answer["error"]["message"]


def test_a_collection_needs_its_data_asset_first(collecting: Wire) -> None:
    data_id = f"{collecting.world.workspace.path}/data/nothing/versions/1"
    collections = {"a": {"dataCollectionMode": "Enabled", "dataId": data_id}}
    status, answer = put(collecting, {"collections": collections})
    assert (status, answer["error"]["code"]) == (400, "ResourceNotFound")


def test_a_data_asset_is_read_back_and_cannot_move(collecting: Wire) -> None:
    read = collecting.send("GET", DATA).json()
    assert read["id"] == f"{collecting.world.workspace.path}/{DATA}"
    assert read["properties"]["dataUri"] == FOLDER
    moved = {"properties": {"dataType": "uri_folder", "dataUri": f"{FOLDER}/elsewhere"}}
    assert collecting.send("PUT", DATA, moved).status == 409
    assert collecting.send("GET", "data/nothing/versions/1").status == 404


def test_the_datastore_is_read_with_the_callers_own_identity(collecting: Wire) -> None:
    properties = collecting.send("GET", f"datastores/{STORE}").json()["properties"]
    assert properties["credentials"] == {"credentialsType": "None"}
    assert {
        name: properties[name] for name in ("accountName", "containerName", "endpoint", "protocol")
    } == {
        "accountName": "account",
        "containerName": "azureml-blobstore-1",
        "endpoint": "core.windows.net",
        "protocol": "https",
    }
    refused = collecting.send("POST", f"datastores/{STORE}/listSecrets")
    assert (refused.status, refused.json()["error"]) == (
        400,
        {"code": "UserError", "message": "No secrets for credentials of type None."},
    )
