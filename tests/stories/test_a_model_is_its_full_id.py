"""Models of the same name and version in two places are two models."""

from dataclasses import replace

import pytest

from rollout.core.records.offers import OfferState
from rollout.core.records.phases import Phase
from tests.support.stories.policies import MODEL
from tests.support.stories.scenes import HOUR, SETTLED
from tests.support.stories.stage import Story

OTHER_WORKSPACE = (
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/training"
    "/providers/Microsoft.MachineLearningServices/workspaces/ws-train"
)


@pytest.mark.parametrize("home", ["azureml://registries/shared", OTHER_WORKSPACE])
def test_the_workspaces_own_version_is_rolled_out_beside_another_homes_of_the_same_name(
    home: str,
) -> None:
    story = Story()
    story.adopt()
    story.pass_time(SETTLED)
    those = story.world._state.deployments[story.policy.endpoint]
    blue = those["blue-0"]
    elsewhere = f"{home}/models/{MODEL}/versions/2"
    those["blue-0"] = replace(blue, spec=replace(blue.spec, model_id=elsewhere))
    story.register("2")
    story.until_quiet(within=2 * HOUR)
    assert (story.phase, story.version) == (Phase.SUCCEEDED, "2"), story.describe()
    assert story.offer_of("2").state is OfferState.ROLLOUT
