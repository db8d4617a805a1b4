import json
from pathlib import Path

import pytest

from localazure.functions_host.app_settings import AppSettings, SettingsError, StorageConnection


def test_the_environment_wins_over_local_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = {"SAMPLE_ONE": "file", "SAMPLE_TWO": "file"}
    (tmp_path / "local.settings.json").write_text(json.dumps({"Values": values}))
    monkeypatch.setenv("SAMPLE_ONE", "environment")
    settings = AppSettings.load(tmp_path)
    assert settings.resolve("%SAMPLE_ONE% %SAMPLE_TWO%") == "environment file"


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"Values": []}', '{"IsEncrypted": true}', '{"Values": {"A": 1}}']
)
def test_malformed_local_settings_are_refused_by_name(tmp_path: Path, content: str) -> None:
    (tmp_path / "local.settings.json").write_text(content)
    with pytest.raises(SettingsError, match=r"local\.settings\.json"):
        AppSettings.load(tmp_path)


@pytest.mark.parametrize(
    ("values", "name", "expected"),
    [
        ({"AzureWebJobsStorage": "c"}, "", StorageConnection(connection_string="c")),
        ({"AzureWebJobsMine": "c"}, "Mine", StorageConnection(connection_string="c")),
        ({"Mine__queueServiceUri": "u"}, "Mine", StorageConnection(service_url="u")),
        (
            {"Mine__accountName": "acc", "Mine__clientId": "id"},
            "Mine",
            StorageConnection(service_url="https://acc.queue.core.windows.net", client_id="id"),
        ),
    ],
)
def test_a_connection_is_a_string_or_an_identity(
    values: dict[str, str], name: str, expected: StorageConnection
) -> None:
    assert AppSettings(values).queue_connection(name) == expected


def test_a_missing_connection_says_what_to_set() -> None:
    with pytest.raises(SettingsError, match="Mine__queueServiceUri"):
        AppSettings({}).queue_connection("Mine")
