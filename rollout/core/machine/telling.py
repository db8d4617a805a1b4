"""Who is told of what: the tables of phases, holds and causes decide, this carries it out.

Two severities. An attention asks an operator to act: a hold that somebody must end, at once and
once more before it expires; a rollout that is lost or cannot go back. A notice says what should be
known and needs nothing at once: rolled back, failed, promoted, replaced.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from rollout.core.machine.blame import offer_state
from rollout.core.machine.draft import Draft
from rollout.core.machine.halts import stopped
from rollout.core.machine.holds import HOLD_REASONS, notice_of
from rollout.core.machine.sentence import told_of
from rollout.core.machine.sight import Sight, compare
from rollout.core.records.effects import Attention, DeleteDeployment, Effect, SetTraffic
from rollout.core.records.observation import Absent, EndpointSeen, Observation, Unreachable
from rollout.core.records.offers import OfferState
from rollout.core.records.phases import PHASES, Phase
from rollout.core.records.rollout import Cause, Hold, Rollout
from rollout.core.records.told import Told

GOING_BACK: Mapping[Cause, Told] = {
    Cause.ALERT: Told.NOTICE,
    Cause.GATE: Told.NOTICE,
    Cause.OPERATOR: Told.NOTICE,
    Cause.INCONCLUSIVE: Told.NOTICE,
    Cause.HOLD_EXPIRED: Told.NOTICE,
    Cause.FOREIGN_ROLLBACK: Told.NOTICE,
    # Its end tells: nothing went wrong.
    Cause.SUPERSEDED: Told.NOBODY,
    Cause.TEMPLATE_CHANGED: Told.NOBODY,
    Cause.CANCELLED: Told.NOBODY,
    # These never had traffic, so nothing goes back; FAILED or LOST tells.
    Cause.CREATION_FAILED: Told.NOBODY,
    Cause.CREATION_DEADLINE: Told.NOBODY,
    Cause.VALIDATION_FAILED: Told.NOBODY,
    Cause.VALIDATION_DEADLINE: Told.NOBODY,
    Cause.LOST: Told.NOBODY,
}
"""What is told as traffic begins to go back to stable."""

_OF_ONE_REQUEST = re.compile(
    r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"
    r"|\b[0-9a-f]{16,}\b"
    r"|\b[0-9/-]{8,10}[T ]\d{2}:\d{2}:\d{2}(?:[.]\d+)?Z?",
    re.IGNORECASE,
)
"""What Azure may say anew in each answer: request ids, trace ids, moments."""


def tell_change(draft: Draft, before: Rollout, text: str) -> None:
    """Tell of a phase that was just entered, or of a hold that was just set.

    Args:
        draft: Its rollout is the one after the change.
        before: The rollout before it.
        text: What was concluded.
    """
    after = draft.rollout
    hold = after.hold
    if hold is not None and not _is_same(hold, before.hold):
        told = HOLD_REASONS[hold.reason].told
        tell(draft, told, f"held for {hold.reason}: {text}; {_expiry(after, hold)}")
    elif after.phase is not before.phase:
        tell(draft, _of_phase(after), _entered(after, text))


def remind_of_hold(draft: Draft) -> None:
    """Ask for an operator once more before a hold expires."""
    rollout = draft.current.rollout
    hold = rollout.hold if rollout is not None else None
    if rollout is None or hold is None or hold.reminded or stopped(rollout):
        return
    if draft.now < reminder_due(hold):
        return
    draft.rollout = replace(rollout, hold=replace(hold, reminded=True))
    since = f"held for {hold.reason} since {hold.since:%Y-%m-%d %H:%M} UTC"
    draft.ask_for_operator(f"{since} and no operator acted; {_expiry(rollout, hold)}")


def tell_refusal(draft: Draft, seen: Observation, needed: Sequence[Effect]) -> None:
    """Ask for an operator where Azure refused our last write for good, and it is `needed` still.

    At once, as a lifecycle event. While it is traffic that cannot be moved, at each further look
    too, as an error line; a deletion that is refused harms no client. A look that could not see
    whether it is needed forgets nothing: the next one would tell it as new.
    """
    rollout = draft.current.rollout
    refused = rollout.refused if rollout is not None else None
    if rollout is None or refused is None or rollout.final:
        return
    moves = any(isinstance(each, SetTraffic) for each in needed)
    if not moves and not any(isinstance(each, DeleteDeployment) for each in needed):
        if _shows_what_is_there(rollout, seen):
            draft.rollout = replace(rollout, refused=None)
        return
    text = f"Azure refuses the write that {rollout.phase} waits for: {refused.text}"
    then = "clear what refuses it, and it goes on by itself"
    if refused.told:
        if moves:
            draft.effects.append(Attention(*told_of(rollout, text, then)))
        return
    draft.rollout = replace(rollout, refused=replace(refused, told=True))
    draft.ask_for_operator(text, then)


def is_same_refusal(text: str, other: str) -> bool:
    """Say whether two refusals differ at most in what marks one request: no second reason to call.

    Two scopes that differ only in a subscription's id count as one: each look tells of it anyway.
    """
    return _OF_ONE_REQUEST.sub("", text) == _OF_ONE_REQUEST.sub("", other)


def reminder_due(hold: Hold) -> datetime:
    """When an operator is asked once more about a hold."""
    return hold.expires - notice_of(hold.expires - hold.since)


def tell(draft: Draft, told: Told, text: str) -> None:
    """Tell it with this severity.

    Raises:
        ValueError: `BY_CAUSE`, which is none. A bug.
    """
    match told:
        case Told.ATTENTION:
            draft.ask_for_operator(text)
        case Told.NOTICE:
            draft.give_notice(text)
        case Told.NOBODY:
            return
        case Told.BY_CAUSE:
            raise ValueError("what is told by cause must be looked up before it is told")
        case never:
            assert_never(never)


def _shows_what_is_there(rollout: Rollout, seen: Observation) -> bool:
    """Everything that a write depends on was read, and no operation is about to change it."""
    if isinstance(seen.deployments, Unreachable):
        return False
    if isinstance(seen.endpoint, EndpointSeen):
        return compare(rollout, seen.endpoint) is not Sight.BUSY
    return isinstance(seen.endpoint, Absent)


def _of_phase(rollout: Rollout) -> Told:
    told = PHASES[rollout.phase].told
    if told is not Told.BY_CAUSE:
        return told
    return GOING_BACK[rollout.cause] if rollout.cause is not None else Told.NOTICE


def _is_same(hold: Hold, other: Hold | None) -> bool:
    return other is not None and (hold.reason, hold.since) == (other.reason, other.since)


def _entered(rollout: Rollout, text: str) -> str:
    """The phase and what led to it: where it goes or went back, the cause of that."""
    if rollout.cause is None:
        return f"{rollout.phase}: {text}"
    why = f"{rollout.phase} ({rollout.cause}): {rollout.cause_text}"
    if not rollout.final:
        return why
    quarantined = offer_state(rollout) is OfferState.QUARANTINED
    return f"{why}; the release is quarantined" if quarantined else why


def _expiry(rollout: Rollout, hold: Hold) -> str:
    at = f"{hold.expires:%Y-%m-%d %H:%M} UTC"
    if rollout.phase is not Phase.PROMOTED:
        return f"unanswered, it rolls back at {at}"
    if HOLD_REASONS[hold.reason].until_an_operator:
        return f"asked again before {at}"
    return f"the hold is lifted at {at}"
