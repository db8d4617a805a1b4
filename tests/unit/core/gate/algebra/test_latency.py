"""Slow requests: rebuilt from percentiles or counted, thresholds that are learnt, and the bets."""

import json
from dataclasses import replace
from datetime import timedelta
from math import exp, isfinite, log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout.core.gate.algebra import evidence
from rollout.core.gate.algebra.bernoulli import Counts
from rollout.core.gate.algebra.latency import (
    EVIDENCE_POINTS,
    NOTHING,
    Latency,
    Slow,
    milliseconds,
    over_slo,
)
from rollout.core.gate.algebra.percentiles import QUANTILES, percentile, tail
from rollout.core.policy.gate_model import LatencyCheck
from rollout.core.records.observation import Percentiles, SideMinute, SlowCounts
from tests.support.gate_builders import QUICK, side, slower

CHECK = LatencyCheck()
THRESHOLD = log(100)
SHARES = tuple(1 - quantile for quantile in QUANTILES)
TIMES = st.floats(0, 1e7)


def bet(latency: Latency, candidate: SideMinute, stable: SideMinute, times: int = 1) -> None:
    for _ in range(times):
        candidate_slow = latency.slow(candidate, CHECK, candidate=True)
        stable_slow = latency.slow(stable, CHECK, candidate=False)
        exact = candidate.slow is not None and stable.slow is not None
        latency.bet(candidate_slow, stable_slow, exact=exact, alpha=0.01, planned=60.0)
        latency.learn(stable, stable_slow)


def known(times: int = 200) -> Latency:
    latency = Latency.fresh()
    for _ in range(times):
        stable = side(900, latency=QUICK)
        latency.learn(stable, latency.slow(stable, CHECK, candidate=False))
    return latency


def counted(requests: float, *shares: float) -> SideMinute:
    """A minute whose slow requests were counted in the logs: these shares over each threshold."""
    over = tuple(requests * share for share in shares)
    return side(requests, latency=QUICK, slow=SlowCounts(requests, over, over))


@pytest.mark.parametrize(
    ("threshold", "share"),
    [
        (50.0, 0.5 + 0.4 * log(2) / log(1.9)),
        (1e-3, 1.0),
        (99.9999, 0.5),
        (100.0, 0.5),
        (190.0, 0.1),
        (230.0, 0.05),
        (320.0, 0.01),
        ((190.0 * 230.0) ** 0.5, (0.1 * 0.05) ** 0.5),
        (320.0 * 320.0 / 230.0, 0.01 / 5),
        (1e9, 0.0),
    ],
)
def test_the_share_beyond_a_threshold(threshold: float, share: float) -> None:
    assert tail(QUICK, log(threshold)) == pytest.approx(share, abs=1e-6)


@settings(deadline=None)
@given(st.floats(1, 1e5), st.floats(1.001, 10))
def test_one_request_is_over_a_threshold_or_it_is_not(took: float, factor: float) -> None:
    single = Percentiles(took, took, took, took)
    assert tail(single, log(took / factor)) == 1.0
    assert tail(single, log(took * factor)) == 0.0
    assert tail(single, log(took)) == 0.0


@settings(deadline=None)
@given(TIMES, TIMES, TIMES, TIMES, st.floats(-30, 30))
def test_any_percentiles_give_a_share(
    p50: float, p90: float, p95: float, p99: float, ln: float
) -> None:
    assert 0 <= tail(Percentiles(p50, p90, p95, p99), ln) <= 1


@settings(deadline=None)
@given(st.lists(TIMES, min_size=4, max_size=4).map(sorted), st.floats(-20, 20), st.floats(0, 5))
def test_a_higher_threshold_is_passed_no_more_often(
    values: list[float], ln: float, more: float
) -> None:
    percentiles = Percentiles(*values)
    assert tail(percentiles, ln + more) <= tail(percentiles, ln) + 1e-12


