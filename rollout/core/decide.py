"""One signal becomes one decision. Pure: the same arguments always give the same decision.

Theory of operation
===================

For each endpoint one row, `Current`, says what is *wanted*. Azure shows what is *there*. Every pass
compares the two and asks for the difference; nothing waits inside a function. So a process may die
at any moment: the next pass reads the row, looks, and asks again.

    signal          what arrived: a wake-up, an alert, a command, an offer, or Azure's answer to a
       |            call (`records/signals.py`)
       v
    observation     what the pass read of Azure and the bundle, and no more than this phase needs
       |            (`reads.py`, `records/observation.py`)
       v
    finding         one word for it: "traffic seen", "harm", "wait"  (`machine/transitions.py`)
       |
       v
    conclusion      the finding with its sentence, its cause and what the row must remember
       |            (`machine/conclude.py`, one function for each phase)
       v
    decision        the next row, its history, and the effects to ask for (`machine/apply.py`,
       |            `machine/effects_needed.py`); here the core ends
       v
    commit          row, history and minutes in one transaction, if the row is still the one read
       |
       v
    effect          a call to Azure that is safe to repeat  (`records/effects.py`)
       |
       v
    outcome         what the caller hears. Accepted is not seen: the next observation says what
                    became of the call, and that begins again at the top

A wake-up takes the whole way. An alert or a command is a finding by itself, so it needs no
observation: it moves the row, and the look that follows asks Azure for what the new row wants. An
offer goes through `offers/` until its turn has come and a rollout starts from it.

The rules
---------

Saved before acted. A decision asks for effects only together with the row that wants them. A crash
in between loses nothing: the row still wants what Azure does not show. A lost race is decided again
from the start, because another writer's row may want something else.

One now. The moment is taken once, at the door, and handed down. The core has no clock, and no
decision sees two moments.

The way back first. Before a candidate is asked for, the split that is there is written and seen
(`machine/rehearsing.py`): what would refuse a rollback refuses the start. A refusal that comes
later is told at each look that wants the traffic moved, until Azure takes the write.

Given once. An order that carries a key is answered from the row when it is sent again
(`machine/repeats.py`), whatever has moved on since.

Entered on what was seen. A phase changes only along `TRANSITIONS`, in one place, and a missing
entry is a bug that saves nothing. A final phase follows only from what was seen, never from what
was asked.

Two looks in a row. A read may show an old split after a write. Somebody else's split, an absent
endpoint and an absent stable count once two passes in a row saw them; an answer that could not be
read is never evidence of absence.

Still the release. Every look compares candidate and stable with what they were
(`machine/replacement.py`). One that was replaced holds the rollout, and success means that the
release was seen to serve.

A hold is not a phase. It stops what goes forward, and every write that would raise the candidate.
Checks go on, and a rollback passes through it. Time in holds counts against no limit.

Nobody's time. While the controller itself was down no limit runs (`machine/watching.py`): the row
knows its last look. What is ready is seen before any limit is judged.

Late writes. Endpoint writes carry no ETag, so each of ours carries a stamp, `<rollout>/<number>`.
A split of ours with an older number is a late write: the wanted one is asserted again. Any other
split is somebody else's and is never fought: one that favours stable, or that a third deployment
serves in the candidate's place, is taken for a rollback, and the rest hold the rollout. A way back
moves the candidate's share; what a third deployment has moves only on an operator's order that
names it (`machine/wanted.py`). The candidate's deletion ends the danger, because Azure refuses
weight on a deployment that is not there.

A rollback is always legal. Up to the promotion's keep, held or suspended, with the bundle or the
metrics out of reach, an operator, an alert, the gate or somebody else's split can cause one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from rollout.core.machine.alerts import act_on_alert
from rollout.core.machine.apply import apply
from rollout.core.machine.commands import carry_out
from rollout.core.machine.conclude import conclude
from rollout.core.machine.decision import Decision
from rollout.core.machine.draft import Draft
from rollout.core.machine.effects_needed import effects_needed, next_look
from rollout.core.machine.repeats import remember, repeated
from rollout.core.machine.sight import is_older
from rollout.core.machine.sleeping import sleeps_until
from rollout.core.machine.suspending import (
    follow_halts,
    lift_suspension,
    live_rollout,
    override_freeze,
    suspend_service,
    without_unseen,
)
from rollout.core.machine.telling import is_same_refusal, remind_of_hold, tell_refusal
from rollout.core.machine.wanted import stamp
from rollout.core.machine.watch_noted import note_look, note_unwatched
from rollout.core.offers.offers import decide_offers, receive
from rollout.core.offers.start import start
from rollout.core.offers.waiting import check_waiting
from rollout.core.offers.withdrawing import withdraw
from rollout.core.policy.freeze_model import Zones
from rollout.core.records.effects import Effect, Recheck
from rollout.core.records.observation import Observation
from rollout.core.records.offers import OfferRecord
from rollout.core.records.orders import OrderAnswer
from rollout.core.records.phases import PASS_BOUND, PHASES, Phase
from rollout.core.records.rollout import Current, Refused
from rollout.core.records.signals import (
    AlertFired,
    Command,
    CreationRefused,
    Offered,
    Signal,
    TrafficTaken,
    Verb,
    Wake,
    WriteRefused,
)
from rollout.core.records.suspensions import Suspension, by_setting


@dataclass(frozen=True)
class Context:
    """What a decision may know besides the row, the signal and what was seen.

    `suspended`: the app's setting stops all services; `of_all`: an order does, as far as the pass
    knows. `first_look` is False for further looks within one pass; `fresh_id` is used if a rollout
    starts. `zones` are the rules of the freeze windows' time zones; None: what the row says of
    freezes stands until it is over. Once no look came for `unwatched_after` although one was due,
    nobody watched.
    """

    now: datetime
    suspended: bool = False
    first_look: bool = True
    fresh_id: str = ""
    of_all: Suspension | None = None
    zones: Zones | None = None
    unwatched_after: timedelta = PASS_BOUND

    @property
    def stops_all(self) -> Suspension | None:
        """What suspends every service now."""
        if self.suspended:
            return by_setting(self.now)
        return self.of_all if self.of_all is not None and self.of_all.lasts(self.now) else None


def decide(current: Current, signal: Signal, seen: Observation, context: Context) -> Decision:
    """Decide what to save and what to ask for.

    Args:
        current: The row as it was loaded.
        signal: What arrived.
        seen: What the pass read; everything None where the signal needs no observation.
        context: The moment, and what the pass knows of itself.

    Raises:
        RefusedError: A command is not legal now.
        KeyReusedError: Another order has this one's key.
        IllegalTransitionError: A finding that cannot occur in this phase. A bug;
            save nothing.
    """
    order = signal if isinstance(signal, Command | Offered) else None
    if order is not None and (again := repeated(current, order, context.now)) is not None:
        return again
    draft = Draft(current, context.now, suspended=context.suspended)
    match signal:
        case Wake():
            _look(draft, seen, context)
            note_look(draft, current)
        case AlertFired():
            act_on_alert(draft, signal)
        case Command():
            follow_halts(draft, context.stops_all, context.zones)
            # Whatever was planned before this order: the next wake-up looks.
            draft.current = replace(draft.current, next_look=None)
            _carry_out(draft, signal, seen, context)
        case Offered():
            record = seen.offer_records.get((signal.model, signal.version))
            receive(draft, signal, record if isinstance(record, OfferRecord) else None)
        case TrafficTaken():
            _note_taken(draft, signal)
        case WriteRefused():
            _note_barred(draft, signal)
        case CreationRefused():
            _note_refused(draft, signal)
        case never:
            assert_never(never)
    draft.current = without_unseen(draft.current)
    return draft.done() if order is None else _answered(draft, order)


def _answered(draft: Draft, order: Command | Offered) -> Decision:
    """Say what the order left behind; one that has a key is remembered with that."""
    rollout = draft.current.rollout
    answer = OrderAnswer(
        (order.verb if isinstance(order, Command) else order.source).value,
        draft.outcome,
        draft.text,
        draft.current.rollout_id,
        draft.current.phase,
        rollout.stage if rollout is not None else 0,
    )
    if order.key is not None:
        draft.current = remember(draft.current, order.key, answer, draft.now)
    return replace(draft.done(), answer=answer)


def _look(draft: Draft, seen: Observation, context: Context) -> None:
    live = live_rollout(draft.current) is not None
    waited = draft.current.waiting
    if live:
        note_unwatched(draft, context.unwatched_after)
    else:
        draft.current = replace(draft.current, next_look=None)
    follow_halts(draft, context.stops_all, context.zones)
    check_waiting(draft, seen)
    if live:
        _look_at_rollout(draft, seen, context)
        if draft.rollout.final:
            # What waits is decided from what this rollout's end leaves behind.
            draft.again = bool(draft.current.offers or waited)
            return
    if draft.current.offers:
        decide_offers(draft, seen)
    if live or draft.current.waiting is None:
        return
    if draft.suspended:
        _sleep(draft, seen)
    elif draft.current.waiting == waited:
        start(draft, seen, context.fresh_id, context.zones)
        if draft.current.start_frozen is not None:
            _sleep(draft, seen)
    else:
        # It took the waiting place in this very look: look again for what a start must see.
        draft.again = True


def _look_at_rollout(draft: Draft, seen: Observation, context: Context) -> None:
    conclusion = conclude(draft.current, seen, draft.now, first_look=context.first_look)
    apply(draft, conclusion)
    remind_of_hold(draft)
    needed = tuple(effects_needed(draft.current, seen, draft.now))
    tell_refusal(draft, seen, needed)
    draft.effects.extend(needed)
    if conclusion.soon and not draft.again and not _looks_again(draft.effects):
        draft.effects.append(Recheck())
    if conclusion.soon:
        return
    upcoming = next_look(draft.current, draft.now)
    draft.current = replace(draft.current, next_look=upcoming)
    if upcoming is None and not draft.again and not _looks_again(draft.effects):
        _sleep(draft, seen, stopped=conclusion.stopped)


def _sleep(draft: Draft, seen: Observation, *, stopped: bool = False) -> None:
    """Plan the next look later than the next tick, where nothing can happen before it."""
    until = sleeps_until(draft.current, seen, draft.now, stopped=stopped)
    draft.current = replace(draft.current, next_look=until)


def _carry_out(draft: Draft, command: Command, seen: Observation, context: Context) -> None:
    match command.verb:
        case Verb.CANCEL:
            withdraw(draft, command, seen)
        case Verb.SUSPEND:
            suspend_service(draft, command, context.stops_all)
        case Verb.UNSUSPEND:
            lift_suspension(draft, command, context.stops_all)
        case Verb.OVERRIDE:
            override_freeze(draft, command)
        case Verb.ADVANCE | Verb.PAUSE | Verb.RESUME | Verb.ROLLBACK | Verb.RETRY:
            carry_out(draft, command)
        case never:
            assert_never(never)


def _looks_again(effects: Sequence[Effect]) -> bool:
    return any(isinstance(effect, Recheck) for effect in effects)


def _note_taken(draft: Draft, taken: TrafficTaken) -> None:
    rollout = draft.current.rollout
    if rollout is None or rollout.final:
        return
    if stamp(rollout) == taken.stamp:
        draft.rollout = replace(rollout, asked_at=draft.now, refused=None)
    elif PHASES[rollout.phase].back and is_older(rollout, taken.stamp):
        # Azure may have taken it after the way back was asked for: that is asked for again at once.
        draft.rollout = replace(rollout, asked_at=None)


def _note_barred(draft: Draft, barred: WriteRefused) -> None:
    rollout = draft.current.rollout
    if rollout is None or rollout.final or stamp(rollout) != barred.stamp:
        return
    before = rollout.refused
    if before is not None and is_same_refusal(before.text, barred.text):
        return
    draft.rollout = replace(rollout, refused=Refused(barred.text))
    # The look that follows at once tells an operator, or ends what cannot go back. Only after the
    # first refusal: that look asks again, and a text that changes each time would have no end.
    draft.again = before is None


def _note_refused(draft: Draft, refused: CreationRefused) -> None:
    rollout = draft.current.rollout
    if rollout is not None and rollout.phase is Phase.CREATING:
        draft.rollout = replace(rollout, create_error=refused.text)
        draft.again = True
