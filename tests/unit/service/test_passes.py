"""One pass whatever woke it: no door lets time run backwards in a row."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from rollout.core.records.offers import OfferSource
from rollout.core.records.phases import Phase
from rollout.core.records.signals import AlertFired, Command, Offered, Verb
from tests.support.stories.policies import MODEL, POLICY
from tests.support.stories.scenes import on_trial
from tests.support.stories.stage import Story

LAG = timedelta(hours=2)


def alert(story: Story) -> None:
    fired = AlertFired("a", "failures", "green-2", None, "failures")
    story.service.alert(story.endpoint, fired, story.clock.now - LAG)


def command(story: Story) -> None:
    story.service.command(
        POLICY.service, Command(Verb.PAUSE, "me", "because"), story.clock.now - LAG
    )


def offer(story: Story) -> None:
    story.put_model("9")
    offered = Offered(POLICY.service, MODEL, "9", OfferSource.START, "me")
    story.service.offer(offered, story.clock.now - LAG)


def work(story: Story) -> None:
    offer(story)
    story.service.work(story.endpoint, story.clock.now - LAG, None)


def failing_work(story: Story) -> None:
    offer(story)

    def fail() -> None:
        raise ZeroDivisionError

    story.seam.once_before("endpoints.get", fail)
    story.service.work(story.endpoint, story.clock.now - LAG, None)
    assert story.current.failures == 1


@pytest.mark.parametrize("door", [alert, command, offer, work, failing_work])
def test_a_door_whose_clock_lags_saves_no_earlier_moment(door: Callable[[Story], None]) -> None:
    story = on_trial(Phase.BAKING, 0)
    before = story.current
    door(story)
    after = story.current
    assert after.commit_id != before.commit_id, "the door saved something"
    assert after.saved_at == before.saved_at
    assert after.rollout is not None
    assert after.rollout.since >= story.rollout.started_at