@pytest.mark.parametrize(
    ("latency", "expected"),
    [(None, None), (Percentiles(0, 1, 2, 3), None), (QUICK, 100.0)],
    ids=["no latency", "zero is no time", "ordinary"],
)
def test_one_percentile(latency: Percentiles | None, expected: float | None) -> None:
    assert percentile(latency, 0.5) == expected


def test_the_first_minute_sets_the_thresholds_and_later_ones_move_them() -> None:
    latency = Latency.fresh()
    assert latency.asked(CHECK) is None
    first = side(900, latency=QUICK)
    latency.learn(first, latency.slow(first, CHECK, candidate=False))
    assert [each.ln for each in latency.thresholds] == pytest.approx(
        [log(100), log(190), log(230), log(320)]
    )
    second = side(100, latency=slower(2))
    latency.learn(second, latency.slow(second, CHECK, candidate=False))
    ample = [min(1.0, 100 * share / 5) for share in SHARES]
    moved = [
        log(before) + 0.1 * part * log(2)
        for before, part in zip((100, 190, 230, 320), ample, strict=True)
    ]
    assert [each.ln for each in latency.thresholds] == pytest.approx(moved)


def test_shares_follow_stable_with_its_requests() -> None:
    latency = known()
    before = [(each.share, each.share_limit) for each in latency.thresholds]
    stable = side(200, latency=slower(2))
    stable_slow = latency.slow(stable, CHECK, candidate=False)
    latency.learn(stable, stable_slow)
    for then, each, slow in zip(before, latency.thresholds, stable_slow, strict=True):
        seen, limited = slow.over.bad / 200, slow.over_limit.bad / 200
        assert each.share == pytest.approx(then[0] + 0.1 * (seen - then[0]))
        assert each.share_limit == pytest.approx(then[1] + 0.1 * (limited - then[1]))


def single(took: float) -> SideMinute:
    return side(1, latency=Percentiles(took, took, took, took))


def of_single_requests(count: int, seen: float | None = 0.0) -> Latency:
    """After a first request of 100 ms every second one takes longer."""
    latency = Latency.fresh(seen)
    for number in range(count + 1):
        minute = single(150 if number % 2 else 90) if number else single(100)
        latency.learn(minute, latency.slow(minute, CHECK, candidate=False))
    return latency


def test_shares_of_few_requests_are_their_plain_mean() -> None:
    """The share that is assumed at first counts as one request; half of these were slower."""
    latency = of_single_requests(100)
    assert latency.seen == 100
    for share, each in zip(SHARES, latency.thresholds, strict=True):
        assert each.share == pytest.approx((share + 50) / 101, abs=0.001)


def test_under_the_first_rules_shares_hardly_move_at_little_traffic() -> None:
    latency = of_single_requests(100, None)
    assert latency.seen is None
    assert latency.thresholds[3].share < 0.1
    assert latency.vouches


def test_alone_nothing_is_bet_on_shares_of_fewer_than_two_hundred_requests() -> None:
    for count, known_well in ((199, False), (200, True)):
        latency = of_single_requests(count)
        assert latency.vouches is known_well
        slow = latency.slow(single(1000), CHECK, candidate=True)
        for _ in range(20):
            latency.bet_alone(slow, alpha=0.01, planned=60.0)
        assert (latency.ln_wealth > 1) is known_well
        rows = latency.to_pass(slow, [NOTHING] * 4, alone=True)
        assert any(rows) is known_well


def test_after_a_pause_the_bets_begin_afresh() -> None:
    latency = known()
    bet(latency, side(100, latency=slower(3)), side(900, latency=QUICK), times=3)
    before = latency.ln_wealth
    latency.begin_pause(2)
    latency.rest()
    assert latency.pause == 1
    assert latency.ln_wealth == before
    latency.rest()
    assert not latency.pause
    assert latency.ln_wealth == pytest.approx(0.0)


