"""The blob that the app reads its services from, written by whoever publishes.

Every write is conditional on what was read before, so that of two who publish at once one is told.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self, cast
from urllib.parse import urlsplit

from azure.core import MatchConditions
from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.storage.blob import BlobClient, ContentSettings

from rollout.adapters.bundle.archive import MAX_ARCHIVE_BYTES
from rollout.adapters.bundle.sources import Download
from rollout.adapters.credentials import AppCredential
from rollout.addresses import is_safe_url
from rollout.cli.live.client import UnreachableError
from rollout.cli.live.place import PlaceError

CONNECT_SECONDS = 10
READ_SECONDS = 60
RETRIES = 2
FIRST_PAUSE_SECONDS = 1
"""The SDK's own is 15 s, which suits a service and not a person."""

_UNAUTHORIZED = 401
_FORBIDDEN = 403
_SIGNATURE = "sig="
_NO_CONTAINER = "ContainerNotFound"
_MAY_NOT = (
    "the storage refuses you ({code}): publishing needs Storage Blob Data Contributor on the "
    "container (docs/deploy.md), and a network from which the storage may be reached."
)


class MovedError(Exception):
    """Somebody else has published since the blob was read."""


class Target:
    """One blob. `shown` is its address without a signature."""

    def __init__(self, client: BlobClient, shown: str) -> None:
        self._client = client
        self.shown = shown

    @classmethod
    def at(cls, url: str) -> Self:
        """Name the blob by its URL; a SAS in the URL replaces the caller's identity.

        Raises:
            PlaceError: It is not the https URL of a blob.
        """
        bare, _, query = url.partition("?")
        if not is_safe_url(bare) or urlsplit(bare).path.count("/") < 2:  # noqa: PLR2004
            raise PlaceError(
                f"{bare!r} cannot be the bundle's blob: use https://ACCOUNT.../CONTAINER/NAME.zip."
            )
        credential = None if _SIGNATURE in query else cast("Any", AppCredential())
        client = BlobClient.from_blob_url(
            url,
            credential=credential,
            connection_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retry_total=RETRIES,
            initial_backoff=FIRST_PAUSE_SECONDS,
        )
        return cls(client, bare)

    def read(self) -> Download | None:
        """Return what is there, with its entity tag; None where there is nothing yet.

        Raises:
            PlaceError: There is no such container, or the caller may not read there.
            UnreachableError: The storage gave no usable answer.
        """
        with self._calls():
            try:
                stream = self._client.download_blob(max_concurrency=1)
                # The app would refuse it, so nothing in it can be kept.
                content = stream.readall() if stream.size <= MAX_ARCHIVE_BYTES else b""
            except ResourceNotFoundError as error:
                if _code(error) == _NO_CONTAINER:
                    raise PlaceError(f"{self.shown}: there is no such container.") from error
                return None
            return Download(str(stream.properties.etag), content)

    def write(self, content: bytes, before: Download | None) -> None:
        """Replace what `read` returned.

        Raises:
            MovedError: It is no longer what is there.
            PlaceError: The caller may not write there.
            UnreachableError: No usable answer: it may have been written all the same.
        """
        # Without `overwrite` the client asks for `If-None-Match: *` by itself.
        condition: dict[str, Any] = (
            {"etag": before.etag, "match_condition": MatchConditions.IfNotModified}
            if before is not None
            else {}
        )
        with self._calls():
            try:
                self._client.upload_blob(
                    content,
                    overwrite=before is not None,
                    content_settings=ContentSettings(content_type="application/zip"),
                    **condition,
                )
            except (ResourceModifiedError, ResourceExistsError) as error:
                # The client repeats a write that got no answer: the first may have arrived.
                found = self.read()
                if found is None or found.content != content:
                    raise MovedError(
                        f"{self.shown} has changed since it was read: somebody else publishes. "
                        "Look at what is there, then publish again."
                    ) from error

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    @contextmanager
    def _calls(self) -> Iterator[None]:
        try:
            yield
        except HttpResponseError as error:
            if error.status_code in {_UNAUTHORIZED, _FORBIDDEN}:
                code = _code(error) or error.status_code
                raise PlaceError(f"{self.shown}: {_MAY_NOT.format(code=code)}") from error
            raise UnreachableError(f"{self.shown} answered {error.status_code}.") from error
        except AzureError as error:
            first = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise UnreachableError(f"{self.shown}: {first}") from error


def _code(error: HttpResponseError) -> str:
    """The storage's own code, which its client adds to the error; "" where there is none."""
    code = getattr(error, "error_code", None)
    return str(getattr(code, "value", code) or "")
