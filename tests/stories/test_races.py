"""Two workers at once: at every call of one, the other does all of its work."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from rollout.core.policy.model import Stage
from rollout.core.records.phases import FINAL_PHASES, Phase
from rollout.core.records.rollout import Cause
from rollout.core.records.signals import Expected, Verb
from rollout.errors import RefusedError, StoreUnavailableError
from tests.support.stories.invariants import check
from tests.support.stories.policies import POLICY
from tests.support.stories.stage import Story

# The same lines thousands of times: tracing them costs twice their run and covers nothing more.
pytestmark = pytest.mark.no_cover

HOUR = timedelta(hours=1)
Intent = Callable[[Story], bool]
"""Does one thing to a story; True when the product agreed to go back because of it."""


def wake_up(story: Story) -> bool:
    story.work()
    return False


def alert(story: Story) -> bool:
    return story.alert("green-2").outcome == "rolling back"


def rollback(story: Story) -> bool:
    return _pressed(story, Verb.ROLLBACK)


def pause(story: Story) -> bool:
    _pressed(story, Verb.PAUSE)
    return False


def resume(story: Story) -> bool:
    _pressed(story, Verb.RESUME)
    return False


def advance(story: Story) -> bool:
    _pressed(story, Verb.ADVANCE)
    return False


def newer_version(story: Story) -> bool:
    story.put_model("3")
    story.registered("3")
    return False


def _pressed(story: Story, verb: Verb) -> bool:
    try:
        story.command(verb, skip_evidence=verb is Verb.ADVANCE)
    except RefusedError:
        return False
    return True


def bake_over(story: Story) -> None:
    """The next pass gives the candidate 50 %."""
    story.until_phase(Phase.BAKING, within=HOUR)
    story.pass_time(timedelta(minutes=3, seconds=30))
    story.clock.by(timedelta(seconds=30))


def held(story: Story) -> None:
    """A person paused the first stage."""
    story.until_phase(Phase.BAKING, within=HOUR)
    story.command(Verb.PAUSE)
    story.pass_time(timedelta(minutes=10, seconds=3))


def keep_over(story: Story) -> None:
    """The next pass deletes the old stable."""
    story.until_phase(Phase.PROMOTED, within=HOUR)
    story.pass_time(story.policy.keep - timedelta(seconds=20))
    story.clock.by(timedelta(seconds=30))


FORWARD = [wake_up, alert, rollback, pause, advance, newer_version]
HELD = [wake_up, alert, rollback, resume, newer_version]
KEPT = [wake_up, alert, rollback, pause, newer_version]
PAIRS = [
    *((bake_over, first, second) for first in FORWARD for second in FORWARD),
    *((held, first, second) for first in HELD for second in HELD),
    *((keep_over, first, second) for first in KEPT for second in KEPT),
]


@pytest.mark.parametrize(
    ("situation", "first", "second"),
    PAIRS,
    ids=[f"{s.__name__}-{a.__name__}-{b.__name__}" for s, a, b in PAIRS],
)
def test_two_workers_at_once_keep_every_invariant(
    situation: Callable[[Story], None], first: Intent, second: Intent
) -> None:
    boundary = 0
    while True:
        story = Story()
        story.adopt()
        story.register("2")
        situation(story)
        rollout = story.rollout.id
        made = story.interrupt(boundary, lambda s=story: second(s))  # type: ignore[misc]  # bound now
        try:
            goes_back = first(story)
        except StoreUnavailableError:
            goes_back = False  # the door says: try again
        if not made.happened:
            assert boundary > 0
            return
        finish(story)
        check(story)
        ended = story.as_it_ended(rollout)
        if goes_back or made.result:
            assert ended.phase is Phase.ROLLED_BACK, f"boundary {boundary}"
            assert ended.cause in (Cause.ALERT, Cause.OPERATOR)
        else:
            assert ended.phase in (Phase.SUCCEEDED, Phase.SUPERSEDED), f"boundary {boundary}"
        boundary += 1


def finish(story: Story) -> None:
    """Let a person lift what is held, and everything end."""
    for _ in range(10):
        story.until(lambda: story.idle or story.is_held, within=12 * HOUR)
        if story.idle:
            return
        story.command(Verb.RESUME)
    raise AssertionError(f"held again and again: {story.describe()}")


def test_advance_pressed_twice_never_skips_a_stage() -> None:
    stages = tuple(Stage(weight, timedelta(hours=1)) for weight in (10, 50, 100))
    story = Story(replace(POLICY, stages=stages))
    story.adopt()
    story.register("2")
    story.until_phase(Phase.BAKING, within=HOUR)
    story.pass_time(timedelta(minutes=1))
    # The calls before are those that find the service: the row is read again to decide.
    made = story.interrupt(2, lambda: _pressed(story, Verb.ADVANCE), after=True)
    with pytest.raises(RefusedError, match="is SHIFTING now, not BAKING"):
        story.command(Verb.ADVANCE, skip_evidence=True)
    assert made.happened
    story.until_phase(Phase.BAKING, within=HOUR)
    assert story.rollout.stage == 1
    check(story)


def test_a_stale_press_is_refused_by_what_the_person_believed() -> None:
    story = Story()
    story.adopt()
    story.register("2")
    story.until_phase(Phase.BAKING, stage=1, within=HOUR)
    with pytest.raises(RefusedError, match="stage is 1 now, not 0"):
        story.command(Verb.ADVANCE, expected=Expected(stage=0))
    with pytest.raises(RefusedError, match="not another"):
        story.command(Verb.ROLLBACK, expected=Expected(rollout="another"))
    # A stage that moved never refuses the way back.
    story.command(Verb.ROLLBACK, expected=Expected(stage=0))
    finish(story)
    assert story.phase is Phase.ROLLED_BACK
    check(story)


@pytest.mark.parametrize("first", [True, False], ids=["candidate", "first deployment"])
def test_a_duplicate_message_during_creation_creates_once(first: bool) -> None:  # noqa: FBT001
    boundary = 0
    while True:
        story = Story()
        if first:
            story.adopt()
        story.register("2")
        story.pass_time(timedelta(0))
        made = story.interrupt(boundary, lambda s=story: wake_up(s))  # type: ignore[misc]  # bound now
        story.until(lambda m=made, s=story: m.happened or s.phase in FINAL_PHASES)  # type: ignore[misc]  # bound now
        story.until_quiet(within=HOUR)
        assert story.seam.calls["deployments.put"] == 1, f"boundary {boundary}"
        assert story.phase is Phase.SUCCEEDED
        check(story)
        boundary += 1
        if boundary > 60:
            return
