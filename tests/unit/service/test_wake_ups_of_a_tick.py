"""What a tick wakes, in which messages, and what becomes of a put that fails."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest

from rollout.adapters.storage import live_rows
from rollout.adapters.storage.wakeups import WakeUp
from rollout.errors import StoreUnavailableError
from rollout.ports import DUE_AT_ONCE, FURTHEST_DUE, LiveRow
from rollout.service.wake_ups import WakeUps
from tests.doubles.seam import Hook, raising
from tests.support.stories.stage import START, Story

MINUTE = timedelta(minutes=1)


def named(number: int) -> str:
    return f"/subscriptions/s/endpoints/e-{number:05d}"


class Ticking:
    """A story of which only the tick's wake-ups are played, over rows put into `Live`."""

    def __init__(self, live: int) -> None:
        self.story = Story()
        self.waker = WakeUps(self.story.ports, self.story.limits)
        self.now = START
        self.woken: Counter[str] = Counter()
        for number in range(live):
            self.story.store.put_live(LiveRow(named(number), "s", START))

    def tick(self) -> dict[str, datetime]:
        """Play one tick; return when each endpoint is woken."""
        self.now += MINUTE
        self.story.clock.to(self.now)
        self.waker.wake_due(self.now)
        messages, self.story.queue._messages = self.story.queue._messages, []
        woken = {endpoint: each.visible for each in messages for endpoint in each.wake_up.endpoints}
        self.woken.update(woken.keys())
        return woken

    def puts(self) -> int:
        return self.story.seam.calls["queue.wake"]

    def defer(self, number: int, until: datetime) -> None:
        row = self.story.store.live_row(named(number))
        assert row is not None
        assert self.story.store.defer_live(row, until)


def failing(fails: Callable[[int], bool]) -> Hook:
    """A queue that refuses the puts of these numbers."""
    count = 0

    def before(name: str) -> None:
        nonlocal count
        if name != "queue.wake":
            return
        count += 1
        if fails(count):
            raise StoreUnavailableError("the queue did not take a wake-up")

    return before


def texts(story: Story) -> Iterator[str]:
    yield from (text for text in story.log.attentions)


def test_only_what_is_due_is_woken() -> None:
    ticking = Ticking(3)
    ticking.tick()
    ticking.defer(1, ticking.now + 3 * MINUTE)
    assert set(ticking.tick()) == {named(0), named(2)}
    assert set(ticking.tick()) == {named(0), named(2)}
    assert set(ticking.tick()) == {named(0), named(1), named(2)}


def test_a_moment_that_cannot_be_meant_wakes_at_every_tick() -> None:
    ticking = Ticking(1)
    ticking.defer(0, START + 100 * FURTHEST_DUE)
    assert set(ticking.tick()) == set(ticking.tick()) == {named(0)}


def of_an_older_app(ticking: Ticking, numbers: range, **columns: object) -> None:
    for number in numbers:
        entity = live_rows.live_entity(LiveRow(named(number), "s", START)) | columns
        ticking.story.store.plant_live({k: v for k, v in entity.items() if k != "due"})


def rows(ticking: Ticking) -> dict[str, datetime | None]:
    return {row.endpoint: row.due for row in ticking.story.store.live_due(None)}


def test_rows_of_an_older_app_are_woken_and_brought_up_to_date_some_a_tick() -> None:
    ticking = Ticking(1)
    of_an_older_app(ticking, range(1, 151))
    assert len(ticking.tick()) == len(ticking.tick()) == len(ticking.tick()) == 151
    assert set(rows(ticking).values()) == {DUE_AT_ONCE}
    assert ticking.story.seam.calls["store.defer_live"] == 150


def test_no_wake_up_waits_until_rows_are_brought_up_to_date() -> None:
    ticking = Ticking(1)
    of_an_older_app(ticking, range(1, 4))
    order: list[str] = []
    ticking.story.seam.before.append(order.append)
    ticking.tick()
    assert order[-3:] == 3 * ["store.defer_live"]
    assert "queue.wake" not in order[-3:]
    assert order.count("queue.wake") == 4


def test_rows_that_cannot_be_brought_up_to_date_are_woken_all_the_same() -> None:
    ticking = Ticking(1)
    of_an_older_app(ticking, range(1, 3))
    of_an_older_app(ticking, range(3, 4), schema=99)
    ticking.story.seam.once_before("store.defer_live", raising(StoreUnavailableError("503")))
    for _ in range(3):
        assert len(ticking.tick()) == 4
    assert [name for name, due in rows(ticking).items() if due is None] == [named(3)]


