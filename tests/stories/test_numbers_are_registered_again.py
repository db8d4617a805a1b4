"""A version's number that was deleted and registered again is another model."""

import pytest

from rollout.core.records.offers import OfferState
from rollout.core.records.phases import Phase
from rollout.core.records.signals import Verb
from tests.support.stories.invariants import check
from tests.support.stories.scenes import HOUR, MINUTE, on_trial, succeeds, wins
from tests.support.stories.stage import Story


def register_again(story: Story, version: str) -> None:
    story.pass_time(MINUTE)
    story.delete_model(version)
    story.pass_time(MINUTE)
    story.register(version)


def test_it_is_a_new_offer_although_the_one_before_was_quarantined() -> None:
    story = on_trial(Phase.BAKING)
    story.command(Verb.ROLLBACK)
    story.until_quiet(within=3 * HOUR)
    failed = story.rollout.id
    assert story.offer_of("2").state is OfferState.QUARANTINED
    register_again(story, "2")
    story.until(lambda: story.rollout.id != failed, within=HOUR)
    wins(story, "2")
    assert story.offer_of("2").quarantined == ()


def test_it_is_a_new_offer_although_the_one_before_is_live() -> None:
    story = on_trial(Phase.BAKING)
    succeeds(story)
    first = story.rollout.id
    register_again(story, "2")
    story.until(lambda: story.rollout.id != first, within=HOUR)
    succeeds(story)
    assert story.rollout.stable == "green-2"


def test_it_waits_while_the_one_before_is_on_trial() -> None:
    story = on_trial(Phase.BAKING, 1)
    first = story.rollout.id
    register_again(story, "2")
    story.until(lambda: story.rollout.id != first, within=3 * HOUR)
    assert story.as_it_ended(first).phase is Phase.SUCCEEDED
    succeeds(story)


@pytest.mark.parametrize("phase", [Phase.BAKING, Phase.SUCCEEDED])
def test_a_repeated_event_of_the_same_registration_still_changes_nothing(phase: Phase) -> None:
    story = on_trial(phase, 0 if phase is Phase.BAKING else 2)
    first, record = story.rollout.id, story.offer_of("2")
    story.event("2")
    story.pass_time(5 * MINUTE)
    assert story.offer_of("2") == record
    story.until_quiet(within=3 * HOUR)
    assert story.rollout.id == first
    check(story)
