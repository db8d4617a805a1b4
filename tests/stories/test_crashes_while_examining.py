"""Every call of passes that examine is a boundary: no row is left out, and none counts twice."""

from dataclasses import replace

import pytest

from rollout.core.records.phases import Phase
from tests.stories.test_crashes import enumerate_boundaries
from tests.support.stories.examined import TRIED
from tests.support.stories.stage import Story
from tests.support.stories.trouble import Trouble

# The same lines hundreds of times: see test_crashes.
pytestmark = pytest.mark.no_cover

ROWS = 150
THREE_SLICES = 40
"""Calls from the validation on in which the contract and the whole set are sent."""


class Examined:
    """A version on trial whose set takes three slices; one stage. Its rows are counted."""

    policy = replace(TRIED, stages=TRIED.stages[-1:])

    def __call__(self, story: Story) -> None:
        story.bundle.golden = ROWS
        story.adopt()
        story.register("2")
        story.until_phase(Phase.SHIFTING)
        assert story.rollout.exam.scores["paired"]["rows"] == ROWS, story.rollout.exam
        assert story.rollout.exam.checked == story.rollout.exam.asked + ROWS


SCENARIO = Examined()


@pytest.mark.parametrize("trouble", list(Trouble))
def test_a_golden_set_is_sent_as_without_crash(trouble: Trouble) -> None:
    enumerate_boundaries(SCENARIO, trouble, begins=(Phase.VALIDATING, 0), most=THREE_SLICES)
