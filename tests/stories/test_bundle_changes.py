"""The service bundle changes or cannot be read while rollouts run."""

from datetime import timedelta

import pytest

from rollout.core.records.offers import OfferSource, OfferState
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Cause
from rollout.core.records.signals import Offered, Verb
from rollout.errors import InvalidInputError, ServicesUnavailableError
from rollout.service.outcomes import Listed
from tests.support.stories.invariants import check
from tests.support.stories.policies import MODEL
from tests.support.stories.scenes import HOUR, MINUTE, on_trial, wins
from tests.support.stories.stage import Story

AT_MOST_10 = [
    (Phase.CREATING, 0),
    (Phase.VALIDATING, 0),
    (Phase.SHIFTING, 0),
    (Phase.BAKING, 0),
]
BEFORE_50 = [(Phase.CREATING, 0), (Phase.SHIFTING, 0), (Phase.BAKING, 0)]
ABOVE_10 = [
    (Phase.SHIFTING, 1),
    (Phase.BAKING, 1),
    (Phase.BAKING, 2),
    (Phase.PROMOTED, 2),
    (Phase.RETIRING, 2),
    (Phase.SUCCEEDED, 2),
]


def test_offers_wait_while_no_bundle_can_be_read() -> None:
    story = Story()
    story.adopt()
    story.put_model("2")
    story.registered("2")
    story.bundle.readable = False
    story.pass_time(MINUTE)
    story.register("3")
    story.pass_time(20 * MINUTE)
    assert story.phase is Phase.NONE
    assert story.accepted == ["2"]
    with pytest.raises(ServicesUnavailableError):
        story.service.offer(Offered("fraud", MODEL, "2", OfferSource.START, "ann"), story.clock.now)
    story.bundle.readable = True
    wins(story, "3")


def test_rollback_needs_no_bundle() -> None:
    story = on_trial(Phase.BAKING, 1)
    story.bundle.readable = False
    story.command(Verb.ROLLBACK)
    story.until_phase(Phase.ROLLED_BACK, within=HOUR)
    assert story.split == {"blue-0": 100}


def test_an_unknown_service_is_refused_with_the_known_ones() -> None:
    story = Story()
    with pytest.raises(InvalidInputError, match="known: fraud"):
        story.service.offer(
            Offered("nobody", MODEL, "2", OfferSource.START, "ann"), story.clock.now
        )
    with pytest.raises(InvalidInputError, match=f"serves {MODEL}"):
        story.service.offer(
            Offered("fraud", "another", "2", OfferSource.START, "ann"), story.clock.now
        )


@pytest.mark.parametrize("phase", [Phase.CREATING, Phase.VALIDATING])
def test_a_template_changed_before_traffic_offers_the_version_again(phase: Phase) -> None:
    story = on_trial(phase, 0)
    first = story.rollout.id
    story.clients.behaviours.clear()
    story.bundle.digest = "template-2"
    story.until(lambda: story.rollout.id != first, within=HOUR)
    assert story.as_it_ended(first).phase is Phase.SUPERSEDED
    assert story.as_it_ended(first).cause is Cause.TEMPLATE_CHANGED
    assert story.rollout.release.template_digest == "template-2"
    story.until_quiet(within=2 * HOUR)
    assert story.split == {"green-2-r2": 100}
    check(story)


def test_a_template_changed_once_traffic_moves_touches_no_rollout() -> None:
    story = on_trial(Phase.BAKING, 0)
    first = story.rollout.id
    story.bundle.digest = "template-2"
    story.until_quiet(within=2 * HOUR)
    assert (story.rollout.id, story.phase) == (first, Phase.SUCCEEDED)
    check(story)


def test_a_removed_service_stays_stoppable_and_ends_by_its_frozen_policy() -> None:
    story = on_trial(Phase.BAKING, 1)
    story.event("3")
    story.put_model("3")
    story.pass_time(timedelta(seconds=20))
    story.bundle.policies.clear()
    assert story.service.show("fraud").current is not None
    assert dict(story.service.everyone()) == {"fraud": Listed(story.endpoint)}
    story.until_quiet(within=2 * HOUR)
    assert story.phase is Phase.SUCCEEDED
    assert story.offer_of("3").state is OfferState.REJECTED
    check(story)


def test_a_removed_service_can_be_rolled_back() -> None:
    story = on_trial(Phase.BAKING, 1)
    story.bundle.policies.clear()
    story.command(Verb.ROLLBACK)
    story.until_quiet(within=HOUR)
    assert story.phase is Phase.ROLLED_BACK
    check(story)
