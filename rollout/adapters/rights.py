"""Rights that the role of infra/ has only by a setting of the deployment, and how to set it.

The settings are those of docs/deploy.md; which actions each adds is in `infra/role-actions.json`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

_WORKSPACE = "microsoft.machinelearningservices/workspaces"


@dataclass(frozen=True)
class Setting:
    """A setting of the deployment; `value` is `true`, or says what to write."""

    name: str
    value: str = "true"

    @property
    def command(self) -> str:
        """Return what a person runs to give the right."""
        return f"azd env set {self.name} {self.value}, then azd provision"


ENDPOINTS_USE_KEYS = Setting("ENDPOINTS_USE_KEYS")
CREATE_FROM_TEMPLATES = Setting("CREATE_FROM_TEMPLATES")
TEMPLATES_BUILD_ENVIRONMENTS = Setting("TEMPLATES_BUILD_ENVIRONMENTS")
TEMPLATES_COLLECT_DATA = Setting("TEMPLATES_COLLECT_DATA")
COLLECTED_CONTAINER_ID = Setting("COLLECTED_CONTAINER_ID", "<ARM id of the container>")
ENDPOINTS_ENFORCE_SECRETS = Setting("ENDPOINTS_ENFORCE_SECRETS")
REGISTRY_IDS = Setting("REGISTRY_IDS", "<ARM ids of the registries>")
ROLE_ON_ENDPOINTS = "ROLE_ON_ENDPOINTS"
"""The setting that narrows the role to endpoints; what it leaves out is refused."""

_SETTINGS: Mapping[str, tuple[Setting, ...]] = {
    f"{_WORKSPACE}/onlineendpoints/listkeys/action": (ENDPOINTS_USE_KEYS,),
    f"{_WORKSPACE}/codes/versions/*": (CREATE_FROM_TEMPLATES,),
    f"{_WORKSPACE}/environments/versions/*": (CREATE_FROM_TEMPLATES,),
    # quality.live reads collected answers; a template may collect them for others.
    f"{_WORKSPACE}/data/versions/*": (COLLECTED_CONTAINER_ID, TEMPLATES_COLLECT_DATA),
    f"{_WORKSPACE}/datastores/read": (COLLECTED_CONTAINER_ID, TEMPLATES_BUILD_ENVIRONMENTS),
    f"{_WORKSPACE}/connections/listsecrets/action": (ENDPOINTS_ENFORCE_SECRETS,),
    f"{_WORKSPACE}/metadata/secrets/read": (ENDPOINTS_ENFORCE_SECRETS,),
    "microsoft.machinelearningservices/registries/*": (REGISTRY_IDS,),
}
_REASONS: Mapping[Setting, str] = {
    COLLECTED_CONTAINER_ID: "with quality.live",
    TEMPLATES_COLLECT_DATA: "with a data_collector in deployment.yml",
    TEMPLATES_BUILD_ENVIRONMENTS: "with environment.build in deployment.yml",
}
"""When each of several settings that add one action is the one to set."""


ENFORCES = "enforce_access_to_default_secret_stores"
"""Key of an endpoint's own `properties`, in its YAML and in its ARM body."""

_OFF = frozenset({"", "disabled", "false", "none"})


def enforces_secrets(properties: Any) -> bool:
    """Say whether an endpoint of these properties enforces access to secret stores."""
    value = properties.get(ENFORCES) if isinstance(properties, Mapping) else None
    return str(value or "").lower() not in _OFF


def settings_for(action: str) -> tuple[Setting, ...]:
    """Return the settings of which any adds an action; none: no setting does."""
    return next(
        (found for each, found in _SETTINGS.items() if fnmatchcase(action.lower(), each)), ()
    )


def how_to_get(action: str) -> str:
    """Return what to run for a right that the app's identity lacks."""
    found = settings_for(action)
    if len(found) == 1:
        return found[0].command
    if found:
        return "; or ".join(f"{_REASONS[each]}: {each.command}" for each in found)
    return (
        f"azd provision gives the role again (where {ROLE_ON_ENDPOINTS} is set, this endpoint must "
        "be in it). A right that was given minutes ago may not be known everywhere yet"
    )


def names_a_setting(text: str) -> bool:
    """Say whether a sentence says already which right is missing."""
    known = {setting.name for found in _SETTINGS.values() for setting in found}
    return any(name in text for name in (*known, ROLE_ON_ENDPOINTS))
