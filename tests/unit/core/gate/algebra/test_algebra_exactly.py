"""Every outcome is enumerated, so no sampling error can hide a mean above 1."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import islice, product
from math import comb, exp, factorial, fsum, lgamma, log, log1p
from random import Random

import pytest

from rollout.core.gate.algebra import bernoulli, majority, shift
from rollout.core.gate.algebra.bernoulli import Counts, Line, log_e_value
from rollout.core.gate.algebra.dispersion import effective
from rollout.core.gate.algebra.evidence import ERROR_STEPS, LATENCY_STEPS
from rollout.core.gate.algebra.majority import CHANCE, MAX_LINE
from rollout.core.gate.algebra.streams import alternatives, one_sided

# The same lines thousands of times: tracing them costs twice their run and covers nothing more.
pytestmark = pytest.mark.no_cover

NULLS = 120
ROUNDING = 1e-9
HARM = Line(1.2, 0.0002)
LIMIT = Line(1.5, 0.01)
SAME = Line(1.0, 0.0)
LATENCY_LIMIT = Line(1.0, 0.05)


@pytest.fixture(autouse=True)
def projections_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The projection depends on the requests alone, and each outcome of a null asks for it."""
    monkeypatch.setattr(bernoulli, "projection", cache(bernoulli.projection))


@dataclass(frozen=True)
class Null:
    """The true shares, and the `guess` of stable's share that the bet is made with."""

    candidate_share: float
    stable_share: float
    guess: float
    candidate: int
    stable: int


def harm_nulls(line: Line) -> Iterator[Null]:
    for rng in _randoms("harm", line):
        stable_share = rng.random() ** 3
        edge = min(1.0, line.ratio * stable_share + line.points)
        # Half of them on the line itself, where the bound is tight.
        candidate_share = edge if rng.random() < 0.5 else edge * rng.random()
        yield _null(rng, candidate_share, stable_share)


def advance_nulls(line: Line) -> Iterator[Null]:
    for rng in _randoms("advance", line):
        stable_share = rng.random() ** 3 * (1 - line.points) / line.ratio
        edge = line.ratio * stable_share + line.points
        candidate_share = edge if rng.random() < 0.5 else edge + (1 - edge) * rng.random()
        yield _null(rng, candidate_share, stable_share)


def _randoms(*seed: object) -> Iterator[Random]:
    for number in range(NULLS):
        yield Random(f"{seed}/{number}")  # noqa: S311 - fixed test data


def _null(rng: Random, candidate_share: float, stable_share: float) -> Null:
    guess = min(max(rng.random() ** 3 * 0.5, 1e-5), 0.5)
    if rng.random() < 0.5:
        guess = min(max(stable_share, 1e-5), 0.5)
    return Null(candidate_share, stable_share, guess, rng.randint(1, 9), rng.randint(1, 14))


def harm_bets(line: Line, null: Null) -> list[tuple[float, float]]:
    return [(g, null.guess) for g in alternatives(line.at(null.guess))]


def advance_bets(line: Line, null: Null) -> list[tuple[float, float]]:
    limit = line.at(null.guess)
    steps = {*ERROR_STEPS, *LATENCY_STEPS}
    return [(null.guess + step * (limit - null.guess), null.guess) for step in steps]


def binomial(trials: int, share: float) -> list[float]:
    return [
        comb(trials, hits) * share**hits * (1 - share) ** (trials - hits)
        for hits in range(trials + 1)
    ]


def mean(null: Null, value: Callable[[int, int], float]) -> float:
    """The exact mean of a function of both sides' bad requests."""
    candidate_chances, stable_chances = (
        binomial(null.candidate, null.candidate_share),
        binomial(null.stable, null.stable_share),
    )
    return fsum(
        p * q * exp(value(bad, stable_bad))
        for bad, p in enumerate(candidate_chances)
        for stable_bad, q in enumerate(stable_chances)
    )


DIRECTIONS = [
    pytest.param(HARM, harm_nulls, harm_bets, id="harm"),
    pytest.param(SAME, harm_nulls, harm_bets, id="harm without margins"),
    pytest.param(LIMIT, advance_nulls, advance_bets, id="advance"),
    pytest.param(LATENCY_LIMIT, advance_nulls, advance_bets, id="advance on latency"),
]
CORRELATIONS = [0.0, 0.05, 0.3]
Nulls = Callable[[Line], Iterator[Null]]
Bets = Callable[[Line, Null], list[tuple[float, float]]]


