"""A person's stop stands: who stopped a rollout, or what only a person can judge (ADR 13)."""

from localazure.world import Write
from rollout.core.records.phases import PHASES, Phase
from rollout.core.records.rollout import HoldReason, Rollout
from rollout.core.records.signals import Verb
from tests.support.schedules.watching import Witness, is_ours
from tests.support.stories.invariants import raises
from tests.support.stories.surroundings import Committed

STOPS = frozenset({HoldReason.OPERATOR, HoldReason.DRIFT, HoldReason.ALERT, HoldReason.REPLACED})
"""Written by hand, beside the product's own table: these end by a person's order only."""

MAY_GO_BACK = frozenset(
    {
        "harm",
        "foreign rollback",
        "nothing left",
        "creation failed",
        "rejected",
        "too late",
        "hold expired",
        "cancelled",
    }
)
"""Findings that take traffic away, or give a candidate up, through any hold. An expiry does so
before the promotion; a newer version and new template files do not."""


def a_persons_stop_stands(witness: Witness, step: Committed) -> None:
    """A pause, and a hold for drift, an alert or a replacement, is ended by an order, or goes back.

    No newer version ends it, and no expiry makes anything go on.
    """
    was, rollout = step.before.rollout if step.before else None, step.after.rollout
    if was is None or rollout is None or was.id != rollout.id or not stopped(was):
        return
    hold = was.hold
    witness.note(f"situation: a stop for {hold.reason if hold is not None else 'nothing'} stands")
    if step.after.waiting is not None:
        witness.note("situation: a newer version waits behind a stop")
    expired = hold is not None and witness.now() >= hold.expires
    if rollout.phase is Phase.PROMOTED and expired:
        witness.note("situation: a stop expired in the keep")
    order = witness.door.order
    if stopped(rollout) or (order is not None and order.verb is not Verb.CANCEL):
        return
    findings = {e.data.get("finding") for e in step.history if e.kind == "PhaseChanged"}
    went_back = PHASES[rollout.phase].back or rollout.phase is Phase.LOST
    if not went_back or not findings & MAY_GO_BACK:
        witness.broke(a_persons_stop_stands, f"{hold} ended by {findings}: {rollout.phase}")


def no_hold_expires_early(witness: Witness, step: Committed) -> None:
    """What is said to have expired was held for as long as the policy says."""
    was = step.before.rollout if step.before else None
    expired = any(each.data.get("finding") == "hold expired" for each in step.history)
    if expired and (was is None or was.hold is None or witness.now() < was.hold.expires):
        witness.broke(no_hold_expires_early, was and was.hold)


def nothing_raises_while_held(witness: Witness, write: Write) -> None:
    """While anything holds the rollout, no write of ours raises the candidate."""
    rollout = witness.rollout
    if not is_ours(write) or rollout is None or rollout.hold is None:
        return
    witness.note("situation: a write of ours under a hold")
    raised = raises(write, rollout.candidate)
    if raised and not witness.door.late_write:
        witness.broke(nothing_raises_while_held, f"{rollout.hold}: {write.after.split}")


def stopped(rollout: Rollout) -> bool:
    """Only a person may let it go on."""
    return rollout.hold is not None and rollout.hold.reason in STOPS
