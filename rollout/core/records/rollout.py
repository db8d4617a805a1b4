"""What is wanted of one endpoint, as it is stored: frozen records and their invariants.

`Current` is the one row that owns an endpoint. Nothing here reads a clock; every moment is UTC and
was taken once, at the door. Change returns a new record. What can never be true of a row raises
ValueError as the record is made, so that an impossible row is neither saved nor read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from rollout.core.policy.freeze_model import Frozen
from rollout.core.policy.model import Policy
from rollout.core.records.alert_tally import AlertTally
from rollout.core.records.collected import Collected
from rollout.core.records.examination import Examination
from rollout.core.records.failures import FailureKind
from rollout.core.records.offers import Offer, OfferSource, Release
from rollout.core.records.orders import GivenOrder, Starter
from rollout.core.records.outlook import Outlook
from rollout.core.records.own_requests import OwnRequests
from rollout.core.records.phases import PHASES, Phase
from rollout.core.records.promotions import Promotions
from rollout.core.records.specs import Specs
from rollout.core.records.summarised import Summarised
from rollout.core.records.suspensions import Suspension
from rollout.core.records.watch import Watch
from rollout.units import NO_TIME

NO_ROLLOUT = "0"
"""The rollout id used for history written before an endpoint's first rollout."""


class HoldReason(StrEnum):
    """Why nothing moves forward. `machine/holds.py` has a row for each."""

    OPERATOR = "operator"
    APPROVAL = "approval"
    INCONCLUSIVE = "inconclusive"
    DRIFT = "drift"
    REPLACED = "replaced"
    ALERT = "alert"
    METRIC_SOURCE = "metric source down"
    GATE = "gate"
    PREDICTIONS = "predictions"
    UNCONFIRMED = "shift not confirmed"
    DEADLINE = "rollout deadline"
    GOLDEN = "golden set"


class Cause(StrEnum):
    """Why a rollout is rolled back or ended."""

    ALERT = "alert"
    GATE = "gate"
    OPERATOR = "operator"
    INCONCLUSIVE = "inconclusive"
    HOLD_EXPIRED = "hold expired"
    FOREIGN_ROLLBACK = "foreign rollback"
    SUPERSEDED = "superseded"
    TEMPLATE_CHANGED = "template changed"
    CANCELLED = "cancelled"
    CREATION_FAILED = "creation failed"
    CREATION_DEADLINE = "creation deadline"
    VALIDATION_FAILED = "validation failed"
    VALIDATION_DEADLINE = "validation deadline"
    LOST = "nothing left to go back to"


class CreationStep(StrEnum):
    """What a creation intent asks for."""

    ENDPOINT = "endpoint"
    CANDIDATE = "candidate"


@dataclass(frozen=True)
class Hold:
    """Nothing moves forward until it is lifted; when it expires the rollout is rolled back.

    `reminded`: an operator was asked once more because it is about to expire. `about`: of
    `PREDICTIONS`, the names of the checks that ask; `advance` accepts what they found.
    """

    reason: HoldReason
    by: str
    since: datetime
    expires: datetime
    text: str = ""
    reminded: bool = False
    about: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.expires <= self.since:
            raise ValueError(f"a hold since {self.since} cannot expire at {self.expires}")


@dataclass(frozen=True)
class CreateIntent:
    """A creation call that may be under way: saved before the call is made."""

    step: CreationStep
    call: int
    started_at: datetime


@dataclass(frozen=True)
class Refused:
    """What Azure answered as it refused our last write for good; `told`: an operator was."""

    text: str
    told: bool = False


@dataclass(frozen=True)
class Clock:
    """Counts machine time from `started`: `human`, in halts, and `unwatched` are taken out."""

    started: datetime
    human: timedelta = NO_TIME
    unwatched: timedelta = NO_TIME

    def __post_init__(self) -> None:
        if self.human < NO_TIME:
            raise ValueError(f"the time in halts cannot be {self.human}")
        if self.unwatched < NO_TIME:
            raise ValueError(f"the time that nobody watched cannot be {self.unwatched}")


