"""Templates as `azure-ai-ml` itself reads them, and what it does not accept, field by field.

The import takes 1.5 to 2.5 s and 110 MiB (measured with azure-ai-ml 1.35.2), so it is made only
when a template is read for a creation, by the command line, or before a rollout starts.
"""

import json
import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rollout.adapters.templates.checks import used_templates
from rollout.adapters.templates.faults import Fault
from rollout.adapters.templates.plain_yaml import YamlFaultError, line_of
from rollout.adapters.templates.reading import read_file, unsafe_template
from rollout.core.policy.consistency import DEPLOYMENT_TEMPLATE
from rollout.core.policy.model import Policy
from rollout.text.nearest import nearest
from rollout.text.redaction import redacted_line

_UNKNOWN = "Unknown field."
_MISSING = "Missing data for required field."
_SCHEMA = "_schema"
"""Where marshmallow puts what concerns a whole mapping."""

_FIELDS = frozenset(
    {
        "name", "endpoint_name", "description", "tags", "properties", "model",
        "code_configuration", "code", "scoring_script", "environment", "image", "conda_file",
        "build", "path", "dockerfile_path", "inference_config", "liveness_route",
        "readiness_route", "scoring_route", "port", "environment_variables",
        "app_insights_enabled", "scale_settings", "min_instances", "max_instances",
        "polling_interval", "target_utilization_percentage", "request_settings",
        "request_timeout_ms", "max_concurrent_requests_per_instance", "max_queue_wait_ms",
        "liveness_probe", "readiness_probe", "period", "initial_delay", "timeout",
        "success_threshold", "failure_threshold", "type", "instance_count", "instance_type",
        "model_mount_path", "data_collector", "collections", "sampling_rate", "rolling_rate",
        "enabled", "egress_public_network_access", "private_network_connection", "auth_mode",
        "public_network_access", "identity", "user_assigned_identities", "resource_id",
    }
)  # fmt: skip
"""The names in Azure ML's YAML schema references, for hints only."""

_A_VERSION = "1"
Overrides = list[dict[str, str]]


def load_deployment(source: Path, overrides: Overrides) -> Any:
    """Return the SDK's entity. Raises whatever the SDK raises: see `sdk_errors`."""
    from azure.ai.ml import load_online_deployment  # noqa: PLC0415 - see the module's text

    return load_online_deployment(source, params_override=overrides)


def load_endpoint(source: Path, overrides: Overrides) -> Any:
    """Return the SDK's entity. Raises whatever the SDK raises: see `sdk_errors`."""
    from azure.ai.ml import load_online_endpoint  # noqa: PLC0415 - see the module's text

    return load_online_endpoint(source, params_override=overrides)


def collector_entity(paths: Mapping[str, str], *, sampling: float, rolling: str) -> Any:
    """Return the SDK's data collector with these collections, each with the path it writes to.

    The SDK registers their data assets itself, by the names that it gives to its own.
    """
    from azure.ai.ml.entities import (  # noqa: PLC0415 - see the module's text
        DataAsset,
        DataCollector,
        DeploymentCollection,
    )

    with _quietly():
        collections = {
            name: DeploymentCollection(
                enabled="true",
                data=DataAsset(path=path),
            )
            for name, path in paths.items()
        }
        return DataCollector(collections, rolling_rate=rolling, sampling_rate=sampling)


def sdk_errors() -> tuple[type[Exception], ...]:
    """Return what the SDK raises about a template that it does not accept.

    `MlException` is an `AzureError`, but a template does not mend by repetition.
    """
    from azure.ai.ml.exceptions import MlException  # noqa: PLC0415 - see the module's text
    from marshmallow import ValidationError  # noqa: PLC0415 - what the SDK reads YAML with

    return MlException, ValidationError, ValueError, TypeError, KeyError, AttributeError


def sdk_faults(service: Path, policy: Policy) -> list[Fault]:
    """Return what the SDK does not accept in the templates of a service, with fields and lines.

    A template that is unsafe to read, or is not there, is not given to the SDK: those faults are
    the reader's own (`checks.py`).
    """
    found: list[Fault] = []
    for file in used_templates(policy):
        if (service / file).is_file() and not unsafe_template(service, file):
            found += _of(service, file, policy)
    return found


def _of(service: Path, file: str, policy: Policy) -> Iterator[Fault]:
    try:
        with _quietly():
            if file == DEPLOYMENT_TEMPLATE:
                model = f"azureml:{policy.model}:{_A_VERSION}"
                names = {"name": "candidate", "endpoint_name": policy.endpoint, "model": model}
                load_deployment(service / file, [{key: value} for key, value in names.items()])
            else:
                load_endpoint(service / file, [{"name": policy.endpoint}])
    except sdk_errors() as error:
        yield from _told(service, file, error)


def _told(service: Path, file: str, error: Exception) -> Iterator[Fault]:
    document = _messages(str(error))
    if document is None:
        yield Fault(file, f"azure-ai-ml does not accept it: {redacted_line(str(error))}")
        return
    lines = _lines(service, file)
    for field, text in _leaves(document, ""):
        if text == _UNKNOWN:
            hint = nearest(field.rpartition(".")[2], _FIELDS)
            sentence = f"There is no such field{hint}: correct its name, or leave it out."
        elif text == _MISSING:
            sentence = "This field is missing: add it."
        else:
            sentence = f"azure-ai-ml says: {redacted_line(text)}"
        yield Fault(file, sentence, field, line_of(lines, field))


def _messages(text: str) -> Mapping[str, Any] | None:
    """The JSON object that the SDK puts into its sentence; None where there is none."""
    start = text.find("{")
    try:
        document, _ = json.JSONDecoder().raw_decode(text[start:]) if start >= 0 else (None, 0)
    except ValueError:
        return None
    return document if isinstance(document, Mapping) else None


def _leaves(messages: Any, field: str) -> Iterator[tuple[str, str]]:
    """Fields and sentences. Of a value with several allowed forms, the form that fits best."""
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            below = field if key == _SCHEMA else f"{field}.{key}" if field else str(key)
            yield from _leaves(inner, below)
    elif isinstance(messages, list):
        forms = [each for each in messages if isinstance(each, Mapping)]
        if forms:
            # A form that names a field was meant: the others do not accept the value at all.
            meant = [each for each in forms if set(each) != {_SCHEMA}] or forms
            yield from _leaves(meant[-1], field)
        else:
            for each in messages:
                yield field, str(each)


def _lines(service: Path, file: str) -> Mapping[str, int]:
    try:
        return read_file(service, file).lines
    except YamlFaultError:
        return {}


@contextmanager
def _quietly() -> Iterator[None]:
    """Without the SDK's notices of experimental classes, which are no faults."""
    logger = logging.getLogger("azure.ai.ml")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
