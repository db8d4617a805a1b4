"""A person's stop stands: who stopped a rollout, or what only a person can judge (ADR 13)."""

from datetime import datetime, timedelta

from localazure.world import Write
from rollout.core.policy.freeze_model import FreezeWindow
from rollout.core.records.phases import PHASES, Phase
from rollout.core.records.rollout import HoldReason, Rollout
from rollout.core.records.signals import Expected, Verb
from tests.support.schedules.watching import Door, Witness, is_ours
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


def nothing_raises_while_stopped(witness: Witness, write: Write) -> None:
    """While an order that was answered suspends, or a window of its policy freezes, none does."""
    rollout = witness.rollout
    if not is_ours(write) or rollout is None:
        return
    stop = _suspended(witness, witness.now()) or _frozen(witness, rollout)
    if not stop:
        return
    witness.note(f"situation: a write of ours while {stop}")
    if raises(write, rollout.candidate) and not witness.door.late_write:
        witness.broke(nothing_raises_while_stopped, f"{stop}: {write.after.split}")


def nothing_starts_while_suspended(witness: Witness, step: Committed) -> None:
    """No rollout begins in a call that began after such an order was answered."""
    was, now = step.before.rollout if step.before else None, step.after.rollout
    if now is None or (was is not None and was.id == now.id) or witness.door.paused:
        return
    if _suspended(witness, witness.door.began):
        witness.broke(nothing_starts_while_suspended, now.id)


def watch_for_an_override(witness: Witness, step: Committed) -> None:
    """An order lifts the freeze until the window ends."""
    ordered = any(entry.data.get("verb") == "override" for entry in step.history)
    rollout = step.after.rollout
    if ordered and rollout is not None and not rollout.final:
        ends = [each.end for each in rollout.policy.freeze if _covers(each, witness.now())]
        midnight = witness.now().replace(hour=0, minute=0, second=0, microsecond=0)
        witness.thawed_until = midnight + timedelta(minutes=max(ends, default=0))
        witness.note("situation: a freeze was lifted")
    elif ordered:
        # For a version that waits: the windows are those of the policy that it will have.
        witness.thawed_until = witness.now() + timedelta(minutes=35)


def a_way_back_is_never_refused(witness: Witness, door: Door, error: Exception) -> None:
    """Whatever stops a rollout, an order that means it takes it back."""
    rollout, order = witness.rollout, door.order
    if order is None or order.verb is not Verb.ROLLBACK or rollout is None or door.paused:
        return
    plain = order.expected == Expected() and not order.take_from
    if plain and PHASES[rollout.phase].forward:
        witness.broke(a_way_back_is_never_refused, f"{rollout.phase}: {error}")


def _suspended(witness: Witness, moment: datetime) -> str:
    """Which order suspends at a moment; "" where none does."""
    for which, until in witness.suspended.items():
        if until is None or moment < until:
            return f"suspended ({which})"
    return ""


def _frozen(witness: Witness, rollout: Rollout) -> str:
    """Whether a window covers the moment that the call under way began with."""
    began = witness.door.began
    if witness.thawed_until is not None and began < witness.thawed_until:
        return ""
    return "frozen" if any(_covers(each, began) for each in rollout.policy.freeze) else ""


def _covers(window: FreezeWindow, moment: datetime) -> bool:
    """Written apart from the product: schedules' windows are in UTC and end on the same day."""
    return window.start <= moment.hour * 60 + moment.minute < window.end


def stopped(rollout: Rollout) -> bool:
    """Only a person may let it go on."""
    return rollout.hold is not None and rollout.hold.reason in STOPS
