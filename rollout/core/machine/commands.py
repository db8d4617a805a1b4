"""What a person may order: every verb is legal or refused with the reason, in every phase."""

from dataclasses import replace

from rollout.core.machine.apply import apply
from rollout.core.machine.conclusion import Conclusion
from rollout.core.machine.draft import Draft
from rollout.core.machine.halts import lift_hold
from rollout.core.machine.transitions import Finding
from rollout.core.records.rollout import (
    FORWARD_PHASES,
    SELF_LIFTING,
    Baking,
    Cause,
    Clock,
    Current,
    HoldReason,
    Phase,
    Rollout,
)
from rollout.core.records.signals import Command, Expected, Verb
from rollout.errors import RefusedError

FRESH_WINDOWS = 1
"""How often `resume` may start a fresh window after an inconclusive one."""

_PINNED_TO_THE_STAGE = frozenset({Verb.ADVANCE, Verb.RESUME})
_ADVANCE_MAY_LIFT = frozenset(
    {
        HoldReason.APPROVAL,
        HoldReason.INCONCLUSIVE,
        HoldReason.METRIC_SOURCE,
        HoldReason.GATE,
        HoldReason.DEADLINE,
        HoldReason.ALERT,
    }
)


def pin(command: Command, current: Current) -> Command:
    """Bind the order to what its first load saw, so that a lost race cannot make it mean more.

    `advance` and `resume` are bound to rollout, phase and stage; `pause` and `rollback` to the
    rollout only, because a stage that moved meanwhile must never refuse them.
    """
    rollout = current.rollout
    if rollout is None:
        return command
    expected = command.expected
    pinned = Expected(expected.rollout or rollout.id)
    if command.verb in _PINNED_TO_THE_STAGE:
        stage = rollout.stage if expected.stage is None else expected.stage
        pinned = Expected(pinned.rollout, expected.phase or rollout.phase, stage)
    return replace(command, expected=pinned)


