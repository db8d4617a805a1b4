"""How one decision is put together: history, outbox, effects and what is remembered."""

from dataclasses import replace
from datetime import timedelta

import pytest

from rollout.core.machine.apply import apply
from rollout.core.machine.conclusion import Conclusion
from rollout.core.machine.draft import Draft
from rollout.core.machine.transitions import Finding
from rollout.core.records.effects import Attention, Recheck
from rollout.core.records.history import MinuteRecord
from rollout.core.records.offers import Offer, OfferRecord, OfferSource, OfferState
from rollout.core.records.orders import Starter
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Cause, HoldReason
from rollout.core.records.signals import TrafficTaken
from tests.support.builders import (
    BLUE,
    GREEN,
    NOW,
    ROLLOUT_ID,
    a_current,
    a_rollout,
    after,
    an_offer,
    held,
    look,
    ours,
    rollout_of,
    seen,
    signal,
)

BAKING = a_rollout(Phase.BAKING)
TENTH = {BLUE: 90, GREEN: 10}


def test_history_is_numbered_and_the_row_points_at_its_end() -> None:
    draft = Draft(a_current(BAKING, sequence=4, head="old"), NOW)
    draft.note("One", "first", actor="ann", data={"a": 1})
    draft.note("Two", "second")
    decision = draft.done()
    assert [(each.kind, each.sequence, each.phase) for each in decision.history] == [
        ("One", 5, Phase.BAKING),
        ("Two", 6, Phase.BAKING),
    ]
    assert decision.current.head == f"{ROLLOUT_ID}|00000006"
    assert (decision.history[0].actor, decision.history[0].data) == ("ann", {"a": 1})


def test_history_before_the_first_rollout_belongs_to_rollout_0() -> None:
    draft = Draft(a_current(), NOW)
    draft.note("One", "first")
    (entry,) = draft.done().history
    assert (entry.key, entry.phase, entry.stage) == ("0|00000001", Phase.NONE, 0)


def test_a_draft_without_a_rollout_has_none_to_give() -> None:
    with pytest.raises(ValueError, match="never had a rollout"):
        _ = Draft(a_current(), NOW).rollout


@pytest.mark.parametrize(
    ("again", "state"),
    [
        (an_offer("7", known_created_at=NOW), OfferState.SUPERSEDED),
        (an_offer("7", OfferSource.START), OfferState.RECEIVED),
    ],
)
def test_an_ending_is_written_although_its_event_came_again(
    again: Offer, state: OfferState
) -> None:
    ending = a_rollout(Phase.DISCARDING, cause=Cause.SUPERSEDED)
    draft = Draft(a_current(ending, offers=(again,)), NOW)
    apply(draft, Conclusion(Finding.DISCARDED_BLAMELESS, draft.rollout, "gone"))
    (record,) = draft.done().offers
    assert record.state is state


def test_the_row_of_another_model_under_the_same_number_is_its_own() -> None:
    ending = a_rollout(Phase.DISCARDING, cause=Cause.SUPERSEDED)
    draft = Draft(a_current(ending, waiting=an_offer("7", reregistered=True)), NOW)
    apply(draft, Conclusion(Finding.DISCARDED_BLAMELESS, ending, "gone"))
    assert draft.done().offers == ()


def test_a_new_rollout_begins_its_own_history() -> None:
    draft = Draft(a_current(a_rollout(Phase.FAILED), sequence=9, next_look=NOW), NOW)
    draft.begin(replace(BAKING, id="later"))
    draft.note("One", "first")
    assert draft.current.head == "later|00000001"
    assert draft.current.next_look is None


def test_asking_for_a_person_is_history_and_a_line_in_the_log() -> None:
    draft = Draft(a_current(BAKING), NOW)
    draft.ask_for_operator("look at this")
    decision = draft.done()
    assert decision.history[0].kind == "AttentionNeeded"
    fields = {
        "service": "fraud",
        "version": "7",
        "cause": "BAKING",
        "split": "not seen yet",
        "next": "read the rollout's history",
        "since": "2026-01-31 12:00 UTC",
        "by": "",
        "evidence": "",
    }
    text = "fraud version 7: look at this; now not seen yet; next: read the rollout's history"
    assert (decision.history[0].text, decision.history[0].data) == (text, fields)
    assert decision.effects == (Attention(text, fields),)
    assert rollout_of(decision).attention_at == NOW


def test_rows_saved_with_a_decision_are_collected_by_key() -> None:
    draft = Draft(a_current(BAKING), NOW)
    minute = MinuteRecord(ROLLOUT_ID, NOW, 0, {})
    draft.add_minute(minute)
    draft.add_name("7", 2)
    for state in (OfferState.RECEIVED, OfferState.WAITING):
        draft.add_offer(OfferRecord(an_offer(), state, NOW, ""))
    draft.answer("held", "why")
    decision = draft.done()
    assert (decision.minutes, decision.names) == ((minute,), {"7": 2})
    assert [each.state for each in decision.offers] == [OfferState.WAITING]
    assert (decision.outcome, decision.text) == ("held", "why")


def test_a_transition_is_one_row_that_says_from_where_and_what_is_wanted() -> None:
    draft = Draft(a_current(BAKING), after(1))
    apply(draft, Conclusion(Finding.STAGE_PASSED, BAKING, "healthy"))
    (entry,) = draft.done().history
    assert entry.text == "BAKING -> SHIFTING: healthy; asking for blue 50 %, green-7 50 %"
    assert entry.data["from"] == "BAKING"
    assert entry.data["wanted"] == {BLUE: 50, GREEN: 50}
    assert (entry.phase, entry.stage) == (Phase.SHIFTING, 1)


