"""What an operator may command: every verb is legal or refused with the reason, in every phase."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, assert_never

from rollout.core.gate import Verdict
from rollout.core.machine.apply import apply
from rollout.core.machine.conclusion import Conclusion
from rollout.core.machine.draft import Draft
from rollout.core.machine.halts import lift_hold
from rollout.core.machine.holds import HOLD_REASONS, OnResume
from rollout.core.machine.transitions import Finding
from rollout.core.machine.wanted import shown, wanted_split, wanted_weight
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
        case Verb.PAUSE | Verb.ROLLBACK | Verb.RETRY:
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
        case Verb.RETRY:
            raise RefusedError("retry is an offer of the version, not a command to its rollout")
        case never:
            assert_never(never)
    draft.answer(command.verb, f"{command.verb}: {what}")


def _expected(current: Current, command: Command) -> Rollout:
    rollout, expected = current.rollout, command.expected
    if rollout is None:
        raise RefusedError("this service never had a rollout")
    if expected.rollout not in (None, rollout.id):
        raise RefusedError(f"the rollout is {rollout.id} now, not {expected.rollout}")
    if _means_one_stage(command.verb):
        if expected.phase not in (None, rollout.phase):
            raise RefusedError(f"the phase is {rollout.phase} now, not {expected.phase}")
        if expected.stage not in (None, rollout.stage):
            raise RefusedError(f"the stage is {rollout.stage} now, not {expected.stage}")
    if rollout.final:
        raise RefusedError(f"the rollout has ended: {rollout.phase}")
    return rollout


def _pause(draft: Draft, rollout: Rollout, command: Command) -> str:
    if not PHASES[rollout.phase].forward:
        raise RefusedError(f"{rollout.phase} cannot be held: it moves nothing forward")
    hold = rollout.hold
    if hold is not None and not HOLD_REASONS[hold.reason].lifts_itself:
        raise RefusedError(f"held already: {hold.reason}, by {hold.by}")
    _note(draft, command)
    apply(draft, Conclusion(Finding.PAUSED, rollout, command.reason), actor=command.actor)
    return f"held {_where(draft.rollout)}; rollback still works, and resume lifts the hold"


def _resume(draft: Draft, rollout: Rollout, command: Command) -> str:
    hold, now = rollout.hold, draft.now
    if hold is None:
        raise RefusedError("nothing is held")
    facts = HOLD_REASONS[hold.reason]
    if facts.on_resume is OnResume.REFUSE:
        raise RefusedError(facts.resume_refused)
    lifted = replace(lift_hold(rollout, now), resumed_at=now)
    resumed = _begin_again(lifted, facts.on_resume, now)
    shifts = facts.on_resume is OnResume.ASSERT and PHASES[rollout.phase].raises
    _note(draft, command)
    finding = Finding.RESTARTED if shifts else Finding.RESUMED
    apply(draft, Conclusion(finding, resumed, command.reason), actor=command.actor)
    return _asking(draft.rollout) if shifts else f"goes on {_where(draft.rollout)}"


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


def _advance(draft: Draft, rollout: Rollout, command: Command) -> str:
    if rollout.suspended:
        raise RefusedError("all rollouts are suspended (ROLLOUTS_SUSPENDED)")
    hold = rollout.hold
    if hold is not None and not HOLD_REASONS[hold.reason].advance_lifts:
        raise RefusedError(f"held: {hold.reason}; resume first")
    approves = hold is not None and hold.reason is HoldReason.APPROVAL
    lifted = lift_hold(rollout, draft.now)
    if rollout.phase is Phase.VALIDATING and approves:
        _note(draft, command)
        lifted = replace(lifted, approved_stage=0)
        validated = Conclusion(Finding.VALIDATED, lifted, command.reason)
        apply(draft, validated, actor=command.actor)
        return _asking(draft.rollout)
    if rollout.phase is not Phase.BAKING:
        raise RefusedError(PHASES[rollout.phase].not_advanced)
    skipped = _skipped(rollout, command, approves=approves)
    _note(draft, command, skipped)
    upcoming = rollout.stage + 1
    last = upcoming >= len(rollout.policy.stages)
    finding = Finding.ALL_PASSED if last else Finding.STAGE_PASSED
    lifted = replace(lifted, approved_stage=upcoming)
    apply(draft, Conclusion(finding, lifted, command.reason), actor=command.actor)
    goes = f"promoted, {rollout.candidate} keeps all traffic" if last else _asking(draft.rollout)
    if not skipped:
        return goes
    return f"{goes}; skipped at {wanted_weight(rollout)} %, {_told(skipped)}"


def _skipped(rollout: Rollout, command: Command, *, approves: bool) -> dict[str, str]:
    """What `advance` goes on without: the gate's verdict on this stage, unless it passed.

    An approval is asked for only once the gate let the stage pass; later minutes may lack evidence
    again without taking that back, but not lean towards harm.

    Raises:
        RefusedError: It did not pass, and the command does not say to skip that.
    """
    baking = rollout.baking
    verdict = baking.verdict if baking is not None else ""
    let_pass = approves and verdict != Verdict.HOLD
    if verdict == Verdict.ADVANCE or let_pass:
        return {}
    evidence = baking.evidence if baking is not None else ""
    skipped = {"verdict": verdict, "evidence": evidence or "no minute was judged yet"}
    if not command.skip_evidence:
        raise RefusedError(
            f"the gate has not passed {wanted_weight(rollout)} %: {_told(skipped)}; wait, or send "
            '"skip_evidence": true to go on without'
        )
    return skipped


def _told(skipped: Mapping[str, str]) -> str:
    return f"{skipped['verdict'] or 'no verdict'}: {skipped['evidence']}"


def _roll_back(draft: Draft, rollout: Rollout, command: Command) -> str:
    if rollout.phase is Phase.RETIRING:
        raise RefusedError(
            "the old stable is being deleted: start its version again (its body is in the history)"
        )
    if not PHASES[rollout.phase].forward:
        raise RefusedError(f"the rollout is being rolled back already: {rollout.phase}")
    _note(draft, command)
    conclusion = Conclusion(Finding.CANCELLED, rollout, command.reason, Cause.OPERATOR)
    apply(draft, conclusion, actor=command.actor)
    if draft.rollout.phase is Phase.DISCARDING:
        return f"cancelled before it had traffic; {rollout.candidate} is deleted"
    return _asking(draft.rollout)


def _asking(rollout: Rollout) -> str:
    return f"asking for {shown(wanted_split(rollout))}"


def _where(rollout: Rollout) -> str:
    return f"in {rollout.phase} at {wanted_weight(rollout)} %"


def _note(draft: Draft, command: Command, skipped: Mapping[str, str] | None = None) -> None:
    data: dict[str, Any] = {"verb": command.verb.value}
    text = f"{command.verb} by {command.actor}: {command.reason}"
    if skipped:
        data["skipped"] = dict(skipped)
        text = f"{text}; without the gate's evidence, {_told(skipped)}"
    draft.note("Commanded", text, actor=command.actor, data=data)
