"""Every verdict, the order of the rules, and sentences that tell a person what and why."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout.core.gate import Verdict, begin_stage, fold, judge
from rollout.core.policy.gate_model import Check, GatePolicy, LatencyCheck, Margin, OnHarm
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
from tests.support.judgements import BROKEN, HEALTHY, STABLE, only, tells

SLO = replace(LATENCY, latency=LatencyCheck(slo=timedelta(milliseconds=250)))


ALL = tuple(Check)


ONE_MARGIN = Margin(1.0, 0.0)


def test_a_healthy_candidate_advances() -> None:
    judgement = judged(some(10, HEALTHY, STABLE))
    assert judgement.text == (
        "healthy: candidate 5 of 1,000 failed, stable 45 of 9,000 in 10 min; "
        "odds over 1,000,000:1 that it stays below 1.5 x stable + 3 points, 20:1 needed; "
        "no harm check is above 1% of its threshold"
    )
    assert judgement.verdict is Verdict.ADVANCE
    assert judgement.clean


def test_evidence_comes_before_the_bake_is_over() -> None:
    judgement = judged(some(10, HEALTHY, STABLE), least=20)
    tells(judgement, Verdict.CONTINUE, "enough evidence, but the bake lasts another 10 min")
    tells(judged(some(10, HEALTHY, STABLE), baked=20, least=20), Verdict.ADVANCE)


def test_a_latency_that_is_healthy_advances() -> None:
    tells(judged(some(12, HEALTHY, STABLE), LATENCY), Verdict.ADVANCE, "healthy")


@pytest.mark.parametrize(
    ("count", "candidate", "missing"),
    [
        (
            0,
            HEALTHY,
            "0 of 0 failed; harm 1.0:1 of 100:1 (errors); still needed to pass: 5 minutes",
        ),
        (
            1,
            HEALTHY,
            "still needed to pass: 4 minutes with requests, odds 20:1 on failures (now 4.3:1",
        ),
        (20, side(1), "30 requests to the candidate, odds 20:1 on failures (now 1.4:1, about "),
        (9, side(0), "5 minutes with requests, 50 requests to the candidate, odds 20:1 on fail"),
        (12, side(10, 0.12), "still needed to pass: odds 20:1 on failures (now 2"),
    ],
    ids=["nothing yet", "too few minutes", "too few requests", "idle", "no evidence"],
)
def test_what_is_still_needed_is_said(count: int, candidate: SideMinute, missing: str) -> None:
    judgement = judged(some(count, candidate, side(900, 4.5)))
    tells(judgement, Verdict.CONTINUE, missing)


def test_while_it_bakes_the_sentence_tells_how_near_harm_is() -> None:
    failing = judged(some(1, side(100, 37), side(900, 4)))
    tells(
        failing,
        Verdict.CONTINUE,
        "candidate 37 of 100 failed, stable 4 of 900; harm 37:1 of 100:1 (errors); ",
    )
    # The check nearest to its own odds is told, not the one with the highest odds.
    strict = replace(ERRORS, budget=replace(ERRORS.budget, errors=1e-9))
    tells(judged(some(1, side(100, 37), side(900, 4)), strict), Verdict.CONTINUE, " (slo); ")
    enough = judged(some(10, HEALTHY, STABLE), least=20)
    tells(enough, Verdict.CONTINUE, "of 100:1 (", "; enough evidence, but the bake lasts")


def test_no_harm_is_told_where_every_check_only_reports() -> None:
    observed = replace(ERRORS, observe_only=ALL)
    assert "harm" not in judged(some(1, side(100, 37), side(900, 4)), observed).text


def test_latency_must_earn_its_evidence_too() -> None:
    no_latency = side(100, 0.5), side(900, 4.5)
    tells(judged(some(12, *no_latency), LATENCY), Verdict.CONTINUE, "odds 20:1 on P50 (now 1.0:1)")
    observed = replace(LATENCY, observe_only=(Check.LATENCY,))
    tells(judged(some(12, *no_latency), observed), Verdict.ADVANCE)


def test_without_evidence_at_max_bake_the_stage_is_inconclusive() -> None:
    idle = some(120, side(0.4), side(3.6))
    tells(
        judged(idle),
        Verdict.INCONCLUSIVE,
        "too little evidence after 120 min: candidate 0 of 48 failed, stable 0 of 432; ",
        "still needed to pass: ",
        "a wider limit, a longer max_bake, more weight or sample traffic would provide it",
    )
    tells(judged(idle[:-1]), Verdict.CONTINUE)
    tells(judged(idle, baked=119, least=120), Verdict.CONTINUE)


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


def test_observed_checks_are_measured_and_never_decide() -> None:
    policy = replace(SLO, observe_only=ALL, split=None)
    everything_wrong = side(100, 100, client_errors=100, latency=slower(9))
    judgement = judged(some(30, everything_wrong, STABLE), policy)
    tells(judgement, Verdict.ADVANCE, "no harm check is above 0% of its threshold")
    assert all(ln > 4 for ln in judgement.numbers["harm"].values())
    assert set(judgement.numbers["fired"]) == set(judgement.numbers["harm"])
    dark = judged(some(30, side(0), STABLE), policy)
    tells(dark, Verdict.CONTINUE)
    assert dark.numbers["quiet"] == [30, 2700]


def test_odds_half_way_to_harm_hold_instead_of_advancing() -> None:
    """The limit is far, so that there is evidence, and the tolerance is near."""
    policy = replace(ERRORS, errors=replace(ERRORS.errors, limit=Margin(1.5, 0.1)))
    some_harm = some(15, side(10, 0.4), side(90, 0.45))
    judgement = judged(some_harm, policy)
    tells(
        judgement,
        Verdict.HOLD,
        "enough evidence to advance, but the candidate fails more: candidate 6 of 150 failed, ",
        "stable 7 of 1,350; tolerated 1.2 x stable + 0.02 points; harm odds ",
        "proven at 100:1; advances once the odds are below 10:1",
    )
    observed = replace(policy, observe_only=(Check.ERRORS, Check.MAJORITY))
    tells(judged(some_harm, observed), Verdict.ADVANCE)


@pytest.mark.parametrize(
    ("minutes", "policy", "clean"),
    [
        (some(10, HEALTHY, STABLE), ERRORS, True),
        (some(10, side(100), STABLE), ERRORS, True),
        ([], ERRORS, False),
        (some(5, side(0), STABLE), ERRORS, False),
        (some(3, side(100, 3), STABLE), ERRORS, False),
        (some(3, side(100, 4), side(100, 4)), replace(ERRORS, observe_only=ALL), False),
        (some(240, side(100, 0.5), STABLE), LATENCY, True),
        (some(1, replace(HEALTHY, client_errors=9), STABLE), ERRORS, False),
        (
            some(1, replace(HEALTHY, client_errors=9), STABLE),
            replace(ERRORS, observe_only=(Check.REJECTED,)),
            True,
        ),
    ],
    ids=[
        "healthy",
        "without failures",
        "nothing seen",
        "no requests",
        "leaning towards harm",
        "beyond the limit",
        "a process nobody fed",
        "leaning towards refusing",
        "leaning, but observed only",
    ],
)
def test_clean_is_what_leans_nowhere(
    minutes: list[Any],
    policy: GatePolicy,
    clean: bool,  # noqa: FBT001 - a table's column
) -> None:
    assert judged(minutes, policy).clean is clean


def test_a_soak_is_passed_or_not_without_stable() -> None:
    before = begin_stage(after(some(10, HEALTHY, STABLE)), 2, 100)
    fine, _ = fold(ERRORS, before, some(10, side(1000, 5, client_errors=10), None, first=10))
    tells(
        judge(ERRORS, fine, a_moment(20)),
        Verdict.ADVANCE,
        "healthy: candidate 50 of 10,000 failed in 10 min; odds ",
    )
    bad, _ = fold(ERRORS, before, some(10, side(1000, 80, client_errors=10), None, first=10))
    tells(judge(ERRORS, bad, a_moment(20)), Verdict.ROLLBACK, "candidate 805 of 11,000 failed")
    silent, _ = fold(ERRORS, before, some(120, side(0), None, first=10))
    tells(judge(ERRORS, silent, a_moment(130)), Verdict.INCONCLUSIVE)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 60),
    st.sampled_from([0, 1, 10, 1000]),
    st.tuples(st.floats(0, 1), st.floats(0, 1)),
    st.sampled_from([1, 10, 50, 99, 100]),
    st.floats(0, 90),
)
def test_a_verdict_fits_what_is_known(
    count: int, requests: int, shares: tuple[float, float], weight: int, baked: float
) -> None:
    candidate_share, stable_share = shares
    stable = None if weight == 100 else side(requests * 9, requests * 9 * stable_share)
    minutes = some(count, side(requests, requests * candidate_share), stable)
    judgement = judged(minutes, weight=weight, baked=baked)
    if judgement.verdict is Verdict.ADVANCE:
        assert baked >= 5
        assert count >= ERRORS.min_minutes
        assert count * requests >= ERRORS.min_requests
        assert not judgement.numbers.get("fired")
    if judgement.verdict is Verdict.ROLLBACK:
        assert judgement.numbers.get("fired") or judgement.numbers.get("quiet")
        assert not judgement.clean
    if candidate_share <= stable_share and weight < 100 and requests:
        assert judgement.verdict is not Verdict.ROLLBACK
    assert f"{judgement.verdict}" in {"advance", "continue", "hold", "inconclusive", "rollback"}
