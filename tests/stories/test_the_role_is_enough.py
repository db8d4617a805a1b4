"""The role's rights: enough for a service that needs few, and what happens when one is taken away.

Every other story is played under the whole role, and nothing outside it.
"""

from dataclasses import replace

import pytest

from localazure.world import ACTIONS, METRICS_READ, SCORE, AuthMode, Call
from rollout.core.policy.model import Create, CreateFrom
from rollout.core.records.offers import OfferState
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import HoldReason
from tests.doubles.wire import APP
from tests.support.role import ROLE
from tests.support.stories.azure import FAILING
from tests.support.stories.invariants import check
from tests.support.stories.policies import POLICY
from tests.support.stories.scenes import HOUR, MINUTE, held_for, on_trial, succeeds
from tests.support.stories.stage import Story

COPYING = replace(POLICY, create=Create(source=CreateFrom.COPY))


def story_with_the_first_part_only() -> Story:
    story = Story(COPYING, actions=ROLE.always)
    story.adopt(auth=AuthMode.AAD_TOKEN)
    return story


def test_a_service_that_copies_and_takes_tokens_rolls_out_with_the_first_part_only() -> None:
    story = story_with_the_first_part_only()
    story.register("2")
    story.until_quiet(within=HOUR)
    assert (story.phase, story.split) == (Phase.SUCCEEDED, {"green-2": 100})
    check(story)


def test_and_goes_back_with_it_too() -> None:
    story = story_with_the_first_part_only()
    story.serves("2", FAILING)
    story.register("2")
    story.until_quiet(within=HOUR)
    assert (story.phase, story.split) == (Phase.ROLLED_BACK, {"blue-0": 100})
    check(story)


@pytest.mark.parametrize(
    ("missing", "auth"),
    [(ACTIONS[Call.ENDPOINTS_KEYS], AuthMode.KEY), (SCORE, AuthMode.AAD_TOKEN)],
)
def test_a_right_to_score_that_comes_late_condemns_no_release(missing: str, auth: AuthMode) -> None:
    """Role assignments take minutes to be known everywhere."""
    story = Story(actions=without(missing))
    story.adopt(auth=auth)
    story.register("2")
    story.until_phase(Phase.VALIDATING, within=HOUR)
    story.pass_time(5 * MINUTE)
    assert story.phase is Phase.VALIDATING
    story.wire.access.allow_only(APP, ROLE.everything)
    succeeds(story)


def test_metrics_that_may_not_be_read_any_more_hold_until_they_may() -> None:
    story = on_trial(Phase.BAKING)
    story.wire.access.allow_only(APP, without(METRICS_READ))
    story.until(lambda: story.rollout.hold is not None, within=HOUR)
    assert held_for(story) is HoldReason.METRIC_SOURCE
    story.wire.access.allow_only(APP, ROLE.everything)
    succeeds(story)


def test_a_way_back_that_may_not_be_written_is_asked_for_until_it_may() -> None:
    story = on_trial(Phase.BAKING)
    story.wire.access.allow_only(APP, without(ACTIONS[Call.ENDPOINTS_PUT]))
    story.alert("green-2")
    story.pass_time(HOUR)
    assert (story.phase, story.split) == (Phase.ROLLING_BACK, {"blue-0": 90, "green-2": 10})
    assert story.log.attentions
    story.wire.access.allow_only(APP, ROLE.everything)
    story.until_quiet(within=HOUR)
    assert (story.phase, story.split) == (Phase.ROLLED_BACK, {"blue-0": 100})
    check(story)


def test_a_model_that_may_not_be_read_waits_as_received() -> None:
    story = Story(actions=without(ACTIONS[Call.MODELS_GET]))
    story.adopt()
    story.register("2")
    story.pass_time(10 * MINUTE)
    assert story.offer_of("2").state is OfferState.RECEIVED
    story.wire.access.allow_only(APP, ROLE.everything)
    story.until_started("2", within=HOUR)
    succeeds(story)


def on_its_endpoint_alone(story: Story, *actions: str) -> None:
    """What a workspace that others share gives the app: rights on one endpoint of it."""
    workspace = story.world.workspace
    story.wire.access.allow_only(APP, ())
    story.wire.access.grant(APP, workspace.path, ROLE.on_workspace)
    story.wire.access.grant(APP, workspace.endpoint(POLICY.endpoint), actions)


@pytest.mark.parametrize(("bad", "ended"), [(False, "SUCCEEDED"), (True, "ROLLED_BACK")])
def test_rights_on_the_endpoint_alone_are_enough_there_and_back(*, bad: bool, ended: str) -> None:
    story = Story()
    story.adopt()
    on_its_endpoint_alone(story, *ROLE.on_endpoints)
    if bad:
        story.serves("2", FAILING)
    story.register("2")
    story.until_quiet(within=HOUR)
    assert story.phase is Phase[ended]
    check(story)


def test_an_endpoint_that_is_not_named_is_refused_before_anything_is_created() -> None:
    story = Story()
    story.adopt()
    reading = (each for each in ROLE.on_endpoints if each != ACTIONS[Call.ENDPOINTS_PUT])
    on_its_endpoint_alone(story, *reading)
    story.register("2")
    story.until_quiet(within=HOUR)
    assert (story.phase, story.split) == (Phase.FAILED, {"blue-0": 100})
    assert "ROLE_ON_ENDPOINTS" in story.log.attentions[-1]
    check(story)


def without(action: str) -> tuple[str, ...]:
    left = tuple(each for each in ROLE.everything if each != action)
    assert len(left) == len(ROLE.everything) - 1
    return left
