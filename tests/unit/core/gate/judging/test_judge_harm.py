"""What the gate calls harm, what it holds for, and what excuses a candidate."""

from dataclasses import replace

import pytest

from rollout.core.gate import Verdict, fold, judge
from rollout.core.policy.gate_model import Check, GatePolicy, OnHarm
from rollout.core.records.observation import SideMinute
from tests.support.gate_builders import (
    ERRORS,
    LATENCY,
    QUICK,
    a_moment,
    after,
    judged,
    side,
    slower,
    some,
    tallied,
    with_checks,
)
from tests.support.judgements import BROKEN, HEALTHY, SLO, STABLE, only, tells


@pytest.mark.parametrize(
    ("policy", "candidate", "count", "parts"),
    [
        (
            ERRORS,
            BROKEN,
            2,
            (
                "the candidate fails more: candidate 200 of 200 failed, stable 9 of 1,800; ",
                "tolerated 1.2 x stable + 0.02 points; harm odds 3,519:1, rollback at 100:1, ",
                "reached in the minute of 12:01 UTC; only a new release or `retry` changes that",
            ),
        ),
        (
            only(ERRORS, Check.MAJORITY),
            side(1000, 20),
            20,
            ("the candidate fails more in most minutes: candidate 400 of 20,000 failed, stable ",),
        ),
        (
            only(ERRORS, Check.SLO),
            BROKEN,
            2,
            ("the candidate fails too much: candidate 200 of 200 failed", "limit 5.0%; ", "200:1"),
        ),
        (
            LATENCY,
            side(100, 0.5, latency=slower(2)),
            16,
            (
                "the candidate is slower: candidate 672 of 1,500 took longer than 209 ms, stable ",
                "1,350 of 13,500 than 190 ms; tolerated 1.1 x stable at every percentile; harm",
            ),
        ),
        (
            only(SLO, Check.LATENCY_SLO),
            side(100, 0.5, latency=slower(2)),
            6,
            (
                "the candidate is too slow: candidate 143 of 500 took longer, ",
                "stable 180 of 5,400; ",
                "limit P95 250 ms; harm odds ",
                "rollback at 200:1",
            ),
        ),
    ],
    ids=["errors", "majority", "slo", "latency", "latency slo"],
)
def test_harm_rolls_back_and_says_by_what(
    policy: GatePolicy, candidate: SideMinute, count: int, parts: tuple[str, ...]
) -> None:
    judgement = judged(some(count, candidate, STABLE), policy)
    tells(judgement, Verdict.ROLLBACK, *parts)
    assert not judgement.clean


def test_a_first_alarm_of_latency_holds_and_the_second_rolls_back() -> None:
    """A candidate that is slow for eight minutes is cold; one that stays slow is slow."""
    slow, quick = side(100, 0.5, latency=slower(2)), side(100, 0.5, latency=QUICK)
    held = judged(some(3, slow, STABLE), LATENCY)
    tells(
        held,
        Verdict.HOLD,
        "the candidate is slower: candidate 90 of 200 took longer than 209 ms, ",
        "alarm at 200:1. It may only be cold, so this first alarm holds for another 10 min; ",
        "a second alarm rolls back",
    )
    assert held.numbers["pause"] == {"latency": 10}
    assert not held.clean
    tells(judged(some(12, slow, STABLE), LATENCY), Verdict.HOLD, "for another 1 min")
    tells(judged(some(16, slow, STABLE), LATENCY), Verdict.ROLLBACK, "in the minute of 12:14 UTC")
    warmed = [*some(8, slow, STABLE), *some(40, quick, STABLE, first=8)]
    tells(judged(warmed, LATENCY), Verdict.ADVANCE)
    observed = replace(LATENCY, observe_only=(Check.LATENCY,))
    tells(judged(some(12, slow, STABLE), observed), Verdict.ADVANCE)


def test_a_cold_candidate_is_judged_by_its_failures_alone() -> None:
    cold = side(5, 0, latency=slower(9))
    quick = side(5, 0, latency=QUICK)
    beside = side(45, 0.2, latency=QUICK)
    # The sixth minute is the last before thirty requests were answered.
    first = [*some(6, cold, beside), *some(60, quick, beside, first=6)]
    assert judged(first[:6], LATENCY).numbers["harm"]["latency"] == pytest.approx(0, abs=1e-4)
    assert judged(first, LATENCY).numbers["harm"]["latency"] < 0
    at_once = replace(LATENCY, settle_requests=0)
    assert judged(first[:6], at_once).numbers["harm"]["latency"] > 3
    assert judged(first[:6], LATENCY).numbers["latencyEvidence"] == pytest.approx([0] * 3, abs=1e-4)
    tells(judged(some(3, side(5, 5), beside), LATENCY), Verdict.ROLLBACK, "candidate 15 of 15")
    too_slow = replace(SLO, settle_requests=0)
    assert judged(first[:6], SLO).numbers["harm"]["latency_slo"] == pytest.approx(0, abs=1e-4)
    assert judged(first[:6], too_slow).numbers["harm"]["latency_slo"] > 3


