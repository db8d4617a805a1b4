"""What is true of each phase: one row a phase, and no partial list of phases anywhere else.

A new phase is one row here, one in `machine/transitions.py` and one function that concludes it.
The table stands below the machine because a rollout's own invariants need it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, StrEnum, auto

from rollout.core.policy.model import Policy
from rollout.core.records.told import Told

PASS_BOUND = timedelta(minutes=10)
"""A live rollout is passed over at least every tick; beyond this its passes do not run."""

DELETE_ATTENTION = timedelta(minutes=60)
ROLLBACK_ATTENTION = timedelta(minutes=15)


class Phase(StrEnum):
    """Where a rollout is. `NONE` is an endpoint that never had one."""

    NONE = "NONE"
    CREATING = "CREATING"
    VALIDATING = "VALIDATING"
    SHIFTING = "SHIFTING"
    BAKING = "BAKING"
    PROMOTED = "PROMOTED"
    RETIRING = "RETIRING"
    ROLLING_BACK = "ROLLING_BACK"
    DISCARDING = "DISCARDING"
    SUCCEEDED = "SUCCEEDED"
    ROLLED_BACK = "ROLLED_BACK"
    FAILED = "FAILED"
    SUPERSEDED = "SUPERSEDED"
    LOST = "LOST"


class Course(Enum):
    """Which way a phase goes.

    `FORWARD`: towards 100 % on the candidate; it may be held. `FINISHING`: won, and past a
    rollback. `BACK`: towards 100 % on stable; never held. `ENDED`: final. `NONE`: no rollout.
    """

    NONE = auto()
    FORWARD = auto()
    FINISHING = auto()
    BACK = auto()
    ENDED = auto()


class Wants(Enum):
    """The split a phase wants: all on stable, the stage's weights, or all on the candidate."""

    STABLE = auto()
    STAGE = auto()
    CANDIDATE = auto()


class Losable(Enum):
    """Whether the rollout is lost once stable or the endpoint is gone.

    Where the candidate never had traffic, nothing is lost with stable: the creation just fails.
    """

    NEVER = auto()
    IF_IT_HAD_TRAFFIC = auto()
    ALWAYS = auto()


@dataclass(frozen=True, kw_only=True)
class PhaseFacts:
    """What is true of a rollout because of its phase.

    Attributes:
        course: Which way it goes.
        wants: The split it wants of the endpoint.
        confirms: It waits to see a write of ours, so only our stamp proves the wanted split.
        losable: Whether it ends `LOST` when nothing is left to roll back to.
        replaceable: A newer version may end it, while the wanted weight is small.
        reads_service: Each look reads the bundle, because changed template files end it.
        deletes: It deletes a deployment; its delays count from when that was due.
        bound: The machine time it may take, from the policy; None: no limit of its own.
        attention_after: It asks for an operator by itself once this time has passed, and again
            after as long; None: it never does. Such a phase is stuck if it did not ask.
        told: What operators are told at once when it begins.
        next_step: What an operator does next, for the sentence that tells of it.
        not_advanced: Why `advance` is refused; "" where it is not, or no rollout is live.
        candidate_discarded: It ended so only after the candidate was deleted: one that carries its
            tag later was made by a late create call.
    """

    course: Course
    wants: Wants
    told: Told
    next_step: str = "read the rollout's history"
    confirms: bool = False
    losable: Losable = Losable.NEVER
    replaceable: bool = False
    reads_service: bool = False
    deletes: bool = False
    bound: Callable[[Policy], timedelta] | None = None
    attention_after: timedelta | None = None
    not_advanced: str = ""
    candidate_discarded: bool = False

    @property
    def forward(self) -> bool:
        """It may be held, and can still be rolled back."""
        return self.course is Course.FORWARD

    @property
    def on_trial(self) -> bool:
        """The candidate is not condemned: a split somebody else sets here is worth a report."""
        return self.course in (Course.FORWARD, Course.FINISHING)

    @property
    def back(self) -> bool:
        """Its writes take traffic off the candidate; they pass through every hold."""
        return self.course is Course.BACK

    @property
    def final(self) -> bool:
        """Entered only on what was seen, never left."""
        return self.course is Course.ENDED

    @property
    def raises(self) -> bool:
        """Its writes give the candidate traffic."""
        return self.on_trial and self.wants is not Wants.STABLE

    @property
    def confirmed(self) -> bool:
        """The split it wants was seen before it began."""
        return self.raises and not self.confirms

    @property
    def past_rollback(self) -> bool:
        """The candidate has won: an alert on it comes too late."""
        return self.wants is Wants.CANDIDATE and not self.forward


