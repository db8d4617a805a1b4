"""The zip in a real blob container: Azurite behind the real client."""

import shutil
import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest
from azure.identity import DefaultAzureCredential
from azure.storage.blob import BlobClient, BlobServiceClient, generate_blob_sas

from localazure.azurite import Azurite
from rollout.adapters.bundle.archive import MAX_ARCHIVE_BYTES
from rollout.adapters.bundle.blob import AzureBundleBlob
from rollout.cli import main
from rollout.errors import ServicesUnavailableError
from rollout.settings import read_settings
from rollout.wiring import dependencies
from tests.support.integration import SERVICE, RunningProduct, eventually
from tests.support.paths import PROJECT


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
        # With a fixed date: the clock's would make equal texts different zips.
        archive.writestr(zipfile.ZipInfo("fraud/rollout.yaml"), text)
    return buffer.getvalue()


def test_an_absent_blob_says_what_to_publish(storage: BlobServiceClient) -> None:
    blob = AzureBundleBlob(storage.get_blob_client("policies", "nothing.zip"))

    with pytest.raises(ServicesUnavailableError, match="publish the zip"):
        blob.fetch(None, MAX_ARCHIVE_BYTES)


def test_content_is_read_once_for_each_etag(client: BlobClient) -> None:
    blob = AzureBundleBlob(client)
    client.upload_blob(a_zip("a"), overwrite=True)
    first = blob.fetch(None, MAX_ARCHIVE_BYTES)
    assert first is not None
    assert blob.fetch(first.etag, MAX_ARCHIVE_BYTES) is None
    client.upload_blob(a_zip("b"), overwrite=True)
    second = blob.fetch(first.etag, MAX_ARCHIVE_BYTES)

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

    fetched = AzureBundleBlob.at(f"{client.url}?{signature}", None).fetch(None, MAX_ARCHIVE_BYTES)

    assert fetched is not None


def test_a_refused_read_is_unavailable(client: BlobClient) -> None:
    client.upload_blob(a_zip("a"), overwrite=True)

    with pytest.raises(ServicesUnavailableError, match=r"status \d+|no services bundle"):
        AzureBundleBlob.at(client.url, None).fetch(None, MAX_ARCHIVE_BYTES)


def test_an_unreachable_account_is_unavailable() -> None:
    blob = AzureBundleBlob.at("http://127.0.0.1:1/account/policies/services.zip", None)

    with pytest.raises(ServicesUnavailableError, match="cannot be read"):
        blob.fetch(None, MAX_ARCHIVE_BYTES)


# -- from `rollout bundle` to the app, both by identity, as `--auth-mode login` and the app do it


@pytest.fixture
def act_as(
    product: RunningProduct, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], DefaultAzureCredential]:
    """Act as a principal of the local Azure, in this process."""

    def become(principal: str) -> DefaultAzureCredential:
        for name, value in product.azure["environments"][principal].items():
            monkeypatch.setenv(name, value)
        return DefaultAzureCredential()

    return become


def publish(url: str, archive: Path, credential: DefaultAzureCredential) -> None:
    with credential, BlobClient.from_blob_url(url, credential=credential) as blob:
        blob.upload_blob(archive.read_bytes(), overwrite=True)


def test_a_published_bundle_is_what_the_app_serves_and_a_new_one_replaces_it(
    product: RunningProduct,
    act_as: Callable[[str], DefaultAzureCredential],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = Path(shutil.copytree(PROJECT / "services", tmp_path / "services"))
    archive, url = tmp_path / "services.zip", f"{product.azure['blobUrl']}/bundles/services.zip"

    def pack() -> str:
        assert main(["bundle", str(folder), "--output", str(archive)]) == 0
        return capsys.readouterr().out.partition("bundle ")[2].split()[0]

    developer = act_as("developer")
    with BlobServiceClient(product.azure["blobUrl"], credential=developer) as account:
        account.create_container("bundles")
    packed = pack()
    publish(url, archive, developer)
    act_as("function-app")
    settings = read_settings(
        {
            "AZUREML_WORKSPACE_ID": product.azure["workspaceId"],
            "AzureWebJobsStorage__accountName": "unused",
            "SERVICES_BUNDLE": url,
            "BUNDLE_RECHECK_SECONDS": "1",
        }
    )
    services = dependencies(settings).services
    first = services.service(SERVICE)

    assert [policy.service for policy in services.all().policies] == [SERVICE]
    assert first.bundle_digest == packed

    policy = folder / SERVICE / "rollout.yaml"
    policy.write_text(policy.read_text() + "# reviewed\n")
    packed_again = pack()
    publish(url, archive, act_as("developer"))
    act_as("function-app")
    second = eventually(lambda: services.service(SERVICE), lambda seen: seen != first)

    assert second.bundle_digest == packed_again != packed
    assert second.template_digest == first.template_digest
