"""The gate of fixed limits: what minutes add up to and what that allows."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.core.gate import Judgement, Verdict, fold, judge, settled_from, settled_until
from rollout.core.observation import Minute, SideMinute
from rollout.core.policy import FailureLimits, GatePolicy, LatencyLimits
from tests.builders import NOW, minutes, side, some_minutes

FAILURES = GatePolicy(min_minutes=3, min_requests=100, failures=FailureLimits(0.05, 0.01))
LATENCY = replace(
    FAILURES,
    failures=None,
    latency_p95=LatencyLimits(timedelta(seconds=1), ratio=1.5, slow_minutes=3, of=5),
)
LEAST = minutes(10)


def judged(
    those: tuple[Minute, ...], policy: GatePolicy = FAILURES, *, weight: int = 10, baked: float = 10
) -> Judgement:
    state = fold(policy, weight, {}, those)
    return judge(policy, weight, state, baked=minutes(baked), least=LEAST)


def test_a_healthy_candidate_advances_when_its_bake_is_over() -> None:
    verdict = judged(some_minutes(3, side(100), side(900)))
    assert verdict.verdict is Verdict.ADVANCE
    assert verdict.clean
    assert verdict.text.startswith("healthy: candidate 0 of 300 failed, stable 0 of 2,700")


def test_before_the_bake_is_over_nothing_advances() -> None:
    verdict = judged(some_minutes(3, side(100), side(900)), baked=9.9)
    assert verdict.verdict is Verdict.CONTINUE
    assert "the bake goes on" in verdict.text


@pytest.mark.parametrize(
    "those",
    [
        (),
        some_minutes(2, side(1000), side(1)),
        some_minutes(9, side(10), side(1)),
        some_minutes(9, None, side(900)),
        some_minutes(9, side(0), side(900)),
    ],
    ids=["nothing", "too few minutes", "too few requests", "absent", "idle"],
)
def test_too_little_evidence_asks_for_more_and_gives_up_in_the_end(
    those: tuple[Minute, ...],
) -> None:
    assert judged(those, baked=119).verdict is Verdict.CONTINUE
    verdict = judged(those, baked=120)
    assert verdict.verdict is Verdict.INCONCLUSIVE
    assert "too little evidence after 120 min" in verdict.text


@pytest.mark.parametrize(
    ("candidate", "stable", "weight", "expected"),
    [
        (side(100, 5), side(900, 0), 10, Verdict.ADVANCE),
        (side(100, 6), side(900, 0), 10, Verdict.ROLLBACK),
        (side(100, 6), side(100, 5), 10, Verdict.HOLD),
        (side(100, 7), side(100, 5), 10, Verdict.ROLLBACK),
        (side(100, 60), side(100, 60), 10, Verdict.HOLD),
        (side(100, 60), None, 10, Verdict.HOLD),
        (side(100, 60), side(0), 10, Verdict.HOLD),
        (side(100, 6), None, 100, Verdict.ROLLBACK),
        (side(100, 6), side(100, 90), 100, Verdict.ROLLBACK),
        (side(100, 5), None, 100, Verdict.ADVANCE),
    ],
)
def test_failures_against_the_limit_and_against_stable(
    candidate: SideMinute, stable: SideMinute | None, weight: int, expected: Verdict
) -> None:
    assert judged(some_minutes(3, candidate, stable), weight=weight).verdict is expected


def test_too_few_failing_requests_do_not_roll_back_and_are_not_clean() -> None:
    verdict = judged(some_minutes(3, side(10, 10), side(900)), baked=120)
    assert verdict.verdict is Verdict.INCONCLUSIVE
    assert not verdict.clean


@pytest.mark.parametrize(
    ("p95s", "stable", "weight", "expected"),
    [
        ([900] * 5, 100, 10, Verdict.ADVANCE),
        ([1600, 1600, 900, 900, 900], 1000, 10, Verdict.ADVANCE),
        ([1600, 900, 1600, 900, 1600], 1000, 10, Verdict.ROLLBACK),
        ([1600, 1600, 1600, 900, 900, 900], 1000, 10, Verdict.ADVANCE),
        ([1400] * 5, 1000, 10, Verdict.HOLD),
        ([1400] * 5, 1000, 100, Verdict.ROLLBACK),
        ([1600] * 5, None, 10, Verdict.HOLD),
        ([None] * 5, 1000, 10, Verdict.ADVANCE),
    ],
    ids=[
        "fast",
        "two slow minutes",
        "three slow minutes",
        "the third slow one is long ago",
        "stable is slow too",
        "nobody to compare with at 100 %",
        "stable has no latency",
        "no latency points",
    ],
)
def test_slow_minutes_of_the_last_few(
    p95s: list[float | None], stable: float | None, weight: int, expected: Verdict
) -> None:
    other = None if stable is None else side(900, 0, stable)
    those = tuple(Minute(NOW + minutes(n), other, side(100, 0, p95)) for n, p95 in enumerate(p95s))
    verdict = judged(those, LATENCY, weight=weight)
    assert verdict.verdict is expected
    assert verdict.clean is (expected is Verdict.ADVANCE)


def test_failures_are_not_judged_where_the_policy_leaves_them_out() -> None:
    verdict = judged(some_minutes(3, side(100, 100, 10), side(100)), LATENCY)
    assert verdict.verdict is Verdict.ADVANCE
    assert "limit" not in verdict.text


def test_the_numbers_are_those_the_sentence_quotes() -> None:
    those = (*some_minutes(3, side(100, 2), side(900, 3)), Minute(NOW + minutes(3), None, None))
    assert judged(those).numbers == {
        "minutes": 3,
        "empty_minutes": 1,
        "candidate_requests": 300,
        "candidate_failures": 6,
        "stable_requests": 2700,
        "stable_failures": 9,
    }


@pytest.mark.parametrize(
    ("window", "expected"), [((12, 0, 0), (12, 3)), ((12, 0, 1), (12, 4)), ((12, 0, 59), (12, 4))]
)
def test_only_whole_minutes_after_the_settle_time_count(
    window: tuple[int, int, int], expected: tuple[int, int]
) -> None:
    start = datetime(2026, 1, 31, *window, tzinfo=UTC)
    assert settled_from(GatePolicy(), start) == datetime(2026, 1, 31, *expected, tzinfo=UTC)


def test_a_minute_is_settled_once_its_metrics_had_time_to_appear() -> None:
    assert settled_until(GatePolicy(), NOW + timedelta(seconds=59)) == NOW - minutes(3)


SIDES = st.none() | st.builds(
    lambda requests, share, p95: side(requests, requests * share, p95),
    st.integers(0, 500),
    st.floats(0, 1),
    st.none() | st.floats(1, 5000),
)
SERIES = st.lists(st.tuples(SIDES, SIDES), max_size=30).map(
    lambda pairs: tuple(
        Minute(NOW + minutes(n), stable, candidate) for n, (stable, candidate) in enumerate(pairs)
    )
)
POLICIES = st.sampled_from([FAILURES, LATENCY, replace(LATENCY, failures=FailureLimits())])
WEIGHTS = st.sampled_from([1, 10, 50, 100])


@given(POLICIES, WEIGHTS, SERIES, st.integers(0, 30))
def test_minutes_count_once_however_they_are_cut_up_or_repeated(
    policy: GatePolicy, weight: int, those: tuple[Minute, ...], cut: int
) -> None:
    at_once = fold(policy, weight, {}, those)
    in_parts = fold(policy, weight, fold(policy, weight, {}, those[:cut]), those[cut:])
    assert in_parts == at_once
    assert fold(policy, weight, at_once, those) == at_once


@given(POLICIES, WEIGHTS, SERIES, st.floats(0, 300))
def test_no_verdict_but_to_wait_or_give_up_without_enough_evidence(
    policy: GatePolicy, weight: int, those: tuple[Minute, ...], baked: float
) -> None:
    verdict = judged(those, policy, weight=weight, baked=baked)
    numbers = verdict.numbers
    enough = numbers["minutes"] >= 3 and numbers["candidate_requests"] >= 100
    if not enough:
        assert verdict.verdict in {Verdict.CONTINUE, Verdict.INCONCLUSIVE}
    if verdict.verdict is Verdict.ADVANCE:
        assert verdict.clean
        assert baked >= LEAST / minutes(1)


@given(WEIGHTS, SERIES)
def test_one_more_failure_never_makes_a_verdict_better(
    weight: int, those: tuple[Minute, ...]
) -> None:
    rank = [Verdict.ADVANCE, Verdict.CONTINUE, Verdict.INCONCLUSIVE, Verdict.HOLD, Verdict.ROLLBACK]
    shares = (0.0, 0.03, 0.06, 0.5, 1.0)
    verdicts = []
    for share in shares:
        worse = tuple(
            replace(m, candidate=replace(m.candidate, failures=m.candidate.requests * share))
            if m.candidate
            else m
            for m in those
        )
        verdicts.append(rank.index(judged(worse, weight=weight).verdict))
    assert all(earlier <= later for earlier, later in pairwise(verdicts))
