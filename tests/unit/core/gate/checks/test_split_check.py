"""The check on where requests go: what it counts, says and does."""

from dataclasses import replace
from typing import Any

from rollout.core.gate import Verdict, begin_stage, fold, judge, opened
from rollout.core.gate.checks.stage import FIRST_RULES
from rollout.core.policy.gate_model import Check, SplitCheck
from tests.support.gate_builders import (
    ERRORS,
    KNOWN,
    PLANNED,
    a_moment,
    after,
    judged,
    loaded,
    side,
    some,
    start,
)

SWAPPED = some(8, side(90), side(10))
OBSERVED = replace(ERRORS, observe_only=(Check.SPLIT,))


def test_a_candidate_that_gets_far_more_than_its_weight_is_held_with_both_numbers() -> None:
    judgement = judged(SWAPPED)
    assert judgement.verdict is Verdict.HOLD
    assert judgement.text.startswith(
        "the candidate does not get the requests that its weight says: it got 90.0% of 800 "
        "requests at a weight of 10 %, where 7.0% to 37.0% are tolerated; "
    )
    assert "hold at 200:1" in judgement.text


def test_a_candidate_that_gets_nearly_nothing_is_held() -> None:
    judgement = judged(some(40, side(1), side(999)))
    assert judgement.verdict is Verdict.HOLD
    assert "it got 0.1% of 40,000 requests" in judgement.text


def test_within_the_tolerance_nothing_is_held() -> None:
    for share in (8, 10, 20, 35):
        assert judged(some(60, side(share), side(100 - share))).verdict is not Verdict.HOLD


def test_a_tighter_tolerance_holds_what_a_wide_one_does_not() -> None:
    tight = replace(ERRORS, split=SplitCheck(0.05))
    third = some(30, side(31), side(69))
    assert judged(third, tight).verdict is Verdict.HOLD
    assert judged(third).verdict is not Verdict.HOLD


def test_it_never_rolls_back_and_provisional_minutes_do_not_hold() -> None:
    copy = fold(ERRORS, start(), SWAPPED)[0]
    judgement = judge(ERRORS, start(), a_moment(0), provisional=copy)
    assert copy["fired"]
    assert judgement.verdict is Verdict.CONTINUE


def test_observed_it_only_reports() -> None:
    judgement = judged(SWAPPED, OBSERVED)
    assert judgement.verdict is not Verdict.HOLD
    assert judgement.numbers["harm"]["split"] > 5


def test_the_hold_ends_once_the_requests_go_where_they_should() -> None:
    state = fold(ERRORS, after(SWAPPED), some(5, side(10), side(90), first=8))[0]
    assert judge(ERRORS, state, a_moment(13)).verdict is not Verdict.HOLD
    assert state["fired"]["split"]


def test_another_weight_begins_the_counts_anew_and_keeps_the_odds() -> None:
    before = loaded(SWAPPED).memories["split"]
    state = begin_stage(after(SWAPPED), 1, 50)
    state, left = fold(ERRORS, state, some(1, side(50), side(50), first=8))
    process, weight, requests, candidate = state["split"]
    assert (weight, requests, candidate) == (50, 100, 50)
    assert before.requests == 800
    assert left[0]["harm"]["split"] > 2
    assert process[0] < before.process.reserve


def test_requests_without_a_status_went_somewhere_too() -> None:
    lost = some(20, side(0, unknown=10), side(90))
    assert loaded(lost).memories["split"].candidate == 200


def test_a_soak_has_nothing_to_split() -> None:
    begun = begin_stage(after(some(3, side(10), side(90))), 1, 100)
    state = fold(ERRORS, begun, some(30, side(100), None, first=3))[0]
    assert state["split"] == begun["split"]


def test_a_rollout_of_the_first_rules_does_not_ask() -> None:
    known: dict[str, Any] = {key: each for key, each in KNOWN.items() if key != "rules"}
    state = opened(ERRORS, known, PLANNED)
    assert state["v"] == FIRST_RULES
    assert "split" not in state
