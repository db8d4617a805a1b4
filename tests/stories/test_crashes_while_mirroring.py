"""Every call of a rollout that begins with a mirror is a boundary too."""

import pytest

from rollout.core.records.phases import Phase
from tests.stories.test_crashes import enumerate_boundaries
from tests.support.stories.azure import FAILING
from tests.support.stories.policies import MIRRORING
from tests.support.stories.stage import Story
from tests.support.stories.trouble import Trouble

# The same lines hundreds of times: see test_crashes.
pytestmark = pytest.mark.no_cover

TO_THE_FIRST_WEIGHT = 60
"""Calls from the first shift on in which the mirror is set, judged, and gives way to a weight."""


class Mirrored:
    """A version on trial whose first stage is a mirror."""

    policy = MIRRORING

    def __call__(self, story: Story) -> None:
        story.adopt()
        story.register("2")


class Failing(Mirrored):
    """Its copies fail: the gate rolls back from the mirror."""

    def __call__(self, story: Story) -> None:
        story.serves("2", FAILING)
        super().__call__(story)


class Dropped(Mirrored):
    """An older client drops the mirror, once."""

    def __call__(self, story: Story) -> None:
        super().__call__(story)
        story.when(
            lambda: story.standing == (Phase.BAKING, 0) and bool(story.mirror),
            lambda: story.foreign_split({"blue-0": 100}),
        )


@pytest.mark.parametrize("trouble", list(Trouble))
def test_a_mirror_and_the_step_to_the_first_weight_end_as_without_crash(trouble: Trouble) -> None:
    begins = (Phase.SHIFTING, 0)
    enumerate_boundaries(Mirrored(), trouble, begins=begins, most=TO_THE_FIRST_WEIGHT)


@pytest.mark.parametrize("trouble", list(Trouble))
def test_a_rollback_from_the_mirror_ends_as_without_crash(trouble: Trouble) -> None:
    enumerate_boundaries(Failing(), trouble, begins=(Phase.BAKING, 0))


@pytest.mark.parametrize("trouble", list(Trouble))
def test_a_mirror_that_is_put_back_ends_as_without_crash(trouble: Trouble) -> None:
    enumerate_boundaries(Dropped(), trouble, begins=(Phase.BAKING, 0), most=TO_THE_FIRST_WEIGHT)
