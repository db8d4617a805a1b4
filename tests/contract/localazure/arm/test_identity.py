"""Tokens and certificates, judged by their consumers: azure-identity and Azurite."""

import base64
import json
import ssl
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from stat import S_IMODE
from typing import Any

import pytest
from azure.identity import DefaultAzureCredential, ManagedIdentityCredential
from azure.storage.blob import BlobServiceClient

from localazure.arm.arm import Arm
from localazure.arm.azurite_blobs import AzuriteBlobStore
from localazure.identity import (
    ARM_AUDIENCE,
    SCORING_AUDIENCE,
    STORAGE_AUDIENCE,
    InvalidTokenError,
    TokenAuthority,
)
from localazure.tls import TlsFiles, client_context, issue
from tests.contract.localazure.arm.conftest import Wire, endpoint_body
from tests.contract.localazure.conftest import PRINCIPAL, SECRET, LocalArm


@pytest.mark.parametrize("credential_class", [DefaultAzureCredential, ManagedIdentityCredential])
def test_a_plain_credential_gets_a_token_for_the_audience_it_asks_for(
    credential_class: Any, azure_environment: dict[str, str], local_arm: LocalArm
) -> None:
    with credential_class() as credential:
        token = credential.get_token(f"{ARM_AUDIENCE}/.default")
    claims = local_arm.identity.read(token.token, {ARM_AUDIENCE})
    assert claims.principal == PRINCIPAL
    assert int(claims.expires.timestamp()) == token.expires_on


def test_the_storage_emulator_accepts_the_token(
    azure_environment: dict[str, str], blobs: AzuriteBlobStore, local_arm: LocalArm
) -> None:
    place = blobs.new_container("identity-test")
    url = place.blob_uri.rpartition("/")[0]
    with (
        DefaultAzureCredential() as credential,
        BlobServiceClient(url, credential=credential) as client,
    ):
        assert client.get_container_client("identity-test").exists()


def test_the_storage_emulator_refuses_a_token_for_arm(
    azure_environment: dict[str, str], blobs: AzuriteBlobStore, local_arm: LocalArm
) -> None:
    token, _ = local_arm.identity.mint(ARM_AUDIENCE, PRINCIPAL)
    request = urllib.request.Request(  # noqa: S310 - an https URL of our own
        blobs.new_container("refused-test").blob_uri + "?restype=container",
        headers={"Authorization": f"Bearer {token}", "x-ms-version": "2024-11-04"},
    )
    context = ssl.create_default_context(cafile=azure_environment["SSL_CERT_FILE"])
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(request, context=context)  # noqa: S310 - as above
    with refusal.value:
        assert refusal.value.code == 403


@pytest.mark.parametrize(
    ("query", "secret", "status", "reason"),
    [
        ("?api-version=2019-08-01&resource=x", "wrong", 401, "secret of a known identity"),
        ("?api-version=2018-01-01&resource=x", SECRET, 400, "api-version must be 2019-08-01"),
        ("?api-version=2019-08-01", SECRET, 400, "'resource' is required"),
    ],
)
def test_a_malformed_token_request_is_refused(
    local_arm: LocalArm, tls: TlsFiles, *, query: str, secret: str, status: int, reason: str
) -> None:
    request = urllib.request.Request(  # noqa: S310 - an https URL of our own
        f"{local_arm.url}/msi{query}", headers={"X-IDENTITY-HEADER": secret}
    )
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(request, context=client_context(tls))  # noqa: S310 - as above
    with refusal.value as answer:
        assert answer.code == status
        assert reason in json.loads(answer.read())["message"]


def test_the_token_call_of_an_endpoint_gives_a_scoring_token(wire: Wire) -> None:
    identity = TokenAuthority(lambda: wire.now)
    wire.arm = Arm(wire.world, identity=identity)
    arm_token, _ = identity.mint(ARM_AUDIENCE, "scorer")
    endpoint = "onlineEndpoints/fraud"
    wire.send("PUT", endpoint, endpoint_body(authMode="AADToken"), token=arm_token)
    answer = wire.send("POST", f"{endpoint}/token", {}, token=arm_token).json()
    claims = identity.read(answer["accessToken"], {SCORING_AUDIENCE})
    assert claims.principal == "scorer"
    assert claims.expires.timestamp() == answer["expiryTimeUtc"] > answer["refreshAfterTimeUtc"]


def test_a_token_is_invalid_when_expired_forged_or_for_another_audience() -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    authority = TokenAuthority(lambda: now)
    token, _ = authority.mint(STORAGE_AUDIENCE, "someone")
    with pytest.raises(InvalidTokenError, match="not one of"):
        authority.read(token, {ARM_AUDIENCE})
    with pytest.raises(InvalidTokenError, match="not issued by"):
        TokenAuthority(lambda: now).read(token, {STORAGE_AUDIENCE})
    with pytest.raises(InvalidTokenError, match="not issued by"):
        authority.read("", {STORAGE_AUDIENCE})
    now += timedelta(hours=25)
    with pytest.raises(InvalidTokenError, match="expired"):
        authority.read(token, {STORAGE_AUDIENCE})


def test_the_same_principal_always_has_the_same_object_id() -> None:
    tokens = [TokenAuthority().mint(ARM_AUDIENCE, "rollout")[0] for _ in range(2)]
    claims = [json.loads(base64.urlsafe_b64decode(t.split(".")[1] + "==")) for t in tokens]
    assert claims[0]["oid"] == claims[1]["oid"]


def test_the_private_key_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    files = issue(tmp_path / "new" / "folder")
    assert S_IMODE(files.key.stat().st_mode) == 0o600
    assert issue(tmp_path / "new" / "folder").key.read_bytes() != b""
