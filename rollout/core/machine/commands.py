"""What an operator may command: every verb is legal or refused with the reason, in every phase."""

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from rollout.core.machine.advancing import advance
from rollout.core.machine.apply import apply
from rollout.core.machine.conclusion import Conclusion
from rollout.core.machine.draft import Draft
from rollout.core.machine.examining import sent_again
from rollout.core.machine.halts import lift_hold
from rollout.core.machine.holds import HOLD_REASONS, HoldFacts, OnResume
from rollout.core.machine.noted import asking, note_command, where
from rollout.core.machine.sight import mirrored_elsewhere
from rollout.core.machine.transitions import Finding
from rollout.core.machine.wanted import others, shown, wanted_split
from rollout.core.records.examination import Examination
from rollout.core.records.phases import PHASES, Phase
from rollout.core.records.rollout import (
    Baking,
    Cause,
    Clock,
    Current,
    Hold,
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
            what = advance(draft, rollout, command)
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
    return asking(draft.rollout) if shifts else f"goes on {where(draft.rollout)}"


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


def _roll_back(draft: Draft, rollout: Rollout, command: Command) -> str:
    check_goes_back(rollout, again=bool(command.take_from))
    _check_taken(rollout, command.take_from)
    note_command(draft, command)
    ordered = replace(rollout, may_take=(*rollout.may_take, *command.take_from))
    if not PHASES[rollout.phase].forward:
        # Another split is wanted from now on, so a write of the one before is late.
        draft.rollout = replace(ordered, write=rollout.write + 1, asked_at=None)
        return asking(draft.rollout)
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
    return asking(rollout)


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
