"""Offers that cannot be decided: not too many, and never at the price of going back."""

from dataclasses import replace

import pytest

from rollout.adapters.storage import entities
from rollout.core.offers.offers import MAX_UNDECIDED
from rollout.core.offers.room import DROPPED_AT_ONCE
from rollout.core.records.offers import Offer, OfferSource, OfferState
from rollout.core.records.phases import Phase
from rollout.errors import TooManyOffersError
from rollout.inbound.answers import problem_of
from rollout.ports import Commit
from rollout.service.saving import DROPPED, SPARE_BYTES
from tests.support.stories.policies import MODEL
from tests.support.stories.scenes import HOUR, on_trial
from tests.support.stories.stage import Story

LONG = "r" * 999
MANY = 405
"""About as many such offers as fill the row."""


def undecided(story: Story, count: int, source: OfferSource = OfferSource.START) -> None:
    """Put offers into the row that an app without a limit took."""
    stored = story.row
    assert stored is not None
    now = story.clock.now
    offers = tuple(Offer(MODEL, f"v{number}", source, now, "ann", LONG) for number in range(count))
    story.store.commit(Commit(replace(stored.current, offers=offers), stored))


def test_only_so_many_offers_wait_to_be_decided_and_a_door_says_so() -> None:
    story = on_trial(Phase.BAKING, 0)
    story.bundle.readable = True
    undecided(story, MAX_UNDECIDED)
    with pytest.raises(TooManyOffersError) as refused:
        story.offer("3")
    answer = problem_of(refused.value)
    assert (answer.status, answer.headers["Retry-After"]) == (429, "60")
    assert b"wait to be decided" in answer.body
    with pytest.raises(TooManyOffersError):  # Event Grid delivers the event again
        story.registered("3")
    assert len(story.current.offers) == MAX_UNDECIDED


def test_a_repeated_offer_is_known_however_many_wait() -> None:
    story = on_trial(Phase.BAKING, 0)
    undecided(story, MAX_UNDECIDED)
    assert story.offer("v1").answer.outcome == "known"


def test_an_offer_never_takes_the_room_for_going_back() -> None:
    story = on_trial(Phase.BAKING, 0)
    stored = story.row
    assert stored is not None
    big = replace(story.rollout, baseline={"fill": ["e" * 30_000] * 16})
    story.store.commit(Commit(replace(stored.current, rollout=big), stored))
    assert entities.MAX_ROW_BYTES - entities.size_of(story.store.entity(story.endpoint)) < (
        SPARE_BYTES
    )
    with pytest.raises(TooManyOffersError, match="no room"):
        story.offer("3")
    assert story.alert("green-2").outcome == "rolling back"


def test_a_rollback_is_saved_even_where_offers_fill_the_row() -> None:
    story = on_trial(Phase.BAKING, 0)
    undecided(story, MANY)
    entity = story.store.entity(story.endpoint)
    room = entities.MAX_ROW_BYTES - entities.size_of(entity)
    stored = story.row
    assert stored is not None
    filled = replace(story.rollout, create_error="e" * (room // 2 - 100))
    story.store.commit(Commit(replace(stored.current, rollout=filled), stored))
    assert story.alert("green-2").outcome == "rolling back"
    assert any(DROPPED in each for each in story.log.attentions)
    assert len(story.current.offers) == MANY - DROPPED_AT_ONCE
    record = story.offer_of(f"v{MANY - 1}")
    assert record.state is OfferState.REJECTED
    assert "Offer the version again" in record.text
    story.until(lambda: story.split == {"blue-0": 100}, within=HOUR)
