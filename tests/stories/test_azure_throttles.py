"""Resource Manager limits requests: looks wait their turn, and going back waits for none."""

from datetime import timedelta

import pytest

from localazure.world import Dials
from rollout.core.records.phases import Phase
from rollout.core.records.signals import AlertFired
from tests.doubles.memory_ports import FreeTurns
from tests.support.stories.azure import FAILING
from tests.support.stories.fleet import Fleet

MINUTE = timedelta(minutes=1)
TWO_MINUTES = timedelta(minutes=2)
ALERT = AlertFired("alert-1", "failures", "green-2", None, "30 % of requests fail")
_BACK = {Phase.ROLLING_BACK, Phase.DISCARDING, Phase.ROLLED_BACK}


@pytest.mark.no_cover
def test_five_hundred_bakes_are_looked_at_in_time_and_every_rollback_is_carried_out() -> None:
    fleet = Fleet(500, sick=20)
    story = fleet.story
    sick, alerted, ordered = fleet.endpoints[:20], fleet.endpoints[20:40], fleet.endpoints[40]
    story.pass_time(3 * MINUTE)
    begun = story.clock.now

    fleet.fall_ill(FAILING)
    for endpoint in alerted:
        story.service.alert(endpoint, ALERT, story.clock.now)
    # The first attempt is the door's own: no look goes before it, and no estimate refuses it.
    assert {fleet.split(each)["blue-0"] for each in alerted} == {100}
    fleet.order_back(ordered)
    assert fleet.split(ordered)["blue-0"] == 100

    story.pass_time(4 * MINUTE)
    assert {fleet.phase(each) for each in [*alerted, ordered]} <= _BACK
    assert {fleet.split(each)["blue-0"] for each in sick} == {100}
    others = fleet.endpoints[41:]
    assert {fleet.phase(each) for each in others} == {Phase.BAKING}
    assert max(fleet.lateness) <= TWO_MINUTES
    # Once the first rush is over, all have their turns one after another.
    assert max(fleet.gaps(others, begun + MINUTE)) <= TWO_MINUTES
    assert fleet.refused == 0
    assert fleet.failures == 0


@pytest.mark.no_cover
@pytest.mark.parametrize("shuts", [False, True])
def test_rollbacks_all_at_once_come_through_a_bucket_that_others_empty(*, shuts: bool) -> None:
    """Whatever else uses the app's identity, in each second it leaves nothing."""
    fleet = Fleet(60, dials=Dials(throttle=True, throttle_shuts=shuts))
    story = fleet.story
    for endpoint in fleet.endpoints:
        fleet.use_up()
        story.service.alert(endpoint, ALERT, story.clock.now)
    assert {fleet.phase(each) for each in fleet.endpoints} == {Phase.ROLLING_BACK}

    story.pass_time(2 * MINUTE)
    assert {fleet.split(each)["blue-0"] for each in fleet.endpoints} == {100}
    assert fleet.failures == 0


@pytest.mark.no_cover
def test_without_turns_the_same_fleet_meets_refusals() -> None:
    fleet = Fleet(500)
    fleet.turns(FreeTurns())
    fleet.story.pass_time(2 * MINUTE)
    assert fleet.refused > 0


def test_a_refused_look_is_no_failed_look_and_no_failed_pass() -> None:
    fleet = Fleet(1)
    story = fleet.story
    (endpoint,) = fleet.endpoints
    for _ in range(10):
        fleet.use_up()
        story.pass_time(timedelta(seconds=20))
    stored = story.store._load(endpoint)
    assert stored is not None
    rollout = stored.current.rollout
    assert rollout is not None
    assert (stored.current.failures, rollout.hold) == (0, None)
    assert rollout.baking is not None
    assert rollout.baking.source_failures == 0
    assert fleet.looks[endpoint]


def test_metrics_that_are_refused_for_long_are_no_source_that_is_down() -> None:
    fleet = Fleet(1)
    story = fleet.story
    (endpoint,) = fleet.endpoints
    refused = fleet.refuse_always("metrics.get")
    story.pass_time(20 * MINUTE)
    stored = story.store._load(endpoint)
    assert stored is not None
    assert stored.current.rollout is not None
    assert stored.current.rollout.hold is None
    assert fleet.looks[endpoint], "the endpoint itself is looked at all the same"
    assert [each for each in story.log.attentions if "looks wait longer" in each]
    refused()
    before = stored.current.rollout.baking
    story.pass_time(3 * MINUTE)
    stored = story.store._load(endpoint)
    assert stored is not None
    assert stored.current.rollout is not None
    after = stored.current.rollout.baking
    assert before is not None
    assert after is not None
    assert after.folded_until != before.folded_until
