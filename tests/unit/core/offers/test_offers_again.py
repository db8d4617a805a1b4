"""Versions that are offered again: repeated events, numbers registered again, people who insist."""

from dataclasses import replace

import pytest

from rollout.core.records.offers import OfferRecord, OfferSource, OfferState
from rollout.core.records.phases import Phase
from tests.support.builders import (
    BLUE,
    DIGEST,
    GREEN,
    NOW,
    a_current,
    a_model,
    a_rollout,
    an_offer,
    minutes,
    seen,
)
from tests.support.offer_decisions import EVENT, RETRY, START, a_record, at_the_door, decided, fate


@pytest.mark.parametrize("state", list(OfferState))
def test_a_repeated_event_changes_nothing(state: OfferState) -> None:
    record = a_record(state)
    decision = at_the_door(a_current(), EVENT, record)
    assert decision.outcome == "known"
    assert not decision.offers
    # The pass compares when the version was registered: it is the one that was decided before.
    (offer,) = decision.current.offers
    looked = decided(offer, record=record)
    assert not looked.current.offers
    assert not looked.offers


@pytest.mark.parametrize("state", [s for s in OfferState if s is not OfferState.REJECTED])
def test_what_cannot_be_compared_is_a_repeated_event(state: OfferState) -> None:
    record = a_record(state)
    record = replace(record, offer=replace(record.offer, created_at=None))
    decision = at_the_door(a_current(), EVENT, record)
    assert (decision.outcome, decision.current) == ("known", a_current())


def test_a_version_that_was_not_there_yet_is_offered_by_its_next_event() -> None:
    record = OfferRecord(an_offer(created_at=None), OfferState.REJECTED, NOW, "no such version")
    decision = at_the_door(a_current(), EVENT, record)
    assert (decision.outcome, fate(decision)) == ("received", OfferState.RECEIVED)


@pytest.mark.parametrize("source", [EVENT, START])
def test_a_number_registered_again_is_a_new_offer_without_the_old_quarantine(
    source: OfferSource,
) -> None:
    record = a_record(OfferState.QUARANTINED, (DIGEST,))
    received = at_the_door(a_current(), source, record)
    (offer,) = received.current.offers
    looked = decided(offer, a_model("8", 1), record=record)
    (written,) = looked.offers
    assert (written.state, written.quarantined) == (OfferState.WAITING, ())
    assert written.offer.reregistered
    assert written.offer.created_at == NOW - minutes(1)


def test_a_number_registered_again_does_not_serve_already() -> None:
    offer = an_offer("6", known_created_at=NOW - minutes(60))
    looked = decided(offer, a_model("6", 1), stable_age=None)
    assert fate(looked, "6") is OfferState.WAITING
    same = decided(an_offer("6"), a_model("6", 60), stable_age=None)
    assert fate(same, "6") is OfferState.LIVE


def test_a_number_registered_again_while_it_is_on_trial_is_another_release() -> None:
    again = an_offer("7", known_created_at=NOW - minutes(70))
    trial = seen({BLUE: 90, GREEN: 10})
    looked = decided(again, a_model("7", 1), rollout=a_rollout(Phase.CREATING), observation=trial)
    assert fate(looked, "7") is OfferState.WAITING
    started = a_rollout(Phase.CREATING, model_created_at=NOW - minutes(1))
    looked = decided(again, a_model("7", 1), rollout=started, observation=trial)
    assert fate(looked, "7") is OfferState.ROLLOUT


@pytest.mark.parametrize("place", ["offers", "waiting"])
@pytest.mark.parametrize("source", [EVENT, START, RETRY])
@pytest.mark.parametrize("before", [EVENT, START])
def test_only_a_person_puts_forward_again_what_an_event_did(
    place: str, source: OfferSource, before: OfferSource
) -> None:
    pending = an_offer(source=before)
    current = a_current(waiting=pending)
    if place == "offers":
        current = a_current(offers=(pending,))
    decision = at_the_door(current, source)
    replaced = before is EVENT and source is not EVENT
    assert decision.outcome == ("received" if replaced else "known")
    if replaced:
        assert [each.source for each in decision.current.offers] == [source]


@pytest.mark.parametrize("source", [START, RETRY])
@pytest.mark.parametrize("state", [OfferState.SUPERSEDED, OfferState.REJECTED, OfferState.ROLLOUT])
def test_a_person_may_offer_what_was_decided_before(source: OfferSource, state: OfferState) -> None:
    decision = at_the_door(a_current(), source, a_record(state))
    assert decision.outcome == "received"
    assert [each.source for each in decision.current.offers] == [source]


def test_a_persons_offer_keeps_what_failed_before() -> None:
    decision = at_the_door(a_current(), RETRY, a_record(OfferState.QUARANTINED, (DIGEST,)))
    assert decision.offers[0].quarantined == (DIGEST,)
