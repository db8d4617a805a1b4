"""The harness itself: its random counts have the right distribution, its rules decide as named."""

from math import exp, pi, sqrt
from random import Random
from statistics import fmean, pvariance

import pytest

from dev.bench.gate.error_streams import Counted
from dev.bench.gate.rules import (
    ALWAYS_VALID_ALPHA,
    always_valid_means,
    always_valid_z,
    failure_limit,
    fixed_threshold,
    is_high,
    kayenta,
    mixture_says_worse,
    peeking_z,
)
from dev.bench.gate.sampling import Durations, nearest_rank, order_statistics, poisson

DRAWS = 6000
ERRORS = 5.0
QUANTILES = (0.50, 0.90, 0.95, 0.99)
TWO_MODES = Durations(((0.9, 80.0, 0.2), (0.1, 400.0, 0.2)))


def random(seed: str) -> Random:
    return Random(seed)  # noqa: S311 - fixed test data


@pytest.mark.parametrize("mean", [0.3, 5.0, 12.0, 90.0, 9000.0])
def test_poisson_counts_have_their_mean_and_variance(mean: float) -> None:
    rng = random(f"poisson {mean}")
    drawn = [poisson(rng, mean) for _ in range(DRAWS)]
    assert fmean(drawn) == pytest.approx(mean, abs=ERRORS * sqrt(mean / DRAWS))
    # The variance of a sample variance: (mu4 - sigma^4) / n with mu4 = mean + 3 mean^2.
    assert pvariance(drawn) == pytest.approx(
        mean, abs=ERRORS * sqrt((mean + 2 * mean * mean) / DRAWS)
    )


@pytest.mark.parametrize("size", [1, 5, 40, 300])
def test_percentiles_and_counts_are_drawn_together_as_from_single_requests(size: int) -> None:
    rng = random(f"order {size}")
    shares = [0.3, 0.7, 0.94, 0.5]
    fast, plain = [], []
    for _ in range(DRAWS // 2):
        drawn = order_statistics(rng, size, QUANTILES)
        fast.append((drawn.at(0.5), drawn.at(0.9), *drawn.counts_above(rng, shares)))
        values = sorted(rng.random() for _ in range(size))
        counts = [sum(value > share for value in values) for share in shares]
        middle, high = (values[nearest_rank(each, size) - 1] for each in (0.5, 0.9))
        plain.append((middle, high, *counts))
    for first in range(6):
        for second in range(first, 6):
            candidate = [each[first] * each[second] for each in fast]
            stable = [each[first] * each[second] for each in plain]
            error = sqrt((pvariance(candidate) + pvariance(stable)) / len(candidate))
            assert fmean(candidate) == pytest.approx(fmean(stable), abs=ERRORS * error + 1e-12)


@pytest.mark.parametrize("share", [0.001, 0.3, 0.89, 0.95, 0.999])
def test_quantiles_of_two_modes_are_where_their_share_is(share: float) -> None:
    assert TWO_MODES.share_below(TWO_MODES.ln_quantile(share)) == pytest.approx(share, abs=1e-5)


def minutes(*failed: int, requests: int = 100) -> list[Counted]:
    return [Counted(900, 4, requests, each) for each in failed]


def test_the_fixed_threshold_wants_three_minutes_in_a_row() -> None:
    assert fixed_threshold(minutes(2, 2, 0, 2, 2, 2)) == 6
    assert fixed_threshold(minutes(2, 2, 1, 2, 2, 1)) is None


def test_the_failure_limit_counts_minutes_wherever_they_are() -> None:
    assert failure_limit(minutes(2, 0, 2, 0, 2, 0, 2)) == 7
    assert failure_limit(minutes(2, 0, 2, 0, 2, 0, 0)) is None


def test_the_peeking_test_is_the_pooled_z_test() -> None:
    # 2 of 100 beside 4 of 900: z = 1.89 > 1.645; 1 of 100: z = 0.74.
    assert peeking_z(minutes(2)) == 1
    assert peeking_z(minutes(1)) is None


def test_the_mixture_is_the_one_that_integration_gives() -> None:
    # The mean of exp(d x / v - x^2 / 2 v) over x from N(0, spread^2), on a fine grid.
    variance, spread, step = 0.0004, 0.02, 0.0001
    for difference, found in ((0.05, False), (0.075, True), (-0.075, False)):
        grid = [step * index for index in range(-3000, 3001)]
        mean = (
            sum(
                exp(
                    difference * x / variance
                    - x * x / (2 * variance)
                    - x * x / (2 * spread * spread)
                )
                for x in grid
            )
            * step
            / sqrt(2 * pi * spread * spread)
        )
        assert (difference > 0 and mean >= 1 / ALWAYS_VALID_ALPHA) is found
        assert mixture_says_worse(difference, variance, spread) is found


def test_the_always_valid_test_keeps_its_level_at_every_look() -> None:
    worse = 0
    for run in range(400):
        rng = random(f"always valid {run}")
        total, found = 0.0, False
        for looks in range(1, 200):
            total += rng.gauss(0, 1)
            found = found or mixture_says_worse(total / looks, 1 / looks, 0.5)
        worse += found
    # Only the worse side acts, so half of the level, and three standard errors.
    assert worse / 400 <= ALWAYS_VALID_ALPHA / 2 + 3 * sqrt(0.025 * 0.975 / 400)


def test_the_always_valid_test_wants_more_than_the_peeking_one() -> None:
    assert always_valid_z(minutes(2)) is None
    assert (peeking_z(minutes(*[6] * 10)), always_valid_z(minutes(*[6] * 10))) == (1, 3)
    assert always_valid_z([Counted(0, 0, 100, 100)] * 3) is None
    assert not always_valid_means([1.0], [1.0, 2.0], 0.1)
    assert always_valid_means([2.0, 2.1, 2.05], [1.0, 1.1, 1.05], 0.1)


def test_kayenta_waits_for_ten_minutes_and_wants_a_clear_shift() -> None:
    assert kayenta([Counted(900, 4 + i % 3, 100, 50 + i % 4) for i in range(12)]) == 10
    assert kayenta([Counted(900, 4 + i % 3, 100, i % 2) for i in range(60)]) is None
    assert not is_high([], [0.1])
