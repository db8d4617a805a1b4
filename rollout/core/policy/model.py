"""A service's rollout policy: typed, with every default in one place.

A policy is frozen into the rollout when it starts, so it is a plain value: no file, no clock.
`policy_parsing` makes it from a document and reports every fault at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum, StrEnum

from rollout.core.policy.expectation import Expectation
from rollout.core.policy.freeze_model import FreezeWindow
from rollout.core.policy.gate_model import GatePolicy
from rollout.core.policy.notify_model import Route
from rollout.core.policy.probes_model import Probes
from rollout.core.policy.quality_model import Quality
from rollout.units import FULL_WEIGHT


class StartOn(StrEnum):
    REGISTERED = "registered"
    MANUAL = "manual"


class CreateFrom(StrEnum):
    TEMPLATE = "template"
    COPY = "copy"


class OnInconclusive(StrEnum):
    """`AUTO`: `ADVANCE_IF_CLEAN` where the start foresaw no evidence for the stage, else `HOLD`."""

    AUTO = "auto"
    HOLD = "hold"
    ROLLBACK = "rollback"
    ADVANCE_IF_CLEAN = "advance_if_clean"


class OnNewerVersion(StrEnum):
    REPLACE = "replace"
    QUEUE = "queue"


class Approval(Enum):
    """Whether a stage begins without an operator's `advance`, and whose it must be.

    The values are a policy file's, and those of rows stored while there were only two.
    """

    NONE = False
    ANYBODY = True
    SECOND_PERSON = "second-person"


@dataclass(frozen=True)
class Create:
    """How the candidate is made.

    `deadline` bounds the phase; `call_timeout` is how long one create call may be under way before
    it is issued again; `endpoint` allows the service to create its endpoint.
    """

    source: CreateFrom = CreateFrom.TEMPLATE
    endpoint: bool = False
    deadline: timedelta = timedelta(minutes=60)
    call_timeout: timedelta = timedelta(minutes=5)


@dataclass(frozen=True)
class SampleRequest:
    """A request sent straight to the candidate; `file` is relative to the service's folder.

    `content_type` None: what the file's ending says (`core.policy.content_types`).
    """

    file: str
    expect: Expectation = field(default_factory=Expectation)
    content_type: str | None = None


@dataclass(frozen=True)
class Validate:
    requests: tuple[SampleRequest, ...] = ()
    deadline: timedelta = timedelta(minutes=15)
    timeout: timedelta = timedelta(seconds=10)


MOST_MIRRORED = 50
"""Azure ML mirrors at most so many percent of the requests, to one deployment without weight."""


def stage_shown(weight: int, mirror: int) -> str:
    """A stage as a sentence has it: `10 %`, or `20 % mirrored`."""
    return f"{mirror} % mirrored" if mirror else f"{weight} %"


@dataclass(frozen=True)
class Stage:
    """`weight` in percent for the candidate; `bake` is the least time at it.

    With `mirror` the weight is 0: so many percent of the requests are sent to the candidate too,
    and no client gets its answers.
    """

    weight: int
    bake: timedelta = timedelta(minutes=15)
    approval: Approval = Approval.NONE
    mirror: int = 0

    def __post_init__(self) -> None:
        if not self.mirror and not 0 < self.weight <= FULL_WEIGHT:
            raise ValueError(f"a stage cannot have a weight of {self.weight} %")
        if self.mirror and (self.weight or not 0 < self.mirror <= MOST_MIRRORED):
            raise ValueError(
                f"a stage cannot mirror {self.mirror} % at a weight of {self.weight} %"
            )
        if self.bake < timedelta(0):
            raise ValueError(f"a stage cannot bake for {self.bake}")

    @property
    def share(self) -> int:
        """The percentage of the requests that reach the candidate, answered for a client or not."""
        return self.mirror or self.weight

    @property
    def shown(self) -> str:
        return stage_shown(self.weight, self.mirror)

    @property
    def waits(self) -> bool:
        """Whether it begins only once an operator approved it."""
        return self.approval is not Approval.NONE


@dataclass(frozen=True)
class RollbackPolicy:
    """`keep`: how long a candidate that had traffic stays; `logs`: keep its log tail."""

    keep: timedelta = timedelta(hours=1)
    logs: bool = False


@dataclass(frozen=True)
class WorkspaceName:
    subscription: str
    resource_group: str
    name: str


@dataclass(frozen=True)
class Policy:
    """One service. `workspace` None means the app's own.

    `probes` and `quality` None: nothing is sent, no prediction is judged. That is what a rollout
    has that began before there was either; a document without the part has its defaults.
    `max_bake_auto`: the document leaves `gate.max_bake` to the start of a rollout, which may raise
    it. `freeze`: while one of these windows is in force nothing is raised or started. `notify`
    None: messages go where the app's settings say; empty: nowhere.
    """

    service: str
    endpoint: str
    model: str
    tags: Mapping[str, str] = field(default_factory=dict)
    workspace: WorkspaceName | None = None
    start_on: StartOn = StartOn.REGISTERED
    create: Create = Create()
    validate: Validate = Validate()
    stages: tuple[Stage, ...] = (Stage(10), Stage(50), Stage(100, timedelta(minutes=60)))
    gate: GatePolicy = field(default_factory=GatePolicy)
    keep: timedelta = timedelta(hours=24)
    on_inconclusive: OnInconclusive = OnInconclusive.AUTO
    on_newer_version: OnNewerVersion = OnNewerVersion.REPLACE
    rollback: RollbackPolicy = RollbackPolicy()
    deadline: timedelta = timedelta(hours=24)
    shift_deadline: timedelta = timedelta(minutes=15)
    hold_expires: timedelta = timedelta(hours=24)
    alert_clock_allowance: timedelta = timedelta(minutes=2)
    probes: Probes | None = None
    quality: Quality | None = None
    max_bake_auto: bool = False
    freeze: tuple[FreezeWindow, ...] = ()
    notify: tuple[Route, ...] | None = None

    @property
    def validating(self) -> timedelta:
        """The machine time that validation may take before a rollout is late."""
        golden = self.quality.golden if self.quality is not None else None
        return self.validate.deadline + (golden.time if golden is not None else timedelta(0))
