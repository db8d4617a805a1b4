"""App settings: the environment over local.settings.json; `%NAME%`; connections."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

LOCAL_SETTINGS_FILE = "local.settings.json"
DEFAULT_CONNECTION = "AzureWebJobsStorage"
CONNECTION_PREFIX = "AzureWebJobs"
_REFERENCE = re.compile(r"%([^%]+)%")


class SettingsError(Exception):
    """A setting is missing or malformed; the text names it and says what to do."""


@dataclass(frozen=True)
class StorageConnection:
    """How to reach a storage service: a connection string, or a URL and the app's identity.

    Exactly one of `connection_string` and `service_url` is set; `client_id` names a user-assigned
    identity and may be None.
    """

    connection_string: str | None = None
    service_url: str | None = None
    client_id: str | None = None


@dataclass(frozen=True)
class AppSettings:
    """All settings of the app, by name."""

    values: Mapping[str, str]

    @classmethod
    def load(cls, app_folder: Path) -> Self:
        """Read the environment, completed from the app's `local.settings.json` if it has one.

        The environment wins, as with Azure Functions Core Tools.

        Raises:
            SettingsError: the file is not JSON, is encrypted, or a value is not a string.
        """
        return cls({**_local_values(app_folder / LOCAL_SETTINGS_FILE), **os.environ})

    def resolve(self, text: str) -> str:
        """Replace each `%NAME%` in `text` with the setting's value.

        Raises:
            SettingsError: no such setting; the host then drops the function.
        """

        def value(match: re.Match[str]) -> str:
            name = match[1]
            if name not in self.values:
                raise SettingsError(f"%{name}% does not resolve: set the app setting {name}.")
            return self.values[name]

        return _REFERENCE.sub(value, text)

    def is_true(self, name: str) -> bool:
        """Say whether a switch is on: "true" or "1" in any case."""
        return self.values.get(name, "").strip().lower() in {"true", "1"}

    def is_disabled(self, function_name: str) -> bool:
        """Say whether `AzureWebJobs.<name>.Disabled` switches this function off."""
        return self.is_true(f"AzureWebJobs.{function_name}.Disabled")

    def queue_connection(self, name: str) -> StorageConnection:
        """Return the queue service that the connection setting `name` describes.

        The setting is `name` or `AzureWebJobs<name>`: a connection string, or the group
        `<name>__queueServiceUri` / `<name>__accountName` with optional `<name>__clientId`, which
        means the app's identity. An empty name means `AzureWebJobsStorage`.

        Raises:
            SettingsError: neither form is set.
        """
        wanted = name or DEFAULT_CONNECTION
        for candidate in (wanted, f"{CONNECTION_PREFIX}{wanted}"):
            if text := self.values.get(candidate):
                return StorageConnection(connection_string=text)
            url = self.values.get(f"{candidate}__queueServiceUri")
            account = self.values.get(f"{candidate}__accountName")
            if url is None and account:
                url = f"https://{account}.queue.core.windows.net"
            if url:
                client_id = self.values.get(f"{candidate}__clientId")
                return StorageConnection(service_url=url, client_id=client_id)
        raise SettingsError(
            f"There is no storage connection {wanted!r}: set it to a connection string, "
            f"or set {wanted}__queueServiceUri to use the app's identity."
        )


def _local_values(file: Path) -> dict[str, str]:
    if not file.is_file():
        return {}
    try:
        content = json.loads(file.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise SettingsError(f"{file} is not JSON ({error}). Correct it or remove it.") from error
    if not isinstance(content, dict) or not isinstance(content.get("Values", {}), dict):
        raise SettingsError(f'{file} must be an object with an object "Values".')
    if content.get("IsEncrypted"):
        raise SettingsError(f'{file} is encrypted. Decrypt it and set "IsEncrypted" to false.')
    values: dict[str, str] = {}
    for name, value in content.get("Values", {}).items():
        if not isinstance(value, str):
            raise SettingsError(f"{file}: the value of {name} must be a string in quotes.")
        values[name] = value
    return values
