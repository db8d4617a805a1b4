"""Where collections are: what the data asset and the datastore say, and what they must not say."""

import json

import pytest

from rollout.adapters.azure_ml.arm import Arm
from rollout.adapters.azure_ml.arm_ids import parse_workspace_id
from rollout.adapters.azure_ml.data_collectors import Collection
from rollout.adapters.azure_ml.http_calls import Deadline
from rollout.adapters.predictions.places import Place, Places
from rollout.core.policy.quality_model import Live
from rollout.errors import PredictionsUnavailableError
from tests.support.collected_files import WORKSPACE
from tests.unit.adapters.conftest import Reply, Script

HOME = parse_workspace_id(WORKSPACE)
ASSET = f"{WORKSPACE}/data/fraud-endpoint-green-7-model_outputs/versions/1"
STORE = f"{WORKSPACE}/datastores/workspaceblobstore"
LIVE = Live()
CONTAINER = "azureml-blobstore-7b0d"
FOLDER = "modelDataCollector/fraud-endpoint/green-7/model_outputs"


def a_datastore(**changes: str) -> Reply:
    properties = {
        "datastoreType": "AzureBlob",
        "accountName": "mlstorage",
        "containerName": CONTAINER,
        "endpoint": "core.windows.net",
        "protocol": "https",
        "credentials": {"credentialsType": "None"},
    }
    return Reply(body=json.dumps({"properties": properties | changes}))


def an_asset(uri: object) -> Reply:
    return Reply(body=json.dumps({"properties": {"dataType": "uri_folder", "dataUri": uri}}))


@pytest.fixture
def places(script: Script, arm: Arm) -> Places:
    script.on("GET", STORE, a_datastore())
    return Places(arm)


def place(places: Places, data_id: str = ASSET, live: Live = LIVE) -> Place:
    return places.of(HOME, FOLDER, Collection(on=True, data_id=data_id), live, Deadline(5))


def test_the_asset_says_the_folder_and_the_datastore_the_container(
    script: Script, places: Places
) -> None:
    script.on("GET", ASSET, an_asset("azureml://datastores/workspaceblobstore/paths/mine/here/"))

    assert place(places) == Place("https://mlstorage.blob.core.windows.net", CONTAINER, "mine/here")


def test_secrets_of_datastores_are_never_asked_for(script: Script, places: Places) -> None:
    place(places, data_id="")

    assert [(each.method, each.path.partition("?")[0]) for each in script.heard] == [("GET", STORE)]


@pytest.mark.parametrize("asset", ["", "azureml:some-name:1", "https://elsewhere/data"])
def test_without_an_asset_it_is_where_azure_ai_ml_puts_it(places: Places, asset: str) -> None:
    assert place(places, asset).folder == FOLDER


def test_an_asset_that_is_not_there_says_nothing(places: Places) -> None:
    assert place(places).folder == FOLDER


@pytest.mark.parametrize("uri", [None, 7, "", "https://x/y", "azureml://datastores/a"])
def test_an_asset_that_is_no_folder_says_nothing(
    script: Script, places: Places, uri: object
) -> None:
    script.on("GET", ASSET, an_asset(uri))

    assert place(places).folder == FOLDER


def test_the_policy_says_the_datastore_where_no_asset_does(script: Script, places: Places) -> None:
    script.on("GET", f"{WORKSPACE}/datastores/answers", a_datastore(containerName="answers"))

    assert place(places, "", Live(datastore="answers")).container == "answers"


def test_an_asset_may_name_a_datastore_of_another_workspace(script: Script, places: Places) -> None:
    other = WORKSPACE.replace("/workspaces/workspace", "/workspaces/data")
    subscription = WORKSPACE.split("/")[2]
    script.on("GET", f"{other}/datastores/shared", a_datastore(containerName="shared"))
    script.on(
        "GET",
        ASSET,
        an_asset(
            f"azureml://subscriptions/{subscription}/resourcegroups/ml-local/workspaces/data"
            "/datastores/shared/paths/a/b"
        ),
    )

    assert place(places) == Place("https://mlstorage.blob.core.windows.net", "shared", "a/b")


def test_what_does_not_change_is_read_once(script: Script, places: Places) -> None:
    script.on("GET", ASSET, an_asset("azureml://datastores/workspaceblobstore/paths/a"))
    assert place(places) == place(places)

    assert len(script.heard) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"endpoint": "attacker.example"},
        {"endpoint": "core.windows.net.attacker.example"},
        {"accountName": "attacker.example/"},
        {"accountName": "127.0.0.1:1/a#"},
        {"accountName": ""},
        {"containerName": "../secrets"},
        {"containerName": ""},
        {"datastoreType": "AzureFile"},
    ],
)
def test_the_apps_token_goes_to_no_host_but_azure_storages(
    script: Script, places: Places, changes: dict[str, str]
) -> None:
    script.on("GET", STORE, a_datastore(**changes))

    with pytest.raises(PredictionsUnavailableError, match="datastore"):
        place(places, "")


def test_a_datastore_that_is_not_there_is_told(places: Places) -> None:
    with pytest.raises(PredictionsUnavailableError, match="no datastore missing"):
        place(places, "", Live(datastore="missing"))


def test_the_local_azure_has_one_account_for_all(script: Script, arm: Arm) -> None:
    script.on("GET", STORE, a_datastore(accountName="127.0.0.1:1/devstoreaccount1#"))
    places = Places(arm, lambda _account, _suffix: "https://127.0.0.1:1/devstoreaccount1")

    assert place(places, "").account == "https://127.0.0.1:1/devstoreaccount1"
