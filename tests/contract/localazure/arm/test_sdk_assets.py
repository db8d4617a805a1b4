"""The unmodified azure-ai-ml SDK against the control plane: workspace and models."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from azure.core.exceptions import ResourceNotFoundError

from tests.contract.localazure.conftest import DATASTORE, LocalArm

pytestmark = pytest.mark.filterwarnings("ignore:::azure")  # the SDK warns about itself

REFERENCE = f"azureml://datastores/{DATASTORE}/paths/models/fraud"


ByReference = Callable[..., Any]


@pytest.fixture
def by_reference(entities: Any) -> ByReference:
    """A model whose files are already in the datastore."""
    return functools.partial(entities.Model, path=REFERENCE, type="custom_model")


def test_a_client_built_from_the_environment_talks_to_loopback_only(ml_client: Any) -> None:
    clients = [
        value
        for value in vars(ml_client).values()
        if hasattr(value, "_config") and hasattr(value._config, "base_url")
    ]
    assert clients
    urls = {client._config.base_url for client in clients} | {ml_client._base_url}
    assert {urlsplit(url).hostname for url in urls} == {"127.0.0.1"}


def test_the_workspace_is_found(ml_client: Any, local_arm: LocalArm) -> None:
    workspace = ml_client.workspaces.get(local_arm.world.workspace.name)
    assert workspace.location == local_arm.world.workspace.location


def test_a_model_registered_by_reference_is_read_back(
    ml_client: Any, by_reference: ByReference, unique_name: Callable[[str], str]
) -> None:
    name = unique_name("fraud")
    created = ml_client.models.create_or_update(
        by_reference(name=name, version="1", tags={"git": "abc"})
    )
    read = ml_client.models.get(name, version="1")
    assert (created.version, read.tags, read.path) == ("1", {"git": "abc"}, created.path)
    assert read.creation_context.created_at is not None


def test_latest_is_the_version_created_last_not_the_highest(
    ml_client: Any, by_reference: ByReference, unique_name: Callable[[str], str]
) -> None:
    name = unique_name("fraud")
    for version in ("10", "9"):
        ml_client.models.create_or_update(by_reference(name=name, version=version))
    assert ml_client.models.get(name, label="latest").version == "9"


def test_a_model_without_a_version_gets_the_next_one(
    ml_client: Any, entities: Any, unique_name: Callable[[str], str], model_folder: Path
) -> None:
    name = unique_name("fraud")
    versions = []
    for content in ("a", "b"):
        (model_folder / "weights.txt").write_text(content)
        versions.append(
            ml_client.models.create_or_update(entities.Model(name=name, path=model_folder)).version
        )
    assert versions == ["1", "2"]


def test_models_are_listed_by_name_and_by_version(
    ml_client: Any, by_reference: ByReference, unique_name: Callable[[str], str]
) -> None:
    name = unique_name("fraud")
    for version in ("1", "2"):
        ml_client.models.create_or_update(by_reference(name=name, version=version))
    assert name in {model.name for model in ml_client.models.list()}
    assert {model.version for model in ml_client.models.list(name)} == {"1", "2"}


def test_an_archived_version_is_no_longer_listed(
    ml_client: Any, by_reference: ByReference, unique_name: Callable[[str], str]
) -> None:
    name = unique_name("fraud")
    for version in ("1", "2"):
        ml_client.models.create_or_update(by_reference(name=name, version=version))
    ml_client.models.archive(name, version="1")
    assert [model.version for model in ml_client.models.list(name)] == ["2"]


def test_a_model_folder_is_uploaded_and_downloaded_again(
    ml_client: Any,
    entities: Any,
    unique_name: Callable[[str], str],
    model_folder: Path,
    tmp_path: Path,
) -> None:
    name = unique_name("fraud")
    ml_client.models.create_or_update(entities.Model(name=name, version="1", path=model_folder))
    ml_client.models.download(name, version="1", download_path=tmp_path / "back")
    (downloaded,) = (tmp_path / "back").rglob("weights.txt")
    assert downloaded.read_text() == "1 2 3"


def test_an_unknown_model_is_not_found(ml_client: Any) -> None:
    with pytest.raises(ResourceNotFoundError, match="was not found"):
        ml_client.models.get("never-registered", version="1")
