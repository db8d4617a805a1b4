"""Keys and passwords: nowhere in outputs or app settings, and in one place at all."""

import re
from collections.abc import Iterator

from tests.support.infra.made import Snapshots, named, resources, texts

_CONFIG = "Microsoft.Web/sites/config"
_GROUP = "Microsoft.Insights/actionGroups"
# The connection string of a component without local auth names it and opens nothing.
_HARMLESS = {"APPLICATIONINSIGHTS_CONNECTION_STRING": ".ConnectionString"}
_READS_KEYS = re.compile(r"\blist\w*\(")
_KEY_PROPERTY = re.compile(
    r"\.(?:ConnectionString|InstrumentationKey|connectionString|key[12]|keys|(?:primary|secondary)\w*Key"
    r"|sharedKey|systemKeys|functionKeys|masterKey|publishingPassword|accessKey)\b"
)
_CHANNELS, _REFERENCE = "NOTIFY_CHANNELS", "@Microsoft.KeyVault(SecretUri="
_SETTINGS_OF_KEYS = ("AzureWebJobsStorage", "LIFECYCLE_TOPIC_KEY", "AzureWebJobsDashboard")


def no_output_holds_a_secret(snapshots: Snapshots) -> list[str]:
    return [
        f"{profile}: output {name} holds {secret}"
        for profile, snapshot in snapshots.items()
        for name, value in snapshot["outputs"].items()
        for secret in _secrets(value)
    ]


def no_app_setting_holds_a_secret(snapshots: Snapshots) -> list[str]:
    complaints: list[str] = []
    for each in resources(snapshots, _CONFIG):
        for key, value in (each.value("properties") or {}).items():
            if key in _SETTINGS_OF_KEYS:
                complaints.append(f"{each}: {key} would be a key; use the identity")
            complaints += [
                f"{each}: {key} holds {secret}"
                for secret in _secrets(value)
                if _HARMLESS.get(key) != secret
            ]
    return complaints


def channels_stay_in_a_key_vault(snapshots: Snapshots) -> list[str]:
    """Whoever knows a chat's address may post there: the setting is a reference, or empty."""
    return [
        f"{each}: {_CHANNELS} is not a reference to a Key Vault"
        for each in resources(snapshots, _CONFIG)
        if (value := each.value("properties", _CHANNELS)) and not value.startswith(_REFERENCE)
    ]


def keys_are_read_for_one_address_only(snapshots: Snapshots) -> list[str]:
    """`list*` stands in the address that an action group calls, and nowhere else."""
    complaints: list[str] = []
    for each in resources(snapshots):
        allowed = set(named(each.body, "httpTriggerUrl")) if each.type == _GROUP else set()
        complaints += [
            f"{each}: it reads keys: {text}"
            for text in texts(each.body)
            if text.startswith("[") and _READS_KEYS.search(text) and text not in allowed
        ]
    return complaints


def _secrets(value: object) -> Iterator[str]:
    for text in texts(value):
        if text.startswith("["):
            yield from _READS_KEYS.findall(text)
            yield from _KEY_PROPERTY.findall(text)
