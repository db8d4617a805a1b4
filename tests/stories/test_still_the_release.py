"""The deployment on trial must still be the release, and stable what it is compared with."""

from dataclasses import replace

import pytest

from rollout.core.records.phases import Phase
from rollout.core.records.rollout import HoldReason
from rollout.core.records.signals import Verb
from rollout.errors import RefusedError
from tests.support.stories.azure import SOMEBODY, deployment_spec
from tests.support.stories.invariants import check
from tests.support.stories.policies import MODEL
from tests.support.stories.scenes import HOUR, MINUTE, held_for, on_trial
from tests.support.stories.stage import DIALS, Story

TRIALS = [
    (Phase.VALIDATING, 0),
    (Phase.BAKING, 0),
    (Phase.BAKING, 1),
    (Phase.BAKING, 2),
    (Phase.PROMOTED, 2),
]


def replaced(story: Story, name: str, *, keep_tags: bool = True) -> None:
    """Somebody updates a deployment in place to model 9."""
    endpoint = story.policy.endpoint
    story.put_model("9")
    there = story.world.deployments.get(endpoint, name).spec
    other = deployment_spec(story.world, MODEL, "9", 2)
    other = replace(other, tags=there.tags if keep_tags else {})
    story.world.deployments.put(endpoint, name, other, SOMEBODY)


@pytest.mark.parametrize(("phase", "stage"), TRIALS)
@pytest.mark.parametrize("tags", [True, False], ids=["tags kept", "tags dropped"])
def test_a_candidate_replaced_in_place_is_held_and_never_promoted(
    phase: Phase, stage: int, *, tags: bool
) -> None:
    story = on_trial(phase, stage)
    replaced(story, "green-2", keep_tags=tags)
    story.pass_time(2 * HOUR)
    assert (story.phase, held_for(story)) == (phase, HoldReason.REPLACED)
    assert story.log.attentions
    assert "blue-0" in story.deployments
    with pytest.raises(RefusedError, match="roll back, or restore it"):
        story.command(Verb.RESUME)
    story.command(Verb.ROLLBACK)
    story.until_quiet(within=2 * HOUR)
    assert story.split == {"blue-0": 100}
    check(story)


def test_a_candidate_put_back_goes_on_with_a_fresh_window_after_resume() -> None:
    story = on_trial(Phase.BAKING, 0)
    release = story.world.deployments.get(story.policy.endpoint, "green-2").spec
    replaced(story, "green-2")
    story.pass_time(5 * MINUTE)
    story.world.deployments.put(story.policy.endpoint, "green-2", release, SOMEBODY)
    story.pass_time(5 * MINUTE)
    assert held_for(story) is HoldReason.REPLACED
    story.command(Verb.RESUME)
    story.until_quiet(within=3 * HOUR)
    assert story.phase is Phase.SUCCEEDED
    check(story)


def test_a_deployment_made_by_hand_under_the_candidates_name_is_not_taken_for_it() -> None:
    story = Story(dials=DIALS)
    story.adopt()
    story.pass_time(2 * MINUTE)
    busy = story.seam.before
    block = [True]

    def refuse(name: str) -> None:
        if block and name == "deployments.put":
            block.clear()
            story.put_model("9")
            spec = deployment_spec(story.world, MODEL, "9", 2)
            story.world.deployments.put(story.policy.endpoint, "green-2", spec, SOMEBODY)

    busy.append(refuse)
    story.register("2")
    story.pass_time(30 * MINUTE)
    assert (story.phase, held_for(story)) == (Phase.CREATING, HoldReason.REPLACED)
    story.command(Verb.ROLLBACK)
    story.until_quiet(within=HOUR)
    assert story.phase is Phase.FAILED
    assert "green-2" in story.deployments, "what somebody else made is not deleted"
    assert story.split == {"blue-0": 100}


@pytest.mark.parametrize(("phase", "stage"), TRIALS)
def test_a_stable_replaced_in_place_holds_until_an_operator_accepts_it(
    phase: Phase, stage: int
) -> None:
    story = on_trial(phase, stage)
    replaced(story, "blue-0")
    story.pass_time(2 * HOUR)
    assert (story.phase, held_for(story)) == (phase, HoldReason.REPLACED)
    assert "fraud-model:9" in story.log.attentions[0]
    story.command(Verb.RESUME)
    if phase is Phase.VALIDATING:
        story.clients.behaviours.clear()
    story.until_quiet(within=4 * HOUR)
    assert (story.phase, story.split) == (Phase.SUCCEEDED, {"green-2": 100})
    check(story)


def test_a_hotfix_of_the_old_stable_is_not_deleted_while_it_is_retired() -> None:
    story = on_trial(Phase.RETIRING, 2)
    if "blue-0" in story.deployments and story.deployments["blue-0"] == "Succeeded":
        replaced(story, "blue-0")
        story.pass_time(2 * HOUR)
        assert "blue-0" in story.deployments
