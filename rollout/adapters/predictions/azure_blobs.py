"""Blobs of a container in Azure Blob Storage, read in ranges with the app's identity."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING

from azure.core.exceptions import AzureError, HttpResponseError, ResourceNotFoundError
from azure.storage.blob import ContainerClient

from rollout.adapters.azure_ml.http_calls import Deadline
from rollout.adapters.azure_ml.watched_connections import watched_transport
from rollout.adapters.predictions.files import File
from rollout.errors import ArmUnavailableError, PredictionsUnavailableError

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

REQUEST_SECONDS = 10
RETRIES = 0
"""The next look is the retry."""

READER = "Storage Blob Data Reader"
_DENIED = frozenset({401, 403})
_NO_BLOB = "BlobNotFound"
_NOTHING = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE})
"""No blob can have that name, or it is empty."""


class AzureFiles:
    """`Files` over one container's client; `deadline` bounds all its calls together."""

    def __init__(self, client: ContainerClient, deadline: Deadline) -> None:
        self._client = client
        self._deadline = deadline

    @property
    def url(self) -> str:
        return str(self._client.url).rstrip("/")

    def listed(self, prefix: str) -> Iterator[File]:
        with self._calls():
            found = [
                File(str(each.name), int(each.size))
                for each in self._client.list_blobs(name_starts_with=prefix)
            ]
        yield from found

    def read(self, name: str, first: int, length: int) -> bytes:
        with self._calls():
            try:
                stream = self._client.download_blob(
                    name, offset=first, length=length, max_concurrency=1
                )
                return bytes(stream.readall())
            except ResourceNotFoundError as error:
                if str(getattr(error, "error_code", "")) != _NO_BLOB:
                    raise
                return b""
            except HttpResponseError as error:
                if error.status_code not in _NOTHING:
                    raise
                return b""

    @contextmanager
    def _calls(self) -> Iterator[None]:
        where = f"container {self._client.container_name}"
        try:
            with self._deadline.enforced():
                yield
        except ArmUnavailableError as error:
            raise PredictionsUnavailableError(f"{where} did not answer in time") from error
        except ResourceNotFoundError as error:
            raise PredictionsUnavailableError(f"there is no {where}") from error
        except HttpResponseError as error:
            hint = (
                f": give the app's identity {READER} on it" if error.status_code in _DENIED else ""
            )
            raise PredictionsUnavailableError(
                f"{where} cannot be read (status {error.status_code}){hint}"
            ) from error
        except AzureError as error:
            raise PredictionsUnavailableError(
                f"{where} cannot be read ({type(error).__name__})"
            ) from error


@contextmanager
def azure_files(
    credential: "TokenCredential", account: str, container: str, deadline: Deadline
) -> Iterator[AzureFiles]:
    """Give a container's files. Makes no request before they are read."""
    client = ContainerClient(
        account,
        container,
        credential=credential,
        connection_timeout=REQUEST_SECONDS,
        read_timeout=REQUEST_SECONDS,
        retry_total=RETRIES,
        transport=watched_transport(),
    )
    with client:
        yield AzureFiles(client, deadline)