@pytest.mark.parametrize("correlation", CORRELATIONS)
@pytest.mark.parametrize(("line", "nulls", "bets"), DIRECTIONS)
def test_no_e_value_has_a_mean_above_one_wherever_the_null_holds(
    line: Line, nulls: Nulls, bets: Bets, correlation: float
) -> None:
    worst = 0.0
    for null in nulls(line):
        for bet in bets(line, null):

            def value(
                bad: int, stable_bad: int, bet: tuple[float, float] = bet, null: Null = null
            ) -> float:
                return log_e_value(
                    line,
                    bet,
                    effective(Counts(null.candidate, bad), correlation),
                    effective(Counts(null.stable, stable_bad), correlation),
                )

            worst = max(worst, mean(null, value))
    assert worst <= 1 + ROUNDING
    # A bet that wins nothing anywhere would pass too: the bound must be nearly reached.
    assert worst > 0.99


@pytest.mark.parametrize("size", [2, 5])
@pytest.mark.parametrize(("line", "nulls", "bets"), DIRECTIONS)
def test_failures_in_whole_clusters_keep_the_bound_once_divided_by_their_size(
    line: Line, nulls: Nulls, bets: Bets, size: int
) -> None:
    for null in nulls(line):
        for bet in bets(line, null):

            def value(
                bad: int, stable_bad: int, bet: tuple[float, float] = bet, null: Null = null
            ) -> float:
                candidate_counts = Counts(size * null.candidate, size * bad).divided(size)
                stable_counts = Counts(size * null.stable, size * stable_bad).divided(size)
                return log_e_value(line, bet, candidate_counts, stable_counts)

            assert mean(null, value) <= 1 + ROUNDING


@pytest.mark.parametrize("requests", [(10, 90), (1000, 9000), (500, 500), (90, 10)])
def test_the_bound_holds_at_real_traffic(requests: tuple[int, int]) -> None:
    """ln E is affine in the bad requests, so its exact mean is a product of two binomial sums."""
    candidate, stable = requests
    for null in harm_nulls(HARM):
        for bet in harm_bets(HARM, null):

            def value(bad: float, stable_bad: float, bet: tuple[float, float] = bet) -> float:
                return log_e_value(HARM, bet, Counts(candidate, bad), Counts(stable, stable_bad))

            start = value(0, 0)
            per_bad, per_stable_bad = value(1, 0) - start, value(0, 1) - start
            assert value(3, 2) == pytest.approx(start + 3 * per_bad + 2 * per_stable_bad)
            ln_mean = (
                start
                + candidate * _ln_factor(null.candidate_share, per_bad)
                + stable * _ln_factor(null.stable_share, per_stable_bad)
            )
            assert ln_mean <= 1e-6


def _ln_factor(share: float, per_bad: float) -> float:
    return log1p(share * (exp(per_bad) - 1))


@pytest.mark.parametrize("correlation", CORRELATIONS)
def test_one_sided_e_values_keep_the_bound(correlation: float) -> None:
    for rng in _randoms("one-sided"):
        limit, requests = 0.001 + 0.5 * rng.random(), rng.randint(1, 20)
        share = limit if rng.random() < 0.5 else limit * rng.random()
        for index in range(8):
            total = fsum(
                p * exp(one_sided(limit, effective(Counts(requests, bad), correlation))[index])
                for bad, p in enumerate(binomial(requests, share))
            )
            assert total <= 1 + ROUNDING


SIZES = [1, 2, 5, 10, 11, 40, 300]


@pytest.mark.parametrize("stable", SIZES)
@pytest.mark.parametrize("candidate", SIZES)
def test_a_minute_is_over_the_line_at_most_as_often_as_the_vote_allows(
    candidate: int, stable: int
) -> None:
    """At the edge of the tolerance, for every share of stable, known or not known before."""
    for step in range(60):
        stable_share = 0.8 * 10 ** (-4 * step / 60)
        candidate_chances = _pmf(candidate, HARM.at(stable_share))
        stable_chances = _pmf(stable, stable_share)
        for known in (1e-5, stable_share / 2, stable_share):
            if HARM.at(known) > MAX_LINE:
                continue
            over = fsum(
                p * q
                for stable_bad, q in enumerate(stable_chances)
                if q > 1e-9
                for bad, p in enumerate(candidate_chances)
                if p > 1e-9 and _over((candidate, bad), (stable, stable_bad), known)
            )
            assert over <= CHANCE


