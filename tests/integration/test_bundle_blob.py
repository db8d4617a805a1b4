"""The zip in a real blob container: Azurite behind the real client."""

import zipfile
from collections.abc import Iterator
from io import BytesIO

import pytest
from azure.storage.blob import BlobClient, BlobServiceClient, generate_blob_sas

from localazure.azurite import Azurite
from rollout.adapters.bundle_archive import MOST_ARCHIVE_BYTES
from rollout.adapters.bundle_blob import AzureBundleBlob
from rollout.errors import ServicesUnavailableError


@pytest.fixture(scope="module")
def storage() -> Iterator[BlobServiceClient]:
    with Azurite() as running:
        service = BlobServiceClient.from_connection_string(running.account.connection_string)
        service.create_container("policies")
        yield service
        service.close()


@pytest.fixture
def client(storage: BlobServiceClient) -> Iterator[BlobClient]:
    with storage.get_blob_client("policies", "services.zip") as client:
        yield client


def a_zip(text: str) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        # With a date of its own: the clock's would make equal texts different zips.
        archive.writestr(zipfile.ZipInfo("fraud/rollout.yaml"), text)
    return buffer.getvalue()


def test_an_absent_blob_says_what_to_publish(storage: BlobServiceClient) -> None:
    blob = AzureBundleBlob(storage.get_blob_client("policies", "nothing.zip"))

    with pytest.raises(ServicesUnavailableError, match="publish the zip"):
        blob.fetch(None, MOST_ARCHIVE_BYTES)


def test_content_comes_once_for_each_etag(client: BlobClient) -> None:
    blob = AzureBundleBlob(client)
    client.upload_blob(a_zip("a"), overwrite=True)
    first = blob.fetch(None, MOST_ARCHIVE_BYTES)
    assert first is not None
    assert blob.fetch(first.etag, MOST_ARCHIVE_BYTES) is None
    client.upload_blob(a_zip("b"), overwrite=True)
    second = blob.fetch(first.etag, MOST_ARCHIVE_BYTES)

    assert second is not None
    assert (first.content, second.content) == (a_zip("a"), a_zip("b"))


def test_a_blob_above_the_limit_is_refused(client: BlobClient) -> None:
    client.upload_blob(b"12345", overwrite=True)

    with pytest.raises(ServicesUnavailableError, match="5 bytes, more than 4"):
        AzureBundleBlob(client).fetch(None, 4)


def test_a_url_with_a_signature_needs_no_credential(client: BlobClient) -> None:
    client.upload_blob(a_zip("a"), overwrite=True)
    signature = generate_blob_sas(
        str(client.account_name),
        "policies",
        "services.zip",
        account_key=client.credential.account_key,
        permission="r",
        expiry="2999-01-01T00:00:00Z",
    )

    fetched = AzureBundleBlob.at(f"{client.url}?{signature}", None).fetch(None, MOST_ARCHIVE_BYTES)

    assert fetched is not None


def test_a_refused_read_is_unavailable(client: BlobClient) -> None:
    client.upload_blob(a_zip("a"), overwrite=True)

    with pytest.raises(ServicesUnavailableError, match=r"status \d+|no services bundle"):
        AzureBundleBlob.at(client.url, None).fetch(None, MOST_ARCHIVE_BYTES)


def test_an_unreachable_account_is_unavailable() -> None:
    blob = AzureBundleBlob.at("http://127.0.0.1:1/account/policies/services.zip", None)

    with pytest.raises(ServicesUnavailableError, match="cannot be read"):
        blob.fetch(None, MOST_ARCHIVE_BYTES)
