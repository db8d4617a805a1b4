"""Create calls that come too late: a worker was paused between its save and its call."""

from dataclasses import replace
from datetime import timedelta

import pytest

from rollout.core.policy.model import CreateFrom, Policy
from rollout.core.records.phases import Phase
from tests.support.stories.invariants import check
from tests.support.stories.policies import POLICY
from tests.support.stories.stage import Story

LONG = timedelta(minutes=25)
REHEARSED = timedelta(seconds=30)
UNTIL_IT_SERVES = timedelta(minutes=10)
HOUR = timedelta(hours=1)


def test_a_late_creation_of_the_endpoint_leaves_the_traffic_alone() -> None:
    story = Story()
    story.put_model("1")
    story.registered("1")
    story.seam.once_before("endpoints.put", lambda: story.pass_time(LONG))
    story.work()
    assert story.phase is Phase.SUCCEEDED
    assert sum(story.split.values()) == 100
    story.until_quiet(within=HOUR)
    assert sum(story.split.values()) == 100
    check(story)


@pytest.mark.parametrize("source", list(CreateFrom))
def test_a_late_creation_of_the_candidate_leaves_it_as_it_is(source: CreateFrom) -> None:
    story = Story(policy_with(source))
    story.adopt()
    story.put_model("2")
    story.registered("2")
    # The way back is rehearsed, and seen by the pass that asks for the candidate.
    story.work()
    story.clock.to(story.clock.now + REHEARSED)
    writes: list[int] = []

    def others_go_on() -> None:
        story.pass_time(UNTIL_IT_SERVES)
        writes.append(len(story.world.log))

    story.seam.once_before("deployments.put", others_go_on)
    story.work()
    assert story.phase in {Phase.SHIFTING, Phase.BAKING}
    assert writes == [len(story.world.log)]
    story.until_phase(Phase.SUCCEEDED, within=3 * HOUR)
    check(story)


def policy_with(source: CreateFrom) -> Policy:
    return replace(POLICY, create=replace(POLICY.create, source=source))
