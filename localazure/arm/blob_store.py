"""Where uploads go, as the control plane sees it."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class UploadPlace:
    """An empty container: its URL, and the same with a SAS token to write there."""

    blob_uri: str
    sas_uri: str


class BlobStore(Protocol):
    """What the control plane needs of a storage account."""

    @property
    def account_name(self) -> str:
        """What the SDK pastes into `https://{account_name}.blob.{suffix}`."""

    def ensure_container(self, name: str) -> None:
        """Create a container unless it exists."""

    def new_container(self, name: str) -> UploadPlace:
        """Create a container that has never been used."""