def test_one_failure_of_few_requests_is_clean() -> None:
    """Under the first rules a process past odds of 1 was leaning, however little."""
    judgement = judged(some(1, side(40, 1), side(360, 1)))
    assert 0 < max(judgement.numbers["harm"].values()) <= 1
    assert judgement.clean


def test_harm_rolls_back_before_any_bake_and_whatever_came_after() -> None:
    then_fine = [*some(2, BROKEN, STABLE), *some(40, HEALTHY, STABLE, first=2)]
    tells(judged(then_fine, least=600), Verdict.ROLLBACK, "12:01 UTC")
    tells(judge(ERRORS, after(then_fine), a_moment(500)), Verdict.ROLLBACK)


def test_one_bad_minute_alone_does_not_roll_back() -> None:
    tells(judged(some(1, BROKEN, STABLE)), Verdict.CONTINUE)


def test_provisional_minutes_may_only_roll_back() -> None:
    state = after(some(4, HEALTHY, STABLE))
    better, _ = fold(ERRORS, state, some(20, HEALTHY, STABLE, first=4))
    worse, _ = fold(ERRORS, state, some(2, BROKEN, STABLE, first=4))
    rejecting, _ = fold(ERRORS, state, some(5, replace(HEALTHY, client_errors=50), STABLE, first=4))
    moment = a_moment(4)
    plain = judge(ERRORS, state, moment)
    assert plain.verdict is Verdict.CONTINUE
    assert judge(ERRORS, state, moment, provisional=better) == plain
    assert judge(ERRORS, state, moment, provisional=rejecting) == plain
    judgement = judge(ERRORS, state, moment, provisional=worse)
    tells(judgement, Verdict.ROLLBACK, "candidate 202 of 600 failed")
    assert judgement.numbers["candidate"] == [600, 202, 4]


def test_an_outage_of_both_is_not_the_candidates_fault() -> None:
    judgement = judged(some(10, BROKEN, side(900, 900)))
    tells(
        judgement,
        Verdict.HOLD,
        "the candidate fails too much, but stable breaks the limit too: candidate 1,000 of 1,000 ",
        "failed, stable 9,000 of 9,000; limit 5.0%; odds 2,000:1 that the limit is broken, 1.0:1 ",
        "that the candidate is to blame, rollback at 200:1; ",
        "the hold lifts itself once the limit is kept again",
    )


def test_a_missing_witness_is_waited_for() -> None:
    waiting = some(5, side(10, 10), side(0))
    judgement = judged(waiting, weight=90)
    tells(
        judgement,
        Verdict.HOLD,
        "but stable has had no request since the trouble began: candidate 50 ",
    )
    healthy, failing = (some(1, side(10, 10), side(1, bad), first=5) for bad in (0, 1))
    tells(judged([*waiting, *healthy], weight=90), Verdict.ROLLBACK, "fails too much")
    tells(judged([*waiting, *failing], weight=90), Verdict.HOLD, "but stable breaks the limit too")
    in_vain = judged(some(9, side(10, 10), side(0)), weight=90)
    tells(in_vain, Verdict.ROLLBACK, "fails too much")


def test_an_outage_of_latency_is_shared_too() -> None:
    both = some(10, side(100, latency=slower(2)), side(900, latency=slower(2)))
    tells(
        judged(both, SLO),
        Verdict.HOLD,
        "is too slow, but stable breaks the limit too",
        "P95 250 ms",
    )


def test_refused_requests_hold_and_never_roll_back() -> None:
    judgement = judged(some(40, side(100, 0.5, client_errors=20), STABLE))
    tells(
        judgement,
        Verdict.HOLD,
        "the candidate refuses more requests: candidate 800 of 4,000 got other 4xx, stable 360 ",
        "of 36,000; tolerated 1.2 x stable + 1 points; odds over 1,000,000:1, hold at 1",
        "the hold lifts itself if the odds fall; `advance` or `rollback` ends it sooner",
    )
    observed = replace(ERRORS, observe_only=(Check.REJECTED,))
    tells(judged(some(40, side(100, 0.5, client_errors=20), STABLE), observed), Verdict.ADVANCE)


def drifting(bad: float) -> SideMinute:
    return replace(tallied(100, drift=bad), failures=0.5)


@pytest.mark.parametrize(
    ("on_harm", "verdict", "end"),
    [
        (OnHarm.HOLD, Verdict.HOLD, "`advance` or `rollback` ends it sooner"),
        (OnHarm.ROLLBACK, Verdict.ROLLBACK, "only a new release or `retry` changes that"),
    ],
)
def test_a_custom_check_does_what_it_says(on_harm: OnHarm, verdict: Verdict, end: str) -> None:
    policy = with_checks("quiet", "drift", on_harm=on_harm)
    stable = replace(tallied(900, drift=9), failures=4.5)
    judgement = judged(some(10, drifting(30), stable), policy)
    numbers = "candidate 300 of 1,000 were bad, stable 90 of 9,000; "
    tells(judgement, verdict, "check drift is worse on the candidate: ", numbers, "200:1", end)
    assert "tolerated 1.2 x stable + 1 points" in judgement.text
    tells(judged(some(10, drifting(1), stable), policy), Verdict.ADVANCE)
