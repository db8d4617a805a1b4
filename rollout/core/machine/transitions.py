"""The rollout state machine.

Rule 1: a phase changes in this file only, and only along TRANSITIONS.
Rule 2: nothing here reads a clock, a setting or a service. What was concluded arrives as a
Finding, the moment arrives as `now`.
Rule 3: a missing entry is an error, never "stay": staying is written down.
Rule 4: a hold is an attribute, not a phase. HOLDS says which findings set one, STOPPED_BY_A_HOLD
which ones it stops. A rollback is never stopped.

The diagram in docs/ is drawn from these tables.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from rollout.core.machine.halts import lift_hold
from rollout.core.records.phases import PHASES, Phase
from rollout.core.records.rollout import Clock, HoldReason, Rollout
from rollout.errors import IllegalTransitionError


class Finding(StrEnum):
    """What one look, alert or command concluded."""

    WAIT = "wait"
    CREATED = "created"
    CREATION_FAILED = "creation failed"
    VALIDATED = "validated"
    VALIDATION_FAILED = "rejected"
    TOO_LATE = "too late"
    TEMPLATE_CHANGED = "template changed"
    TRAFFIC_SEEN = "traffic seen"
    FIRST_TRAFFIC_SEEN = "first traffic seen"
    STAGE_PASSED = "stage passed"
    ALL_PASSED = "all passed"
    KEEP_OVER = "keep over"
    RETIRED = "retired"
    APPROVAL_NEEDED = "approval needed"
    UNCLEAR = "unclear"
    GOLDEN_UNCLEAR = "golden set unclear"
    DOUBTED = "doubted"
    PREDICTIONS_DOUBTED = "predictions doubted"
    UNCONFIRMED = "unconfirmed"
    OVERDUE = "overdue"
    DRIFTED = "drifted"
    NOT_THE_RELEASE = "not the release"
    SOURCE_DOWN = "source down"
    BLAMED_NOBODY = "blamed nobody"
    PAUSED = "paused"
    RESUMED = "resumed"
    RESTARTED = "stage restarted"
    HOLD_EXPIRED = "hold expired"
    HARM = "harm"
    CANCELLED = "cancelled"
    SUPERSEDED = "replaced"
    FOREIGN_ROLLBACK = "foreign rollback"
    RESTORED = "restored"
    DISCARDED = "discarded"
    DISCARDED_UNUSED = "discarded unused"
    DISCARDED_BLAMELESS = "discarded blameless"
    NOTHING_LEFT = "nothing left"


P, F = Phase, Finding


def _stay(phase: Phase) -> dict[Finding, Phase]:
    """What every phase that may be held has in common."""
    held = (F.WAIT, F.DRIFTED, F.NOT_THE_RELEASE, F.BLAMED_NOBODY, F.PAUSED, F.RESUMED)
    return dict.fromkeys(held, phase)


TRANSITIONS: Mapping[Phase, Mapping[Finding, Phase]] = {
    P.CREATING: {
        **_stay(P.CREATING),
        F.CREATED: P.VALIDATING,
        F.CREATION_FAILED: P.DISCARDING,
        F.TOO_LATE: P.DISCARDING,
        F.TEMPLATE_CHANGED: P.DISCARDING,
        F.CANCELLED: P.DISCARDING,
        F.HARM: P.DISCARDING,
        F.SUPERSEDED: P.ROLLING_BACK,
        F.HOLD_EXPIRED: P.ROLLING_BACK,
    },
    P.VALIDATING: {
        **_stay(P.VALIDATING),
        F.APPROVAL_NEEDED: P.VALIDATING,
        F.GOLDEN_UNCLEAR: P.VALIDATING,
        F.PREDICTIONS_DOUBTED: P.VALIDATING,
        F.VALIDATED: P.SHIFTING,
        F.VALIDATION_FAILED: P.DISCARDING,
        F.TOO_LATE: P.DISCARDING,
        F.TEMPLATE_CHANGED: P.DISCARDING,
        F.CANCELLED: P.DISCARDING,
        F.HARM: P.DISCARDING,
        F.SUPERSEDED: P.ROLLING_BACK,
        F.HOLD_EXPIRED: P.ROLLING_BACK,
    },
    P.SHIFTING: {
        **_stay(P.SHIFTING),
        F.UNCONFIRMED: P.SHIFTING,
        F.RESTARTED: P.SHIFTING,
        F.TRAFFIC_SEEN: P.BAKING,
        # The first deployment of an endpoint: nothing to keep, nothing to retire.
        F.FIRST_TRAFFIC_SEEN: P.SUCCEEDED,
        F.HARM: P.ROLLING_BACK,
        F.CANCELLED: P.ROLLING_BACK,
        F.SUPERSEDED: P.ROLLING_BACK,
        F.HOLD_EXPIRED: P.ROLLING_BACK,
        F.FOREIGN_ROLLBACK: P.ROLLING_BACK,
        F.NOTHING_LEFT: P.LOST,
    },
    P.BAKING: {
        **_stay(P.BAKING),
        F.APPROVAL_NEEDED: P.BAKING,
        F.UNCLEAR: P.BAKING,
        F.DOUBTED: P.BAKING,
        F.PREDICTIONS_DOUBTED: P.BAKING,
        F.OVERDUE: P.BAKING,
        F.SOURCE_DOWN: P.BAKING,
        F.STAGE_PASSED: P.SHIFTING,
        F.ALL_PASSED: P.PROMOTED,
        F.RESTARTED: P.SHIFTING,
        F.HARM: P.ROLLING_BACK,
        F.CANCELLED: P.ROLLING_BACK,
        F.SUPERSEDED: P.ROLLING_BACK,
        F.HOLD_EXPIRED: P.ROLLING_BACK,
        F.FOREIGN_ROLLBACK: P.ROLLING_BACK,
        F.NOTHING_LEFT: P.LOST,
    },
    P.PROMOTED: {
        **_stay(P.PROMOTED),
        F.KEEP_OVER: P.RETIRING,
        F.RESTARTED: P.SHIFTING,
        F.HARM: P.ROLLING_BACK,
        F.CANCELLED: P.ROLLING_BACK,
        F.FOREIGN_ROLLBACK: P.ROLLING_BACK,
        # The candidate won already: a forgotten hold must not undo that.
        F.HOLD_EXPIRED: P.PROMOTED,
        F.NOTHING_LEFT: P.LOST,
    },
    P.RETIRING: {
        F.WAIT: P.RETIRING,
        F.RETIRED: P.SUCCEEDED,
        F.FOREIGN_ROLLBACK: P.ROLLING_BACK,
        # The old stable is still whole: it is kept until an operator decides.
        F.NOT_THE_RELEASE: P.PROMOTED,
        F.NOTHING_LEFT: P.LOST,
    },
    P.ROLLING_BACK: {
        F.WAIT: P.ROLLING_BACK,
        F.RESTORED: P.DISCARDING,
        F.NOTHING_LEFT: P.LOST,
    },
    P.DISCARDING: {
        F.WAIT: P.DISCARDING,
        F.DISCARDED: P.ROLLED_BACK,
        F.DISCARDED_UNUSED: P.FAILED,
        F.DISCARDED_BLAMELESS: P.SUPERSEDED,
        F.NOTHING_LEFT: P.LOST,
    },
    # Final: entered only on what was seen, never left.
    P.SUCCEEDED: {},
    P.ROLLED_BACK: {},
    P.FAILED: {},
    P.SUPERSEDED: {},
    P.LOST: {},
}

HOLDS: Mapping[Finding, HoldReason] = {
    F.APPROVAL_NEEDED: HoldReason.APPROVAL,
    F.UNCLEAR: HoldReason.INCONCLUSIVE,
    F.GOLDEN_UNCLEAR: HoldReason.GOLDEN,
    F.DOUBTED: HoldReason.GATE,
    F.PREDICTIONS_DOUBTED: HoldReason.PREDICTIONS,
    F.UNCONFIRMED: HoldReason.UNCONFIRMED,
    F.OVERDUE: HoldReason.DEADLINE,
    F.DRIFTED: HoldReason.DRIFT,
    F.NOT_THE_RELEASE: HoldReason.REPLACED,
    F.SOURCE_DOWN: HoldReason.METRIC_SOURCE,
    F.BLAMED_NOBODY: HoldReason.ALERT,
    F.PAUSED: HoldReason.OPERATOR,
}

STOPPED_BY_A_HOLD = frozenset(
    {
        F.CREATED,
        F.VALIDATED,
        F.FIRST_TRAFFIC_SEEN,
        F.STAGE_PASSED,
        F.ALL_PASSED,
        F.KEEP_OVER,
        # While held, time in forward phases does not count, so none of these can be due.
        F.TOO_LATE,
        F.UNCONFIRMED,
        F.OVERDUE,
        F.APPROVAL_NEEDED,
        F.UNCLEAR,
        F.GOLDEN_UNCLEAR,
        F.DOUBTED,
        F.PREDICTIONS_DOUBTED,
        F.SOURCE_DOWN,
    }
)
"""Forward findings and second reasons to hold. `TRAFFIC_SEEN` is not among them: it raises nothing,
and it starts the checks, which go on while held."""


def next_phase(phase: Phase, finding: Finding) -> Phase:
    """Look the finding up.

    Raises:
        IllegalTransitionError: It cannot occur in this phase. A bug: the caller saves
            nothing and lets it surface.
    """
    try:
        return TRANSITIONS[phase][finding]
    except KeyError:
        raise IllegalTransitionError(phase, finding) from None


def advance(rollout: Rollout, finding: Finding, now: datetime) -> Rollout:
    """Return the rollout after `finding`; the one given is left as it was.

    Entering a phase, or a further stage, starts its clock at `now` and ends what belonged to the
    phase before: its hold, its intent and its bake.
    """
    phase = next_phase(rollout.phase, finding)
    stage = rollout.stage + (finding is Finding.STAGE_PASSED)
    if (phase, stage) == (rollout.phase, rollout.stage) and finding is not Finding.RESTARTED:
        return rollout
    # Under a hold the checks begin as soon as the weights are seen: the hold stays.
    lifted = rollout if finding is Finding.TRAFFIC_SEEN else lift_hold(rollout, now)
    return replace(
        lifted,
        phase=phase,
        stage=stage,
        since=now,
        phase_clock=Clock(now),
        attention_at=None,
        refused=None,
        seen=replace(rollout.seen, foreign=0, absent=0),
        ended_at=now if PHASES[phase].final else None,
    )
