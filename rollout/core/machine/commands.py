"""What an operator may command: every verb is legal or refused with the reason, in every phase."""

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from rollout.core.machine.apply import apply
from rollout.core.machine.conclusion import Conclusion
from rollout.core.machine.draft import Draft
from rollout.core.machine.halts import lift_hold
from rollout.core.machine.holds import HOLD_REASONS, OnResume
from rollout.core.machine.transitions import Finding
from rollout.core.records.phases import PHASES, Phase
from rollout.core.records.rollout import (
    Baking,
    Cause,
    Clock,
    Current,
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
    rollout only, because a stage that moved meanwhile must never refuse them.
    """
    rollout = current.rollout
    if rollout is None:
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
        case Verb.PAUSE | Verb.ROLLBACK | Verb.RETRY | Verb.CANCEL:
            return False
        case never:
            assert_never(never)


def carry_out(draft: Draft, command: Command) -> None:
    """Carry out one command.

    Raises:
        RefusedError: It is not legal now; the message says why and what is.
    """
    rollout = _expected(draft.current, command)
    match command.verb:
        case Verb.PAUSE:
            _pause(draft, rollout, command)
        case Verb.RESUME:
            _resume(draft, rollout, command)
        case Verb.ADVANCE:
            _advance(draft, rollout, command)
        case Verb.ROLLBACK:
            _roll_back(draft, rollout, command)
        case Verb.RETRY | Verb.CANCEL:
            raise RefusedError(f"{command.verb} is about a version, not a command to its rollout")
        case never:
            assert_never(never)
    draft.answer(command.verb, f"{command.verb}: now {draft.current.phase}")


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
    if command.expected.rollout not in (None, current.rollout_id):
        raise RefusedError(
            f"the rollout is {current.rollout_id} now, not {command.expected.rollout}"
        )


def _pause(draft: Draft, rollout: Rollout, command: Command) -> None:
    if not PHASES[rollout.phase].forward:
        raise RefusedError(f"{rollout.phase} cannot be held: it moves nothing forward")
    hold = rollout.hold
    if hold is not None and not HOLD_REASONS[hold.reason].lifts_itself:
        raise RefusedError(f"held already: {hold.reason}, by {hold.by}")
    note_command(draft, command)
    conclusion = Conclusion(Finding.PAUSED, rollout, command.reason or "paused by an operator")
    apply(draft, conclusion, actor=command.actor)


def _resume(draft: Draft, rollout: Rollout, command: Command) -> None:
    hold, now = rollout.hold, draft.now
    if hold is None:
        raise RefusedError("nothing is held")
    facts = HOLD_REASONS[hold.reason]
    if facts.on_resume is OnResume.REFUSE:
        raise RefusedError(facts.resume_refused)
    lifted = replace(lift_hold(rollout, now), resumed_at=now)
    resumed = _begin_again(lifted, facts.on_resume, now)
    shifts = facts.on_resume is OnResume.ASSERT and PHASES[rollout.phase].raises
    note_command(draft, command)
    text = command.reason or "resumed by an operator"
    finding = Finding.RESTARTED if shifts else Finding.RESUMED
    apply(draft, Conclusion(finding, resumed, text), actor=command.actor)


def _begin_again(rollout: Rollout, what: OnResume, now: datetime) -> Rollout:
    match what:
        case OnResume.FRESH_WINDOW:
            return _fresh_window(rollout, now)
        case OnResume.ASSERT:
            split = rollout.seen
            return replace(rollout, replaces=split, seen=replace(split, foreign=0))
        case OnResume.SHIFT_AGAIN:
            return replace(rollout, phase_clock=Clock(now))
        case OnResume.WHOLE_DEADLINE:
            return replace(rollout, deadline_clock=Clock(now))
        case OnResume.ASK_SOURCE:
            baking = rollout.baking
            return replace(rollout, baking=baking and replace(baking, source_failures=0))
        case OnResume.NOTHING | OnResume.REFUSE:
            return rollout
        case never:
            assert_never(never)


def _fresh_window(rollout: Rollout, now: datetime) -> Rollout:
    used = rollout.baking.fresh_windows if rollout.baking else 0
    if used >= FRESH_WINDOWS:
        raise RefusedError("a fresh window was inconclusive too: advance or roll back")
    return replace(rollout, baking=Baking(window_start=now, fresh_windows=used + 1))


def _advance(draft: Draft, rollout: Rollout, command: Command) -> None:
    if rollout.suspended:
        raise RefusedError("all rollouts are suspended (ROLLOUTS_SUSPENDED)")
    hold = rollout.hold
    if hold is not None and not HOLD_REASONS[hold.reason].advance_lifts:
        raise RefusedError(f"held: {hold.reason}; resume first")
    approves = hold is not None and hold.reason is HoldReason.APPROVAL
    lifted = lift_hold(rollout, draft.now)
    text = command.reason or "advanced by an operator"
    if rollout.phase is Phase.VALIDATING and approves:
        note_command(draft, command)
        lifted = replace(lifted, approved_stage=0)
        apply(draft, Conclusion(Finding.VALIDATED, lifted, text), actor=command.actor)
    elif rollout.phase is Phase.BAKING:
        note_command(draft, command)
        upcoming = rollout.stage + 1
        last = upcoming >= len(rollout.policy.stages)
        finding = Finding.ALL_PASSED if last else Finding.STAGE_PASSED
        lifted = replace(lifted, approved_stage=upcoming)
        apply(draft, Conclusion(finding, lifted, text), actor=command.actor)
    else:
        raise RefusedError(PHASES[rollout.phase].not_advanced)


def _roll_back(draft: Draft, rollout: Rollout, command: Command) -> None:
    check_goes_back(rollout)
    note_command(draft, command)
    text = command.reason or "rolled back by an operator"
    conclusion = Conclusion(Finding.CANCELLED, rollout, text, Cause.OPERATOR)
    apply(draft, conclusion, actor=command.actor)


def check_goes_back(rollout: Rollout) -> None:
    """Check that the rollout can still go back.

    Raises:
        RefusedError: It cannot, or it does already.
    """
    if rollout.phase is Phase.RETIRING:
        raise RefusedError(
            "the old stable is being deleted: start its version again (its body is in the history)"
        )
    if not PHASES[rollout.phase].forward:
        raise RefusedError(f"the rollout is being rolled back already: {rollout.phase}")


def note_command(draft: Draft, command: Command) -> None:
    """Write the command into the history."""
    text = f"{command.verb} by {command.actor}"
    draft.note(
        "Commanded",
        f"{text}: {command.reason}" if command.reason else text,
        actor=command.actor,
        data={"verb": command.verb.value},
    )