def test_a_hold_is_one_row_that_says_why() -> None:
    draft = Draft(a_current(BAKING), NOW)
    apply(draft, Conclusion(Finding.DRIFTED, BAKING, "somebody else"))
    entry, asked = draft.done().history
    assert (entry.kind, entry.text) == ("Held", "drift: somebody else")
    assert asked.kind == "AttentionNeeded"
    hold = rollout_of(draft.done()).hold
    assert hold is not None
    assert (hold.by, hold.expires) == ("the controller", NOW + timedelta(hours=24))


def test_a_look_that_concludes_nothing_writes_no_history() -> None:
    decision = look(BAKING, seen(TENTH, ours(1)), after(0.5))
    assert decision.history == ()
    assert not decision.again


def test_the_same_look_twice_changes_nothing_but_the_next_look() -> None:
    first = look(BAKING, seen(TENTH, ours(1)), after(0.5))
    second = look(rollout_of(first), seen(TENTH, ours(1)), after(0.5))
    assert second.current == first.current


def test_what_was_seen_is_refreshed_once_a_minute() -> None:
    first = rollout_of(look(BAKING, seen(TENTH, ours(1)), after(0.1)))
    assert (first.seen.at, first.seen.split) == (after(0.1), TENTH)
    soon = rollout_of(look(first, seen(TENTH, ours(1)), after(0.5)))
    assert soon.seen.at == after(0.1)
    later = rollout_of(look(first, seen(TENTH, ours(1)), after(1.1)))
    assert later.seen.at == after(1.1)


def test_a_pass_asks_to_look_again_only_once() -> None:
    decision = look(a_rollout(Phase.ROLLING_BACK), seen({GREEN: 100}, ours(1)))
    assert decision.effects.count(Recheck()) == 1


def test_only_the_present_write_is_remembered_as_taken() -> None:
    shifting = a_rollout(Phase.SHIFTING, write=2)
    assert rollout_of(signal(shifting, TrafficTaken(ours(2)), after(1))).asked_at == after(1)
    assert rollout_of(signal(shifting, TrafficTaken(ours(1)))).asked_at is None
    ended = a_rollout(Phase.SUCCEEDED)
    assert rollout_of(signal(ended, TrafficTaken(ours(1)))).asked_at is None
    assert signal(None, TrafficTaken(ours(1))).current.rollout is None


@pytest.mark.parametrize("phase", [Phase.ROLLING_BACK, Phase.DISCARDING])
def test_an_earlier_write_taken_on_a_way_back_lets_that_be_asked_for_again(phase: Phase) -> None:
    asked = a_rollout(phase, write=3, asked_at=NOW)
    assert rollout_of(signal(asked, TrafficTaken(ours(2)))).asked_at is None
    assert rollout_of(signal(asked, TrafficTaken("another/2"))).asked_at == NOW
    shifting = a_rollout(Phase.SHIFTING, write=3, asked_at=NOW)
    assert rollout_of(signal(shifting, TrafficTaken(ours(2)))).asked_at == NOW


def test_suspension_is_followed_by_the_next_look() -> None:
    suspended = rollout_of(look(BAKING, seen(TENTH, ours(1)), after(1), suspended=True))
    assert (suspended.suspended, suspended.halted_since) == (True, after(1))
    lifted = rollout_of(look(suspended, seen(TENTH, ours(1)), after(3)))
    assert (lifted.suspended, lifted.halted_since) == (False, None)
    assert lifted.human == after(2) - NOW


def test_a_changed_template_keeps_who_put_the_version_forward() -> None:
    validating = a_rollout(Phase.VALIDATING, created_by=OfferSource.RETRY)
    draft = Draft(a_current(validating), NOW)
    apply(draft, Conclusion(Finding.TEMPLATE_CHANGED, validating, "changed"))
    assert draft.current.offers[0].source is OfferSource.RETRY


def test_a_changed_template_makes_nobody_else_the_one_who_started_it() -> None:
    ann = Starter("ann", "1-ann")
    validating = a_rollout(Phase.VALIDATING, created_by=OfferSource.START, starter=ann)
    draft = Draft(a_current(validating), NOW)
    apply(draft, Conclusion(Finding.TEMPLATE_CHANGED, validating, "changed"))
    assert draft.current.offers[0].starter == ann


def test_a_restart_of_a_held_shift_says_that_the_hold_is_over() -> None:
    shifting = held(a_rollout(Phase.SHIFTING), HoldReason.DRIFT)
    draft = Draft(a_current(shifting), after(1))
    apply(draft, Conclusion(Finding.RESTARTED, replace(shifting, hold=None), "again"))
    assert [each.kind for each in draft.done().history] == ["PhaseChanged", "HoldLifted"]


@pytest.mark.parametrize(
    ("changes", "idle"),
    [
        ({}, True),
        ({"rollout": a_rollout(Phase.SUCCEEDED)}, True),
        ({"rollout": BAKING}, False),
        ({"offers": (an_offer(),)}, False),
        ({"waiting": an_offer()}, False),
        ({"head": "x|00000001"}, False),
        ({"head": "x|00000001", "published": "x|00000001"}, True),
    ],
)
def test_an_endpoint_is_idle_when_nothing_lives_waits_or_is_unpublished(
    changes: dict[str, object], *, idle: bool
) -> None:
    assert replace(a_current(), **changes).idle is idle  # type: ignore[arg-type]  # fields by name