PHASES: Mapping[Phase, PhaseFacts] = {
    Phase.NONE: PhaseFacts(course=Course.NONE, wants=Wants.STABLE, told=Told.NOBODY),
    Phase.CREATING: PhaseFacts(
        course=Course.FORWARD,
        wants=Wants.STABLE,
        told=Told.NOBODY,
        replaceable=True,
        reads_service=True,
        bound=lambda policy: policy.create.deadline,
        not_advanced="the candidate is still being created",
    ),
    Phase.VALIDATING: PhaseFacts(
        course=Course.FORWARD,
        wants=Wants.STABLE,
        told=Told.NOBODY,
        replaceable=True,
        reads_service=True,
        bound=lambda policy: policy.validating,
        not_advanced="validation cannot be skipped",
    ),
    Phase.SHIFTING: PhaseFacts(
        course=Course.FORWARD,
        wants=Wants.STAGE,
        told=Told.NOBODY,
        confirms=True,
        losable=Losable.ALWAYS,
        replaceable=True,
        bound=lambda policy: policy.shift_deadline,
        not_advanced="the weights are still being set",
    ),
    Phase.BAKING: PhaseFacts(
        course=Course.FORWARD,
        wants=Wants.STAGE,
        told=Told.NOBODY,
        losable=Losable.ALWAYS,
        replaceable=True,
        bound=lambda policy: policy.deadline,
    ),
    Phase.PROMOTED: PhaseFacts(
        course=Course.FORWARD,
        wants=Wants.CANDIDATE,
        told=Told.NOTICE,
        next_step="nothing; until the keep is over, rollback undoes it with one write",
        losable=Losable.ALWAYS,
        bound=lambda policy: policy.keep + PASS_BOUND,
        not_advanced="the candidate has all traffic; its keep ends by itself",
    ),
    Phase.RETIRING: PhaseFacts(
        course=Course.FINISHING,
        wants=Wants.CANDIDATE,
        told=Told.NOBODY,
        next_step="look for weight, a mirror or a lock on the old stable",
        deletes=True,
        attention_after=DELETE_ATTENTION,
        not_advanced="the old stable is being deleted",
    ),
    Phase.ROLLING_BACK: PhaseFacts(
        course=Course.BACK,
        wants=Wants.STABLE,
        told=Told.BY_CAUSE,
        next_step="see that stable takes the traffic, else repair it or set the split by hand",
        confirms=True,
        losable=Losable.ALWAYS,
        attention_after=ROLLBACK_ATTENTION,
        not_advanced="the rollout is being rolled back",
    ),
    Phase.DISCARDING: PhaseFacts(
        course=Course.BACK,
        wants=Wants.STABLE,
        told=Told.NOBODY,
        next_step="look for weight, a mirror or a lock on the candidate",
        confirms=True,
        losable=Losable.IF_IT_HAD_TRAFFIC,
        deletes=True,
        attention_after=DELETE_ATTENTION,
        not_advanced="the candidate is being discarded",
    ),
    Phase.SUCCEEDED: PhaseFacts(
        course=Course.ENDED,
        wants=Wants.CANDIDATE,
        told=Told.NOTICE,
        next_step="nothing; to go back, start the version before it again",
    ),
    Phase.ROLLED_BACK: PhaseFacts(
        course=Course.ENDED,
        wants=Wants.STABLE,
        told=Told.NOTICE,
        next_step="repair the cause and register a new version, or retry this one",
        candidate_discarded=True,
    ),
    Phase.FAILED: PhaseFacts(
        course=Course.ENDED,
        wants=Wants.STABLE,
        told=Told.NOTICE,
        next_step="repair the cause and register a new version, or retry this one",
        candidate_discarded=True,
    ),
    Phase.SUPERSEDED: PhaseFacts(
        course=Course.ENDED,
        wants=Wants.STABLE,
        told=Told.NOTICE,
        next_step="nothing; what waits takes its turn",
        candidate_discarded=True,
    ),
    Phase.LOST: PhaseFacts(
        course=Course.ENDED,
        wants=Wants.STABLE,
        told=Told.ATTENTION,
        next_step="restore what is missing; what serves now is left alone",
    ),
}

FORWARD_PHASES = frozenset(phase for phase, facts in PHASES.items() if facts.forward)
FINAL_PHASES = frozenset(phase for phase, facts in PHASES.items() if facts.final)
