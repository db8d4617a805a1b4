"""The second clock: one invocation of all that see a dead timer asks for one tick, and seldom."""

from datetime import timedelta

import pytest

from rollout.errors import StoreUnavailableError
from rollout.ports import LiveRow
from rollout.service import RolloutService
from tests.doubles.seam import CrashError, raising
from tests.support.stories.stage import START, Story

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
ASKED = ("store.clocks", "store.second_tick", "queue.wake_due")


def last_ticked(*, woke: bool = True) -> Story:
    """The timer ticked at START, in another process."""
    story = Story()
    if woke:
        story.store.put_live(LiveRow(story.endpoint, "fraud", START))
    story.service.tick(START)
    story.queue._messages.clear()
    story.restart()
    story.seam.calls.clear()
    return story


def calls(story: Story) -> tuple[int, ...]:
    """Reads of the row, attempts to be the one, and messages put."""
    return tuple(story.seam.calls[name] for name in ASKED)


@pytest.mark.parametrize(("woke", "minutes"), [(True, 2), (False, 7)])
def test_a_mark_that_a_running_timer_may_leave_asks_for_nothing(woke: bool, minutes: int) -> None:  # noqa: FBT001 - a case
    story = last_ticked(woke=woke)
    story.service.watch_timer(START + minutes * MINUTE)
    assert calls(story) == (1, 0, 0)
    story.service.watch_timer(START + minutes * MINUTE + 45 * SECOND)
    assert calls(story) == (2, 1, 1)


def test_a_process_in_which_the_timer_runs_reads_nothing() -> None:
    story = Story()
    story.service.tick(START)
    story.seam.calls.clear()
    story.service.watch_timer(START + 2 * MINUTE)
    assert calls(story) == (0, 0, 0)


def test_a_busy_process_reads_the_row_once_in_two_minutes_while_the_timer_runs() -> None:
    story = last_ticked()
    other = RolloutService(story.ports, story.limits)
    for second in range(600):
        now = START + second * SECOND
        if second % 60 == 0:
            other.tick(now)
        story.service.watch_timer(now)
    assert story.seam.calls["store.clocks"] <= 6
    assert story.seam.calls["store.second_tick"] == 0


def test_an_idle_app_that_is_probed_pays_what_it_paid() -> None:
    story = Story()
    story.service.tick(START)
    other = RolloutService(story.ports, story.limits)
    story.seam.calls.clear()
    for minute in range(1, 61):
        now = START + minute * MINUTE
        story.service.tick(now)
        other.health(now + 30 * SECOND)
    assert story.seam.calls["store.second_tick"] == story.seam.calls["queue.wake_due"] == 0
    assert story.seam.calls["store.clocks"] == 60, "health reads the row, as it always did"


def test_a_timer_that_moves_between_processes_is_not_taken_for_dead() -> None:
    story = last_ticked(woke=False)
    here, there = (RolloutService(story.ports, story.limits) for _ in range(2))
    here.tick(START + MINUTE)
    story.store.put_live(LiveRow(story.endpoint, "fraud", START))
    there.tick(START + 2 * MINUTE)
    story.store.drop_live(story.store.live()[0])
    for minute in range(3, 8):
        here.tick(START + minute * MINUTE)
        story.service.watch_timer(START + minute * MINUTE + 30 * SECOND)
    assert story.seam.calls["store.second_tick"] == 0


def test_however_many_invocations_there_are_a_dead_timer_is_replaced_once_a_minute() -> None:
    story = last_ticked()
    instances = [RolloutService(story.ports, story.limits) for _ in range(5)]
    begin = START + 10 * MINUTE
    for second in range(180):
        for each in instances:
            each.watch_timer(begin + second * SECOND)
            each.health(begin + second * SECOND)
    assert story.seam.calls["queue.wake_due"] == 4, "every 45 seconds"
    assert len(story.queue) == 4


