"""Machine time and human time: every deadline leaves out what was spent in halts."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from rollout.core.machine.halts import (
    halted,
    human_time,
    lift_hold,
    machine_time,
    set_hold,
    suspend,
)
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Clock, HoldReason
from tests.support.builders import NOW, a_hold, a_rollout, after, minutes

BAKING = a_rollout(Phase.BAKING)


def test_without_a_halt_all_time_is_machine_time() -> None:
    assert machine_time(BAKING.phase_clock, BAKING, after(7)) == minutes(7)
    assert human_time(BAKING, after(7)) == minutes(0)


def test_time_in_the_present_hold_is_human_time() -> None:
    held = set_hold(BAKING, a_hold(since=after(2)))
    assert machine_time(held.phase_clock, held, after(7)) == minutes(2)
    assert human_time(held, after(7)) == minutes(5)


def test_time_in_a_past_hold_stays_human_time() -> None:
    lifted = lift_hold(set_hold(BAKING, a_hold(since=after(2))), after(5))
    assert machine_time(lifted.phase_clock, lifted, after(9)) == minutes(6)
    assert human_time(lifted, after(9)) == minutes(3)


def test_a_clock_that_starts_within_a_hold_leaves_out_only_its_own_part() -> None:
    held = set_hold(BAKING, a_hold(since=after(2)))
    anew = replace(held, phase_clock=Clock(after(4)))
    assert machine_time(anew.phase_clock, anew, after(10)) == minutes(0)
    lifted = lift_hold(anew, after(6))
    assert machine_time(lifted.phase_clock, lifted, after(10)) == minutes(4)
    assert machine_time(lifted.deadline_clock, lifted, after(10)) == minutes(66)


def test_a_suspension_within_a_hold_is_one_halt() -> None:
    held = set_hold(BAKING, a_hold(since=after(1)))
    both = suspend(held, after(3), suspended=True)
    suspended = lift_hold(both, after(5))
    assert halted(suspended)
    assert human_time(suspend(suspended, after(8), suspended=False), after(9)) == minutes(7)


def test_suspension_that_is_known_already_changes_nothing() -> None:
    assert suspend(BAKING, after(1), suspended=False) is BAKING


def test_a_new_reason_replaces_the_hold_and_not_its_beginning() -> None:
    first = set_hold(BAKING, a_hold(HoldReason.METRIC_SOURCE, after(1)))
    second = set_hold(first, a_hold(HoldReason.OPERATOR, after(4)))
    assert second.hold is not None
    assert second.hold.reason is HoldReason.OPERATOR
    assert second.halted_since == after(1)


def test_lifting_where_nothing_is_held_changes_nothing() -> None:
    assert lift_hold(BAKING, after(3)) == BAKING


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 60)), max_size=12))
def test_machine_and_human_time_add_up_whatever_is_halted(steps: list[tuple[int, int]]) -> None:
    rollout, now = replace(BAKING, started_at=NOW), 0
    for what, wait in steps:
        now += wait
        match what:
            case 0:
                rollout = set_hold(rollout, a_hold(since=after(now)))
            case 1:
                rollout = lift_hold(rollout, after(now))
            case _:
                rollout = suspend(rollout, after(now), suspended=what == 2)
    end = after(now + 5)
    machine = machine_time(rollout.phase_clock, rollout, end)
    assert machine + human_time(rollout, end) == end - NOW
    assert machine >= minutes(0)
