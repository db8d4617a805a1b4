"""The services zip in Azure Blob Storage, fetched by ETag."""

from typing import Any, Self, cast

from azure.core import MatchConditions
from azure.core.exceptions import AzureError, HttpResponseError, ResourceNotFoundError
from azure.storage.blob import BlobClient

from rollout.adapters.azure_ml.http_calls import Deadline
from rollout.adapters.azure_ml.watched_connections import watched_transport
from rollout.adapters.bundle.sources import Download
from rollout.errors import ArmUnavailableError, ServicesUnavailableError

NOT_MODIFIED = 304
REQUEST_TIMEOUT_SECONDS = 10
FETCH_SECONDS = 60.0
"""How long the whole zip may take: at most 64 MiB, with which every door waits."""

RETRIES = 0
"""The next call is the retry: the SDK would wait 15 s before its first."""


class AzureBundleBlob:
    """`BundleBlob` over one blob client."""

    def __init__(self, client: BlobClient) -> None:
        self._client = client

    @classmethod
    def at(cls, url: str, credential: object | None) -> Self:
        """Name the blob by its https URL; a SAS in the URL replaces the credential."""
        given = None if "sig=" in url else cast("str | None", credential)
        return cls(
            BlobClient.from_blob_url(
                url,
                credential=given,
                connection_timeout=REQUEST_TIMEOUT_SECONDS,
                read_timeout=REQUEST_TIMEOUT_SECONDS,
                retry_total=RETRIES,
                transport=watched_transport(),
            )
        )

    def fetch(self, etag: str | None, most: int) -> Download | None:
        """Return the content unless it is unchanged. See `BundleBlob`."""
        # The client would pass an etag of None on to the transport, which refuses it.
        condition: dict[str, Any] = (
            {"etag": etag, "match_condition": MatchConditions.IfModified} if etag else {}
        )
        try:
            with Deadline(FETCH_SECONDS).enforced():
                stream = self._client.download_blob(max_concurrency=1, **condition)
                if stream.size > most:
                    raise ServicesUnavailableError(
                        f"The services bundle has {stream.size} bytes, more than {most}."
                    )
                content = stream.readall()
        except ArmUnavailableError as error:
            raise ServicesUnavailableError(
                f"The services bundle did not arrive within {FETCH_SECONDS:g} s."
            ) from error
        except ResourceNotFoundError as error:
            raise ServicesUnavailableError(
                "There is no services bundle: publish the zip that SERVICES_BUNDLE names."
            ) from error
        except HttpResponseError as error:
            if error.status_code == NOT_MODIFIED:
                return None
            raise ServicesUnavailableError(
                f"The services bundle cannot be read (status {error.status_code})."
            ) from error
        except AzureError as error:
            raise ServicesUnavailableError(
                f"The services bundle cannot be read ({type(error).__name__})."
            ) from error
        return Download(str(stream.properties.etag), content)
