"""What was seen of the world in one pass. None means "not looked at"; `Absent` means a 404."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from rollout.core.policy.model import Policy
from rollout.core.records.examination import ExamSeen
from rollout.core.records.failures import CreationFailure
from rollout.core.records.offers import OfferRecord
from rollout.core.records.own_requests import Probed, Warmed
from rollout.core.records.predictions import PredictionsSeen
from rollout.units import FULL_WEIGHT


class ProvisioningState(StrEnum):
    """Azure ML's `provisioningState`; `UNKNOWN` is a value this product does not know."""

    CREATING = "Creating"
    UPDATING = "Updating"
    SCALING = "Scaling"
    DELETING = "Deleting"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    CANCELED = "Canceled"
    UNKNOWN = "Unknown"


ABLE_TO_SERVE = frozenset(
    {ProvisioningState.SUCCEEDED, ProvisioningState.UPDATING, ProvisioningState.SCALING}
)
BROKEN = frozenset({ProvisioningState.FAILED, ProvisioningState.CANCELED})
"""The last operation ended badly, and none is under way."""


@dataclass(frozen=True)
class Absent:
    """Azure answered 404."""


@dataclass(frozen=True)
class Unreachable:
    """Azure gave no usable answer; `text` says what happened. Never evidence of absence."""

    text: str


@dataclass(frozen=True)
class Unsupported:
    """The endpoint is of a kind this product does not serve; `text` is one sentence."""

    text: str


SCORED_AUTH_MODES = frozenset({"key", "aadtoken"})
"""The auth modes with which sample requests can be sent, in lower case and without underscores."""


def is_scored(auth_mode: str) -> bool:
    """Whether sample requests can sign in: Azure writes `AADToken`, templates `aad_token`."""
    return auth_mode.lower().replace("_", "") in SCORED_AUTH_MODES


@dataclass(frozen=True)
class EndpointSeen:
    """A managed online endpoint.

    `traffic` and `mirror` hold percentages without zero entries, names in lower case. `stamp` is
    our tag `rollout-write`, None when there is none. `body` is the live ARM body for
    read-modify-write, opaque to the core and left out of comparisons.
    """

    state: ProvisioningState
    traffic: Mapping[str, int]
    mirror: Mapping[str, int]
    stamp: str | None
    scoring_uri: str = ""
    auth_mode: str = "key"
    location: str = ""
    body: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def scored(self) -> bool:
        """Sample requests can sign in to it."""
        return is_scored(self.auth_mode)

    def __post_init__(self) -> None:
        for what, weights in (("traffic", self.traffic), ("mirrored traffic", self.mirror)):
            if not all(0 < weight <= FULL_WEIGHT for weight in weights.values()):
                raise ValueError(f"the {what} {dict(weights)} has a weight outside 1 to 100 %")
            if sum(weights.values()) > FULL_WEIGHT:
                raise ValueError(f"the {what} {dict(weights)} adds up to more than 100 %")


@dataclass(frozen=True)
class ModelId:
    """A registered model version by its full identity.

    `home` is where it is registered: "" for the endpoint's own workspace, else what stands before
    `/models/` in its id, in lower case (`registries/shared`, `subscriptions/.../workspaces/train`).
    Versions of the same name in two homes have nothing to do with each other.
    """

    name: str
    version: str
    home: str = ""

    @property
    def of_this_workspace(self) -> bool:
        """Only these can be offered, and only their age can be compared."""
        return not self.home

    def __str__(self) -> str:
        """As sentences show it: `fraud-model:7`, or `registries/shared/fraud-model:7`."""
        return "/".join(filter(None, (self.home, f"{self.name}:{self.version}")))


