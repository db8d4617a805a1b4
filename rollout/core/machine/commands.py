"""What an operator may command: every verb is legal or refused with the reason, in every phase."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, assert_never

from rollout.core.machine.apply import apply
from rollout.core.machine.conclusion import Conclusion
from rollout.core.machine.draft import Draft
from rollout.core.machine.examining import accepted, sent_again
from rollout.core.machine.halts import lift_hold
from rollout.core.machine.holds import HOLD_REASONS, HoldFacts, OnResume
from rollout.core.machine.second_person import check_second_person
from rollout.core.machine.sight import mirrored_elsewhere
from rollout.core.machine.skipped_evidence import evidence_skipped, told
from rollout.core.machine.transitions import Finding
from rollout.core.machine.wanted import others, shown, shown_wanted, wanted_share, wanted_split
from rollout.core.records.examination import Examination
from rollout.core.records.phases import PHASES, Phase
from rollout.core.records.rollout import (
    Baking,
    Cause,
    Clock,
    Current,
    Hold,
    HoldReason,
    Rollout,
)
from rollout.core.records.signals import Command, Expected, Verb
from rollout.errors import RefusedError

FRESH_WINDOWS = 1
"""How often `resume` may start a fresh window after an inconclusive one."""


def pin(command: Command, current: Current) -> Command:
    """Bind the command to what its first load saw, so that a lost race cannot make it mean more.

    `advance` and `resume` are bound to rollout, phase and stage; `pause` and `rollback` to the
    rollout only, because a stage that moved meanwhile must never refuse them; `suspend` and
    `unsuspend` are about the service, whatever runs there.
    """
    rollout = current.rollout
    if rollout is None or command.verb in (Verb.SUSPEND, Verb.UNSUSPEND):
        return command
    expected = command.expected
    pinned = Expected(expected.rollout or rollout.id)
    if _means_one_stage(command.verb):
        stage = rollout.stage if expected.stage is None else expected.stage
        pinned = Expected(pinned.rollout, expected.phase or rollout.phase, stage)
    return replace(command, expected=pinned)


def _means_one_stage(verb: Verb) -> bool:
    match verb:
        case Verb.ADVANCE | Verb.RESUME:
            return True
        case (
            Verb.PAUSE
            | Verb.ROLLBACK
            | Verb.RETRY
            | Verb.CANCEL
            | Verb.SUSPEND
            | Verb.UNSUSPEND
            | Verb.OVERRIDE
        ):
            return False
        case never:
            assert_never(never)


def carry_out(draft: Draft, command: Command) -> None:
    """Carry out one command, and answer what follows from it.

    Raises:
        RefusedError: It is not legal now; the message says why and what is.
    """
    rollout = _expected(draft.current, command)
    match command.verb:
        case Verb.PAUSE:
            what = _pause(draft, rollout, command)
        case Verb.RESUME:
            what = _resume(draft, rollout, command)
        case Verb.ADVANCE:
            what = _advance(draft, rollout, command)
        case Verb.ROLLBACK:
            what = _roll_back(draft, rollout, command)
        case Verb.RETRY | Verb.CANCEL | Verb.SUSPEND | Verb.UNSUSPEND | Verb.OVERRIDE:
            raise RefusedError(f"{command.verb} is not a command to a rollout as it is now")
        case never:
            assert_never(never)
    draft.answer(command.verb, f"{command.verb}: {what}{kept_serving(draft.rollout)}")


def _expected(current: Current, command: Command) -> Rollout:
    rollout, expected = current.rollout, command.expected
    if rollout is None:
        raise RefusedError("this service never had a rollout")
    check_expected_rollout(current, command)
    if _means_one_stage(command.verb):
        if expected.phase not in (None, rollout.phase):
            raise RefusedError(f"the phase is {rollout.phase} now, not {expected.phase}")
        if expected.stage not in (None, rollout.stage):
            raise RefusedError(f"the stage is {rollout.stage} now, not {expected.stage}")
    if rollout.final:
        raise RefusedError(f"the rollout has ended: {rollout.phase}")
    return rollout


def check_expected_rollout(current: Current, command: Command) -> None:
    """Check that the command means the rollout that is there now.

    Raises:
        RefusedError: It is based on an outdated view.
    """
    expected = command.expected.rollout
    if expected not in (None, current.rollout_id):
        raise RefusedError(f"the rollout is {current.rollout_id} now, not {expected}")


def _pause(draft: Draft, rollout: Rollout, command: Command) -> str:
    if not PHASES[rollout.phase].forward:
        raise RefusedError(f"{rollout.phase} cannot be held: it moves nothing forward")
    hold = rollout.hold
    if hold is not None and not HOLD_REASONS[hold.reason].lifts_itself:
        raise RefusedError(f"held already: {hold.reason}, by {hold.by}")
    note_command(draft, command)
    apply(draft, Conclusion(Finding.PAUSED, rollout, command.reason), actor=command.actor)
    return f"held {where(draft.rollout)}; rollback still works, and resume lifts the hold"


def _resume(draft: Draft, rollout: Rollout, command: Command) -> str:
    hold, now = rollout.hold, draft.now
    if hold is None:
        raise RefusedError("nothing is held")
    facts = HOLD_REASONS[hold.reason]
    _check_resumable(rollout, facts)
    lifted = replace(lift_hold(rollout, now), resumed_at=now)
    resumed = _begin_again(lifted, hold, now)
    shifts = facts.on_resume is OnResume.ASSERT and PHASES[rollout.phase].raises
    note_command(draft, command)
    finding = Finding.RESTARTED if shifts else Finding.RESUMED
    apply(draft, Conclusion(finding, resumed, command.reason), actor=command.actor)
    return _asking(draft.rollout) if shifts else f"goes on {where(draft.rollout)}"


def _check_resumable(rollout: Rollout, facts: HoldFacts) -> None:
    if facts.on_resume is OnResume.REFUSE:
        raise RefusedError(facts.resume_refused)
    theirs = others(rollout, rollout.seen.split)
    if facts.on_resume is OnResume.ASSERT and theirs:
        raise RefusedError(
            f"{shown(theirs)} is somebody else's choice, and resume would take it: put the split "
            f"back first, or roll back with take_from"
        )
    mirrored = mirrored_elsewhere(rollout, rollout.seen.mirror)
    if facts.on_resume is OnResume.ASSERT and mirrored:
        raise RefusedError(
            f"a mirror of {shown(mirrored)} is somebody else's choice, and resume would take it: "
            f"end that mirror first, or roll back"
        )
    if facts.on_resume is OnResume.ACCEPT and rollout.specs.fault:
        raise RefusedError(f"{rollout.specs.fault}: roll back, or restore it before you resume")


def _begin_again(rollout: Rollout, hold: Hold, now: datetime) -> Rollout:
    match HOLD_REASONS[hold.reason].on_resume:
        case OnResume.FRESH_WINDOW:
            return _fresh_window(rollout, now)
        case OnResume.ASSERT:
            split = rollout.seen
            return replace(rollout, replaces=split, seen=replace(split, foreign=0))
        case OnResume.ACCEPT:
            return _accept(rollout, hold.since, now)
        case OnResume.SHIFT_AGAIN:
            return replace(rollout, phase_clock=Clock(now))
        case OnResume.WHOLE_DEADLINE:
            return replace(rollout, deadline_clock=Clock(now))
        case OnResume.ASK_SOURCE:
            baking = rollout.baking
            return replace(rollout, baking=baking and replace(baking, source_failures=0))
        case OnResume.SEND_AGAIN:
            return replace(sent_again(rollout), phase_clock=Clock(now))
        case OnResume.NOTHING | OnResume.REFUSE:
            return rollout
        case never:
            assert_never(never)


def _accept(rollout: Rollout, replaced_at: datetime, now: datetime) -> Rollout:
    """Begin again beside stable as it is: nothing learnt of another deployment counts."""
    specs, baking = rollout.specs, rollout.baking
    if specs.stable_replaced:
        specs = replace(specs, stable=specs.stable_now, stable_since=replaced_at)
    return replace(
        rollout,
        specs=specs,
        create_error="",
        exam=Examination(),
        baseline=None,
        gate={},
        baking=baking and Baking(window_start=now, fresh_windows=baking.fresh_windows),
    )


def _fresh_window(rollout: Rollout, now: datetime) -> Rollout:
    used = rollout.baking.fresh_windows if rollout.baking else 0
    if used >= FRESH_WINDOWS:
        raise RefusedError("a fresh window was inconclusive too: advance or roll back")
    return replace(rollout, baking=Baking(window_start=now, fresh_windows=used + 1))


def _advance(draft: Draft, rollout: Rollout, command: Command) -> str:
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
        return _asking(draft.rollout)
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
    goes = f"promoted, {rollout.candidate} keeps all traffic" if last else _asking(draft.rollout)
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


def _roll_back(draft: Draft, rollout: Rollout, command: Command) -> str:
    check_goes_back(rollout, again=bool(command.take_from))
    _check_taken(rollout, command.take_from)
    note_command(draft, command)
    ordered = replace(rollout, may_take=(*rollout.may_take, *command.take_from))
    if not PHASES[rollout.phase].forward:
        # Another split is wanted from now on, so a write of the one before is late.
        draft.rollout = replace(ordered, write=rollout.write + 1, asked_at=None)
        return _asking(draft.rollout)
    conclusion = Conclusion(Finding.CANCELLED, ordered, command.reason, Cause.OPERATOR)
    apply(draft, conclusion, actor=command.actor)
    return goes_back(draft.rollout)


def check_goes_back(rollout: Rollout, *, again: bool = False) -> None:
    """Check that the rollout can still go back.

    Args:
        rollout: The live rollout.
        again: One that is going back already may be ordered to, because more is to be moved.

    Raises:
        RefusedError: It cannot, or it does already.
    """
    if rollout.phase is Phase.RETIRING:
        raise RefusedError(
            "the old stable is being deleted: start its version again (its body is in the history)"
        )
    if not PHASES[rollout.phase].forward and not again:
        raise RefusedError(f"the rollout is being rolled back already: {rollout.phase}")


def goes_back(rollout: Rollout) -> str:
    """What follows from an order that ended the trial."""
    if rollout.phase is Phase.DISCARDING:
        return f"cancelled before it had traffic; {rollout.candidate} is deleted"
    return _asking(rollout)


def _check_taken(rollout: Rollout, names: tuple[str, ...]) -> None:
    """Let an order name only what it moves: third deployments that have weight now."""
    if names and rollout.stable is None:
        raise RefusedError("there is no stable that could take the traffic")
    theirs = others(rollout, rollout.seen.split)
    for name in names:
        if name not in theirs:
            has = shown(theirs) if theirs else "no third deployment has any"
            raise RefusedError(f"{name} has no traffic to take: {has}")


def kept_serving(rollout: Rollout) -> str:
    """What a rollback leaves with deployments that are not the rollout's."""
    left = others(rollout, wanted_split(rollout)) if PHASES[rollout.phase].back else {}
    if not left:
        return ""
    return f"; {shown(left)} keeps serving: name it in take_from to move it to stable"


def _asking(rollout: Rollout) -> str:
    return f"asking for {shown_wanted(rollout)}"


def where(rollout: Rollout) -> str:
    """The phase and the share, as an answer has them: `in BAKING at 10 %`."""
    return f"in {rollout.phase} at {wanted_share(rollout)}"


def note_command(draft: Draft, command: Command, skipped: Mapping[str, str] | None = None) -> None:
    """Write the command into the history, with the evidence that an `advance` skipped."""
    data: dict[str, Any] = {"verb": command.verb.value}
    text = f"{command.verb} by {command.actor}: {command.reason}"
    if command.version is not None:
        data["version"] = command.version
    if command.take_from:
        data["take_from"] = list(command.take_from)
    if command.until is not None:
        data["until"] = command.until.isoformat()
    if skipped:
        data["skipped"] = dict(skipped)
        text = f"{text}; without the gate's evidence, {told(skipped)}"
    draft.note("Commanded", text, actor=command.actor, data=data)