@lru_cache(maxsize=50_000)  # outcomes recur from share to share where the guess stays
def _over(candidate_chances: tuple[int, int], stable_share: tuple[int, int], known: float) -> bool:
    process = majority.fresh()
    counts = (Counts(float(n), float(bad)) for n, bad in (candidate_chances, stable_share))
    majority.vote(process, HARM, known, *counts, alpha=0.01, planned=60.0)
    return process.wealth > 1.0


@pytest.mark.parametrize("candidate", [1, 2, 5, 10, 11, 40, 300, 1000])
def test_without_stable_a_minute_is_over_a_limit_at_most_as_often_as_the_vote_allows(
    candidate: int,
) -> None:
    for step in range(1, 91):
        most = step / 1000
        over = fsum(
            p for bad, p in enumerate(_pmf(candidate, most)) if _over_alone(candidate, bad, most)
        )
        assert over <= CHANCE


def _over_alone(requests: int, bad: int, most: float) -> bool:
    process = majority.fresh()
    counts = Counts(float(requests), float(bad))
    majority.vote_alone(process, most, counts, alpha=0.01, planned=60.0)
    return process.wealth > 1.0


def test_without_stable_nobody_votes_above_the_largest_line_or_without_requests() -> None:
    assert not _over_alone(100, 100, MAX_LINE + 0.001)
    assert _over_alone(100, 100, MAX_LINE)
    process = majority.fresh()
    majority.vote_alone(process, 0.01, Counts(0.0, 0.0), alpha=0.01, planned=60.0)
    assert process.wealth == pytest.approx(1.0)


def _pmf(trials: int, share: float) -> list[float]:
    """Binomial probabilities by logarithms, for many trials."""
    share = min(share, 1 - 1e-12)
    return [
        exp(
            lgamma(trials + 1)
            - lgamma(hits + 1)
            - lgamma(trials - hits + 1)
            + hits * log(share)
            + (trials - hits) * log1p(-share)
        )
        for hits in range(trials + 1)
    ]


def _tails(bins: list[float]) -> list[float]:
    return [fsum(bins[place:]) for place in range(1, len(bins))]


def _shares(rng: Random, bins: int) -> list[float]:
    drawn = [rng.expovariate(1.0) ** 2 for _ in range(bins)]
    return [each / fsum(drawn) for each in drawn]


def _no_slower(rng: Random, stable_shares: list[float], slacks: list[float]) -> list[float]:
    """Shares of bins whose tails are stable's plus the slack, or less."""
    falling, most = [], 1.0
    for tail, slack in zip(_tails(stable_shares), slacks, strict=True):
        part = 1.0 if rng.random() < 0.5 else rng.random()
        most = min(most, part * min(1.0, tail + slack))
        falling.append(most)
    return [a - b for a, b in zip([1.0, *falling], [*falling, 0.0], strict=True)]


def _outcomes(requests: int, shares: list[float]) -> Iterator[tuple[list[Counts], float]]:
    """Every count above each threshold, with its probability."""
    for bins in product(range(requests + 1), repeat=len(shares)):
        if sum(bins) != requests:
            continue
        chance = float(factorial(requests))
        for count, share in zip(bins, shares, strict=True):
            chance *= share**count / factorial(count)
        over = [float(sum(bins[place:])) for place in range(1, len(bins))]
        yield [Counts(float(requests), each) for each in over], chance


@pytest.mark.parametrize("correlation", CORRELATIONS)
@pytest.mark.parametrize("slack", [0.0, 0.03])
def test_bets_on_all_thresholds_together_keep_the_bound(slack: float, correlation: float) -> None:
    worst = 0.0
    slacks = [slack * each for each in (0.5, 0.1, 0.05, 0.01)]
    for rng in islice(_randoms("together", slack), 30):
        stable_shares = _shares(rng, 5)
        candidate_shares = _no_slower(rng, stable_shares, slacks)
        guess = _tails(stable_shares if rng.random() < 0.5 else _shares(rng, 5))
        means = [0.0] * 8
        for candidate_counts, chance in _outcomes(rng.randint(1, 3), candidate_shares):
            for stable_counts, stable_chance in _outcomes(2, stable_shares):
                values = shift.log_e_values(
                    guess,
                    slacks,
                    [effective(each, correlation) for each in candidate_counts],
                    [effective(each, correlation) for each in stable_counts],
                )
                for index, value in enumerate(values):
                    means[index] += chance * stable_chance * exp(value)
        assert max(means) <= 1 + ROUNDING
        worst = max(worst, *means)
    assert worst > 0.95