@pytest.mark.parametrize("stable", [None, side(0), side(900), side(0, latency=QUICK)], ids=str)
def test_minutes_without_latency_teach_nothing_of_the_shares(stable: SideMinute | None) -> None:
    latency = known()
    before = [(each.share, each.share_limit, each.ln) for each in latency.thresholds]
    latency.learn(stable, latency.slow(stable, CHECK, candidate=False))
    assert [(each.share, each.share_limit, each.ln) for each in latency.thresholds] == before


def test_what_a_source_that_sees_requests_is_to_count() -> None:
    asked = known(1).asked(replace(CHECK, slo=timedelta(seconds=1)))
    assert asked is not None
    assert asked.stable == pytest.approx((100, 190, 230, 320))
    assert asked.candidate == pytest.approx((110, 209, 253, 352))
    assert asked.limit == pytest.approx((120, 228, 276, 384))
    assert asked.slo == 1000.0


def test_counts_from_logs_are_taken_as_they_are() -> None:
    slow = SlowCounts(90, (50, 9, 5, 1), (40, 8, 4, 0))
    got = known().slow(side(100, latency=QUICK, slow=slow), CHECK, candidate=True)
    assert got[0] == Slow(Counts(90, 50), Counts(90, 40))
    assert got[3] == Slow(Counts(90, 1), Counts(90, 0))


def test_counts_from_percentiles_are_rebuilt_for_each_side() -> None:
    latency = known(1)
    minute = side(100, latency=QUICK)
    candidate_slow = latency.slow(minute, CHECK, candidate=True)
    stable_slow = latency.slow(minute, CHECK, candidate=False)
    assert [each.over.bad for each in stable_slow] == pytest.approx([50, 10, 5, 1])
    assert [each.over.bad for each in candidate_slow] == pytest.approx(
        [100 * tail(QUICK, log(1.1 * c)) for c in (100, 190, 230, 320)]
    )
    assert candidate_slow[1].over_limit == stable_slow[1].over_limit


def test_a_candidate_as_quick_as_stable_never_reaches_the_threshold() -> None:
    latency = known()
    bet(latency, side(100, latency=QUICK), side(900, latency=QUICK), times=60)
    assert latency.ln_wealth < 0


def test_a_slower_candidate_is_seen_sooner_the_slower_it_is() -> None:
    needed = []
    for times in (1.3, 2.0, 5.0):
        latency, minutes = known(), 0
        while latency.ln_wealth < THRESHOLD:
            bet(latency, side(100, latency=slower(times)), side(900, latency=QUICK))
            minutes += 1
        needed.append(minutes)
    assert needed == sorted(needed, reverse=True)
    assert needed[0] <= 6
    assert needed[-1] == 2


@pytest.mark.parametrize("slack", [True, False], ids=["percentiles", "logs"])
def test_a_slowdown_of_both_sides_is_nobodys_harm(slack: bool) -> None:  # noqa: FBT001 - a table's column
    """Also when stable, whose times hardly vary, is wholly over its old thresholds for minutes."""
    latency = known()
    narrow = Percentiles(1000.0, 1010.0, 1020.0, 1030.0)
    for _ in range(60):
        if slack:
            bet(latency, side(1000, latency=narrow), side(9000, latency=narrow))
        else:
            all_over = counted(1000, 1, 1, 1, 1), counted(9000, 1, 1, 1, 1)
            bet(latency, *all_over)
    assert latency.ln_wealth < 0


def test_only_counted_slow_requests_matter_where_both_sides_are_counted() -> None:
    latency = known()
    bet(latency, counted(100, 0.9, 0.5, 0.4, 0.3), counted(900, *SHARES), times=2)
    assert latency.ln_wealth >= THRESHOLD


def test_alone_the_candidate_is_held_to_what_is_known_of_stable() -> None:
    quick, slow, unlimited = known(), known(), known()
    for each in unlimited.thresholds:
        each.share = 0.99
    for latency, times in ((quick, 1.0), (slow, 3.0), (unlimited, 3.0)):
        for _ in range(5):
            candidate_slow = latency.slow(side(1000, latency=slower(times)), CHECK, candidate=True)
            latency.bet_alone(candidate_slow, alpha=0.01, planned=60.0)
    assert quick.ln_wealth < 0
    assert slow.ln_wealth >= THRESHOLD
    assert unlimited.wealth == pytest.approx(1.0)


