"""A candidate compared with what was promoted some releases before it."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rollout.core.gate import Judgement, Verdict, begin_stage, earlier, fold, judge, opened
from rollout.core.gate.judging.state import State
from rollout.core.policy.gate_model import Check, GatePolicy, OnCreep
from rollout.core.records.promotions import Promotions
from tests.support.gate_builders import ERRORS, KNOWN, PLANNED, a_moment, side, some

REPORTS, HOLDS = ERRORS, replace(ERRORS, creep=OnCreep.HOLD)
AT = datetime(2025, 1, 1, tzinfo=UTC)
MONTH = timedelta(days=30)
GOOD = 0.005


def promoted(count: int, share: float = GOOD, worse: float = 0.0) -> list[Promotions]:
    """Monthly promotions of 20,000 requests, each failing `worse` more than the one before."""
    return [
        Promotions(AT + n * MONTH, 1, 20_000, 20_000 * (share + n * worse), 20_000)
        for n in range(count)
    ]


TEN = promoted(10, worse=0.001)
"""From 0.5 % to 1.4 %: a point in ten months."""


def known(promotions: list[Promotions]) -> dict[str, Any]:
    then = earlier(promotions)
    now = {**KNOWN, "errors": {"bad": 260.0, "requests": 20_000.0, "scale": 1.0, "correlation": 0}}
    return now if then is None else {**now, "creep": then}


def soaked(
    policy: GatePolicy, promotions: list[Promotions], failing: float, minutes: int = 40
) -> Judgement:
    """Ten healthy minutes at 10 %, then so many at 100 %."""
    state = begin_stage(opened(policy, known(promotions), PLANNED), 0, 10)
    state, _ = fold(policy, state, some(10, side(100, 1.3), side(900, 11.7)))
    state = begin_stage(state, 1, 100)
    state, _ = fold(policy, state, some(minutes, side(1000, 1000 * failing), None, first=10))
    return judge(policy, state, a_moment(minutes + 10, first=10))


def test_the_older_half_of_what_was_promoted_speaks() -> None:
    then = earlier(TEN)
    assert then == {
        "since": "2025-01-01",
        "until": "2025-05-01",
        "promotions": 5,
        "requests": 100_000,
        "failures": pytest.approx(700),
        "worth": 100_000,
    }


def test_with_fewer_than_three_entries_there_is_nothing_to_compare_with() -> None:
    assert earlier(promoted(2)) is None
    assert "creep" not in opened(HOLDS, known(promoted(2)), PLANNED)
    assert "creep" in opened(HOLDS, known(promoted(3)), PLANNED)


def test_a_slow_loss_that_no_single_comparison_sees_is_reported_with_both_sides() -> None:
    judgement = soaked(REPORTS, TEN, 0.015)
    assert judgement.verdict is Verdict.ADVANCE
    assert judgement.told.startswith(
        "the candidate fails more than what was promoted before it: candidate 600 of 40,000 failed "
        "at 100 %, 5 promotions from 2025-01-01 to 2025-05-01 700 of 100,000 (0.61% to 0.80%); "
        "tolerated 1.2 x theirs + 0.25 points; odds "
    )


def test_a_policy_may_have_it_hold() -> None:
    judgement = soaked(HOLDS, TEN, 0.015)
    assert judgement.verdict is Verdict.HOLD
    assert judgement.text.startswith("the candidate fails more than what was promoted before it: ")
    assert judgement.told == ""


def test_observed_it_only_reports() -> None:
    judgement = soaked(replace(HOLDS, observe_only=(Check.CREEP,)), TEN, 0.015)
    assert judgement.verdict is Verdict.ADVANCE
    assert judgement.told


def test_no_loss_is_no_report() -> None:
    for share in (0.004, 0.005, 0.007):
        judgement = soaked(HOLDS, promoted(10), share)
        assert (judgement.verdict, judgement.told) == (Verdict.ADVANCE, "")
        assert judgement.numbers["harm"]["creep"] < 0


def test_off_it_is_not_remembered() -> None:
    off = replace(ERRORS, creep=None)
    assert "creep" not in opened(off, known(TEN), PLANNED)


def test_it_bets_at_full_weight_only() -> None:
    state = begin_stage(opened(HOLDS, known(TEN), PLANNED), 0, 10)
    after, _ = fold(HOLDS, state, some(20, side(100, 30), side(900, 270)))
    assert after["creep"] == state["creep"]


def test_promotions_without_requests_accuse_nobody() -> None:
    empty = [Promotions(AT + n * MONTH, 1, 0, 0, 0) for n in range(4)]
    judgement = soaked(HOLDS, empty, 0.012)
    assert judgement.numbers["harm"]["creep"] == pytest.approx(0, abs=1e-6)


def test_without_a_history_of_stable_the_assumed_burstiness_counts() -> None:
    bare = {"rules": 2, "minutes": 0, "hours": 0.0, "per_minute": 0.0, "creep": earlier(TEN)}
    state = State.load(opened(HOLDS, bare, PLANNED))
    assert state.memories["creep"].correlation == HOLDS.correlation_floor


def test_the_memory_is_kept_by_json() -> None:
    state = begin_stage(opened(HOLDS, known(TEN), PLANNED), 0, 100)
    state, _ = fold(HOLDS, state, some(3, side(100, 2), None))
    assert State.load(json.loads(json.dumps(state))).dump() == state
