"""Fetching code and models: from blobs in a real Azurite, and from folders."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.storage.blob import BlobServiceClient

from localazure.azurite import Azurite
from localazure.scoring.assets import AssetNotFoundError, BlobAssets, FolderAssets

LONG = "azureml://subscriptions/s/resourcegroups/g/workspaces/w/datastores/main/paths/"
BLOBS = ("up/abc/model/model.pkl", "up/abc/model/deep/notes.txt", "up/abc/model2/model.pkl")


@pytest.fixture(scope="module")
def service() -> Iterator[BlobServiceClient]:
    with (
        Azurite() as azurite,
        BlobServiceClient.from_connection_string(azurite.account.connection_string) as client,
    ):
        container = client.create_container("main-blobs")
        for name in BLOBS:
            container.upload_blob(name, name.encode())
        yield client


@pytest.fixture
def assets(service: BlobServiceClient) -> BlobAssets:
    return BlobAssets(service, {"main": "main-blobs"})


def files_in(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize(
    "prefix", [LONG, "azureml://datastores/main/paths/", "blob URL", "blob URL on localhost"]
)
def test_a_folder_keeps_its_name_and_brings_no_sibling(
    prefix: str, assets: BlobAssets, service: BlobServiceClient, tmp_path: Path
) -> None:
    account = service.url.rstrip("/")
    starts = {
        "blob URL": f"{account}/main-blobs/",
        "blob URL on localhost": f"{account.replace('127.0.0.1', 'localhost')}/main-blobs/",
    }
    copy = assets.fetch(f"{starts.get(prefix, prefix)}up/abc/model", tmp_path / "m")
    assert copy == tmp_path / "m" / "model"
    assert files_in(tmp_path / "m") == {
        "model/model.pkl": "up/abc/model/model.pkl",
        "model/deep/notes.txt": "up/abc/model/deep/notes.txt",
    }


def test_a_trailing_slash_changes_nothing(assets: BlobAssets, tmp_path: Path) -> None:
    assert assets.fetch(f"{LONG}up/abc/model2/", tmp_path) == tmp_path / "model2"
    assert list(files_in(tmp_path)) == ["model2/model.pkl"]


def test_a_single_file_keeps_its_name(assets: BlobAssets, tmp_path: Path) -> None:
    assert assets.fetch(f"{LONG}up/abc/model/model.pkl", tmp_path) == tmp_path / "model.pkl"
    assert files_in(tmp_path) == {"model.pkl": "up/abc/model/model.pkl"}


@pytest.mark.parametrize(
    ("uri", "says"),
    [
        (f"{LONG}up/nothing", "There is no blob at"),
        ("azureml://datastores/other/paths/up", "names the datastore 'other'; there is main"),
        ("https://localhost:1/devstoreaccount1/no-such-container/x", "cannot be read from storage"),
        ("https://127.0.0.1:1/someoneelse/c/x", "not in the storage account"),
    ],
)
def test_a_missing_asset_is_named(uri: str, says: str, assets: BlobAssets, tmp_path: Path) -> None:
    with pytest.raises(AssetNotFoundError, match=says):
        assets.fetch(uri, tmp_path)


def test_folders_and_files_of_this_machine_are_copied_under_their_names(tmp_path: Path) -> None:
    source = tmp_path / "my model"
    source.mkdir()
    (source / "a.txt").write_text("a", encoding="utf-8")
    assets = FolderAssets()
    assert assets.fetch(source.as_uri(), tmp_path / "one") == tmp_path / "one" / "my model"
    assert assets.fetch(str(source / "a.txt"), tmp_path / "two") == tmp_path / "two" / "a.txt"
    with pytest.raises(AssetNotFoundError, match="no file or folder"):
        assets.fetch(str(tmp_path / "nowhere"), tmp_path / "three")
