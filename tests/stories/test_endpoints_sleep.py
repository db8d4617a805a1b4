"""Where nothing can happen soon no tick wakes an endpoint, and no look comes later than planned.

Every story checks, at each write of either row, that an endpoint is due no later than its row wants
(`JournaledStore.written`). Here endpoints sleep, and at every call something happens to that.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from rollout.adapters.azure_ml.request_limits import RequestLimits
from rollout.adapters.azure_ml.turns import LimitedTurns
from rollout.adapters.storage import live_rows
from rollout.core.machine.sleeping import AWAKE_AFTER_PROMOTION, LONGEST_SLEEP
from rollout.core.records.phases import Phase
from rollout.core.records.signals import Verb
from rollout.errors import RolloutError, StoreUnavailableError
from rollout.ports import DUE_AT_ONCE, Asked, LiveRow
from tests.doubles.seam import CrashError, raising
from tests.support.stories.calls import UntrueError
from tests.support.stories.invariants import check
from tests.support.stories.scenes import HOUR, MINUTE, on_trial, succeeds
from tests.support.stories.sleepers import (
    KEEPING,
    PLACES,
    WAKINGS,
    Waking,
    kept,
    live_row,
    until_asleep,
)
from tests.support.stories.stage import Story
from tests.support.stories.trouble import Nth, Trouble, always, unavailable

# The same lines thousands of times: tracing them costs twice their run and covers nothing more.
pytestmark = pytest.mark.no_cover

SECOND = timedelta(seconds=1)
REACTION = 3 * MINUTE
"""A tick, its spread, and what Azure takes for one change."""


def looks(story: Story) -> int:
    return story.seam.calls["endpoints.get"]


def test_a_keep_costs_a_look_every_five_minutes_and_ends_in_time() -> None:
    story = kept()
    promoted = story.rollout.promoted_at
    assert promoted is not None
    costs, saved = len(story.costs), len(story.store.journal)
    story.pass_time(30 * MINUTE)
    woken = story.costs[costs:]
    assert len(woken) == len(story.store.journal) - saved == 6, "each wake-up looked"
    # The row, its row in `Live`, the commit, and the deferral.
    assert all(each.storage <= 4 for each in woken)
    story.until_phase(Phase.RETIRING, within=HOUR)
    assert story.clock.now - (promoted + KEEPING.keep) <= MINUTE + 30 * SECOND
    succeeds(story)


def test_after_a_promotion_each_tick_looks_for_a_while() -> None:
    story = on_trial(Phase.PROMOTED, 0, Story(KEEPING))
    promoted = story.clock.now
    until_asleep(story)
    assert story.clock.now - promoted >= AWAKE_AFTER_PROMOTION - MINUTE


@pytest.mark.parametrize("place", PLACES)
def test_no_sleep_is_longer_than_five_minutes(place: Callable[[], Story]) -> None:
    story = place()
    while story.clock.now.minute < 50:
        due = live_row(story).due
        assert due is not None
        assert due - story.clock.now <= LONGEST_SLEEP
        story.pass_time(MINUTE)


def test_a_bake_is_never_deferred_and_keeps_its_two_transactions() -> None:
    story = on_trial(Phase.BAKING)
    story.seam.calls.clear()
    story.pass_time(2 * MINUTE)
    assert story.phase is Phase.BAKING
    assert not {"store.live_row", "store.defer_live", "store.put_live"} & set(story.seam.calls)
    story.seam.calls.clear()
    story.alert("green-2")
    assert not {"store.live_row", "store.defer_live", "store.put_live"} & set(story.seam.calls)


@pytest.mark.parametrize("waking", WAKINGS, ids=lambda each: each.name)
def test_a_signal_ends_a_sleep_though_its_wake_up_is_lost(waking: Waking) -> None:
    story = waking.place()
    waking.signal(story)
    story.queue._messages.clear()
    story.restart()
    story.until(lambda: waking.done(story), within=REACTION)


@pytest.mark.parametrize("trouble", list(Trouble))
@pytest.mark.parametrize("waking", WAKINGS, ids=lambda each: each.name)
def test_whatever_happens_to_a_signal_the_look_comes_in_time(
    waking: Waking, trouble: Trouble
) -> None:
    boundary = 0
    while True:
        story = waking.place()
        nth = Nth(boundary, trouble)
        nth.begin(story.seam)
        _until_heard(story, waking.signal)
        if not nth.happened:
            assert boundary > 1
            return
        story.queue._messages.clear()
        where = f"{trouble} call {boundary}, {nth.name}"
        try:
            story.until(lambda s=story: waking.done(s), within=REACTION)  # type: ignore[misc]  # bound now
        except AssertionError as error:
            raise AssertionError(f"{where}: {error}") from error
        boundary += 1


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("waking", WAKINGS, ids=lambda each: each.name)
def test_a_signal_at_any_call_of_the_pass_that_defers_is_not_slept_over(
    waking: Waking,
    after: bool,  # noqa: FBT001 - a table's column
) -> None:
    boundary = 0
    while True:
        story = _about_to_be_deferred(waking.place())
        made = story.interrupt(boundary, lambda s=story: waking.signal(s), after=after)  # type: ignore[misc]  # bound now
        story.work()
        if not made.happened:
            assert boundary > 3, "the pass reads, saves and defers"
            return
        story.queue._messages.clear()
        story.until(lambda s=story: waking.done(s), within=REACTION)  # type: ignore[misc]  # bound now
        boundary += 1


@pytest.mark.parametrize("waking", WAKINGS, ids=lambda each: each.name)
def test_a_pass_that_defers_at_any_call_of_a_signal_takes_nothing_from_it(waking: Waking) -> None:
    boundary = 0
    while True:
        story = _about_to_be_deferred(waking.place())
        made = story.interrupt(boundary, story.work)
        _until_heard(story, waking.signal)
        if not made.happened:
            assert boundary > 1
            return
        story.queue._messages.clear()
        story.until(lambda s=story: waking.done(s), within=REACTION)  # type: ignore[misc]  # bound now
        boundary += 1


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("trouble", list(Trouble))
def test_whatever_happens_to_the_pass_that_defers_the_next_look_comes_in_time(
    place: Callable[[], Story], trouble: Trouble
) -> None:
    boundary = 0
    while True:
        story = _about_to_be_deferred(place())
        nth = Nth(boundary, trouble)
        nth.begin(story.seam)
        try:
            story.work()
        except CrashError:
            story.restart()
        except RolloutError as error:
            story.log.info("delivered again", reason=str(error))
        if not nth.happened:
            assert boundary > 3
            return
        before = story.clock.now
        story.pass_time(LONGEST_SLEEP + REACTION)
        assert story.current.saved_at > before, f"{trouble} call {boundary}, {nth.name}"
        boundary += 1


@pytest.mark.parametrize("lag", [-50, -20, 20, 50])
@pytest.mark.parametrize("waking", WAKINGS, ids=lambda each: each.name)
def test_a_door_whose_clock_is_wrong_wakes_all_the_same(waking: Waking, lag: int) -> None:
    """Its moment may lie on either side of the next look."""
    story = waking.place()
    due = live_row(story).due
    assert due is not None
    story.clock.to(due - 30 * SECOND)
    real = story.clock.now
    story.clock.now = real + timedelta(seconds=lag)
    waking.signal(story)
    story.clock.now = real
    story.queue._messages.clear()
    assert live_row(story).due == DUE_AT_ONCE
    story.until(lambda: waking.done(story), within=REACTION)


@pytest.mark.parametrize("waking", WAKINGS, ids=lambda each: each.name)
def test_a_door_whose_clock_is_far_ahead_brings_the_next_look_forward(waking: Waking) -> None:
    story = waking.place()
    real = story.clock.now
    story.clock.now = real + 10 * MINUTE
    waking.signal(story)
    story.clock.now = real
    assert live_row(story).due == DUE_AT_ONCE


def test_a_pass_whose_clock_was_hours_ahead_does_not_blind_the_next_ones() -> None:
    story = kept()
    real = story.clock.now
    story.clock.now = real + 3 * HOUR
    with story.unseen():
        story.service.work(story.endpoint, story.clock.now, None)
    story.clock.now = real
    before = looks(story)
    story.pass_time(3 * MINUTE)
    assert looks(story) - before >= 3


def test_a_deferral_that_is_lost_costs_wake_ups_and_nothing_else() -> None:
    story = _about_to_be_deferred(kept())
    story.seam.once_before("store.defer_live", raising(StoreUnavailableError("503")))
    story.work()
    before = looks(story)
    story.pass_time(4 * MINUTE)
    assert looks(story) == before, "the row itself says that nothing is due"
    story.pass_time(2 * MINUTE)
    assert looks(story) == before + 1


def test_a_row_of_live_that_cannot_be_read_keeps_no_pass_from_its_work() -> None:
    story = _about_to_be_deferred(kept())
    story.seam.once_before("store.live_row", raising(StoreUnavailableError("503")))
    before = looks(story)
    story.work()
    assert looks(story) == before + 1
    story.until_quiet(within=3 * HOUR)
    check(story)


def test_one_put_that_fails_refuses_no_way_back() -> None:
    story = kept()
    story.seam.once_before("store.put_live", raising(StoreUnavailableError("a closed connection")))
    assert story.alert("green-2").outcome == "rolling back"
    assert live_row(story).due == DUE_AT_ONCE
    story.until(lambda: story.split == {"blue-0": 100}, within=MINUTE)


def test_a_signal_whose_row_cannot_be_put_saves_nothing() -> None:
    story = kept()
    before = story.current
    end = always(story.seam, lambda name: name == "store.put_live", unavailable)
    with pytest.raises(StoreUnavailableError):
        story.alert("green-2")
    assert story.current == before
    end()
    assert story.alert("green-2").outcome == "rolling back"


@pytest.mark.parametrize("waking", WAKINGS, ids=lambda each: each.name)
def test_who_sleeps_takes_no_place_among_looks_that_wait_for_azure(waking: Waking) -> None:
    """Else whatever ends the sleep would wait until the place's turn comes."""
    story = _about_to_be_deferred(waking.place())

    def seconds() -> float:
        return story.clock.now.timestamp()

    turns = LimitedTurns(RequestLimits(clock=seconds), clock=seconds)
    story.ports = replace(story.ports, turns=turns)
    story.restart()
    now = story.clock.now
    other = Asked(f"{story.endpoint}-other", 4, now, now, now, now + HOUR)
    turns.after_refusal(other, 30 * SECOND, goes_back=False)
    story.work()
    waking.signal(story)
    story.until(lambda: waking.done(story), within=REACTION)


