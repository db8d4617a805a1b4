"""Every call of passes that probe is a boundary too, above all between sending and saving."""

from dataclasses import replace

import pytest

from rollout.core.records.phases import Phase
from tests.stories.test_crashes import enumerate_boundaries
from tests.support.stories.probed import QUICK, quiet
from tests.support.stories.stage import Story
from tests.support.stories.trouble import Trouble

# The same lines hundreds of times: see test_crashes.
pytestmark = pytest.mark.no_cover

TWO_PASSES = 24
"""Calls from the validation on in which both passes at 0 % are."""

SETTLED_PASSES = 40
"""Calls from a bake's begin on in which several passes settle minutes and probe."""


class Probed:
    """A version on trial at little traffic; two stages."""

    policy = replace(QUICK, stages=QUICK.stages[::2])

    def __call__(self, story: Story) -> None:
        quiet(story=story)
        story.register("2")


SCENARIO = Probed()


@pytest.mark.parametrize("trouble", list(Trouble))
def test_probes_before_the_first_weight_end_as_without_crash(trouble: Trouble) -> None:
    enumerate_boundaries(SCENARIO, trouble, begins=(Phase.VALIDATING, 0), most=TWO_PASSES)


@pytest.mark.parametrize("trouble", list(Trouble))
def test_a_probed_stage_ends_as_without_crash(trouble: Trouble) -> None:
    enumerate_boundaries(SCENARIO, trouble, begins=(Phase.BAKING, 0), most=SETTLED_PASSES)
