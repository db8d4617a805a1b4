"""`advance`: a person's judgement in place of the gate's, a hold's answer, or an approval."""

from dataclasses import replace

from rollout.core.machine.apply import apply
from rollout.core.machine.conclusion import Conclusion
from rollout.core.machine.draft import Draft
from rollout.core.machine.examining import accepted
from rollout.core.machine.halts import lift_hold
from rollout.core.machine.holds import HOLD_REASONS
from rollout.core.machine.noted import asking, note_command, where
from rollout.core.machine.second_person import check_second_person
from rollout.core.machine.skipped_evidence import evidence_skipped, told
from rollout.core.machine.transitions import Finding
from rollout.core.machine.wanted import shown, wanted_share
from rollout.core.records.phases import PHASES, Phase
from rollout.core.records.rollout import Current, Hold, HoldReason, Rollout
from rollout.core.records.signals import Command
from rollout.errors import RefusedError


def advance(draft: Draft, rollout: Rollout, command: Command) -> str:
    """Go on to the next stage, or past what asks a person; return what follows.

    Raises:
        RefusedError: Something else stops it, or its evidence is not there.
        SecondPersonError: Somebody else must give this order.
    """
    _check_not_stopped(draft.current, rollout)
    _check_advanceable(rollout)
    hold = rollout.hold
    proof = hold is not None and hold.reason is HoldReason.GOLDEN
    if rollout.phase is Phase.VALIDATING and proof:
        return _without_proof(draft, rollout, command)
    if hold is not None and hold.reason is HoldReason.PREDICTIONS:
        rollout = _accepted(rollout, hold)
        if rollout.phase is Phase.VALIDATING or (
            rollout.phase is Phase.BAKING and not command.skip_evidence
        ):
            return _go_on(draft, rollout, command)
    approves = hold is not None and hold.reason is HoldReason.APPROVAL
    lifted = lift_hold(rollout, draft.now)
    if rollout.phase is Phase.VALIDATING and approves:
        check_second_person(rollout, rollout.policy.stages[0], command)
        note_command(draft, command)
        lifted = replace(lifted, approved_stage=0)
        validated = Conclusion(Finding.VALIDATED, lifted, command.reason)
        apply(draft, validated, actor=command.actor)
        return asking(draft.rollout)
    if rollout.phase is not Phase.BAKING:
        raise RefusedError(PHASES[rollout.phase].not_advanced)
    upcoming = rollout.stage + 1
    last = upcoming >= len(rollout.policy.stages)
    if not last:
        check_second_person(rollout, rollout.policy.stages[upcoming], command)
    skipped = evidence_skipped(rollout, command)
    note_command(draft, command, skipped)
    finding = Finding.ALL_PASSED if last else Finding.STAGE_PASSED
    lifted = replace(lifted, approved_stage=upcoming)
    apply(draft, Conclusion(finding, lifted, command.reason), actor=command.actor)
    goes = f"promoted, {rollout.candidate} keeps all traffic" if last else asking(draft.rollout)
    if not skipped:
        return goes
    return f"{goes}; skipped at {wanted_share(rollout)}, {told(skipped)}"


def _check_not_stopped(current: Current, rollout: Rollout) -> None:
    if rollout.suspended:
        by = current.suspension or current.suspended_with_all
        raise RefusedError(f"suspended {by.told}" if by is not None else "suspended")
    if rollout.frozen is not None:
        raise RefusedError(f"frozen until {rollout.frozen.text}: override first, or wait")


def _check_advanceable(rollout: Rollout) -> None:
    hold = rollout.hold
    if hold is not None and not HOLD_REASONS[hold.reason].advance_lifts:
        raise RefusedError(f"held: {hold.reason}; resume first")
    if rollout.seen.foreign:
        # The next stage's write would replace a split that nobody has decided about yet.
        theirs = shown(rollout.seen.split, rollout.seen.mirror)
        raise RefusedError(f"somebody else set {theirs}: put the split back first, or roll back")


def _without_proof(draft: Draft, rollout: Rollout, command: Command) -> str:
    """Go on with validation as if the golden set had passed."""
    note_command(draft, command)
    lifted = accepted(lift_hold(rollout, draft.now))
    apply(draft, Conclusion(Finding.RESUMED, lifted, command.reason), actor=command.actor)
    return f"goes on {where(draft.rollout)} without the golden set's proof: {rollout.exam.text}"


def _accepted(rollout: Rollout, hold: Hold) -> Rollout:
    """What asked for the hold only reports from now on."""
    return replace(rollout, accepted=tuple(dict.fromkeys((*rollout.accepted, *hold.about))))


def _go_on(draft: Draft, rollout: Rollout, command: Command) -> str:
    """Go on where the predictions held it: what the stage has yet to show is not skipped."""
    note_command(draft, command)
    lifted = lift_hold(rollout, draft.now)
    apply(draft, Conclusion(Finding.RESUMED, lifted, command.reason), actor=command.actor)
    accepted = f"what its predictions showed is accepted ({', '.join(rollout.accepted)})"
    return f"{accepted}; goes on {where(draft.rollout)}"
