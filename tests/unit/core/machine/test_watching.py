"""Time that nobody watched: taken out of every limit, once, and shown apart."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.core.machine.decision import Decision
from rollout.core.machine.halts import human_time, lift_hold, machine_time, set_hold, suspend
from rollout.core.machine.holds import ATTENTION_BEFORE_EXPIRY
from rollout.core.machine.watching import (
    LOOK_SAVED_AT_LEAST_EVERY,
    is_look_kept,
    told_away,
    told_not_counted,
    watched_until,
    with_look,
    without_unwatched,
)
from rollout.core.records.effects import Attention
from rollout.core.records.observation import Observation, Unreachable
from rollout.core.records.phases import PASS_BOUND, PHASES, Phase
from rollout.core.records.rollout import Clock, Rollout, Seen
from rollout.core.records.watch import Watch
from rollout.units import NO_TIME
from tests.support.builders import (
    NOW,
    a_current,
    a_hold,
    a_rollout,
    after,
    held,
    look,
    minutes,
    rollout_of,
    seen,
)

HOUR = timedelta(hours=1)
UNREADABLE = seen(endpoint=Unreachable("arm"), deployments=Unreachable("arm"))
BAKING = with_look(a_rollout(Phase.BAKING), NOW)
LIVE = [phase for phase, facts in PHASES.items() if not facts.final and phase is not Phase.NONE]


def looked(
    rollout: Rollout, now: datetime, there: Observation = UNREADABLE, **current: Any
) -> Decision:
    """A look of a controller that takes ten minutes without one for an outage."""
    return look(rollout, there, now, unwatched_after=PASS_BOUND, **current)


@pytest.mark.parametrize("phase", LIVE)
def test_beyond_the_bound_nobody_watched_since_the_last_look(phase: Phase) -> None:
    rollout = with_look(a_rollout(phase), NOW)
    at_the_bound = looked(rollout, after(10))
    assert rollout_of(at_the_bound).watch.unwatched == NO_TIME
    decision = looked(rollout, after(11))
    moved = rollout_of(decision)
    assert moved.watch.unwatched == minutes(11)
    assert moved.deadline_clock.unwatched == minutes(11)
    assert (moved.watch.away_since, moved.watch.back_at) == (NOW, after(11))
    assert moved.watch.looked_at == after(11)
    (noted,) = (each for each in decision.history if each.kind == "Unwatched")
    assert noted.text == (
        "nobody watched from 2026-01-31 12:00 UTC on for 0:11:00: no limit ran meanwhile"
    )
    assert noted.data == {"since": NOW.isoformat(), "seconds": 660}


def test_until_a_look_is_due_nobody_has_to_watch() -> None:
    assert watched_until(a_current(BAKING, next_look=after(30))) == after(30)
    moved = rollout_of(looked(BAKING, after(45), next_look=after(30)))
    assert moved.watch.unwatched == minutes(15)
    early = rollout_of(looked(BAKING, after(35), next_look=after(30)))
    assert early.watch.unwatched == NO_TIME
    assert watched_until(a_current(BAKING, next_look=after(-30))) == NOW


def test_a_row_of_before_tells_of_its_last_look_by_the_split_that_it_saw() -> None:
    without = a_rollout(Phase.BAKING)
    assert watched_until(a_current(without)) is None
    assert watched_until(a_current()) is None
    assert rollout_of(looked(without, after(600))).watch.unwatched == NO_TIME
    saw = replace(without, seen=Seen(endpoint=True, at=after(2)))
    assert watched_until(a_current(saw)) == after(2)
    assert rollout_of(looked(saw, after(62))).watch.unwatched == HOUR
    # An older version looked after a newer one had: it carries what it does not know.
    both = replace(saw, watch=Watch(after(-300)))
    assert watched_until(a_current(both)) == after(2)


def test_a_row_of_before_that_was_halted_leaves_out_what_was_settled() -> None:
    saw = replace(
        a_rollout(Phase.BAKING),
        seen=Seen(endpoint=True, at=NOW),
        human=minutes(50),
        deadline_clock=Clock(after(-60), human=minutes(50)),
    )
    assert without_unwatched(saw, NOW, after(30)).watch.unwatched == minutes(30)


def test_a_look_is_remembered_with_any_save_and_else_now_and_then() -> None:
    assert is_look_kept(Watch(), NOW)
    assert not is_look_kept(Watch(NOW), NOW + LOOK_SAVED_AT_LEAST_EVERY - minutes(0.1))
    assert is_look_kept(Watch(NOW), NOW + LOOK_SAVED_AT_LEAST_EVERY)
    assert LOOK_SAVED_AT_LEAST_EVERY < PASS_BOUND
    waiting = rollout_of(looked(with_look(a_rollout(Phase.PROMOTED), NOW), NOW))
    current = a_current(waiting)
    assert look(waiting, UNREADABLE, after(4)).current == current
    assert rollout_of(look(waiting, UNREADABLE, after(5))).watch.looked_at == after(5)
    changed = look(waiting, seen({"blue": 100}), after(1))
    assert rollout_of(changed).watch.looked_at == after(1)


def test_a_rollout_that_ended_remembers_no_look() -> None:
    ended = a_rollout(Phase.SUCCEEDED)
    assert looked(ended, after(600)).current.rollout == ended


def test_a_halts_time_is_a_persons_and_not_taken_out_twice() -> None:
    paused = with_look(set_hold(BAKING, a_hold(since=after(2))), after(3))
    back = without_unwatched(paused, after(3), after(63))
    assert back.watch.unwatched == NO_TIME
    assert human_time(back, after(63)) == minutes(61)
    assert machine_time(back.phase_clock, back, after(63)) == minutes(2)
    # Somebody paused in the midst of it.
    midst = set_hold(BAKING, a_hold(since=after(20)))
    back = without_unwatched(midst, NOW, after(60))
    assert back.watch.unwatched == minutes(20)
    assert machine_time(back.phase_clock, back, after(60)) == minutes(0)


def test_a_clock_that_began_meanwhile_leaves_out_only_its_own_part() -> None:
    anew = replace(BAKING, phase_clock=Clock(after(40)))
    back = without_unwatched(anew, NOW, after(60))
    assert back.phase_clock.unwatched == minutes(20)
    assert machine_time(back.phase_clock, back, after(70)) == minutes(10)


def test_a_hold_has_the_time_again_in_which_nobody_could_answer() -> None:
    paused = with_look(held(BAKING), NOW)
    back = without_unwatched(paused, NOW, after(60))
    assert back.hold is not None
    assert back.hold.expires == NOW + timedelta(hours=25)
    # One that was set meanwhile, by an alert or an order: since then.
    midst = without_unwatched(set_hold(BAKING, a_hold(since=after(20))), NOW, after(60))
    assert midst.hold is not None
    assert midst.hold.expires == after(20) + timedelta(hours=24, minutes=40)


def test_a_hold_expires_with_no_less_than_its_notice_and_asks_again() -> None:
    near = with_look(held(BAKING), after(23 * 60 + 55))
    assert near.hold is not None
    near = replace(near, hold=replace(near.hold, reminded=True))
    decision = looked(near, after(40 * 60))
    hold = rollout_of(decision).hold
    assert hold is not None
    assert hold.expires == after(40 * 60) + ATTENTION_BEFORE_EXPIRY
    assert hold.reminded
    (asked,) = (each for each in decision.effects if isinstance(each, Attention))
    assert "no operator acted" in asked.text
    assert "nobody watched from 2026-02-01 11:55 UTC on for 16:05:00" in asked.text


def test_a_hold_in_a_suspension_has_its_whole_time_after_it_anyway() -> None:
    both = suspend(held(BAKING), after(1), suspended=True)
    assert without_unwatched(both, after(2), after(60)).hold == both.hold


def test_a_sentence_tells_of_it_only_while_what_it_is_about_lasted() -> None:
    assert told_away(BAKING, NOW) == ""
    back = without_unwatched(BAKING, after(1), after(61))
    assert told_away(back, NOW) == "nobody watched from 2026-01-31 12:01 UTC on for 1:00:00"
    assert told_away(back, after(62)) == ""
    assert told_not_counted(Clock(NOW)) == ""
    assert told_not_counted(back.phase_clock) == " (not counted: 1:00:00 in which nobody watched)"


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 60)), max_size=16))
def test_machine_human_and_unwatched_time_add_up(steps: list[tuple[int, int]]) -> None:
    """Whatever doors do meanwhile, and however often looks fail to come."""
    rollout = with_look(replace(BAKING, started_at=NOW, deadline_clock=Clock(NOW)), NOW)
    now, last = 0, NOW
    for what, wait in steps:
        now += wait
        match what:
            case 0:
                rollout = set_hold(rollout, a_hold(since=after(now)))
            case 1:
                rollout = lift_hold(rollout, after(now))
            case 2:
                rollout = suspend(rollout, after(now), suspended=not rollout.suspended)
            case 3:
                rollout = replace(rollout, phase_clock=Clock(after(now)))
            case _:
                if after(now) - last > minutes(10):
                    rollout = without_unwatched(rollout, last, after(now))
                rollout, last = with_look(rollout, after(now)), after(now)
    end = after(now)
    machine = machine_time(rollout.deadline_clock, rollout, end)
    assert machine + human_time(rollout, end) + rollout.watch.unwatched == end - NOW
    assert machine >= NO_TIME
    assert machine_time(rollout.phase_clock, rollout, end) >= NO_TIME
