"""What a deployment's data collector means: which collections, in which folders."""

from typing import Any

import pytest

from localazure.runtime import CollectionSpec, RollingRate
from localazure.world import ArmError, Collection, DataCollector, Datastore
from tests.unit.localazure.world.conftest import ENDPOINT, Scene

STORE = "workspaceblobstore"
CUSTOM = f"azureml://datastores/{STORE}/paths/elsewhere/green"


@pytest.fixture
def collecting(scene: Scene) -> Scene:
    scene.world.datastores[STORE] = Datastore(STORE, "account", "container")
    scene.endpoint()
    return scene


def asset(scene: Scene, name: str, uri: str = CUSTOM, kind: str = "uri_folder") -> str:
    scene.world.data.put(name, "1", {"dataUri": uri, "dataType": kind})
    return scene.world.workspace.asset("data", name, "1")


def deploy(scene: Scene, **collections: Collection) -> Any:
    collector = DataCollector(collections, RollingRate.MINUTE)
    scene.world.deployments.put(ENDPOINT, "green", scene.spec(collector=collector))
    return scene.world.deployments.get(ENDPOINT, "green").collector


def test_rows_go_where_the_data_asset_points(collecting: Scene) -> None:
    found = deploy(
        collecting,
        Outputs=Collection(enabled=True, sampling_rate=0.5, data_id=asset(collecting, "o")),
    )
    assert found.collections == {"outputs": CollectionSpec(0.5, "container", "elsewhere/green")}
    assert found.rolling_rate is RollingRate.MINUTE
    assert found.source == collecting.world.workspace.deployment(ENDPOINT, "green")


def test_a_data_asset_may_name_its_workspace(collecting: Scene) -> None:
    long = CUSTOM.replace("azureml://", "azureml://subscriptions/s/resourcegroups/g/workspaces/w/")
    found = deploy(collecting, o=Collection(enabled=True, data_id=asset(collecting, "o", long)))
    assert found.collections["o"].folder == "elsewhere/green"


def test_without_a_data_asset_rows_go_to_the_documented_folder(collecting: Scene) -> None:
    found = deploy(collecting, request=Collection(enabled=True))
    assert found.collections["request"].folder == f"modelDataCollector/{ENDPOINT}/green/request"


def test_what_is_off_is_not_collected(collecting: Scene) -> None:
    assert deploy(collecting, a=Collection(enabled=False)) is None
    found = deploy(collecting, a=Collection(enabled=False), b=Collection(enabled=True))
    assert list(found.collections) == ["b"]


def test_an_update_may_switch_the_collector_off_and_another_change_leaves_it(
    collecting: Scene,
) -> None:
    deploy(collecting, a=Collection(enabled=True))
    patched = collecting.world.deployments.patch(ENDPOINT, "green", instance_count=2)
    assert patched.collector is not None
    collecting.world.deployments.put(ENDPOINT, "green", collecting.spec())
    assert collecting.world.deployments.get(ENDPOINT, "green").collector is None


@pytest.mark.parametrize(
    ("uri", "kind", "said"),
    [
        (CUSTOM, "uri_file", "must be a uri_folder"),
        ("azureml://datastores/other/paths/x", "uri_folder", "does not have"),
        ("https://account/x", "uri_folder", "must have the form"),
    ],
)
def test_a_data_asset_that_is_no_folder_of_this_workspace_is_refused(
    collecting: Scene, uri: str, kind: str, said: str
) -> None:
    with pytest.raises(ArmError, match=said):
        deploy(collecting, o=Collection(enabled=True, data_id=asset(collecting, "o", uri, kind)))


def test_a_data_asset_must_be_registered_before(collecting: Scene) -> None:
    missing = collecting.world.workspace.asset("data", "blues", "1")
    with pytest.raises(ArmError, match="does not exist") as refused:
        deploy(collecting, o=Collection(enabled=True, data_id=missing))
    assert refused.value.code == "ResourceNotFound"
    model = collecting.world.workspace.asset("models", "fraud-model", "1")
    with pytest.raises(ArmError, match="is not the ARM id"):
        deploy(collecting, o=Collection(enabled=True, data_id=model))
