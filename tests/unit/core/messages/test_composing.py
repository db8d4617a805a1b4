"""What people read about an event, and which events are about nothing."""

from dataclasses import replace

import pytest

from rollout.core.machine.holds import HOLD_REASONS
from rollout.core.messages import MessageKind, Order, Severity, message_of
from rollout.core.messages.composing import TOLD_KINDS
from rollout.core.messages.message import WORDS
from rollout.core.policy.notify_model import About
from rollout.core.records.lifecycle_events import LIFECYCLE_EVENTS
from rollout.core.records.phases import FORWARD_PHASES, PHASES, Phase
from rollout.core.records.rollout import HoldReason
from tests.support.happenings import AT, WHY, a_happening, a_message

STARTED = replace(
    a_happening("RolloutStarted", Phase.CREATING),
    actor="event",
    details={"version": "7", "candidate": "green-7", "stable": None, "model": "m", "reason": ""},
)


@pytest.mark.parametrize("kind", sorted(set(LIFECYCLE_EVENTS) - set(TOLD_KINDS)))
def test_most_events_make_no_message(kind: str) -> None:
    assert message_of(a_happening(kind)) is None


def test_what_makes_a_message_is_a_lifecycle_event() -> None:
    assert set(TOLD_KINDS) <= set(LIFECYCLE_EVENTS)


@pytest.mark.parametrize(
    ("phase", "cause", "title"),
    [
        (Phase.ROLLING_BACK, "gate", "fraud v7 is being rolled back (gate)"),
        (Phase.ROLLED_BACK, "gate", "fraud v7 was rolled back and its deployment is gone"),
        (
            Phase.FAILED,
            "creation failed",
            "fraud v7 failed before it had traffic (creation failed)",
        ),
        (Phase.PROMOTED, "PROMOTED", "fraud v7 is promoted and has all traffic"),
        (Phase.SUCCEEDED, "SUCCEEDED", "fraud v7 succeeded"),
        (Phase.SUPERSEDED, "cancelled", "fraud v7 was superseded (cancelled)"),
        (Phase.BAKING, "operator", "fraud v7 is held (operator)"),
        (Phase.BAKING, "BAKING", "fraud v7 has news"),
    ],
)
def test_a_notice_says_in_its_title_what_became_of_the_version(
    phase: Phase, cause: str, title: str
) -> None:
    message = a_message(a_happening("Notice", phase, cause=cause))
    assert (message.severity, message.title) == (Severity.NOTICE, title)


@pytest.mark.parametrize(
    ("phase", "cause", "title"),
    [
        (Phase.BAKING, "approval", "fraud v7 is held (approval): somebody must act"),
        (Phase.LOST, "nothing left to go back to", "needs somebody: nothing left to go back to"),
        (Phase.ROLLING_BACK, "gate", "fraud v7 needs somebody: gate"),
        (Phase.BAKING, "", "fraud v7 needs somebody: BAKING"),
    ],
)
def test_an_attention_says_that_somebody_must_act(phase: Phase, cause: str, title: str) -> None:
    message = a_message(a_happening("AttentionNeeded", phase, cause=cause))
    assert message.severity is Severity.ATTENTION
    assert message.title.endswith(title)


@pytest.mark.parametrize("phase", sorted(FORWARD_PHASES))
@pytest.mark.parametrize("reason", list(HOLD_REASONS))
def test_what_goes_forward_and_names_a_reason_of_hold_is_held(
    phase: Phase, reason: HoldReason
) -> None:
    assert a_message(a_happening("Notice", phase, cause=reason.value)).kind is MessageKind.HELD


@pytest.mark.parametrize("phase", sorted(set(PHASES) - FORWARD_PHASES))
def test_what_cannot_be_held_never_is(phase: Phase) -> None:
    # A cause of an end has the same word as a reason of hold.
    assert a_message(a_happening("Notice", phase, cause="alert")).kind is not MessageKind.HELD


def test_the_facts_are_the_sentence_taken_apart() -> None:
    message = a_message(a_happening(by="ann"))
    assert message.facts == (
        ("Why", WHY),
        ("Now", "blue 100 %"),
        ("Evidence", "37 of 410 failed; stable: 3 of 3,700"),
        ("Since", "2026-01-31 10:00 UTC"),
        ("By", "ann"),
        ("Next", "see that stable takes the traffic"),
        ("Told at", f"{AT:%Y-%m-%d %H:%M:%S} UTC"),
    )


def test_an_event_of_an_older_app_lacks_facts_and_not_its_sentence() -> None:
    old = replace(a_happening(), text="what happened", details={"split": 5})
    assert a_message(old).title == "fraud is being rolled back"
    assert [label for label, _ in a_message(old).facts] == ["Why", "Told at"]
    assert a_message(old).facts[0] == ("Why", "what happened")


def test_the_start_of_a_rollout_says_what_begins_and_who_ordered_it() -> None:
    message = a_message(STARTED)
    assert (message.kind, message.severity) == (MessageKind.STARTED, Severity.NOTICE)
    assert message.title == "fraud v7 begins its rollout"
    assert message.facts[:3] == (("Candidate", "green-7"), ("Model", "m"), ("Ordered by", "event"))
    assert [link.title for link in message.links] == ["Open"]


@pytest.mark.parametrize(
    ("kind", "phase", "cause", "titles"),
    [
        ("AttentionNeeded", Phase.BAKING, "approval", ["Open", "Roll back ...", "Approve ..."]),
        ("AttentionNeeded", Phase.BAKING, "drift", ["Open", "Roll back ..."]),
        ("Notice", Phase.PROMOTED, "PROMOTED", ["Open", "Roll back ..."]),
        ("Notice", Phase.ROLLING_BACK, "gate", ["Open"]),
        ("AttentionNeeded", Phase.ROLLING_BACK, "gate", ["Open"]),
        ("Notice", Phase.FAILED, "creation failed", ["Open"]),
    ],
)
def test_links_lead_to_what_can_still_be_ordered(
    kind: str, phase: Phase, cause: str, titles: list[str]
) -> None:
    message = a_message(a_happening(kind, phase, cause=cause))
    assert [link.title for link in message.links] == titles
    orders = [link.order for link in message.links if link.order is not None]
    bound = {"Roll back ...": Order("rollback", "r-1"), "Approve ...": Order("advance", "r-1", 1)}
    assert orders == [bound[title] for title in titles[1:]]


@pytest.mark.parametrize("kind", list(MessageKind))
def test_every_kind_of_message_can_be_asked_for(kind: MessageKind) -> None:
    words = replace(a_message(), kind=kind).words
    assert About.NOTICE in words
    assert len(words) == (1 if WORDS[kind] is None else 2)


def test_every_word_is_heard_by_some_message() -> None:
    heard = {word for kind in MessageKind if (word := WORDS[kind]) is not None}
    assert heard | {About.ATTENTION, About.NOTICE} == set(About)
