"""Where a deployment's code and model come from: blob storage, or folders on this machine."""

import shutil
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Protocol
from urllib.parse import unquote, urlsplit

from azure.core.exceptions import AzureError
from azure.storage.blob import BlobServiceClient, ContainerClient

_DATASTORE_SCHEME = "azureml://"


class AssetNotFoundError(Exception):
    """Nothing can be fetched from this address; the text says why."""


class Assets(Protocol):
    """Fetches what a code or model version points to."""

    def fetch(self, uri: str, into: Path) -> Path:
        """Copy the file or folder `uri` names into the folder `into`, under its own name.

        Returns the path of the copy. A registered folder keeps its name and a single file its
        own, which is the layout Azure ML mounts (azureml-examples, online scoring scripts).

        Raises:
            AssetNotFoundError: nothing is there.
        """


class BlobAssets:
    """Assets in blob storage, as the SDK uploads them.

    Accepts `azureml://[subscriptions/.../workspaces/.../]datastores/{d}/paths/{path}` (models; the
    container is the datastore's) and the blob's own URL (code versions).
    """

    def __init__(self, service: BlobServiceClient, datastores: Mapping[str, str]) -> None:
        self._service = service
        self._datastores = datastores

    def fetch(self, uri: str, into: Path) -> Path:
        try:
            return self._fetch(uri, into)
        except AzureError as error:
            raise AssetNotFoundError(f"{uri} cannot be read from storage: {error}") from error

    def _fetch(self, uri: str, into: Path) -> Path:
        container_name, path = self._locate(uri)
        container = self._service.get_container_client(container_name)
        into.mkdir(parents=True, exist_ok=True)
        root = into / (PurePosixPath(path).name or container_name)
        names = list(container.list_blob_names(name_starts_with=path or None))
        wanted = [name for name in names if not path or name == path or name.startswith(f"{path}/")]
        if not wanted:
            raise AssetNotFoundError(f"There is no blob at {uri} (container {container_name!r}).")
        for name in wanted:
            _download(container, name, root / name.removeprefix(path).lstrip("/"), into)
        return root

    def _locate(self, uri: str) -> tuple[str, str]:
        if uri.startswith(_DATASTORE_SCHEME):
            _, _, rest = uri.partition("datastores/")
            datastore, _, path = rest.partition("/paths/")
            container = self._datastores.get(datastore)
            if container is None:
                raise AssetNotFoundError(
                    f"{uri} names the datastore {datastore!r}; there is "
                    f"{', '.join(sorted(self._datastores)) or 'none'}."
                )
            return container, path.strip("/")
        # Only the path counts: one emulator has several host names (localhost, 127.0.0.1).
        account = urlsplit(self._service.url).path.strip("/")
        path = unquote(urlsplit(uri).path).strip("/")
        if account:
            first, _, path = path.partition("/")
            if first != account:
                raise AssetNotFoundError(f"{uri} is not in the storage account {account!r}.")
        container_name, _, path = path.partition("/")
        return container_name, path.strip("/")


def _download(container: ContainerClient, name: str, target: Path, into: Path) -> None:
    if not target.resolve().is_relative_to(into.resolve()):
        raise AssetNotFoundError(f"The blob name {name!r} leads out of its folder.")
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        container.download_blob(name).readinto(file)


class FolderAssets:
    """Assets on this machine: a plain path or a `file://` address.

    The stack itself keeps assets as blobs; this serves a `ProcessRuntime` that is used without it.
    """

    def fetch(self, uri: str, into: Path) -> Path:
        source = Path(unquote(urlsplit(uri).path) if uri.startswith("file://") else uri)
        into.mkdir(parents=True, exist_ok=True)
        target = into / source.name
        if source.is_dir():
            shutil.copytree(source, target)
        elif source.is_file():
            shutil.copyfile(source, target)
        else:
            raise AssetNotFoundError(f"There is no file or folder at {source}.")
        return target
