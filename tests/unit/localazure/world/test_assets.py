import pytest

from localazure.world import ArmError, AssetVersion, View
from tests.unit.localazure.world.conftest import START, Scene


def test_listeners_hear_of_new_versions_only(scene: Scene) -> None:
    heard: list[AssetVersion] = []
    scene.world.on_model_registered(heard.append)
    scene.world.models.put("fraud-model", "3", {"modelUri": "azureml://m/3", "tags": {"a": "1"}})
    scene.world.models.put("fraud-model", "4", {"modelUri": "azureml://m/4"})
    assert [asset.version for asset in heard] == ["4"]


def test_a_version_keeps_when_it_was_created(scene: Scene) -> None:
    scene.clock.move(hours=1)
    scene.world.models.put("fraud-model", "1", {"modelUri": "azureml://m/1"})
    model = scene.world.models.get("fraud-model", "1")
    assert (model.created.at, model.modified.at) == (START, scene.clock())


def test_a_version_cannot_be_moved_to_other_files(scene: Scene) -> None:
    with pytest.raises(ArmError, match="Register another version") as refusal:
        scene.world.models.put("fraud-model", "1", {"modelUri": "azureml://elsewhere"})
    assert refusal.value.status == 409


@pytest.mark.parametrize(
    ("versions", "following"),
    [(["1", "2"], "3"), (["9", "10"], "11"), (["2024-01-01"], "1"), (["7", "rc"], "8")],
)
def test_the_next_version_is_one_above_the_highest_number(
    scene: Scene, versions: list[str], following: str
) -> None:
    for version in versions:
        scene.world.models.put("other", version, {"modelUri": "azureml://m"})
    assert scene.world.models.next_version("other") == following


def test_an_unknown_name_has_no_versions_and_no_next_one(scene: Scene) -> None:
    assert scene.world.models.versions("unknown") == []
    with pytest.raises(ArmError, match="was not found"):
        scene.world.models.next_version("unknown")
    with pytest.raises(ArmError, match="'unknown:1' in models was not found"):
        scene.world.models.get("unknown", "1")


def test_archived_versions_are_shown_on_request_only(scene: Scene) -> None:
    scene.world.models.put("fraud-model", "1", {"modelUri": "azureml://m/1", "isArchived": True})
    for view, expected in (
        (View.ACTIVE, ["2", "3"]),
        (View.ARCHIVED, ["1"]),
        (View.ALL, ["1", "2", "3"]),
    ):
        found = scene.world.models.versions("fraud-model", view)
        assert [asset.version for asset in found] == expected
    assert scene.world.models.names(View.ARCHIVED) == ["fraud-model"]


def test_a_deleted_number_may_be_registered_again_as_another_model(scene: Scene) -> None:
    heard: list[AssetVersion] = []
    scene.world.on_model_registered(heard.append)
    assert scene.world.models.delete("fraud-model", "1")
    assert not scene.world.models.delete("fraud-model", "1")
    scene.clock.move(hours=1)
    scene.world.models.put("fraud-model", "1", {"modelUri": "azureml://elsewhere"})
    assert [asset.created.at for asset in heard] == [scene.clock()]
    scene.world.models.put("other", "1", {"modelUri": "azureml://m"})
    assert scene.world.models.delete("other", "1")
    assert "other" not in scene.world.models.names()


@pytest.mark.parametrize(("name", "version"), [("a/b", "1"), ("", "1"), ("m", "a b"), ("m", "")])
def test_a_bad_asset_name_or_version_is_refused(scene: Scene, name: str, version: str) -> None:
    with pytest.raises(ArmError, match="not a valid"):
        scene.world.models.put(name, version, {"modelUri": "azureml://m"})


def test_code_is_found_by_its_hash_under_any_name(scene: Scene) -> None:
    body = {"codeUri": "https://blob/a", "properties": {"hash_sha256": "f00", "other": "x"}}
    scene.world.codes.put("guid", "1", body)
    found = scene.world.codes.find_by_property({"hash_sha256": "f00"})
    assert [asset.name for asset in found] == ["guid"]
    assert scene.world.codes.find_by_property({"hash_sha256": "bar"}) == []
