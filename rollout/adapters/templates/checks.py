"""What makes a service's templates useless for its policy, found without `azure-ai-ml`.

Cheap enough for every reading of a bundle. What the SDK itself does not accept is `sdk.py`'s part.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rollout.adapters.templates.faults import Fault
from rollout.adapters.templates.plain_yaml import Document, line_of
from rollout.adapters.templates.reading import ReadFile, read_template, unsafe_template
from rollout.core.policy.consistency import DEPLOYMENT_TEMPLATE, ENDPOINT_TEMPLATE
from rollout.core.policy.model import CreateFrom, Policy
from rollout.core.records.observation import is_scored

_SHOWN_CHARACTERS = 60
_FREE_TEXT = frozenset({"environment_variables", "tags", "properties", "description"})
"""Fields whose values may hold anything but a pipeline's own placeholder."""

_PIPELINE = re.compile(r"\$?\{\{.{0,80}?\}\}|\$\{\{")
_INJECTED = re.compile(r"\$\{\{(?:azureml://connections/|keyvault:https://)[^{}]{1,500}\}\}")
"""A secret that Azure ML writes into an environment variable when a container starts (Learn,
"Access secrets from online deployment using secret injection"): no placeholder of a pipeline."""

_PLACEHOLDER = re.compile(
    r"\$?\{\{.{0,80}?\}\}|\$\{\{|\$\{[^{}]{0,80}\}|\$\([^()]{0,80}\)"
    r"|<[A-Za-z][A-Za-z0-9 _.-]{0,60}>"
)
_MODEL = re.compile(
    r"(?:azureml:(?!//|/))?(?:.{0,500}/models/)?(?P<name>[^/:@]+)(?:/(?:versions|labels)/.*|[:@].*)?"
)


def used_templates(policy: Policy) -> list[str]:
    """Return the templates from which rollouts of this service create something."""
    deployment = [DEPLOYMENT_TEMPLATE] if policy.create.source is CreateFrom.TEMPLATE else []
    return deployment + ([ENDPOINT_TEMPLATE] if policy.create.endpoint else [])


def template_faults(service: Path, policy: Policy, read: ReadFile | None = None) -> list[Fault]:
    """Return every fault of the templates that this policy uses, in the order of the files.

    A template that is not there is the policy's own fault (`check_files`) and is not named again.
    `read` reads the files; None: from the disk.
    """
    found: list[Fault] = []
    for file in used_templates(policy):
        if (service / file).is_file():
            found += _of_template(service, file, policy, read)
        elif (other := _misspelt(service, file)) is not None:
            found.append(Fault(other, f"A template is read only as {file}: rename this file."))
    return found


def _misspelt(service: Path, file: str) -> str | None:
    stem = file.partition(".")[0]
    like = {f"{stem}{end}" for end in (".yml", ".yaml", "s.yml", "s.yaml")}
    there = sorted(path.name for path in service.iterdir() if path.name.lower() in like)
    return next((name for name in there if name != file), None)


def _of_template(
    service: Path, file: str, policy: Policy, reader: ReadFile | None
) -> Iterator[Fault]:
    if (service / file).is_symlink():
        yield from unsafe_template(service, file)
        return
    for read in read_template(service, file, reader):
        yield from read.faults
        if read.document is None:
            continue
        yield from _placeholders(read.file, read.document)
        if read.file == file:
            yield from _of_fields(file, read.document, policy)


def _of_fields(file: str, document: Document, policy: Policy) -> Iterator[Fault]:
    fields = document.value
    if not isinstance(fields, Mapping):
        yield Fault(file, "The file must hold fields, such as `instance_type: Standard_DS3_v2`.")
        return
    kubernetes = _kubernetes(fields)
    if kubernetes:
        sentence = "Only managed online endpoints are rolled out, and this describes Kubernetes."
        yield _at(file, document, kubernetes, sentence)
    name = "name" if file == ENDPOINT_TEMPLATE else "endpoint_name"
    endpoint = fields.get(name)
    if isinstance(endpoint, str) and endpoint.lower() != policy.endpoint.lower():
        sentence = f"{_shown(endpoint)} is not the endpoint of rollout.yaml: "
        yield _at(file, document, name, f"{sentence}write {policy.endpoint}.")
    if file == DEPLOYMENT_TEMPLATE:
        yield from _model(file, document, policy)
    else:
        yield from _auth_mode(file, document, policy)


def _auth_mode(file: str, document: Document, policy: Policy) -> Iterator[Fault]:
    """An endpoint that the sample requests could not sign in to."""
    mode = document.value.get("auth_mode")
    if not isinstance(mode, str) or not policy.validate.requests or is_scored(mode):
        return
    sentence = (
        f"Sample requests cannot sign in with {_shown(mode)}: write key or aad_token, or leave "
        "validate.requests out of rollout.yaml."
    )
    yield _at(file, document, "auth_mode", sentence)


def _model(file: str, document: Document, policy: Policy) -> Iterator[Fault]:
    model = document.value.get("model")
    text = model.get("name") if isinstance(model, Mapping) else model
    if not isinstance(text, str) or _PLACEHOLDER.search(text):
        return
    found = _MODEL.fullmatch(text)
    if found is None or found["name"].lower() != policy.model.lower():
        sentence = f"{_shown(text)} is not the model of rollout.yaml: "
        yield _at(file, document, "model", f"{sentence}write azureml:{policy.model}:1, or nothing.")


def _kubernetes(fields: Mapping[Any, Any]) -> str:
    """The field that says so; empty where none does."""
    if str(fields.get("type", "")).lower() == "kubernetes":
        return "type"
    if "kubernetes" in str(fields.get("$schema", "")).lower():
        return "$schema"
    return "compute" if "compute" in fields else ""


def _placeholders(file: str, document: Document) -> Iterator[Fault]:
    for field, text, pattern in _texts(document.value, "", _PLACEHOLDER):
        if not _INJECTED.fullmatch(text) and (found := pattern.search(text)) is not None:
            sentence = f"{_shown(found[0])} was never replaced: write the value itself."
            yield _at(file, document, field, sentence)


def _texts(
    value: Any, field: str, pattern: re.Pattern[str]
) -> Iterator[tuple[str, str, re.Pattern[str]]]:
    if isinstance(value, str):
        yield field, value, pattern
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _texts(each, f"{field}[{index}]", pattern)
    elif isinstance(value, Mapping):
        for key, each in value.items():
            inner = _PIPELINE if key in _FREE_TEXT else pattern
            yield from _texts(each, f"{field}.{key}" if field else str(key), inner)


def _at(file: str, document: Document, field: str, sentence: str) -> Fault:
    return Fault(file, sentence, field, line_of(document.lines, field))


def _shown(text: str) -> str:
    cut = text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}..."
    return f'"{"".join(each if each.isprintable() else "?" for each in cut)}"'