def test_one_endpoint_a_message_until_there_are_many() -> None:
    ticking = Ticking(40)
    ticking.tick()
    assert ticking.puts() == 40


def test_many_endpoints_share_messages() -> None:
    ticking = Ticking(1_000)
    assert len(ticking.tick()) == 1_000
    assert ticking.puts() <= 1_000 / 8 + 50


def test_a_few_are_woken_at_once_and_many_over_the_minute() -> None:
    few, many = Ticking(25), Ticking(1_000)
    assert set(few.tick().values()) == {few.now}
    delays = [moment - many.now for moment in many.tick().values()]
    assert max(delays) < timedelta(seconds=50)
    a_second = Counter(int(each.total_seconds()) for each in delays)
    assert max(a_second.values()) <= 2 * 1_000 / 50


def test_an_endpoint_is_woken_at_the_same_second_of_each_minute() -> None:
    ticking = Ticking(500)
    first = ticking.tick()
    second = ticking.tick()
    assert {name: moment + MINUTE for name, moment in first.items()} == second


def test_one_more_endpoint_moves_no_look_far() -> None:
    for many in (25, 26, 60, 224, 225, 226):
        one, more = Ticking(many), Ticking(many + 1)
        before, after = one.tick(), more.tick()
        assert all(
            abs(after[name] - moment) <= timedelta(seconds=1) for name, moment in before.items()
        )


def test_a_put_that_fails_is_made_again_at_once_and_keeps_no_other() -> None:
    ticking = Ticking(30)
    ticking.story.seam.before.append(failing(lambda number: number == 10))
    assert len(ticking.tick()) == 30


def test_what_a_failed_message_would_have_woken_is_put_one_by_one() -> None:
    ticking = Ticking(1_000)
    ticking.tick()
    usual = ticking.puts()
    ticking.story.seam.before.append(failing(lambda number: number == 1))
    assert len(ticking.tick()) == 1_000
    assert usual < ticking.puts() - usual <= usual + 8


def test_what_was_not_woken_is_woken_first_next_time() -> None:
    ticking = Ticking(30)
    ends = failing(lambda number: number % 30 == 7 or number > 30)
    ticking.story.seam.before.append(ends)
    missing = {named(each) for each in range(30)} - set(ticking.tick())
    assert len(missing) == 1
    ticking.story.seam.before.remove(ends)
    order: list[str] = []
    put = ticking.story.queue._put

    def noted(wake_up: WakeUp, delay: timedelta) -> None:
        order.extend(wake_up.endpoints)
        put(wake_up, delay)

    ticking.story.queue._put = noted  # type: ignore[method-assign]  # a witness
    ticking.tick()
    assert order[0] in missing


def test_an_operator_is_asked_once_if_nothing_can_be_woken_twice() -> None:
    ticking = Ticking(30)
    down = failing(lambda _: True)
    ticking.story.seam.before.append(down)
    ticking.tick()
    assert not list(texts(ticking.story))
    for _ in range(3):
        ticking.tick()
    (text,) = texts(ticking.story)
    assert "30 endpoints were not woken" in text
    ticking.story.seam.before.remove(down)
    assert len(ticking.tick()) == 30


@pytest.mark.parametrize("live", [100, 1_000])
@pytest.mark.parametrize("one_in", [100, 997, 1_000])
def test_no_endpoint_is_woken_less_than_others_if_some_puts_fail(live: int, one_in: int) -> None:
    ticking = Ticking(live)
    ticking.story.seam.before.append(failing(lambda number: number % one_in == 0))
    for _ in range(60):
        ticking.tick()
    counts = [ticking.woken[named(each)] for each in range(live)]
    assert min(counts) >= 0.95 * max(counts)


@pytest.mark.parametrize("restarts", [False, True])
def test_ticks_that_end_early_leave_out_others_each_time(restarts: bool) -> None:  # noqa: FBT001 - a table's column
    ticking = Ticking(400)
    for number in range(60):
        if restarts and number % 5 == 0:
            ticking.waker = WakeUps(ticking.story.ports, ticking.story.limits)
        before = ticking.puts()
        ends = failing(lambda count, before=before: count > 50)  # type: ignore[misc]  # bound now
        ticking.story.seam.before.append(ends)
        ticking.tick()
        ticking.story.seam.before.remove(ends)
    counts = [ticking.woken[named(each)] for each in range(400)]
    assert min(counts) > 0
    assert restarts or 2 * min(counts) >= max(counts)