@dataclass(frozen=True)
class Baking:
    """One window of one stage.

    `window_start` is when the weight was confirmed; minutes before `window_start + settle` do not
    count. `begun` says that the gate knows of this window; `fresh_windows` counts those that
    `resume` began.
    """

    window_start: datetime
    folded_until: datetime | None = None
    begun: bool = False
    verdict: str = ""
    evidence: str = ""
    judged_at: datetime | None = None
    source_failures: int = 0
    fresh_windows: int = 0

    def __post_init__(self) -> None:
        if self.source_failures < 0 or self.fresh_windows < 0:
            raise ValueError("the failures and fresh windows of a bake cannot be fewer than 0")


@dataclass(frozen=True)
class Seen:
    """What earlier passes saw that this row must remember.

    `foreign` and `absent` count passes in a row; `endpoint` says that the endpoint was once there.
    The others are the last look; `present` names the deployments (none: they were never read).
    """

    endpoint: bool = False
    foreign: int = 0
    absent: int = 0
    split: Mapping[str, int] = field(default_factory=dict)
    stamp: str | None = None
    at: datetime | None = None
    state: str = ""
    present: tuple[str, ...] = ()
    mirror: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.foreign < 0 or self.absent < 0:
            raise ValueError("passes in a row cannot be fewer than 0")


@dataclass(frozen=True)
class Rollout:
    """One trial of one release on one endpoint.

    `stable` is the deployment that held the traffic at the start (None: the endpoint's first);
    `write` numbers the splits we asked for; `asked_for_traffic_at` is the save that first asked for
    weight on the candidate (None: it never had any), `asked_for_mirror_at` the one that first asked
    to mirror requests to it; `mirror_put_back`: that mirror was lost once and asked for
    again; `asked_at` is when Azure last took the present
    write; `replaces` is the split that the write is to replace, somebody else's included once an
    operator resumed. `halted_since` is the start of the present hold or suspension, whichever began
    first. `may_take` names deployments whose weight somebody else gave to them and an operator
    ordered back to stable. `baseline` is what the gate learnt of stable before the rollout (None:
    not read yet), `gate` its own JSON state; `own` are the requests that the app itself sent.
    `validated` is what the sample requests showed ("": they were not answered well yet), `exam`
    what both sides were asked after them. `flavors` are sentences on how the two models were
    packaged otherwise. `collected` says how far live answers were read, `outlook` what the start
    foresaw of the stages. `failure` is the kind of what failed before it had traffic (None: nothing
    did). `finishes_first`: an operator was told that newer versions wait for its end. `accepted`
    names the checks of predictions whose findings an operator accepted: they only report from then
    on. `starter` is who started it, for stages that a second person must approve. `frozen` is the
    freeze that a window of its policy is, as the last look found it; an operator's order lifts it
    until `thawed_until`. `watch` tells when the controller looked. `refused`
    is why our last write or deletion was not made (None: Azure took it, or none was asked for).
    """

    id: str
    service: str
    release: Release
    candidate: str
    stable: str | None
    policy: Policy
    bundle_digest: str
    phase: Phase
    stage: int
    since: datetime
    started_at: datetime
    phase_clock: Clock
    deadline_clock: Clock
    human: timedelta = NO_TIME
    halted_since: datetime | None = None
    suspended: bool = False
    hold: Hold | None = None
    cause: Cause | None = None
    cause_text: str = ""
    failure: FailureKind | None = None
    finishes_first: bool = False
    intent: CreateIntent | None = None
    create_error: str = ""
    write: int = 0
    asked_at: datetime | None = None
    asked_for_traffic_at: datetime | None = None
    asked_for_mirror_at: datetime | None = None
    mirror_put_back: bool = False
    replaces: Seen | None = None
    specs: Specs = field(default_factory=Specs)
    may_take: tuple[str, ...] = ()
    approved_stage: int = -1
    accepted: tuple[str, ...] = ()
    validated: str = ""
    exam: Examination = field(default_factory=Examination)
    flavors: tuple[str, ...] = ()
    baking: Baking | None = None
    baseline: Mapping[str, Any] | None = None
    gate: Mapping[str, Any] = field(default_factory=dict)
    own: OwnRequests = field(default_factory=OwnRequests)
    collected: Collected = field(default_factory=Collected)
    outlook: Outlook = field(default_factory=Outlook)
    seen: Seen = field(default_factory=Seen)
    resumed_at: datetime | None = None
    promoted_at: datetime | None = None
    delete_due: datetime | None = None
    attention_at: datetime | None = None
    created_by: OfferSource = OfferSource.EVENT
    model_created_at: datetime | None = None
    earlier_quarantines: tuple[str, ...] = ()
    ended_at: datetime | None = None
    starter: Starter = field(default_factory=Starter)
    frozen: Frozen | None = None
    thawed_until: datetime | None = None
    watch: Watch = field(default_factory=Watch)
    refused: Refused | None = None

    def __post_init__(self) -> None:
        if self.phase is Phase.NONE:
            raise ValueError("a rollout is always in a phase")
        if not 0 <= self.stage < len(self.policy.stages):
            raise ValueError(f"the policy has no stage {self.stage}")
        if len(self.outlook.stages) not in (0, len(self.policy.stages)):
            raise ValueError("an outlook has one entry for each of the policy's stages")
        if self.final is not (self.ended_at is not None):
            raise ValueError(f"a rollout in {self.phase} cannot have ended at {self.ended_at}")
        if self.hold is not None and not PHASES[self.phase].forward:
            raise ValueError(f"{self.phase} cannot be held: it moves nothing forward")
        if self.candidate == self.stable:
            raise ValueError(f"{self.candidate} cannot be both candidate and stable")
        if self.write < 0:
            raise ValueError(f"a write cannot have the number {self.write}")

    @property
    def final(self) -> bool:
        return PHASES[self.phase].final

    @property
    def asked_for_requests_at(self) -> datetime | None:
        """The save that first asked for any requests to the candidate, of clients or mirrored."""
        return self.asked_for_mirror_at or self.asked_for_traffic_at