def test_of_two_instances_at_once_one_asks() -> None:
    story = last_ticked()
    other, now = RolloutService(story.ports, story.limits), START + 3 * MINUTE
    story.seam.once_before("store.second_tick", lambda: other.watch_timer(now))
    story.service.watch_timer(now)
    assert calls(story) == (2, 2, 1)


def test_a_timer_that_comes_back_in_between_is_left_to_it() -> None:
    story = last_ticked()
    other, now = RolloutService(story.ports, story.limits), START + 3 * MINUTE

    def ticks() -> None:
        other.tick(now)

    story.seam.once_before("store.second_tick", ticks)
    story.service.watch_timer(now)
    assert calls(story) == (1, 1, 0)
    assert story.store.clocks().tick == now


@pytest.mark.parametrize("call", ASKED)
def test_what_fails_is_tried_again_by_the_next_and_fails_no_door(call: str) -> None:
    story = last_ticked()
    story.seam.once_before(call, raising(StoreUnavailableError("503")))
    story.service.watch_timer(START + 3 * MINUTE)
    assert not len(story.queue)
    story.service.watch_timer(START + 3 * MINUTE + 45 * SECOND)
    assert len(story.queue) == 1


@pytest.mark.parametrize("call", ASKED)
def test_a_process_that_dies_on_the_way_costs_one_turn(call: str) -> None:
    story = last_ticked()
    story.seam.once_before(call, raising(CrashError("here")))
    with pytest.raises(CrashError):
        story.service.watch_timer(START + 3 * MINUTE)
    story.restart()
    story.service.watch_timer(START + 4 * MINUTE)
    assert len(story.queue) == 1


def test_a_mark_of_a_clock_that_was_put_back_holds_nobody_up() -> None:
    story = last_ticked()
    story.service.watch_timer(START - 11 * MINUTE)
    assert calls(story) == (1, 1, 1)
    story.service.watch_timer(START - 22 * MINUTE)
    assert calls(story) == (2, 2, 2)


def test_an_invocation_that_stood_still_sees_that_the_timer_went_on() -> None:
    story = last_ticked()
    story.service.watch_timer(START - 3 * MINUTE)
    assert calls(story) == (1, 0, 0)


def test_an_invocation_that_stood_still_asks_for_no_tick_that_others_asked_for() -> None:
    """Its own time is that of its beginning: what the others wrote lies ahead of it."""
    story = last_ticked()
    other, began = RolloutService(story.ports, story.limits), START + 3 * MINUTE

    def goes_on() -> None:
        other.watch_timer(began + MINUTE)

    story.seam.once_before("store.clocks", goes_on)
    story.service.watch_timer(began)
    assert len(story.queue) == 1
    assert story.store.clocks().second == began + MINUTE


def test_an_app_that_never_ticked_is_ticked_for_and_does_not_look_ready() -> None:
    story = Story()
    assert story.service.health(START).text == "no tick has run yet"
    story.service.second_tick(START + MINUTE)
    late = story.service.health(START + MINUTE)
    assert (late.ready, late.tick_age) == (False, None)
    assert "in its place" in late.text


def test_health_names_the_dead_timer_whoever_stands_in() -> None:
    story = last_ticked()
    for minute in range(3, 60):
        now = START + minute * MINUTE
        state = story.service.health(now)
        story.service.second_tick(now)
        assert state.tick_age == minute * MINUTE
        assert state.ready is (minute <= 10)
    assert state.text == "the tick is overdue; other invocations wake what is due in its place"
    (row,) = (each for each in story.service.readiness(now).rows if each.name == "controller")
    assert row.text.endswith("in its place, where there are any: restart the app.")


def test_rounds_go_on_from_process_to_process_and_leave_the_mark_alone() -> None:
    story = last_ticked()
    first, second = (RolloutService(story.ports, story.limits) for _ in range(2))
    swept = [
        (first, second)[minute % 2].second_tick(START + minute * MINUTE).swept
        for minute in range(10, 70)
    ]
    assert sum(swept) == 6
    assert story.store.clocks().tick == START
