"""The timer does not fire for an hour: alerts and a health probe a minute keep rollouts going."""

import pytest

from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Cause
from rollout.core.records.signals import AlertFired
from rollout.service import RolloutService
from tests.doubles.seam import CrashError
from tests.support.stories.azure import FAILING, HEALTHY
from tests.support.stories.invariants import check
from tests.support.stories.scenes import HOUR, MINUTE, on_trial
from tests.support.stories.stage import Story

STRANGER = AlertFired("alert-9", "latency", None, None, "of an endpoint without a rollout")


def probed(story: Story) -> None:
    """Somebody asks for health."""
    story.service.health(story.clock.now)


def alerted(story: Story) -> None:
    """An alert comes that has nothing to do with the rollout."""
    story.service.alert(f"{story.endpoint}-other", STRANGER, story.clock.now)
    story.service.watch_timer(story.clock.now)


def without_a_timer(story: Story, *asked: object) -> None:
    """From now on the timer does not fire; these come each minute."""
    story.platform.timer(runs=False)

    def minute() -> None:
        story.at(story.clock.now + MINUTE, minute)
        for each in asked:
            each(story)  # type: ignore[operator]  # one of the above

    story.at(story.clock.now + MINUTE, minute)


@pytest.mark.parametrize("asked", [(probed,), (alerted,), (probed, alerted)])
@pytest.mark.parametrize("phase", [Phase.CREATING, Phase.SHIFTING, Phase.BAKING])
def test_a_rollout_goes_on(phase: Phase, asked: tuple[object, ...]) -> None:
    story = on_trial(phase, 0)
    story.serves("2", HEALTHY)
    without_a_timer(story, *asked)
    story.until_phase(Phase.PROMOTED, within=HOUR)
    check(story)


def test_where_nobody_asks_for_anything_nothing_moves() -> None:
    story = on_trial(Phase.BAKING, 0)
    without_a_timer(story)
    story.pass_time(HOUR)
    assert (story.phase, story.rollout.stage) == (Phase.BAKING, 0)


@pytest.mark.parametrize("asked", [probed, alerted])
def test_a_bad_candidate_is_taken_back(asked: object) -> None:
    story = on_trial(Phase.BAKING, 0)
    story.serves("2", FAILING)
    without_a_timer(story, asked)
    story.until(lambda: story.split == {"blue-0": 100}, within=20 * MINUTE)
    story.until_phase(Phase.ROLLED_BACK, within=2 * HOUR)
    assert story.rollout.cause is Cause.GATE
    check(story)


def test_a_version_is_offered_and_wins_without_a_tick() -> None:
    story = Story()
    story.adopt()
    story.serves("2", HEALTHY)
    without_a_timer(story, probed)
    story.register("2")
    story.until_phase(Phase.SUCCEEDED, within=2 * HOUR)
    check(story)


def test_the_dead_timer_stays_known_for_the_hour_and_nothing_is_done_twice_when_it_is_back() -> (
    None
):
    story = on_trial(Phase.BAKING, 0)
    died = story.store.clocks().tick
    without_a_timer(story, probed)
    story.pass_time(HOUR)
    state = story.service.health(story.clock.now)
    assert story.store.clocks().tick == died
    assert (state.ready, state.text.split(";")[0]) == (False, "the tick is overdue")
    story.platform.timer(runs=True)
    story.pass_time(2 * MINUTE)
    assert story.service.health(story.clock.now).ready
    story.seam.calls.clear()
    story.pass_time(30 * MINUTE)
    assert story.seam.calls["queue.wake_due"] == 0
    check(story)


def test_two_instances_at_once_wake_once() -> None:
    story = on_trial(Phase.BAKING, 0)
    other = RolloutService(story.ports, story.limits)
    without_a_timer(story, probed, lambda each: other.health(each.clock.now))
    story.seam.calls.clear()
    story.pass_time(30 * MINUTE)
    assert 25 <= story.seam.calls["queue.wake_due"] <= 30, "not more than one a minute"


@pytest.mark.parametrize(
    "call", ["store.second_tick", "queue.wake_due", "store.live_due", "queue.wake", "store.commit"]
)
@pytest.mark.parametrize("after", [False, True])
def test_a_crash_in_the_middle_loses_nothing(call: str, after: bool) -> None:  # noqa: FBT001 - a case
    story = on_trial(Phase.BAKING, 0)
    story.serves("2", FAILING)
    without_a_timer(story, probed)
    story.pass_time(2 * MINUTE)
    died: list[str] = []

    def dies() -> None:
        died.append(call)
        raise CrashError(call)

    (story.seam.once_after if after else story.seam.once_before)(call, dies)
    story.until_phase(Phase.ROLLED_BACK, within=3 * HOUR)
    assert died
    check(story)
