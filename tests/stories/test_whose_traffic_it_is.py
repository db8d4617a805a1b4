"""What somebody else chose to serve is theirs: nothing unattended takes traffic from it."""

from datetime import timedelta

import pytest

from localazure.world import Write
from rollout.core.records.offers import OfferState
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Cause, HoldReason
from rollout.core.records.signals import Command, Verb
from tests.support.stories.azure import CONTROLLER, SOMEBODY, deployment_spec
from tests.support.stories.invariants import check
from tests.support.stories.policies import MODEL
from tests.support.stories.scenes import HOUR, MINUTE, held_for, on_trial
from tests.support.stories.stage import Story

SECOND = timedelta(seconds=1)


def swap(story: Story, split: dict[str, int]) -> None:
    """An operator deploys something of his own and gives it traffic."""
    endpoint = story.policy.endpoint
    spec = deployment_spec(story.world, MODEL, "0", 2)
    story.world.deployments.put(endpoint, "hotfix", spec, SOMEBODY)
    story.pass_time(2 * MINUTE)
    story.foreign_split(split)
    story.pass_time(20 * SECOND)


def taken_from_hotfix(story: Story) -> list[Write]:
    writes = story.world.log.of("endpoints.put")
    return [
        write
        for write in writes
        if write.caller == CONTROLLER
        and write.after.split.live.get("hotfix", 0) < write.before.split.live.get("hotfix", 0)
    ]


ENDS = ["an alert", "nobody", "a rollback"]


def let_end(story: Story, how: str) -> None:
    if how == "an alert":
        story.alert("green-2", window_end=story.clock.now)
    elif how == "a rollback" and story.phase is Phase.BAKING:
        story.command(Verb.ROLLBACK)


@pytest.mark.parametrize("how", ENDS)
@pytest.mark.parametrize("wait", [timedelta(0), 10 * MINUTE])
def test_an_emergency_swap_keeps_its_traffic_whatever_ends_the_rollout(
    how: str, wait: timedelta
) -> None:
    story = on_trial(Phase.BAKING, 0)
    swap(story, {"hotfix": 100})
    story.pass_time(wait)
    let_end(story, how)
    story.pass_time(4 * MINUTE)
    assert story.split == {"hotfix": 100}
    story.until_quiet(within=3 * HOUR)
    assert not taken_from_hotfix(story)
    assert story.deployments == {"blue-0": "Succeeded", "hotfix": "Succeeded"}
    assert story.rollout.cause in (Cause.FOREIGN_ROLLBACK, Cause.ALERT, Cause.OPERATOR)
    check(story)


@pytest.mark.parametrize("ended", [False, True])
def test_after_an_emergency_swap_a_newer_version_starts_only_on_an_operators_order(
    *, ended: bool
) -> None:
    story = on_trial(Phase.BAKING, 0)
    if ended:
        story.until_quiet(within=3 * HOUR)
        assert story.phase is Phase.SUCCEEDED
    swap(story, {"hotfix": 100})
    story.register("3")
    story.pass_time(3 * HOUR)
    assert story.split == {"hotfix": 100}
    assert story.offer_of("3").state is OfferState.REJECTED
    asked = [text for text in story.log.attentions if "version 3 does not start" in text]
    assert len(asked) == 1
    assert "now hotfix 100 %" in asked[0]
    story.command(Verb.RETRY, version="3")
    story.until_started("3", within=HOUR)
    assert not taken_from_hotfix(story)
    assert story.rollout.stable == "hotfix"
    story.command(Verb.ROLLBACK)
    story.until_quiet(within=HOUR)
    assert story.split == {"hotfix": 100}


@pytest.mark.parametrize(
    "how", ["an alert", "a rollback", pytest.param("nobody", marks=pytest.mark.no_cover)]
)
def test_beside_an_emergency_swap_only_the_candidates_share_goes_back(how: str) -> None:
    story = on_trial(Phase.BAKING, 0)
    swap(story, {"hotfix": 90, "green-2": 10})
    story.pass_time(5 * MINUTE)
    assert held_for(story) is HoldReason.DRIFT
    assert any("hotfix 90 %" in text for text in story.log.attentions)
    asked = len(story.log.attentions)
    story.register("3")
    story.pass_time(10 * MINUTE)
    assert held_for(story) is HoldReason.DRIFT, "a newer version waits"
    assert "until an operator decides" in story.offer_of("3").text
    assert len(story.log.attentions) == asked, "one attention"
    if how == "nobody":
        story.pass_time(24 * HOUR)
    let_end(story, how)
    story.until(lambda: story.phase is not Phase.BAKING, within=HOUR)
    story.until(lambda: "green-2" not in story.split, within=HOUR)
    assert story.split == {"blue-0": 10, "hotfix": 90}
    story.until_quiet(within=3 * HOUR)
    assert not taken_from_hotfix(story)
    check(story)


def test_an_order_that_names_the_third_deployment_moves_its_traffic_to_stable() -> None:
    story = on_trial(Phase.BAKING, 0)
    swap(story, {"hotfix": 90, "green-2": 10})
    story.pass_time(5 * MINUTE)
    order = Command(Verb.ROLLBACK, "ann", "hotfix not needed", take_from=("hotfix",))
    story.service.command(story.policy.service, order, story.clock.now)
    story.until_quiet(within=3 * HOUR)
    assert (story.phase, story.split) == (Phase.ROLLED_BACK, {"blue-0": 100})
    check(story)


def test_after_a_swap_was_put_back_the_rollout_goes_on_by_an_operators_resume() -> None:
    story = on_trial(Phase.BAKING, 0)
    swap(story, {"hotfix": 90, "green-2": 10})
    story.pass_time(5 * MINUTE)
    story.foreign_split({"blue-0": 90, "green-2": 10})
    story.pass_time(5 * MINUTE)
    assert held_for(story) is HoldReason.DRIFT
    story.command(Verb.RESUME)
    story.until_quiet(within=3 * HOUR)
    assert (story.phase, story.split) == (Phase.SUCCEEDED, {"green-2": 100})
    check(story)


def test_a_mirror_that_keeps_the_old_stable_is_named() -> None:
    story = on_trial(Phase.PROMOTED, 2)
    story.foreign_split({"green-2": 100}, {"blue-0": 5})
    story.until_phase(Phase.RETIRING, within=HOUR)
    story.pass_time(2 * HOUR)
    assert "blue-0 cannot be deleted: it has 5 % of mirrored traffic" in story.log.attentions[-1]
    story.foreign_split({"green-2": 100})
    story.until_quiet(within=HOUR)
    assert story.deployments == {"green-2": "Succeeded"}
