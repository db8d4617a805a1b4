"""Where stories begin: a version on trial beside an adopted stable, at the phase that is wanted."""

from datetime import timedelta

from rollout.core.records.phases import Phase
from rollout.core.records.rollout import HoldReason
from tests.support.stories.azure import Behaviour
from tests.support.stories.invariants import check
from tests.support.stories.stage import Story

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
SETTLED = timedelta(minutes=2)


def on_trial(phase: Phase, stage: int = 0, story: Story | None = None) -> Story:
    """Version 2 is on trial beside `blue-0` and has just entered this phase and stage."""
    story = story or Story()
    story.adopt()
    story.pass_time(SETTLED)
    if phase is Phase.VALIDATING:
        story.serves("2", Behaviour(transient="401 while keys propagate"))
    story.register("2")
    story.until_phase(phase, stage=stage, within=4 * HOUR)
    story.pass_time(timedelta(seconds=1))
    assert story.phase is phase
    return story


def held_for(story: Story) -> HoldReason:
    """Why the rollout is held."""
    hold = story.rollout.hold
    assert hold is not None, story.describe()
    return hold.reason


def succeeds(story: Story) -> None:
    """The rollout goes on and wins."""
    story.until_quiet(within=6 * HOUR)
    assert story.phase is Phase.SUCCEEDED
    check(story)


def wins(story: Story, version: str) -> None:
    """The version is served by its own rollout in the end."""
    story.until_started(version, within=4 * HOUR)
    story.until_quiet(within=4 * HOUR)
    assert story.phase is Phase.SUCCEEDED
    assert story.rollout.release.version == version
    assert list(story.deployments) == [story.rollout.candidate]
    check(story)
