"""One signal, one look, one decision. Pure: the same arguments always give the same decision."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from rollout.core.machine.alerts import act_on_alert
from rollout.core.machine.apply import apply
from rollout.core.machine.commands import carry_out
from rollout.core.machine.conclude import conclude
from rollout.core.machine.decision import Decision
from rollout.core.machine.draft import Draft
from rollout.core.machine.effects_needed import effects_needed, next_look
from rollout.core.machine.halts import suspend
from rollout.core.machine.wanted import stamp
from rollout.core.offers.offers import decide_offers, receive
from rollout.core.offers.start import start
from rollout.core.records.effects import Effect, Recheck
from rollout.core.records.observation import Observation
from rollout.core.records.offers import OfferRecord
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Current
from rollout.core.records.signals import (
    AlertFired,
    Command,
    CreationRefused,
    Offered,
    Signal,
    TrafficTaken,
    Wake,
)


@dataclass(frozen=True)
class Context:
    """What a decision may know besides the record, the signal and what was seen.

    `first_look` is False for further looks within one pass; `fresh_id` is used if a rollout starts.
    """

    now: datetime
    suspended: bool = False
    first_look: bool = True
    fresh_id: str = ""


def decide(current: Current, signal: Signal, seen: Observation, context: Context) -> Decision:
    """Decide what to save and what to ask for.

    Raises:
        RefusedError: A command is not legal now.
        IllegalTransitionError: A bug of ours; save nothing.
    """
    draft = Draft(current, context.now)
    match signal:
        case Wake():
            _look(draft, seen, context)
        case AlertFired():
            act_on_alert(draft, signal)
        case Command():
            _follow_suspension(draft, context)
            carry_out(draft, signal)
        case Offered():
            record = seen.offer_records.get((signal.model, signal.version))
            receive(draft, signal, record if isinstance(record, OfferRecord) else None)
        case TrafficTaken():
            _note_taken(draft, signal)
        case CreationRefused():
            _note_refused(draft, signal)
        case never:
            assert_never(never)
    return draft.done()


def _look(draft: Draft, seen: Observation, context: Context) -> None:
    live = draft.current.rollout is not None and not draft.current.rollout.final
    waited = draft.current.waiting
    if live:
        _look_at_rollout(draft, seen, context)
        if draft.rollout.final:
            # What waits is decided from what this rollout's end leaves behind.
            draft.again = bool(draft.current.offers or waited)
            return
    if draft.current.offers:
        decide_offers(draft, seen)
    if live or draft.current.waiting is None or context.suspended:
        return
    if draft.current.waiting == waited:
        start(draft, seen, context.fresh_id)
    else:
        # It took the waiting place in this very look: look again for what a start must see.
        draft.again = True


def _look_at_rollout(draft: Draft, seen: Observation, context: Context) -> None:
    _follow_suspension(draft, context)
    conclusion = conclude(draft.current, seen, draft.now, first_look=context.first_look)
    apply(draft, conclusion)
    draft.effects.extend(effects_needed(draft.current, seen, draft.now))
    if conclusion.soon and not draft.again and not _looks_again(draft.effects):
        draft.effects.append(Recheck())
    if not conclusion.soon:
        draft.current = replace(draft.current, next_look=next_look(draft.current, draft.now))


def _follow_suspension(draft: Draft, context: Context) -> None:
    rollout = draft.current.rollout
    if rollout is not None and not rollout.final:
        draft.rollout = suspend(rollout, draft.now, suspended=context.suspended)


def _looks_again(effects: Sequence[Effect]) -> bool:
    return any(isinstance(effect, Recheck) for effect in effects)


def _note_taken(draft: Draft, taken: TrafficTaken) -> None:
    rollout = draft.current.rollout
    if rollout is not None and not rollout.final and stamp(rollout) == taken.stamp:
        draft.rollout = replace(rollout, asked_at=draft.now)


def _note_refused(draft: Draft, refused: CreationRefused) -> None:
    rollout = draft.current.rollout
    if rollout is not None and rollout.phase is Phase.CREATING:
        draft.rollout = replace(rollout, create_error=refused.text)
        draft.again = True