def test_alone_without_requests_nothing_is_learnt() -> None:
    latency = known()
    latency.bet_alone(latency.slow(side(0), CHECK, candidate=True), alpha=0.01, planned=60.0)
    assert latency.wealth == pytest.approx(1.0)


def passed(latency: Latency, times: float, minutes: int, *, alone: bool = False) -> list[float]:
    proofs = [evidence.Restartable() for _ in EVIDENCE_POINTS]
    for _ in range(minutes):
        candidate_slow = latency.slow(side(100, latency=slower(times)), CHECK, candidate=True)
        stable_slow = latency.slow(side(900, latency=QUICK), CHECK, candidate=False)
        rows = latency.to_pass(candidate_slow, stable_slow, alone=alone)
        for proof, row in zip(proofs, rows, strict=True):
            proof.add(row, 120.0)
    return [proof.ln for proof in proofs]


@pytest.mark.parametrize("alone", [False, True], ids=["beside stable", "alone"])
def test_a_quick_candidate_earns_its_evidence_and_a_slow_one_does_not(alone: bool) -> None:  # noqa: FBT001 - a table's column
    assert min(passed(known(), 1.0, 15, alone=alone)) > log(20)
    assert max(passed(known(), 1.5, 15, alone=alone)) < 0


@pytest.mark.parametrize("alone", [False, True], ids=["beside stable", "alone"])
@pytest.mark.parametrize("share", [1e-6, 0.95, 1 - 1e-6])
def test_evidence_is_a_number_whatever_stables_share(share: float, alone: bool) -> None:  # noqa: FBT001 - a table's column
    latency = known()
    for each in latency.thresholds:
        each.share = share
    assert all(isfinite(ln) for ln in passed(latency, 1.0, 5, alone=alone))
    bet(latency, side(100, latency=slower(3)), side(900, latency=QUICK), times=3)
    assert isfinite(latency.ln_wealth)


@pytest.mark.parametrize(
    ("minute", "counts"),
    [
        (None, Counts(0, 0)),
        (side(0, latency=QUICK), Counts(0, 0)),
        (side(100), Counts(0, 0)),
        (side(100, latency=QUICK), Counts(100, 5)),
        (side(100, slow=SlowCounts(90, (), (), 7)), Counts(90, 7)),
        (side(100, latency=QUICK, slow=SlowCounts(90, (), ())), Counts(100, 5)),
    ],
    ids=["absent", "no requests", "no latency", "rebuilt", "counted", "not asked for"],
)
def test_requests_beyond_the_absolute_time(minute: SideMinute | None, counts: Counts) -> None:
    got = over_slo(minute, 230.0)
    assert got.requests == counts.requests
    assert got.bad == pytest.approx(counts.bad)


def test_the_absolute_time_in_milliseconds() -> None:
    assert milliseconds(CHECK) is None
    assert milliseconds(replace(CHECK, slo=timedelta(milliseconds=250))) == 250.0


def test_a_third_of_the_money_is_on_all_thresholds_together() -> None:
    latency = known()
    bet(latency, side(100, latency=slower(1.3)), side(900, latency=QUICK))
    mean = sum(each.process.wealth for each in latency.thresholds) / 4
    assert latency.wealth == pytest.approx((2 * mean + latency.together.wealth) / 3)
    assert exp(latency.ln_wealth) == pytest.approx(latency.wealth)


def test_latency_survives_json() -> None:
    paused = known()
    paused.begin_pause(10)
    for latency in (Latency.fresh(), Latency.fresh(None), known(), paused):
        bet(latency, side(100, latency=slower(1.3)), side(900, latency=QUICK))
        back = Latency.load(json.loads(json.dumps(latency.dump())))
        assert back.dump() == latency.dump()
