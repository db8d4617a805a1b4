"""Looks at collected outputs go into the gate's state, once, and what was decided stays so."""

from dataclasses import replace

import pytest

from rollout.core.gate import Verdict, begin_stage, bins_of, fold_predictions, harm, judge
from rollout.core.gate.judging.state import State
from rollout.core.policy.gate_model import Check
from tests.support.answer_builders import DECILES, LIVE, QUALITY, look, looked, side
from tests.support.gate_builders import a_moment
from tests.support.probe_builders import GATE, begun

BAD = side(10, 10), side(90)
GOOD = side(10, counts=[1] * 10), side(90, counts=[9] * 10)
TOP = side(10, counts=[0] * 9 + [10]), side(90, counts=[9] * 10)


def test_bad_bodies_roll_back_within_three_looks() -> None:
    found = harm(GATE, looked(begun(), *[BAD] * 3), LIVE)
    assert found is not None
    assert found.verdict is Verdict.ROLLBACK
    assert found.text.startswith(
        "the candidate's live answers are not what every answer must be: candidate 30 of 30 "
        "failed what every answer must meet, stable 0 of 270; tolerated 1.2 x stable + 0.1 points"
    )
    assert "reached in the minute of 12:01 UTC" in found.text


def test_odds_that_were_reached_count_whatever_comes_after_in_the_same_look() -> None:
    state = looked(begun(), *[BAD] * 3, *[GOOD] * 60)
    assert State.load(state).quality is not None
    assert harm(GATE, state, LIVE) is not None


def test_good_answers_are_no_harm() -> None:
    assert harm(GATE, looked(begun(), *[GOOD] * 20), LIVE) is None


def test_what_is_only_observed_does_not_roll_back() -> None:
    policy = replace(GATE, observe_only=(Check.BODIES,))
    assert harm(policy, looked(begun(), *[BAD] * 5, policy=policy), LIVE) is None


def test_an_output_that_collapses_holds() -> None:
    state = looked(begun(), *[TOP] * 8)
    judged = judge(GATE, state, a_moment(1), quality=LIVE)
    assert judged.verdict is Verdict.HOLD
    assert judged.text.startswith(
        "the candidate's live outputs are distributed otherwise: score: total variation 0.90"
    )
    assert "the hold lifts itself if the odds fall" in judged.text
    assert judge(GATE, state, a_moment(1)).verdict is Verdict.CONTINUE


def test_one_look_at_two_minutes_is_two_looks_at_one() -> None:
    one = looked(begun(), BAD, GOOD)
    two = fold_predictions(GATE, LIVE, looked(begun(), BAD), look(GOOD, first=1))
    assert two == one


@pytest.mark.parametrize("quality", [QUALITY, LIVE])
def test_a_look_that_read_nothing_changes_nothing(quality: object) -> None:
    state = begun()
    seen = look(bins=()) if quality is LIVE else look(BAD)
    assert fold_predictions(GATE, LIVE if quality is LIVE else QUALITY, state, seen) == state


def test_bins_are_kept_from_the_first_look_on() -> None:
    assert bins_of(begun()) == ()
    state = fold_predictions(GATE, LIVE, begun(), look())
    assert bins_of(state) == (DECILES,)
    assert bins_of(begin_stage(state, 1, 50)) == (DECILES,)


def test_in_the_soak_a_rollback_rests_on_what_stable_answered_before() -> None:
    state = begin_stage(looked(begun(), *[GOOD] * 5), 3, 100)
    silent = side(0)
    assert harm(GATE, looked(state, *[(side(100), silent)] * 3), LIVE) is None
    assert harm(GATE, looked(state, *[(side(100, 60), silent)] * 3), LIVE) is not None
