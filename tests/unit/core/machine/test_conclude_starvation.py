"""Versions registered faster than creation plus the first bake: one is finished first."""

from dataclasses import replace

import pytest

from rollout.core.machine.conclude import MAX_REPLACEMENTS_IN_A_ROW
from rollout.core.machine.decision import Decision
from rollout.core.records.effects import Attention
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Cause, Rollout
from tests.support.builders import (
    BLUE,
    GREEN,
    a_rollout,
    an_offer,
    deployments,
    held,
    look,
    ours,
    rollout_of,
    seen,
)

BAKING = a_rollout(Phase.BAKING)
TENTH = seen({BLUE: 90, GREEN: 10}, ours())
STABLE = seen({BLUE: 100}, deployments=deployments(BLUE))


def looked(rollout: Rollout = BAKING, *, in_a_row: int = MAX_REPLACEMENTS_IN_A_ROW) -> Decision:
    """One look at version 7 while version 8 waits and `in_a_row` rollouts were replaced."""
    return look(rollout, TENTH, waiting=an_offer("8"), replaced_in_a_row=in_a_row)


def asked(decision: Decision) -> list[str]:
    return [each.text for each in decision.effects if isinstance(each, Attention)]


@pytest.mark.parametrize("in_a_row", range(MAX_REPLACEMENTS_IN_A_ROW))
def test_up_to_three_in_a_row_are_replaced(in_a_row: int) -> None:
    assert rollout_of(looked(in_a_row=in_a_row)).phase is Phase.ROLLING_BACK


def test_after_three_in_a_row_the_running_one_goes_on_and_one_attention_says_why() -> None:
    once = looked()
    assert rollout_of(once).phase is Phase.BAKING
    (text,) = asked(once)
    assert "version 8 waits until version 7 has ended, because 3 versions in a row" in text
    assert "cancel version 7 to start the newer one at once" in text
    assert asked(looked(rollout_of(once))) == []


def test_what_moves_forward_is_not_interrupted_by_the_question() -> None:
    there = seen({BLUE: 90, GREEN: 10}, ours())
    shifting = a_rollout(Phase.SHIFTING)
    moved = look(shifting, there, waiting=an_offer("8"), replaced_in_a_row=3)
    assert (rollout_of(moved).phase, asked(moved)) == (Phase.BAKING, [])
    assert not rollout_of(moved).finishes_first


def test_a_hold_that_a_person_ends_says_itself_that_the_newer_one_waits() -> None:
    assert asked(looked(held(BAKING))) == []


@pytest.mark.parametrize(
    ("cause", "count"),
    [
        (Cause.SUPERSEDED, 3),
        (Cause.TEMPLATE_CHANGED, 2),
        (Cause.CANCELLED, 0),
        (Cause.OPERATOR, 0),
        (Cause.GATE, 0),
    ],
)
def test_only_replacements_are_counted(cause: Cause, count: int) -> None:
    ending = a_rollout(Phase.DISCARDING, cause=cause)
    decision = look(ending, STABLE, replaced_in_a_row=2)
    assert rollout_of(decision).final
    assert decision.current.replaced_in_a_row == count


def test_what_succeeds_begins_the_count_again() -> None:
    retiring = a_rollout(Phase.RETIRING)
    there = replace(seen({GREEN: 100}, ours()), deployments=deployments(GREEN))
    decision = look(retiring, there, replaced_in_a_row=3)
    assert rollout_of(decision).phase is Phase.SUCCEEDED
    assert decision.current.replaced_in_a_row == 0
