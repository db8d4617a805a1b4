"""Every call of the second clock is a boundary: the timer is dead, and the app dies as well.

A probe of health and a stranger's alert a minute are all that comes.
"""

from collections.abc import Callable
from datetime import datetime
from itertools import pairwise

import pytest

from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Cause
from rollout.core.records.signals import AlertFired
from tests.doubles.seam import CrashError
from tests.support.stories.azure import FAILING, HEALTHY, Behaviour
from tests.support.stories.invariants import check
from tests.support.stories.scenes import HOUR, MINUTE, on_trial
from tests.support.stories.trouble import Nth, Trouble

# The same lines hundreds of times: see test_crashes.
pytestmark = pytest.mark.no_cover

STRANGER = AlertFired("alert-9", "latency", None, None, "of an endpoint without a rollout")
TO_THE_WAY_BACK = 28
TO_A_SECOND_TURN = 14
"""Calls from the first probe on that finds the timer overdue: elections, messages, queries of what
is due, and looks. What follows is their like."""


class TimerIsDead:
    """Version 2 has just begun to bake, and the timer does not fire any more.

    `turns` are the moments in which a tick's message was put in the timer's place. `trouble` begins
    with the first of them.
    """

    def __init__(self, behaviour: Behaviour, trouble: Nth | None = None) -> None:
        self.story = story = on_trial(Phase.BAKING, 0)
        self.turns: list[datetime] = []
        self._trouble = trouble
        story.serves("2", behaviour)
        story.seam.calls.clear()
        story.seam.before.append(self._before)
        story.platform.timer(runs=False)
        self._each_minute(self._probed, story.clock.now)
        self._each_minute(self._alerted, story.clock.now + MINUTE / 2)

    def _before(self, name: str) -> None:
        if name == "store.second_tick" and self._trouble is not None:
            self._trouble.begin(self.story.seam)
            self._trouble = None
        if name == "queue.wake_due":
            self.turns.append(self.story.clock.now)

    def _each_minute(self, act: Callable[[], None], at: datetime) -> None:
        def again() -> None:
            self._each_minute(act, at + MINUTE)
            act()

        self.story.at(at, again)

    def _probed(self) -> None:
        self.story.service.health(self.story.clock.now)

    def _alerted(self) -> None:
        story = self.story
        story.service.alert(f"{story.endpoint}-other", STRANGER, story.clock.now)
        story.service.watch_timer(story.clock.now)

    def is_bounded(self) -> None:
        """No two turns are closer than the second clock allows, and each is one query of the due.

        With the probes as they come that is one a minute: what the timer would have made.
        """
        least = self.story.limits.second_clock_every
        assert all(later - earlier >= least for earlier, later in pairwise(self.turns))
        assert self.story.seam.calls["store.live_due"] <= len(self.turns)


def boundaries(behaviour: Behaviour, ends: Phase, trouble: Trouble, most: int) -> None:
    for boundary in range(most):
        nth = Nth(boundary, trouble)
        dead = TimerIsDead(behaviour, nth)
        story = dead.story
        story.until_phase(ends, within=HOUR)
        where = f"{trouble} call {boundary}, {nth.name}"
        assert nth.happened, where
        dead.is_bounded()
        check(story)


@pytest.mark.parametrize("trouble", list(Trouble))
def test_a_bad_candidate_is_taken_back_by_the_second_clock(trouble: Trouble) -> None:
    boundaries(FAILING, Phase.DISCARDING, trouble, TO_THE_WAY_BACK)


@pytest.mark.parametrize("trouble", list(Trouble))
def test_a_rollout_goes_on_by_the_second_clock(trouble: Trouble) -> None:
    boundaries(HEALTHY, Phase.PROMOTED, trouble, TO_A_SECOND_TURN)


@pytest.mark.parametrize("each", [11, 17, 29])
@pytest.mark.parametrize(
    ("behaviour", "ends"), [(HEALTHY, Phase.SUCCEEDED), (FAILING, Phase.ROLLED_BACK)]
)
def test_an_app_that_keeps_dying_comes_to_the_end_without_its_timer(
    behaviour: Behaviour, ends: Phase, each: int
) -> None:
    """At each 11th, 17th, 29th call its process dies, and no process lives for long."""
    dead = TimerIsDead(behaviour)
    story = dead.story

    def dies(name: str) -> None:
        if story.seam.calls.total() % each == 0:
            raise CrashError(name)

    story.seam.before.append(dies)
    story.until_phase(ends, within=6 * HOUR)
    assert story.rollout.cause is (Cause.GATE if ends is Phase.ROLLED_BACK else None)
    dead.is_bounded()
    check(story)
