"""Wake-ups and the table `Live`: nothing is forgotten, nothing adds up."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from rollout.core.records.offers import OfferState
from rollout.core.records.phases import Phase
from tests.doubles.seam import CrashError, raising
from tests.support.stories.invariants import check
from tests.support.stories.stage import Story
from tests.support.stories.trouble import always, busy, unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def test_an_offer_that_comes_while_the_live_row_is_dropped_is_not_lost() -> None:
    boundary = 0
    while True:
        story = Story()
        story.adopt()
        story.register("2")
        story.until_phase(Phase.SUCCEEDED, within=HOUR)
        story.until(lambda s=story: s.current.idle and s.current.head != "", within=HOUR)  # type: ignore[misc]  # bound now
        story.queue._messages.clear()
        story.put_model("3")
        made = story.interrupt(boundary, lambda s=story: s.registered("3"))  # type: ignore[misc]  # bound now
        story.work()
        if not made.happened:
            assert boundary > 2, "the pass that forgets makes several calls"
            return
        story.queue._messages.clear()  # the wake-up is lost too: only the row in `Live` remembers
        story.until_started("3", within=3 * MINUTE)
        story.until_quiet(within=2 * HOUR)
        assert story.offer_of("3").state is OfferState.ROLLOUT
        check(story)
        boundary += 1


def test_an_offer_whose_live_row_is_dropped_just_before_it_is_saved_is_not_lost() -> None:
    story = Story()
    story.adopt()
    story.register("2")
    story.until_phase(Phase.SUCCEEDED, within=HOUR)
    story.until(lambda: story.current.idle and story.current.head != "", within=HOUR)
    story.queue._messages.clear()
    story.put_model("3")
    story.seam.once_before("store.commit", story.work)
    story.registered("3")
    story.queue._messages.clear()
    story.until_started("3", within=3 * MINUTE)


@pytest.mark.parametrize("phase", [Phase.CREATING, Phase.SHIFTING])
def test_chains_of_rechecks_end_with_their_tick_and_never_add_up(phase: Phase) -> None:
    """Of the rehearsal and of a raise: Azure takes neither for ten minutes."""
    story = Story()
    story.adopt()
    ends: list[Callable[[], None]] = []
    first = "deployments.put" if phase is Phase.SHIFTING else "store.suspension"
    story.seam.once_before(
        first,
        lambda: ends.append(always(story.seam, lambda name: name == "endpoints.put", busy)),
    )
    story.register("2")
    story.until_phase(phase, within=HOUR)
    for _ in range(10):
        before = len(story.costs)
        story.pass_time(MINUTE)
        # One tick's wake-up, and a recheck every 5 s until the next tick.
        assert len(story.costs) - before <= 13
        assert len(story.queue) <= 2
    ends[0]()
    story.until_quiet(within=2 * HOUR)
    check(story)


def test_a_door_wakes_work_at_once() -> None:
    story = Story()
    story.adopt()
    story.pass_time(timedelta(seconds=10))
    story.register("2")
    story.pass_time(timedelta(seconds=1))
    assert story.phase is Phase.CREATING


def test_a_lost_wake_up_costs_at_most_one_tick() -> None:
    story = Story()
    story.adopt()
    story.register("2")
    story.pass_time(timedelta(0))
    for _ in range(40):
        story.queue._messages.clear()
        story.pass_time(MINUTE)
    story.until_quiet(within=HOUR)
    assert story.phase is Phase.SUCCEEDED
    check(story)


def test_an_offer_whose_door_died_after_saving_starts_with_the_next_tick() -> None:
    story = Story()
    story.adopt()
    story.put_model("2")
    story.seam.once_after("store.commit", raising(CrashError("the door")))
    with pytest.raises(CrashError):
        story.offer("2")
    story.restart()
    # The row in `Live` was there before the offer: no sweep is needed to find it.
    story.until_started("2", within=2 * MINUTE)
    story.until_quiet(within=HOUR)
    check(story)


def test_the_app_is_ready_once_a_tick_ran_and_not_when_ticks_stop() -> None:
    story = Story()
    assert not story.service.health(story.clock.now).ready
    story.pass_time(2 * MINUTE)
    assert story.service.health(story.clock.now).ready
    assert not story.service.health(story.clock.now + HOUR).ready


def test_a_row_in_live_goes_when_all_is_done_and_announced() -> None:
    story = Story()
    story.adopt()
    end = always(story.seam, lambda name: name == "lifecycle.publish", unavailable)
    story.register("2")
    story.until_phase(Phase.SUCCEEDED, within=HOUR)
    story.pass_time(5 * MINUTE)
    assert story.store._live, "something is still to be announced"
    end()
    story.pass_time(3 * MINUTE)
    assert not story.store._live
