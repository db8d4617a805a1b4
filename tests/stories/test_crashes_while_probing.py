"""Every call of passes that probe is a boundary too, above all between sending and saving."""

from dataclasses import replace

import pytest

from localazure.stack.predictions import Kind, Prediction
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import HoldReason
from rollout.core.records.signals import Verb
from tests.stories.test_crashes import enumerate_boundaries, undisturbed
from tests.support.stories.azure import USUAL, Behaviour
from tests.support.stories.predicting import QUALITY
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


class Doubted:
    """A version that answers 5 of 40 inputs otherwise; an operator accepts that at 0 %."""

    policy = replace(Probed.policy, quality=QUALITY)

    def __call__(self, story: Story) -> None:
        quiet(story=story)
        story.serves("0", Behaviour(predicts=USUAL))
        story.serves("2", Behaviour(predicts=Prediction(Kind.FLIPPED, 0.2)))
        story.register("2")
        story.when(lambda: self._asks(story), lambda: self._advance(story))

    def _advance(self, story: Story) -> None:
        # An operator whose answer was lost looks before ordering once more.
        if self._asks(story):
            story.command(Verb.ADVANCE)

    @staticmethod
    def _asks(story: Story) -> bool:
        # Where a pass at 0 % could not probe, the doubt comes with the first weight.
        hold = None if story.phase is Phase.NONE else story.rollout.hold
        return hold is not None and hold.reason is HoldReason.PREDICTIONS


SCENARIO, DOUBTED = Probed(), Doubted()


@pytest.mark.parametrize("trouble", list(Trouble))
def test_probes_before_the_first_weight_end_as_without_crash(trouble: Trouble) -> None:
    enumerate_boundaries(SCENARIO, trouble, begins=(Phase.VALIDATING, 0), most=TWO_PASSES)


@pytest.mark.parametrize("trouble", list(Trouble))
def test_a_probed_stage_ends_as_without_crash(trouble: Trouble) -> None:
    enumerate_boundaries(SCENARIO, trouble, begins=(Phase.BAKING, 0), most=SETTLED_PASSES)


@pytest.mark.parametrize("trouble", list(Trouble))
def test_a_doubt_that_is_accepted_ends_as_without_crash(trouble: Trouble) -> None:
    assert undisturbed(DOUBTED, (Phase.VALIDATING, 0)).phase is Phase.SUCCEEDED
    enumerate_boundaries(DOUBTED, trouble, begins=(Phase.VALIDATING, 0), most=TWO_PASSES)
