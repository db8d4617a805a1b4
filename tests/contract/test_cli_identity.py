"""What proves who asks: a key, and a token for the application that the user names."""

import pytest

from rollout.cli.live.identity import headers_for
from rollout.cli.live.place import Place, PlaceError
from tests.support.contract.local_azure import LocalAzure

APP = "https://app"


def test_a_key_is_sent_and_no_token_is_asked_for() -> None:
    assert dict(headers_for(Place(APP, "secret"))) == {"x-functions-key": "secret"}
    assert dict(headers_for(Place(APP))) == {}


def test_a_token_is_sent_beside_the_key_where_a_sign_in_is_named(
    local_azure: LocalAzure, azure_environment: None
) -> None:
    found = headers_for(Place(APP, "secret", "11111111-1111-1111-1111-111111111111"))

    assert found["x-functions-key"] == "secret"
    assert found["Authorization"].startswith("Bearer ")


def test_without_a_credential_the_user_is_told_to_sign_in(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER", "MSI_ENDPOINT", "AZURE_CLIENT_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "AzureCliCredential")
    monkeypatch.setenv("PATH", "/nonexistent")

    with pytest.raises(PlaceError, match="az login"):
        headers_for(Place(APP, None, "id"))
