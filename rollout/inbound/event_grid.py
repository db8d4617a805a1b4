"""A `ModelRegistered` event -> the signal `Registered`.

Both schemas that Event Grid delivers are read. The documentation shows the data's keys in
PascalCase with a whole number as version; the published swagger and two SDKs have camelCase and one
of them a string, so keys are compared without case and the version becomes text
(learn.microsoft.com, "Azure Machine Learning as an Event Grid source").
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rollout.addresses import workspace_id
from rollout.core.policy.azure_names import MODEL_NAME, MODEL_VERSION, NameRule
from rollout.core.policy.model import WorkspaceName
from rollout.core.records.signals import Registered
from rollout.errors import InvalidInputError
from rollout.text.plain_text import visible_line

MODEL_REGISTERED = "Microsoft.MachineLearningServices.ModelRegistered"
MAX_TAGS = 200
MAX_TAG_CHARACTERS = 1024
MAX_EVENT_ID_CHARACTERS = 256
_SUBJECT = re.compile(r"models/(?P<name>[^/:]+):(?P<version>[^/:]+)")


@dataclass(frozen=True)
class NotOurs:
    """A valid event that does not concern this app; `reason` is one sentence."""

    reason: str


def parse_model_registered(event: object, own: WorkspaceName) -> Registered | NotOurs:
    """Read one event, given as the JSON object that was delivered.

    Args:
        event: Event Grid schema (`topic`, `eventType`) or CloudEvents 1.0 (`source`, `type`).
        own: The configured workspace.

    Raises:
        InvalidInputError: Type and workspace fit, but it names no model version.
    """
    if not isinstance(event, Mapping):
        raise InvalidInputError("The event is not a JSON object.")
    fields = _lower_keys(event)
    kind = fields.get("eventtype") or fields.get("event_type") or fields.get("type")
    if not isinstance(kind, str) or kind.lower() != MODEL_REGISTERED.lower():
        return NotOurs(f"The event's type is not {MODEL_REGISTERED}.")
    source = fields.get("topic") or fields.get("source")
    if not isinstance(source, str):
        raise InvalidInputError("The event has no topic (CloudEvents: source).")
    workspace = workspace_id(own).lower()
    if source.strip("/").lower() != workspace.strip("/"):
        return NotOurs("The event comes from another workspace.")
    data = fields.get("data")
    values = _lower_keys(data) if isinstance(data, Mapping) else {}
    subject = fields.get("subject")
    match = _SUBJECT.fullmatch(subject) if isinstance(subject, str) else None
    return Registered(
        workspace=workspace,
        model=_name(values.get("modelname"), match, "name", MODEL_NAME),
        version=_name(values.get("modelversion"), match, "version", MODEL_VERSION),
        tags=_tags(values.get("modeltags")),
        event_id=visible_line(str(fields.get("id") or ""), MAX_EVENT_ID_CHARACTERS),
    )


def _lower_keys(mapping: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(key).lower(): value for key, value in mapping.items()}


def _name(value: object, subject: re.Match[str] | None, part: str, rule: NameRule) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        text = str(value)
    elif isinstance(value, str) and value:
        text = value
    elif value is None or value == "":
        text = subject[part] if subject else ""
    else:
        text = ""
    if not rule.accepts(text):
        raise InvalidInputError(f"The event has no usable model {part}: it needs {rule.text}.")
    return text


def _tags(value: object) -> dict[str, str]:
    # Only a hint: the pass reads the tags again, so a strange one is dropped, not refused.
    if not isinstance(value, Mapping):
        return {}
    texts = [(key, tag) for key, tag in value.items() if isinstance(tag, str)]
    return {str(key): tag for key, tag in texts[:MAX_TAGS] if len(tag) <= MAX_TAG_CHARACTERS}