def test_a_row_of_an_older_app_is_woken_by_each_tick_until_it_is_deferred() -> None:
    story = kept()
    entity = live_rows.live_entity(LiveRow(story.endpoint, "fraud", story.clock.now))
    story.store.plant_live({name: value for name, value in entity.items() if name != "due"})
    story.restart()
    costs = len(story.costs)
    story.pass_time(3 * MINUTE)
    assert len(story.costs) - costs == 3
    story.pass_time(4 * MINUTE)
    assert live_row(story).due not in (None, DUE_AT_ONCE)


def test_a_row_that_a_wrong_clock_deferred_for_days_is_woken_at_the_next_tick() -> None:
    story = kept()
    with story.unseen():
        story.store.clock = None
        assert story.store.defer_live(live_row(story), story.clock.now + timedelta(days=3))
        story.store.clock = story.clock
    costs = len(story.costs)
    story.pass_time(MINUTE)
    assert len(story.costs) - costs == 1


def test_an_order_about_all_services_that_ends_is_followed_as_soon_as_before() -> None:
    story = on_trial(Phase.CREATING)
    story.suspend_all()
    story.pass_time(10 * MINUTE)
    assert live_row(story).due == DUE_AT_ONCE
    story.unsuspend_all()
    story.until(lambda: "green-2" in story.deployments, within=2 * MINUTE)


def test_a_suspension_that_ends_by_itself_is_seen_to_end() -> None:
    story = on_trial(Phase.CREATING)
    ends = story.clock.now + 12 * MINUTE
    story.command(Verb.SUSPEND, until=ends)
    until_asleep(story)
    story.until(lambda: "green-2" in story.deployments, within=HOUR)
    assert timedelta(0) <= story.clock.now - ends <= MINUTE


def _about_to_be_deferred(story: Story) -> Story:
    """The sleep is over, and no wake-up of it was taken yet: the next pass defers again."""
    due = live_row(story).due
    assert due is not None
    story.queue._messages.clear()
    story.clock.to(due)
    return story


def _until_heard(story: Story, signal: Callable[[Story], object]) -> None:
    """Call a door until it answers, as Azure and people do."""
    for _ in range(4):
        try:
            signal(story)
        except CrashError:
            story.restart()
        except StoreUnavailableError:
            continue
        except RolloutError:
            return  # heard before: it is not legal any more
        else:
            return
    raise UntrueError("nobody answered")