@dataclass(frozen=True)
class DeploymentSeen:
    """One deployment. `model` is None where no registered one can be told.

    `rollout_tag` is our tag `rollout`; `error` is the failure text where Azure shows one. `spec` is
    a digest of what it serves with: model, code, environment, scoring script, instance type and
    environment variables; two that are equal serve alike. "" where that cannot be told.
    """

    name: str
    state: ProvisioningState
    instance_count: int = 1
    model: ModelId | None = None
    rollout_tag: str | None = None
    error: str = ""
    spec: str = ""
    body: Mapping[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class ModelSeen:
    """A registered model version as the workspace has it now.

    `archived`: the workspace hides it, and it may be restored. `flavors`: of an MLflow model, what
    it was packaged with, by flavor and name (`python_function`, `python_version`); empty of others.
    """

    name: str
    version: str
    created_at: datetime
    tags: Mapping[str, str]
    archived: bool = False
    flavors: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Validation:
    """The answers to the sample requests. `failures` are sentences; empty means passed.

    `unusable` are sentences on samples that say nothing of the model, such as a file of a type that
    it does not take: the validation fails, and the model is not to blame.

    `transient` marks answers that say nothing of the model (401 while keys propagate, 429, 5xx of
    the platform, time-out of the connection): try again within the deadline.
    """

    failures: tuple[str, ...] = ()
    transient: str = ""
    evidence: str = ""
    unusable: tuple[str, ...] = ()


@dataclass(frozen=True)
class Percentiles:
    """One deployment's latency in one minute, in milliseconds. Never averaged across minutes."""

    p50: float
    p90: float
    p95: float
    p99: float


@dataclass(frozen=True)
class SlowCounts:
    """Requests of one deployment in one minute that took longer than the thresholds asked for.

    `total` are the requests in the log; `over` and `over_limit` have one count for each of
    P50, P90, P95, P99 (see `SlowThresholds`); `over_slo` is None where no absolute time was asked.
    """

    total: float
    over: tuple[float, ...]
    over_limit: tuple[float, ...]
    over_slo: float | None = None


@dataclass(frozen=True)
class SlowThresholds:
    """What slow requests are counted against, in milliseconds.

    `stable` and `candidate` are the thresholds of `SlowCounts.over` for each side, `limit` those of
    `over_limit` for both, each one value for P50, P90, P95, P99.
    """

    stable: tuple[float, ...]
    candidate: tuple[float, ...]
    limit: tuple[float, ...]
    slo: float | None = None


@dataclass(frozen=True)
class Tally:
    """What a custom check counted on one side in one minute."""

    total: float
    bad: float


TOO_MANY = "429"
"""The status of a request for which there was no room."""


@dataclass(frozen=True)
class SideMinute:
    """One deployment's minute. Counts may be fractional.

    `requests` are those with an HTTP status: `failures` are 5xx, 424, 408 and 429, `client_errors`
    all other 4xx. `unknown` are further ones whose status is none (0, -1, "Unknown", empty): what
    became of them is not known, so they are neither successes nor failures. `latency` is None where
    there was no latency point, `slow` where requests were not counted from logs; `custom` holds the
    tallies of custom checks by name.
    """

    requests: float
    failures: float
    by_status: Mapping[str, float] = field(default_factory=dict)
    client_errors: float = 0.0
    latency: Percentiles | None = None
    slow: SlowCounts | None = None
    custom: Mapping[str, Tally] = field(default_factory=dict)
    unknown: float = 0.0

    @property
    def refused(self) -> float:
        """The failures that are 429: there was no room for the request, the model never saw it."""
        return self.by_status.get(TOO_MANY, 0.0)


SILENT = SideMinute(0.0, 0.0)
"""Nothing was asked of this side, or nothing is known of it."""


@dataclass(frozen=True)
class Instances:
    """How many instances each side has."""

    candidate: int
    stable: int


@dataclass(frozen=True)
class Minute:
    """One minute, UTC, by its start. A side that is None had no series: absent is not zero.

    `instances` are those of the look that saw the minute; None where they are not known.

    `rest` is None for a whole minute. Otherwise only a part of it counts, and absolute limits alone
    are judged by it; so many further requests to the candidate may still come in it.
    """

    at: datetime
    stable: SideMinute | None
    candidate: SideMinute | None
    instances: Instances | None = None
    rest: float | None = None


@dataclass(frozen=True)
class MetricsSeen:
    """Minutes asked for, oldest first, or why the source could not be asked."""

    minutes: tuple[Minute, ...] = ()
    unreachable: str = ""


@dataclass(frozen=True)
class ServiceSeen:
    """The service as the bundle has it now.

    `policy` None: the bundle no longer has the service. `template_digest` covers the template and
    sample files only; `bundle_digest` the whole bundle. `inputs` are the distinct inputs of probes,
    0 where none can be read.
    """

    policy: Policy | None
    template_digest: str
    bundle_digest: str
    inputs: int = 0


@dataclass(frozen=True)
class Observation:
    """Everything one pass saw.

    `history` are stable's minutes before the rollout; `template` says why nothing can be created
    from the service's templates, empty where it can, None where nobody asked.
    `models` are the workspace's own, by name and version. `probes` are what this pass probed, once
    a first decision without them had shown that nothing else was due; `warmed` likewise what it
    sent to the candidate for a raise that had nothing else to wait for, and `examined` what it
    asked of both sides before any traffic.
    """

    endpoint: EndpointSeen | Absent | Unreachable | Unsupported | None = None
    deployments: Mapping[str, DeploymentSeen] | Unreachable | None = None
    validation: Validation | Unreachable | None = None
    metrics: MetricsSeen | None = None
    probes: Probed | Unreachable | None = None
    warmed: Warmed | Unreachable | None = None
    examined: ExamSeen | Unreachable | None = None
    predictions: PredictionsSeen | Unreachable | None = None
    history: MetricsSeen | None = None
    service: ServiceSeen | Unreachable | None = None
    template: str | Unreachable | None = None
    models: Mapping[tuple[str, str], ModelSeen | Absent | Unreachable] = field(default_factory=dict)
    offer_records: Mapping[tuple[str, str], OfferRecord | Unreachable | None] = field(
        default_factory=dict
    )
    name_counts: Mapping[str, int] = field(default_factory=dict)
    failure: CreationFailure | None = None
    log_tail: str = ""

    def deployment(self, name: str | None) -> DeploymentSeen | Absent | Unreachable | None:
        """One deployment; `Absent` only if the list was read and it is not in it."""
        if isinstance(self.deployments, Unreachable):
            return self.deployments
        if name is None or self.deployments is None:
            return None
        return self.deployments.get(name, Absent())
