"""What creating from a template needs that the app's role has only by a setting, each named.

What `azure-ai-ml` does for them was read in 1.35.2: a build's folder is uploaded to the default
datastore (`_check_and_upload_env_build_context`), a collection becomes a data asset
(`_register_collection_data_assets`). That assets of a private registry are used with a right on
it is Learn's "Manage registries"; that secret stores are read by who creates is its "Authentication
for managed online endpoints".
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from rollout.adapters.rights import (
    ENDPOINTS_ENFORCE_SECRETS,
    REGISTRY_IDS,
    TEMPLATES_BUILD_ENVIRONMENTS,
    TEMPLATES_COLLECT_DATA,
    Setting,
    enforces_secrets,
)
from rollout.adapters.templates.faults import Fault
from rollout.adapters.templates.plain_yaml import Document, line_of
from rollout.core.policy.consistency import ENDPOINT_TEMPLATE
from rollout.core.policy.model import Policy

_FREE_TEXT = frozenset({"environment_variables", "tags", "properties", "description"})
_FILLED_IN = "model"
"""The rollout writes the registered version there, whatever the template says."""

_REGISTRY = re.compile(r"azureml://registries/(?P<name>[^/]+)/.+", re.IGNORECASE)
_OPEN = re.compile(r"azureml(?:-.+)?|huggingface", re.IGNORECASE)
"""Registries of Microsoft's that everybody may use."""

_BUILD, _COLLECTOR = "build", "data_collector"


def needed_rights(file: str, document: Document, policy: Policy) -> Iterator[Fault]:
    """Warn of each part of a template that needs a setting of the deployment.

    Args:
        file: The template, or a YAML file that it names.
        document: What is in it.
        policy: With `quality.live` the app's role has the rights on data assets and datastores.
    """
    if file == ENDPOINT_TEMPLATE:
        own = document.value.get("properties") if isinstance(document.value, Mapping) else None
        if enforces_secrets(own):
            yield _needs(file, document, "properties", ENDPOINTS_ENFORCE_SECRETS)
    reads_answers = policy.quality is not None and policy.quality.live is not None
    for field, key, value in _fields(document.value, ""):
        if key == _BUILD and not reads_answers:
            yield _needs(file, document, field, TEMPLATES_BUILD_ENVIRONMENTS)
        elif key == _COLLECTOR and not reads_answers:
            yield _needs(file, document, field, TEMPLATES_COLLECT_DATA)
        elif isinstance(value, str) and _is_private(value):
            yield _needs(file, document, field, REGISTRY_IDS)


def _is_private(text: str) -> bool:
    """Say whether it is an asset of a registry that not everybody may use."""
    found = _REGISTRY.fullmatch(text)
    return found is not None and _OPEN.fullmatch(found["name"]) is None


def _needs(file: str, document: Document, field: str, setting: Setting) -> Fault:
    sentence = (
        f"Creating from this needs a right that the app's role has only with {setting.name}: "
        f"{setting.command}; or leave this out."
    )
    return Fault(file, sentence, field, line_of(document.lines, field), warning=True)


def _fields(value: Any, at: str) -> Iterator[tuple[str, str, Any]]:
    """Every field, its own name and its value, but for free text and what is filled in."""
    if isinstance(value, list):
        for index, each in enumerate(value):
            yield from _fields(each, f"{at}[{index}]")
    elif isinstance(value, Mapping):
        for key, each in value.items():
            if key in _FREE_TEXT or key == _FILLED_IN:
                continue
            field = f"{at}.{key}" if at else str(key)
            yield field, str(key), each
            yield from _fields(each, field)
