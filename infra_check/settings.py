"""Settings: what `infra/*.bicepparam` read from the environment.

They must compile whatever the environment of this process has, so an example goes in its place.
"""

import re
from collections.abc import Mapping
from pathlib import Path

REQUIRED: Mapping[str, str] = {
    "AZURE_ENV_NAME": "rollout-production",
    "AZURE_LOCATION": "westeurope",
    "AZUREML_WORKSPACE_NAME": "ws-production",
    "AZUREML_RESOURCE_GROUP": "rg-ml",
    "CONTROLLER_PRINCIPAL_ID": "11111111-1111-1111-1111-111111111111",
    "FUNCTION_APP_NAME": "func-rollout-example",
    "STORAGE_ACCOUNT_NAME": "strolloutexample",
    "EVENTS_IDENTITY_ID": "/subscriptions/example/events",
    "LIFECYCLE_TOPIC_ID": "/subscriptions/example/lifecycle",
    "LOG_WORKSPACE_ID": "/subscriptions/example/logs",
}
"""A value for each setting without a default; most are outputs of main.bicep."""
_READ = re.compile(r"\breadEnvironmentVariable\('([A-Z][A-Z0-9_]*)'(, '')?\)")


def files(infra: Path) -> list[Path]:
    """Return the files that make parameters of settings, by name."""
    return sorted(infra.glob("*.bicepparam"))


def read(infra: Path) -> Mapping[str, bool]:
    """Return the settings that the files read; true if one is required."""
    return {
        name: not default
        for path in files(infra)
        for name, default in _READ.findall(path.read_text(encoding="utf-8"))
    }


def example(environment: Mapping[str, str], infra: Path) -> dict[str, str]:
    """Return `environment` with those that are required, and no other that the files read."""
    settings = read(infra)
    others = {name: value for name, value in environment.items() if name not in settings}
    return {**others, **REQUIRED}
