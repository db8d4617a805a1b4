"""An app with nothing to do costs one storage transaction a tick, and sweeps on time."""

from datetime import timedelta

from rollout.ports import LiveRow
from tests.support.stories.stage import START, Story

MINUTE = timedelta(minutes=1)


def test_an_idle_tick_is_one_query_and_a_mark_every_five_minutes() -> None:
    story = Story()
    story.service.tick(START)
    story.seam.calls.clear()
    for minute in range(1, 11):
        story.service.tick(START + minute * MINUTE)
    assert story.seam.calls["store.live_due"] == 10
    assert story.seam.calls["store.mark_tick"] == 2


def test_a_clock_that_was_put_back_keeps_no_mark_waiting() -> None:
    story = Story()
    story.service.tick(START + 60 * MINUTE)
    story.seam.calls.clear()
    story.service.tick(START)
    story.service.tick(START + 1 * MINUTE)
    assert story.seam.calls["store.mark_tick"] == 2, "one at once, one with the rounds' places"
    assert story.service.health(START + 2 * MINUTE).ready


def test_the_sweep_of_live_endpoints_begins_every_ten_minutes() -> None:
    story = Story()
    swept = [minute for minute in range(60) if story.service.tick(START + minute * MINUTE).swept]
    assert swept == [0, 10, 20, 30, 40, 50]


def test_health_goes_by_the_mark() -> None:
    story = Story()
    assert not story.service.health(START).ready
    story.service.tick(START)
    assert story.service.health(START + 10 * MINUTE).ready
    late = story.service.health(START + 11 * MINUTE)
    assert not late.ready
    assert late.text.startswith("the tick is overdue")


def test_a_mark_says_whether_something_was_due_and_the_first_quiet_tick_is_marked() -> None:
    story = Story()
    story.service.tick(START)
    assert story.store.clocks().quiet
    row = LiveRow("/e", "fraud", START)
    story.store.put_live(row)
    story.service.tick(START + MINUTE)
    assert not story.store.clocks().quiet
    story.store.drop_live(story.store.live()[0])
    story.seam.calls.clear()
    for minute in range(2, 6):
        story.service.tick(START + minute * MINUTE)
    assert story.store.clocks().quiet
    assert story.seam.calls["store.mark_tick"] == 1
