"""What a `rollout.yaml` may say: every field, declared once for the parser and the JSON Schema."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from rollout.core.policy.azure_names import (
    CONTENT_TYPE,
    ENDPOINT_NAME,
    MODEL_NAME,
    RESOURCE_GROUP_NAME,
    SERVICE_NAME,
    SUBSCRIPTION_ID,
    WORKSPACE_NAME,
)
from rollout.core.policy.compounds import Entry, ListOf, MapOf, OneOf, OrOff, Record
from rollout.core.policy.expectation_document import EXPECT
from rollout.core.policy.freeze_document import FREEZE
from rollout.core.policy.gate_document import GATE
from rollout.core.policy.model import (
    MOST_MIRRORED,
    Approval,
    Create,
    CreateFrom,
    OnInconclusive,
    OnNewerVersion,
    Policy,
    RollbackPolicy,
    SampleRequest,
    Stage,
    StartOn,
    Validate,
    WorkspaceName,
)
from rollout.core.policy.notify_document import NOTIFY
from rollout.core.policy.probes_document import PROBES
from rollout.core.policy.probes_model import Probes
from rollout.core.policy.quality_document import QUALITY
from rollout.core.policy.quality_model import Difference, Quality
from rollout.core.policy.values import (
    Choice,
    Duration,
    Flag,
    FlagOrChoice,
    Name,
    Schema,
    Text,
    Whole,
)
from rollout.units import FULL_WEIGHT

SCHEMA_DIALECT = "https://json-schema.org/draft/2020-12/schema"
MAX_STAGES = 20
MAX_SAMPLES = 20
MAX_TAGS = 25
MAX_TAG_CHARACTERS = 512
MAX_FILE_NAME_CHARACTERS = 260

UNASKED = Quality(difference=Difference.EXPECTED)
"""Without the part, answers to probes are compared and reported; what no release is ever meant to
answer decides, and how many answers differ does not."""


@dataclass(frozen=True)
class ModelDocument:
    """The `model` part of a document."""

    name: str
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class AlertDocument:
    """The `alert` part of a document."""

    clock_allowance: timedelta = Policy.alert_clock_allowance


@dataclass(frozen=True)
class PolicyDocument:
    """A document as written; what it leaves out is not in it.

    `service` None: the folder's name. `fields` are arguments of `Policy` that need no change.
    """

    endpoint: str
    model: ModelDocument
    service: str | None
    fields: Mapping[str, Any]


def _document(
    *,
    endpoint: str,
    model: ModelDocument,
    service: str | None = None,
    alert: AlertDocument | None = None,
    **fields: Any,
) -> PolicyDocument:
    if alert is not None:
        fields["alert_clock_allowance"] = alert.clock_allowance
    return PolicyDocument(
        endpoint, model, service, {"probes": Probes(), "quality": UNASKED, **fields}
    )


WORKSPACE = Record(
    (
        Entry("subscription", Name(SUBSCRIPTION_ID), "The subscription's id.", required=True),
        Entry("resource_group", Name(RESOURCE_GROUP_NAME), "The resource group.", required=True),
        Entry("name", Name(WORKSPACE_NAME), "The workspace's name.", required=True),
    ),
    WorkspaceName,
)
MODEL = Record(
    (
        Entry("name", Name(MODEL_NAME), "The registered model's name.", required=True),
        Entry(
            "tags",
            MapOf(Text(MAX_TAG_CHARACTERS), Text(MAX_TAG_CHARACTERS), MAX_TAGS),
            "Only a version that carries all of these tags is rolled out.",
        ),
    ),
    ModelDocument,
    ModelDocument(""),
)
CREATE = Record(
    (
        Entry(
            "from",
            Choice(CreateFrom),
            "template: from the folder's deployment.yml; copy: like the deployment that is live.",
            attribute="source",
        ),
        Entry("endpoint", Flag(), "Create the endpoint from endpoint.yml if there is none."),
        Entry("deadline", Duration(), "How long creation may take before it counts as failed."),
        Entry(
            "call_timeout", Duration(), "How long one create call may be under way before the next."
        ),
    ),
    Create,
    Create(),
)
SAMPLE = Record(
    (
        Entry(
            "file",
            Text(MAX_FILE_NAME_CHARACTERS, "a file name inside the service's folder"),
            "The request body, relative to the service's folder.",
            required=True,
        ),
        Entry(
            "content_type",
            Name(CONTENT_TYPE),
            "What the body is; without it, what the file's ending says.",
        ),
        Entry("expect", EXPECT, "What the answer must be."),
    ),
    SampleRequest,
)
VALIDATE = Record(
    (
        Entry("requests", ListOf(SAMPLE, 0, MAX_SAMPLES), "Sample requests, sent in this order."),
        Entry("deadline", Duration(), "How long validation may take before it counts as failed."),
        Entry("timeout", Duration(), "How long one sample request may take."),
    ),
    Validate,
    Validate(),
)


def _stage(*, weight: int = 0, mirror: int = 0, **fields: Any) -> Stage | None:
    return Stage(weight, mirror=mirror, **fields) if bool(weight) is not bool(mirror) else None


STAGE = OneOf(
    Record(
        (
            Entry(
                "weight", Whole(1, FULL_WEIGHT), "The candidate's share of the traffic in percent."
            ),
            Entry(
                "mirror",
                Whole(1, MOST_MIRRORED),
                "Percent of the requests that the candidate gets too; the first stage only.",
            ),
            Entry("bake", Duration(), "The least time in this stage."),
            Entry(
                "approval",
                FlagOrChoice(Approval),
                "Wait for an operator's `advance` once the evidence is good; second-person: not "
                "that of who started the rollout.",
            ),
        ),
        _stage,
        Stage(FULL_WEIGHT),
    ),
    ("weight", "mirror"),
)
ROLLBACK = Record(
    (
        Entry(
            "keep", Duration(zero=True), "How long a candidate that had traffic stays afterwards."
        ),
        Entry("logs", Flag(), "Keep the tail of its container log in the history."),
    ),
    RollbackPolicy,
    RollbackPolicy(),
)
ALERT = Record(
    (
        Entry(
            "clock_allowance",
            Duration(zero=True),
            "How much older than the candidate's first traffic an alert's window may end.",
        ),
    ),
    AlertDocument,
    AlertDocument(),
)
DOCUMENT = Record(
    (
        Entry("service", Name(SERVICE_NAME), "The folder's name, for readers of the file."),
        Entry("endpoint", Name(ENDPOINT_NAME), "The online endpoint's name.", required=True),
        Entry("workspace", WORKSPACE, "Where the endpoint is; without it the app's workspace."),
        Entry("model", MODEL, "Which model the service serves.", required=True),
        Entry(
            "start_on",
            Choice(StartOn),
            "registered: each new version; manual: only by an operator.",
        ),
        Entry("create", CREATE, "How the candidate is made."),
        Entry("validate", VALIDATE, "What the candidate answers before it gets traffic."),
        Entry(
            "stages",
            ListOf(STAGE, 1, MAX_STAGES),
            "Weights, rising, the last one 100; a mirror may come first.",
        ),
        Entry("probes", PROBES, "What the app itself sends to both sides, to compare them."),
        Entry("quality", OrOff(QUALITY), "How predictions are judged; false: not at all."),
        Entry("gate", GATE, "What the evidence of a stage must be."),
        Entry("keep", Duration(zero=True), "How long the old stable stays after the last stage."),
        Entry("on_inconclusive", Choice(OnInconclusive), "What happens without enough evidence."),
        Entry(
            "on_newer_version",
            Choice(OnNewerVersion),
            "replace: a newer version ends a rollout at 10 % or less; queue: it waits.",
        ),
        Entry("rollback", ROLLBACK, "What happens after a rollback."),
        Entry("deadline", Duration(), "Machine time for the whole rollout before it is held."),
        Entry("shift_deadline", Duration(), "How long a weight may take to be seen."),
        Entry("hold_expires", Duration(), "A hold that lasts longer ends in a rollback."),
        Entry("alert", ALERT, "How alerts are judged."),
        Entry("freeze", FREEZE, "Weekly times in which nothing is raised or started."),
        Entry("notify", NOTIFY, "Who is sent messages; without it the app's NOTIFY_DEFAULT."),
    ),
    _document,
)


def policy_schema() -> Schema:
    """Return the published JSON Schema of a policy file, with descriptions and defaults."""
    schema = DOCUMENT.schema()
    properties = schema["properties"]
    defaults = Policy("", "", "", probes=Probes(), quality=UNASKED)
    for entry in DOCUMENT.entries:
        if entry.key not in _WITHOUT_DEFAULT:
            value = getattr(defaults, entry.argument)
            properties[entry.key]["default"] = entry.kind.show(value)
    return {
        "$schema": SCHEMA_DIALECT,
        "title": "Rollout policy of one service (services/<name>/rollout.yaml)",
        **schema,
    }


_WITHOUT_DEFAULT = ("service", "endpoint", "workspace", "model", "alert", "notify")
