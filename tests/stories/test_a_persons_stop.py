"""What an operator stopped stays stopped until an operator lets it go on."""

from datetime import timedelta

import pytest

from rollout.core.records.phases import Phase
from rollout.core.records.rollout import HoldReason
from rollout.core.records.signals import Verb
from tests.support.stories.invariants import check
from tests.support.stories.scenes import HOUR, MINUTE, held_for, on_trial


@pytest.mark.parametrize("phase", [Phase.CREATING, Phase.BAKING])
def test_a_newer_version_waits_behind_an_operators_pause(phase: Phase) -> None:
    story = on_trial(phase)
    story.command(Verb.PAUSE)
    story.register("3")
    story.pass_time(2 * HOUR)
    assert (story.phase, story.version) == (phase, "2")
    assert held_for(story) is HoldReason.OPERATOR
    assert story.offer_of("3").text == (
        "it waits: the rollout is held (operator) by ann until an operator decides"
    )
    story.command(Verb.RESUME)
    story.until_quiet(within=4 * HOUR)
    assert (story.phase, story.version) == (Phase.SUCCEEDED, "3")
    check(story)


def test_a_newer_version_waits_behind_an_alert_on_stable() -> None:
    story = on_trial(Phase.BAKING, 0)
    story.alert("blue-0", window_end=story.clock.now)
    story.register("3")
    story.pass_time(HOUR)
    assert held_for(story) is HoldReason.ALERT
    assert story.split == {"blue-0": 90, "green-2": 10}


@pytest.mark.parametrize("name", ["green-2", "purple-77"])
def test_a_late_alert_about_a_deployment_that_is_gone_is_recorded_and_holds_nothing(
    name: str,
) -> None:
    story = on_trial(Phase.BAKING, 1)
    story.alert("green-2", window_end=story.clock.now)
    story.until_quiet(within=3 * HOUR)
    over = story.clock.now
    story.register("3")
    story.until_phase(Phase.BAKING, within=HOUR)
    story.pass_time(MINUTE)
    late = story.alert(name, window_end=over - timedelta(minutes=10))
    assert (late.outcome, late.reason) == (
        "recorded",
        f"{name} is not on this endpoint (any more)",
    )
    assert story.rollout.hold is None
    story.until_quiet(within=3 * HOUR)
    assert (story.phase, story.version) == (Phase.SUCCEEDED, "3")
