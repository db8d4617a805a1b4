"""The answers, field by field, and the conventions around them."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from localazure.arm.messages import ArmResponse
from localazure.world import Datastore, Dials, OperationError, OperationKind
from tests.contract.localazure.arm.conftest import (
    BASE_URL,
    Wire,
    deployment_body,
    endpoint_body,
)

ENDPOINT = "onlineEndpoints/fraud"
BLUE = f"{ENDPOINT}/deployments/blue"

# azure-ai-ml 1.35.2 fails without any one of these; found by leaving them out one at a time.
REQUIRED = [
    ("models/fraud-model/versions/1", ["id", "properties.flavors"]),
    ("models/fraud-model/versions", ["value.0.id", "value.0.properties.flavors"]),
    ("environments/env/versions/1", ["id"]),
    ("environments/env/versions", ["value.0.id"]),
    (
        ENDPOINT,
        ["id", "properties.properties", "properties.scoringUri", "properties.authMode"],
    ),
    (
        BLUE,
        ["id", "name", "sku.capacity", "properties.endpointComputeType"],
    ),
    (
        f"{ENDPOINT}/deployments",
        [
            "value.0.name",
            "value.0.sku.capacity",
            "value.0.properties.endpointComputeType",
            "value.0.properties.scaleSettings.scaleType",
        ],
    ),
]


@pytest.mark.parametrize(("path", "fields"), REQUIRED)
def test_the_answer_has_every_field_the_sdk_needs(wire: Wire, path: str, fields: list[str]) -> None:
    wire.endpoint("blue")
    wire.send("PUT", "environments/env/versions/1", {"properties": {"image": "i"}})
    answer = wire.send("GET", path).json()
    for name in fields:
        assert at(answer, name) is not None, name


def test_the_list_of_endpoints_comes_in_pages(wire: Wire) -> None:
    for number in range(5):
        wire.send("PUT", f"onlineEndpoints/e-{number}", endpoint_body())
    whole = wire.send("GET", "onlineEndpoints").json()
    assert "nextLink" not in whole
    wire.world.dials = Dials(endpoints_page=2)
    page, found, sizes = wire.send("GET", "onlineEndpoints").json(), [], []
    while True:
        found += page["value"]
        sizes.append(len(page["value"]))
        if "nextLink" not in page:
            break
        page = wire.send("GET", page["nextLink"]).json()
    assert (found, sizes) == (whole["value"], [2, 2, 1])
    assert wire.send("GET", "onlineEndpoints?$skip=x").status == 400


def at(document: Any, path: str) -> Any:
    for part in path.split("."):
        document = document[int(part)] if part.isdecimal() else document[part]
    return document


def test_asset_ids_are_full_arm_ids(wire: Wire) -> None:
    assert wire.model() == wire.world.workspace.asset("models", "fraud-model", "1")


def test_a_put_answers_201_for_a_new_resource_and_200_otherwise(wire: Wire) -> None:
    model = {"properties": {"modelUri": "azureml://m"}}
    for path, body in (
        ("models/m/versions/1", model),
        (ENDPOINT, endpoint_body()),
        (BLUE, deployment_body(None)),
    ):
        assert [wire.send("PUT", path, body).status for _ in range(2)] == [201, 200]


def test_a_put_points_to_its_operation_on_the_host_the_client_used(wire: Wire) -> None:
    wire.world.dials = Dials(endpoint_creation=timedelta(seconds=9))
    answer = wire.send("PUT", ENDPOINT, endpoint_body())
    url = answer.headers["Azure-AsyncOperation"]
    assert url.startswith(f"{BASE_URL}/subscriptions/")
    assert answer.json()["properties"]["properties"]["AzureAsyncOperationUri"] == url
    running = wire.send("GET", url)
    assert (running.json()["status"], running.headers["Retry-After"]) == ("InProgress", "1")
    wire.move(seconds=9)
    ended = wire.send("GET", url)
    assert ended.json()["status"] == "Succeeded"
    assert "Retry-After" not in ended.headers


def test_the_answer_to_a_put_shows_the_split_asked_for_and_a_get_the_one_in_force(
    wire: Wire,
) -> None:
    wire.endpoint("blue", "green", live={"blue": 100})
    wire.world.dials = Dials(traffic_update=timedelta(seconds=9))
    answer = wire.send("PUT", ENDPOINT, endpoint_body(traffic={"green": 100}))
    assert answer.json()["properties"]["traffic"] == {"green": 100}
    assert wire.send("GET", ENDPOINT).json()["properties"]["traffic"] == {"blue": 100}


def test_a_poll_delay_under_a_second_is_sent_in_milliseconds(wire: Wire) -> None:
    wire.world.dials = Dials(endpoint_creation=timedelta(seconds=9))
    wire.arm.poll_delay = timedelta(milliseconds=100)
    assert wire.arm.poll_delay == timedelta(milliseconds=100)
    wire.send("PUT", ENDPOINT, endpoint_body())
    answer = wire.send("GET", ENDPOINT)
    assert answer.json()["properties"]["provisioningState"] == "Creating"
    assert answer.headers["retry-after-ms"] == "100"
    assert "Retry-After" not in answer.headers


def test_a_delete_answers_202_with_a_location_and_whole_seconds(wire: Wire) -> None:
    wire.endpoint("blue")
    wire.world.dials = Dials(deployment_deletion=timedelta(seconds=9))
    wire.arm.poll_delay = timedelta(milliseconds=100)
    answer = wire.send("DELETE", BLUE)
    assert (answer.status, answer.headers["Retry-After"]) == (202, "1")
    assert wire.send("GET", answer.headers["Azure-AsyncOperation"]).json()["status"] == "InProgress"
    assert wire.send("GET", answer.headers["Location"]).status == 202
    wire.move(seconds=9)
    assert wire.send("GET", answer.headers["Location"]).status == 204


@pytest.mark.parametrize("path", [f"{ENDPOINT}/deployments/absent", "onlineEndpoints/absent"])
def test_deleting_an_absent_resource_answers_204(wire: Wire, path: str) -> None:
    wire.endpoint()
    assert wire.send("DELETE", path).status == 204


def test_a_failed_operation_carries_code_and_message(wire: Wire) -> None:
    wire.endpoint()
    wire.world.fail_next(
        OperationKind.DEPLOYMENT_CREATE, OperationError("ImageBuildFailure", "pip said no")
    )
    answer = wire.deploy("green")
    assert answer.json()["properties"]["provisioningState"] == "Failed"
    document = wire.send("GET", answer.headers["Azure-AsyncOperation"]).json()
    assert document["status"] == "Failed"
    assert document["error"]["code"] == "ImageBuildFailure"
    assert document["error"]["message"] == "pip said no"


def test_a_body_that_was_read_can_be_put_back(wire: Wire) -> None:
    wire.endpoint("blue", live={"blue": 100})
    for path in (ENDPOINT, BLUE):
        before = wire.send("GET", path).json()
        assert wire.send("PUT", path, before).status == 200
        after = wire.send("GET", path).json()
        for changing in ("systemData", "properties.properties.AzureAsyncOperationUri"):
            *parents, last = changing.split(".")
            for document in (before, after):
                at(document, ".".join(parents)).pop(last) if parents else document.pop(last)
        assert after == before


def test_a_deployments_settings_come_back_as_sent(wire: Wire) -> None:
    wire.endpoint()
    sent = {
        "requestSettings": {"requestTimeout": "PT1M30S", "maxConcurrentRequestsPerInstance": 4},
        "livenessProbe": {"initialDelay": "PT10S"},
    }
    wire.send("PUT", BLUE, deployment_body(wire.model(), **sent))
    properties = wire.send("GET", BLUE).json()["properties"]
    assert {key: properties[key] for key in sent} == sent
    spec = wire.world.deployments.get("fraud", "blue").spec
    assert (spec.request_timeout_ms, spec.max_concurrent_requests_per_instance) == (90_000, 4)


def test_system_data_names_the_caller_and_the_time(wire: Wire) -> None:
    wire.endpoint()
    wire.move(hours=1)
    wire.send("PATCH", ENDPOINT, {"tags": {"a": "1"}}, token="operator")
    data = wire.send("GET", ENDPOINT).json()["systemData"]
    assert (data["createdBy"], data["lastModifiedBy"]) == ("tester", "operator")
    assert data["createdAt"] == "2026-11-23T12:00:00.000000+00:00"
    assert data["lastModifiedAt"] == "2026-11-23T13:00:00.000000+00:00"


def test_versions_are_ordered_and_paged_as_asked(wire: Wire) -> None:
    for version in ("3", "1", "2"):
        wire.model(version)
        wire.move(seconds=1)

    def listed(query: str) -> list[str]:
        value = wire.send("GET", f"models/fraud-model/versions{query}").json()["value"]
        return [asset["name"] for asset in value]

    assert listed("?$orderBy=createdtime desc&$top=1") == ["2"]
    assert listed("?$orderBy=createdtime asc&$skip=1&$top=1") == ["1"]
    assert listed("?$orderBy=modifiedtime desc") == ["2", "1", "3"]
    assert listed("") == ["3", "1", "2"]


def test_of_two_versions_from_one_instant_the_later_is_the_latest(wire: Wire) -> None:
    wire.model("1")
    wire.model("2")
    answer = wire.send("GET", "models/fraud-model/versions?$orderBy=createdtime desc&$top=1")
    assert answer.json()["value"][0]["name"] == "2"


def test_an_unknown_model_has_an_empty_list_but_no_container(wire: Wire) -> None:
    assert wire.send("GET", "models/unknown/versions").json() == {"value": []}
    assert wire.send("GET", "models/unknown").status == 404


def test_a_model_container_names_latest_and_next_version(wire: Wire) -> None:
    wire.model("4")
    properties = wire.send("GET", "models/fraud-model").json()["properties"]
    assert (properties["latestVersion"], properties["nextVersion"]) == ("4", "5")
    (listed,) = wire.send("GET", "models").json()["value"]
    assert listed["name"] == "fraud-model"


def test_scaling_by_patch_is_an_operation_and_a_tag_is_not(wire: Wire) -> None:
    wire.endpoint("blue")
    wire.world.dials = Dials(deployment_scaling=timedelta(seconds=9))
    assert wire.send("PATCH", BLUE, {"tags": {"a": "1"}}).status == 200
    answer = wire.send("PATCH", BLUE, {"sku": {"capacity": 5}})
    assert (answer.status, answer.json()["properties"]["provisioningState"]) == (202, "Scaling")
    assert {"Location", "Azure-AsyncOperation"} <= answer.headers.keys()


def test_keys_are_for_key_authentication_only(wire: Wire) -> None:
    wire.send("PUT", ENDPOINT, endpoint_body(authMode="aadtoken"))
    assert wire.send("GET", ENDPOINT).json()["properties"]["authMode"] == "AADToken"
    assert wire.send("POST", f"{ENDPOINT}/listKeys").status == 400


def test_operation_urls_are_below_the_subscription_as_azures_are(wire: Wire) -> None:
    wire.endpoint("blue")
    properties = wire.send("GET", BLUE).json()["properties"]["properties"]
    path = urlsplit(properties["AzureAsyncOperationUri"]).path
    assert path.split("/")[3:7] == [
        "providers",
        "Microsoft.MachineLearningServices",
        "locations",
        "westeurope",
    ]
    assert "/odidp:" in path


def test_a_route_can_be_mounted_beside_the_others(wire: Wire) -> None:
    def metrics(call: Any) -> ArmResponse:
        return ArmResponse(200, body=call.values["resource"].encode())

    wire.arm.mount(
        "GET",
        "/{resource...}/providers/Microsoft.Insights/metrics",
        "metrics.get",
        "Microsoft.Insights/metrics/read",
        metrics,
    )
    answer = wire.send("GET", f"{ENDPOINT}/providers/microsoft.insights/metrics")
    assert answer.body.decode() == f"{wire.world.workspace.path}/{ENDPOINT}".lstrip("/")


def test_datastores_show_the_account_name_that_the_sdk_pastes_into_its_url(wire: Wire) -> None:
    wire.world.datastores["blobs"] = Datastore("blobs", "127.0.0.1:1/account#", "container")
    (listed,) = wire.send("GET", "datastores").json()["value"]
    assert listed == wire.send("GET", "datastores/blobs").json()
    assert listed["properties"]["accountName"] == "127.0.0.1:1/account#"
    assert listed["properties"]["isDefault"] is True
