"""Azurite as the storage account behind the workspace."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from azure.core.exceptions import ResourceExistsError
from azure.storage.blob import BlobServiceClient, ContainerSasPermissions, generate_container_sas

from localazure.arm.blob_store import UploadPlace

SAS_LIFETIME = timedelta(hours=24)
SAS_ALLOWANCE = timedelta(minutes=15)
"""SAS tokens begin this long before now, for clocks that differ a little."""

CALL_TIMEOUT_SECONDS = 10
CALL_RETRIES = 1


class AzuriteBlobStore:
    """Containers in Azurite. Each call blocks for a few milliseconds."""

    def __init__(self, blob_url: str, account: str, account_key: str, authority: Path) -> None:
        self._url = blob_url.rstrip("/")
        self._account = account
        self._key = account_key
        self._client = BlobServiceClient(
            self._url,
            credential={"account_name": account, "account_key": account_key},
            connection_verify=str(authority),
            connection_timeout=CALL_TIMEOUT_SECONDS,
            read_timeout=CALL_TIMEOUT_SECONDS,
            retry_total=CALL_RETRIES,
        )

    @property
    def account_name(self) -> str:
        """A trick, not an account name: `127.0.0.1:PORT/devstoreaccount1#`.

        azure-ai-ml 1.35.2 builds the URL of a datastore by pasting this in front of
        `.blob.core.windows.net`, scheme and suffix fixed. With the `#` the fixed rest becomes a
        URL fragment, which no client sends, so folder uploads reach Azurite without any DNS.
        """
        return f"{urlsplit(self._url).netloc}/{self._account}#"

    def ensure_container(self, name: str) -> None:
        try:
            self._client.create_container(name)
        except ResourceExistsError:
            return

    def new_container(self, name: str) -> UploadPlace:
        self._client.create_container(name)
        uri = f"{self._url}/{name}"
        return UploadPlace(uri, f"{uri}?{self._token(name)}")

    def _token(self, container: str) -> str:
        now = datetime.now(UTC)
        return generate_container_sas(
            self._account,
            container,
            account_key=self._key,
            permission=ContainerSasPermissions(
                read=True, write=True, create=True, list=True, delete=True
            ),
            start=now - SAS_ALLOWANCE,
            expiry=now + SAS_LIFETIME,
        )