@dataclass(frozen=True)
class Current:
    """The row that owns an endpoint: the latest rollout, what waits, and the outbox's cursor.

    `endpoint` is the full ARM id in lower case. `offers` were received and not yet decided;
    `head` and `published` are `HistoryEntry.key`s ("" before the first). `alerts` are those of the
    latest rollout. `damaged` says what keeps every decision from being saved ("": nothing), once an
    operator was told. `replaced_in_a_row` counts the rollouts up to now that newer versions ended;
    one that ended in another way begins the count again, except for a changed template.
    `promotions` is what releases showed that were promoted here, oldest first. `orders` are the
    latest that came with a key, oldest first; only `machine/repeats.py` says which still count.
    `suspension` is an operator's order about this service, `suspended_with_all` what the last look
    saw of the one about all, and `start_frozen` the freeze that it saw keep a waiting version from
    starting, which an operator's order lifts until `start_thawed_until`. `summarised` is the last
    summary that a save counted on (None: there was none yet).
    """

    endpoint: str
    service: str
    saved_at: datetime
    rollout: Rollout | None = None
    offers: tuple[Offer, ...] = ()
    waiting: Offer | None = None
    sequence: int = 0
    head: str = ""
    published: str = ""
    commit_id: str = ""
    next_look: datetime | None = None
    failures: int = 0
    alerts: AlertTally = field(default_factory=AlertTally)
    damaged: str = ""
    replaced_in_a_row: int = 0
    promotions: tuple[Promotions, ...] = ()
    summarised: Summarised | None = None
    orders: tuple[GivenOrder, ...] = ()
    suspension: Suspension | None = None
    suspended_with_all: Suspension | None = None
    start_frozen: Frozen | None = None
    start_thawed_until: datetime | None = None

    def __post_init__(self) -> None:
        if self.sequence < 0 or self.failures < 0 or self.replaced_in_a_row < 0:
            raise ValueError("history rows, failed passes and replacements cannot be fewer than 0")

    @property
    def owner(self) -> Rollout:
        """The rollout; only for callers that know there is one.

        Raises:
            ValueError: There never was one. A bug.
        """
        if self.rollout is None:
            raise ValueError("this endpoint never had a rollout")
        return self.rollout

    @property
    def phase(self) -> Phase:
        return self.rollout.phase if self.rollout else Phase.NONE

    @property
    def rollout_id(self) -> str:
        return self.rollout.id if self.rollout else NO_ROLLOUT

    @property
    def idle(self) -> bool:
        """No live rollout, nothing offered, nothing left to publish."""
        settled = self.rollout is None or self.rollout.final
        return settled and not self.offers and not self.waiting and self.head == self.published