def carry_out(draft: Draft, command: Command) -> None:
    """Carry out one order.

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
        case _:
            raise RefusedError("retry is an offer of the version, not an order to its rollout")
    draft.answer(command.verb, f"{command.verb}: now {draft.current.phase}")


def _expected(current: Current, command: Command) -> Rollout:
    rollout, expected = current.rollout, command.expected
    if rollout is None:
        raise RefusedError("this service never had a rollout")
    if expected.rollout not in (None, rollout.id):
        raise RefusedError(f"the rollout is {rollout.id} now, not {expected.rollout}")
    if command.verb in _PINNED_TO_THE_STAGE:
        if expected.phase not in (None, rollout.phase):
            raise RefusedError(f"the phase is {rollout.phase} now, not {expected.phase}")
        if expected.stage not in (None, rollout.stage):
            raise RefusedError(f"the stage is {rollout.stage} now, not {expected.stage}")
    if rollout.final:
        raise RefusedError(f"the rollout has ended: {rollout.phase}")
    return rollout


def _pause(draft: Draft, rollout: Rollout, command: Command) -> None:
    if rollout.phase not in FORWARD_PHASES:
        raise RefusedError(f"{rollout.phase} cannot be held: it moves nothing forward")
    hold = rollout.hold
    # A hold that would lift itself does not keep a promise made to a person.
    if hold is not None and hold.reason not in SELF_LIFTING:
        raise RefusedError(f"held already: {hold.reason}, by {hold.by}")
    _note(draft, command)
    conclusion = Conclusion(Finding.PAUSED, rollout, command.reason or "paused by a person")
    apply(draft, conclusion, actor=command.actor)


def _resume(draft: Draft, rollout: Rollout, command: Command) -> None:
    hold, now = rollout.hold, draft.now
    if hold is None:
        raise RefusedError("nothing is held")
    finding = Finding.RESUMED
    lifted = replace(lift_hold(rollout, now), resumed_at=now)
    match hold.reason:
        case HoldReason.APPROVAL:
            raise RefusedError("an approval is given with advance")
        case HoldReason.GATE:
            raise RefusedError("the gate lifts its hold when the reason ends: advance or roll back")
        case HoldReason.INCONCLUSIVE:
            lifted = _fresh_window(lifted, draft)
        case HoldReason.DRIFT:
            lifted = replace(lifted, replaces=lifted.seen)
            lifted = replace(lifted, seen=replace(lifted.seen, foreign=0))
            if rollout.phase in (Phase.SHIFTING, Phase.BAKING, Phase.PROMOTED):
                finding = Finding.RESTARTED
        case HoldReason.UNCONFIRMED:
            lifted = replace(lifted, phase_clock=Clock(now))
        case HoldReason.DEADLINE:
            lifted = replace(lifted, deadline_clock=Clock(now))
        case HoldReason.METRIC_SOURCE:
            baking = lifted.baking
            lifted = replace(lifted, baking=baking and replace(baking, source_failures=0))
    _note(draft, command)
    text = command.reason or "resumed by a person"
    apply(draft, Conclusion(finding, lifted, text), actor=command.actor)


def _fresh_window(rollout: Rollout, draft: Draft) -> Rollout:
    used = rollout.baking.fresh_windows if rollout.baking else 0
    if used >= FRESH_WINDOWS:
        raise RefusedError("a fresh window was inconclusive too: advance or roll back")
    return replace(rollout, baking=Baking(window_start=draft.now, fresh_windows=used + 1))


def _advance(draft: Draft, rollout: Rollout, command: Command) -> None:
    if rollout.suspended:
        raise RefusedError("all rollouts are suspended (ROLLOUTS_SUSPENDED)")
    hold = rollout.hold
    if hold is not None and hold.reason not in _ADVANCE_MAY_LIFT:
        raise RefusedError(f"held: {hold.reason}; resume first")
    approves = hold is not None and hold.reason is HoldReason.APPROVAL
    lifted = lift_hold(rollout, draft.now)
    text = command.reason or "advanced by a person"
    if rollout.phase is Phase.VALIDATING and approves:
        _note(draft, command)
        lifted = replace(lifted, approved_stage=0)
        apply(draft, Conclusion(Finding.VALIDATED, lifted, text), actor=command.actor)
    elif rollout.phase is Phase.BAKING:
        _note(draft, command)
        upcoming = rollout.stage + 1
        last = upcoming >= len(rollout.policy.stages)
        finding = Finding.ALL_PASSED if last else Finding.STAGE_PASSED
        lifted = replace(lifted, approved_stage=upcoming)
        apply(draft, Conclusion(finding, lifted, text), actor=command.actor)
    else:
        raise RefusedError(_NOTHING_TO_ADVANCE.get(rollout.phase, f"{rollout.phase} goes back"))


_NOTHING_TO_ADVANCE = {
    Phase.CREATING: "the candidate is still being created",
    Phase.VALIDATING: "validation cannot be skipped",
    Phase.SHIFTING: "the weights are still being set",
    Phase.PROMOTED: "the candidate has all traffic; its keep ends by itself",
    Phase.RETIRING: "the old stable is being deleted",
}


def _roll_back(draft: Draft, rollout: Rollout, command: Command) -> None:
    if rollout.phase is Phase.RETIRING:
        raise RefusedError(
            "the old stable is being deleted: start its version again (its body is in the history)"
        )
    if rollout.phase not in FORWARD_PHASES:
        raise RefusedError(f"the rollout goes back already: {rollout.phase}")
    _note(draft, command)
    text = command.reason or "rolled back by a person"
    conclusion = Conclusion(Finding.CANCELLED, rollout, text, Cause.OPERATOR)
    apply(draft, conclusion, actor=command.actor)


def _note(draft: Draft, command: Command) -> None:
    text = f"{command.verb} by {command.actor}"
    draft.note(
        "Commanded",
        f"{text}: {command.reason}" if command.reason else text,
        actor=command.actor,
        data={"verb": command.verb.value},
    )
