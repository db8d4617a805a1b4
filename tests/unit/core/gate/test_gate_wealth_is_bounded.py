"""Over many minutes, with learning and restarts: the wealth of every harm process stays a bet."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import product
from math import comb, exp, fsum, sqrt
from random import Random
from statistics import fmean, stdev
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from rollout.core.gate import NONE, baseline, begin_stage, fold, opened
from rollout.core.gate.algebra.bernoulli import Counts, Line, rate_bounds
from rollout.core.gate.algebra.dispersion import effective, spread
from rollout.core.gate.algebra.mixture import Mixture
from rollout.core.gate.algebra.streams import Stream
from rollout.core.gate.checks.stage import HISTORY_MISSES, History, Soak
from rollout.core.policy.gate_model import GatePolicy
from rollout.core.records.observation import Minute, Percentiles, SideMinute

# The same lines thousands of times: tracing them costs twice their run and covers nothing more.
pytestmark = pytest.mark.no_cover

POLICY = GatePolicy()
LINE = Line(1.2, 0.0002)
ALPHA, PLANNED = 0.01, 60.0
STARTED = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
MAX_ERRORS = 4.0


def side(requests: int, failed: int, rejected: int = 0) -> SideMinute:
    latency = Percentiles(100.0, 190.0, 230.0, 320.0) if requests else None
    return SideMinute(
        float(requests), float(failed), client_errors=float(rejected), latency=latency
    )


def sides() -> some.SearchStrategy[SideMinute]:
    return some.integers(0, 2000).flatmap(
        lambda requests: some.builds(
            side, some.just(requests), some.integers(0, requests), some.just(0)
        )
    )


def state_after(history: Sequence[SideMinute], weight: int = 10) -> dict[str, Any]:
    minutes = [Minute(STARTED + MINUTE * i, each, None) for i, each in enumerate(history)]
    known = baseline(POLICY, minutes) if minutes else NONE
    return begin_stage(opened(POLICY, known, PLANNED), 0, weight)


def compared(state: dict[str, Any]) -> dict[str, float]:
    """The wealth of each process that compares the two sides."""
    return {
        "errors": sum(state["errors"]["process"]),
        "majority": sum(state["majority"]),
        "rejected": sum(state["rejected"]["process"]),
        "latency": fsum(fsum(each[4:]) for each in state["latency"][:4]),
        "latency together": fsum(state["latency"][4]),
    }


def proofs(state: dict[str, Any]) -> list[float]:
    """The wealth of the evidence to pass."""
    return [fsum(each) for each in (state["stage"]["errors"], *state["stage"]["latency"])]


def next_minute(
    state: dict[str, Any], candidate_side: SideMinute, stable_side: SideMinute
) -> dict[str, Any]:
    at = STARTED + timedelta(days=2)
    if state["mark"] is not None:
        at = datetime.fromisoformat(state["mark"]) + MINUTE
    return fold(POLICY, state, [Minute(at, stable_side, candidate_side)])[0]


@given(sides(), some.sampled_from(["candidate", "stable"]), some.lists(sides(), max_size=4))
def test_a_minute_without_requests_on_one_side_changes_no_wealth(
    there: SideMinute, silent: str, before: list[SideMinute]
) -> None:
    state = state_after([side(900, 4)] * 20)
    for each in before:
        state = next_minute(state, each, side(900, 4))
    candidate_side, stable_side = (
        (side(0, 0), there) if silent == "candidate" else (there, side(0, 0))
    )
    after = next_minute(state, candidate_side, stable_side)
    for name, wealth in compared(after).items():
        assert wealth == pytest.approx(compared(state)[name], rel=1e-6), name
    for now, then in zip(proofs(after), proofs(state), strict=True):
        assert now == pytest.approx(then, rel=1e-6)


@given(some.integers(1, 5000), some.floats(0, 1), some.floats(0, 1))
def test_correlated_counts_are_both_divided_by_the_design_effect(
    requests: int, part: float, correlation: float
) -> None:
    counts = Counts(float(requests), requests * part)
    divided = effective(counts, correlation)
    effect = 1 + (requests - 1) * correlation
    assert spread(counts.requests, correlation) == pytest.approx(effect)
    assert divided.requests == pytest.approx(counts.requests / effect)
    assert divided.bad == pytest.approx(counts.bad / effect)


@given(
    some.lists(
        some.tuples(some.integers(1, 500), some.integers(0, 500), some.integers(1, 500)),
        min_size=1,
        max_size=6,
    ),
    some.floats(0.001, 1),
)
def test_a_stream_with_correlation_bets_as_one_without_on_divided_counts(
    minutes: list[tuple[int, int, int]], correlation: float
) -> None:
    bursty = Stream.opened(Counts(1000.0, 5.0), correlation)
    plain = Stream.opened(Counts(1000.0, 5.0), 0.0)
    for requests, bad, stable in minutes:
        candidate_side = Counts(float(requests), float(min(bad, requests)))
        stable_side = Counts(float(stable), 0.0)
        bursty.bet(LINE, candidate_side, stable_side, alpha=ALPHA, planned=PLANNED)
        plain.bet(
            LINE,
            effective(candidate_side, correlation),
            effective(stable_side, correlation),
            alpha=ALPHA,
            planned=PLANNED,
        )
        for each in (bursty, plain):
            each.learn(stable_side)
        assert bursty.process.ln_wealth == pytest.approx(plain.process.ln_wealth, abs=1e-9)


@given(some.lists(some.lists(some.floats(-80, 80), min_size=8, max_size=8), max_size=90))
def test_the_reserve_is_released_once_and_one_minute_is_capped(bets: list[list[float]]) -> None:
    mixture = Mixture.fresh()
    for values in bets:
        before = mixture.wealth
        mixture.bet(values, alpha=ALPHA, planned_minutes=PLANNED)
        assert mixture.reserve >= 0
        # 0.6 (ln 100 + ln 16): from a wealth of 1 a single minute stays below 100.
        assert mixture.wealth <= before * exp(0.6 * 7.3778) * (1 + 1e-9)
    idle = Mixture.fresh()
    for _ in bets:
        idle.bet([], alpha=ALPHA, planned_minutes=PLANNED)
    assert idle.wealth == pytest.approx(1.0)


TRUTHS = [(0.05, 0.06), (0.2, 0.2402), (0.3, 0.1), (0.5, 0.6002), (0.01, 0.0122)]


@pytest.mark.parametrize(("stable_share", "candidate_share"), TRUTHS)
@pytest.mark.parametrize("correlation", [0.0, 0.3])
def test_the_mean_wealth_after_three_minutes_is_at_most_one_exactly(
    stable_share: float, candidate_share: float, correlation: float
) -> None:
    """All outcomes of three minutes, with what is learnt of stable in between."""
    candidate, stable = 2, 3
    minute = [
        (
            bad,
            stable_bad,
            _binomial(candidate, bad, candidate_share)
            * _binomial(stable, stable_bad, stable_share),
        )
        for bad in range(candidate + 1)
        for stable_bad in range(stable + 1)
    ]
    total = []
    for path in product(minute, repeat=3):
        stream = Stream.opened(Counts(20.0, 1.0), correlation)
        probability = 1.0
        for bad, stable_bad, chance in path:
            probability *= chance
            sides = Counts(float(candidate), float(bad)), Counts(float(stable), float(stable_bad))
            stream.bet(LINE, *sides, alpha=ALPHA, planned=3.0)
            stream.learn(sides[1])
        total.append(probability * stream.process.wealth)
    assert fsum(total) <= 1 + 1e-9


def _binomial(trials: int, hits: int, share: float) -> float:
    return comb(trials, hits) * share**hits * (1 - share) ** (trials - hits)


def _drift(rng: Random) -> Callable[[], tuple[float, float]]:
    """Shares that change every minute and never leave the null."""

    def shares() -> tuple[float, float]:
        stable_share = 0.3 * rng.random() ** 2
        return stable_share, (1.2 * stable_share + 0.0002) * rng.random() ** 0.2

    return shares


@pytest.mark.parametrize("number", range(6))
def test_the_mean_wealth_of_whole_runs_on_drifting_nulls_is_at_most_one(number: int) -> None:
    rng = Random(f"drift/{number}")  # noqa: S311 - fixed test data
    candidate, stable = rng.choice([(1, 9), (5, 45), (20, 20), (9, 1), (3, 3), (40, 10)])
    final: list[float] = []
    reached = 0
    for _ in range(300):
        shares = _drift(rng)
        stream = Stream.opened(Counts(200.0, 200 * shares()[0]), 0.0)
        highest = 0.0
        for _ in range(15):
            stable_share, candidate_share = shares()
            stable_counts = Counts(float(stable), float(rng.binomialvariate(stable, stable_share)))
            candidate_counts = Counts(
                float(candidate), float(rng.binomialvariate(candidate, candidate_share))
            )
            stream.bet(LINE, candidate_counts, stable_counts, alpha=ALPHA, planned=15.0)
            stream.learn(stable_counts)
            highest = max(highest, stream.process.wealth)
        final.append(stream.process.wealth)
        reached += highest >= 1 / ALPHA
    assert fmean(final) <= 1 + MAX_ERRORS * stdev(final) / sqrt(len(final))
    assert reached <= 300 * ALPHA + MAX_ERRORS * sqrt(300 * ALPHA)


def test_a_stream_without_history_bets_only_after_it_learnt() -> None:
    state = state_after([])
    first = next_minute(state, side(100, 100), side(900, 0))
    assert compared(first)["errors"] == pytest.approx(1.0)
    second = next_minute(first, side(100, 100), side(900, 0))
    assert compared(second)["errors"] > 1.0


def soak(scale: float, recent: float) -> Soak:
    """Bounds after a history of 20,000 scaled requests and so many since."""
    requests = 20_000.0 + recent
    stream = Stream.opened(Counts(requests, 0.005 * requests), 0.0)
    return Soak.against(stream, stream, 100.0, History(20_000.0, scale))


def test_a_scaled_history_makes_the_soak_no_less_certain() -> None:
    whole, scaled = soak(1.0, 0.0), soak(0.01, 0.0)
    exact = rate_bounds(Counts(2_000_000.0, 10_000.0), HISTORY_MISSES)
    assert (scaled.low, scaled.high) == pytest.approx(exact)
    assert whole.low < scaled.low < 0.005 < scaled.high < whole.high
    # What came since counts fully, and so weighs more than the history it is added to.
    assert whole.high > soak(0.01, 20_000.0).high > scaled.high


def test_a_soak_that_knows_nothing_of_stable_allows_everything() -> None:
    stream = Stream.opened(Counts(0.0, 0.0), 0.005)
    bounds = Soak.against(stream, stream, 0.0, History(0.0, 1.0))
    assert (bounds.low, bounds.high, bounds.rejected_high) == (0.0, 1.0, 1.0)


@pytest.mark.parametrize("part", [1.0, 0.6])
def test_the_mean_wealth_of_a_soak_within_its_limit_is_at_most_one(part: float) -> None:
    state = begin_stage(state_after([side(900, 4)] * 400), 1, 100)
    bounds = Soak(*state["stage"]["soak"])
    limit = 1.5 * bounds.high + 0.01
    rng = Random(f"soak/{part}")  # noqa: S311 - fixed test data
    final = []
    for _ in range(150):
        after = state
        for _ in range(10):
            failed = rng.binomialvariate(50, part * limit)
            candidate_side = SideMinute(50.0, float(failed))
            after = next_minute(after, candidate_side, SideMinute(0.0, 0.0))
        final.append(compared(after)["errors"])
    assert fmean(final) <= 1 + MAX_ERRORS * stdev(final) / sqrt(len(final))
