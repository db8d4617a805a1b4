"""Likelihood ratios, their projection on a half-plane of nulls, and bounds of a share."""

from itertools import product
from math import comb, exp, inf, isfinite, log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout.core.gate.algebra.bernoulli import (
    TINY,
    Counts,
    Line,
    divergence,
    log_e_value,
    log_mean_exp,
    log_ratio,
    projection,
    rate_bounds,
)

LINES = st.builds(Line, st.floats(0.5, 10), st.sampled_from([0.0, 0.0002, 0.01, 0.05, 0.3]))
SHARES = st.floats(1e-5, 0.5)
WEIGHTS = st.floats(1e-3, 1e6)
ANY_COUNTS = st.builds(
    lambda requests, share: Counts(requests, requests * share),
    st.floats(1e-9, 1e12),
    st.floats(0, 1),
)
TOLERANCE, LIMIT = Line(1.2, 0.0002), Line(1.5, 0.01)


def distance(
    line: Line, alternative: tuple[float, float], weights: tuple[float, float], beta: float
) -> float:
    q = line.ratio * beta + line.points
    if not (0 < beta < 1 and 0 < q < 1):
        return inf
    g, b = alternative
    return weights[0] * divergence(g, q) + weights[1] * divergence(b, beta)


def least_distance(
    line: Line, alternative: tuple[float, float], weights: tuple[float, float]
) -> float:
    """Golden-section search over the whole line: slow, but nothing it could get wrong."""
    low, high = 0.0, min(1.0, (1 - line.points) / line.ratio)
    for _ in range(120):
        left, right = low + 0.382 * (high - low), low + 0.618 * (high - low)
        nearer_left = distance(line, alternative, weights, left) <= distance(
            line, alternative, weights, right
        )
        low, high = (low, right) if nearer_left else (left, high)
    return distance(line, alternative, weights, (low + high) / 2)


@settings(deadline=None)
@given(LINES, st.floats(1e-5, 0.97), SHARES, WEIGHTS, WEIGHTS)
def test_no_point_of_the_line_is_nearer_than_the_projection(
    line: Line, g: float, b: float, candidate: float, stable: float
) -> None:
    beta = projection(line, (g, b), candidate, stable)
    least = least_distance(line, (g, b), (candidate, stable))
    assert distance(line, (g, b), (candidate, stable), beta) <= least + 1e-6 * max(1.0, least)


@settings(deadline=None)
@given(SHARES, SHARES, WEIGHTS, WEIGHTS)
def test_without_margins_the_projection_is_the_pooled_share(
    g: float, b: float, candidate: float, stable: float
) -> None:
    pooled = (candidate * g + stable * b) / (candidate + stable)
    assert projection(Line(1.0, 0.0), (g, b), candidate, stable) == pytest.approx(pooled)
    assert projection(Line(1.0, 1e-13), (g, b), candidate, stable) == pytest.approx(
        pooled, rel=1e-6
    )


def test_an_alternative_on_the_line_is_its_own_projection() -> None:
    b = 0.02
    assert projection(LIMIT, (LIMIT.at(b), b), 100, 900) == pytest.approx(b)


@pytest.mark.parametrize("weight", [1e22, 1e25, 1e40])
def test_a_projection_that_is_hard_to_find_is_near_enough(weight: float) -> None:
    """Stable's weight is next to nothing, and the nearest share is 0 but for that."""
    beta = projection(LIMIT, (1e-4, 7e-5), weight, float(f"{1 / weight:.1g}"))
    assert 0 < beta < 1e-15
    assert isfinite(
        log_e_value(LIMIT, (1e-4, 7e-5), Counts(weight, 0.01 * weight), Counts(1 / weight, 0))
    )


@pytest.mark.parametrize(
    ("line", "alternative"),
    [
        (TOLERANCE, (0.012, 0.005)),
        (TOLERANCE, (0.9, 0.005)),
        (TOLERANCE, (0.5, 0.3)),
        (LIMIT, (0.005, 0.005)),
        (LIMIT, (0.03, 0.02)),
        (Line(1.0, 0.0), (0.2, 0.1)),
        (Line(1.0, 0.1), (0.3, 0.5)),
    ],
)
@pytest.mark.parametrize(("candidate", "stable"), [(1, 9), (6, 6), (9, 1)])
@pytest.mark.parametrize("correlation", [0.0, 0.2])
def test_the_mean_is_at_most_one_on_and_behind_the_line(
    line: Line, alternative: tuple[float, float], candidate: int, stable: int, correlation: float
) -> None:
    g, b = alternative
    harm = g > line.at(b)
    by_candidate, by_stable = (1 + (n - 1) * correlation for n in (candidate, stable))
    for true_b, behind in product((0.001, 0.02, 0.3, 0.6), (1.0, 0.5)):
        edge = line.at(true_b)
        true_g = edge * behind if harm else 1 - (1 - edge) * behind
        mean = 0.0
        for e_g, e_b in product(range(candidate + 1), range(stable + 1)):
            chance = _binomial(e_g, candidate, true_g) * _binomial(e_b, stable, true_b)
            ln = log_e_value(
                line,
                (g, b),
                Counts(candidate, e_g).divided(by_candidate),
                Counts(stable, e_b).divided(by_stable),
            )
            mean += chance * exp(ln)
        assert mean <= 1 + 1e-9


def _binomial(k: int, n: int, p: float) -> float:
    return comb(n, k) * p**k * (1 - p) ** (n - k)


@pytest.mark.parametrize(
    ("candidate", "stable"),
    [
        (Counts(0, 0), Counts(900, 9)),
        (Counts(100, 9), Counts(0, 0)),
        (Counts(0, 0), Counts(0, 0)),
    ],
)
def test_a_side_without_requests_is_no_evidence(candidate: Counts, stable: Counts) -> None:
    assert log_e_value(TOLERANCE, (0.5, 0.01), candidate, stable) == 0.0


@settings(deadline=None)
@given(
    LINES,
    st.floats(1e-5, 0.97),
    SHARES,
    ANY_COUNTS,
    ANY_COUNTS,
)
def test_any_counts_give_a_number(
    line: Line, g: float, b: float, candidate: Counts, stable: Counts
) -> None:
    assert isfinite(log_e_value(line, (g, b), candidate, stable))


def test_a_worse_candidate_is_evidence_of_harm_and_a_better_one_against_it() -> None:
    stable = Counts(900, 4.5)
    assert log_e_value(TOLERANCE, (0.05, 0.005), Counts(100, 5), stable) > 0
    assert log_e_value(TOLERANCE, (0.05, 0.005), Counts(100, 0), stable) < 0
    assert log_e_value(LIMIT, (0.005, 0.005), Counts(100, 0), stable) > 0
    assert log_e_value(LIMIT, (0.005, 0.005), Counts(100, 5), stable) < 0


@pytest.mark.parametrize(
    ("p", "q", "nats"),
    [(0.0, 0.5, log(2)), (1.0, 0.5, log(2)), (0.3, 0.3, 0.0), (0.5, 0.25, log(4 / 3) / 2)],
)
def test_the_divergence_of_two_shares(p: float, q: float, nats: float) -> None:
    assert divergence(p, q) == pytest.approx(nats)


@pytest.mark.parametrize(
    ("counts", "ln"),
    [
        (Counts(0, 0), 0.0),
        (Counts(2, 2), 2 * log(2)),
        (Counts(2, 0), 2 * log(0.8 / 0.9)),
        (Counts(2.5, 0.5), 0.5 * log(2) + 2 * log(0.8 / 0.9)),
        (Counts(1, 1 + 1e-15), log(2)),
    ],
    ids=["nothing", "all bad", "all good", "fractional", "more bad than there were, by rounding"],
)
def test_the_ratio_of_two_likelihoods(counts: Counts, ln: float) -> None:
    assert log_ratio(counts, 0.2, 0.1) == pytest.approx(ln)


@pytest.mark.parametrize(("stable", "expected"), [(0.01, 0.0122), (1.0, 1 - TINY), (-1.0, TINY)])
def test_a_line_stays_inside_the_unit_interval(stable: float, expected: float) -> None:
    assert TOLERANCE.at(stable) == pytest.approx(expected, abs=1e-13)


@settings(deadline=None)
@given(st.floats(0.1, 1e6), st.floats(0, 1), st.sampled_from([0.05, 0.001]))
def test_bounds_are_where_the_divergence_reaches_the_error(
    requests: float, share: float, error: float
) -> None:
    counts = Counts(requests, requests * share)
    low, high = rate_bounds(counts, error)
    seen = min(1.0, counts.bad / requests)
    assert 0 <= low <= seen <= high <= 1
    for bound in (low, high):
        if 1e-6 < bound < 1 - 1e-6:
            assert requests * divergence(seen, bound) == pytest.approx(log(1 / error), rel=1e-3)


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [
        (Counts(0, 0), 0.0, 1.0),
        (Counts(100, 0), 0.0, 1 - 0.001 ** (1 / 100)),
        (Counts(100, 100), 0.001 ** (1 / 100), 1.0),
        (Counts(100, 100 + 1e-9), 0.001 ** (1 / 100), 1.0),
    ],
    ids=["nothing known", "no failures", "only failures", "more failures than requests"],
)
def test_bounds_at_the_ends(counts: Counts, low: float, high: float) -> None:
    assert rate_bounds(counts, 0.001) == pytest.approx((low, high))


@pytest.mark.parametrize("share", [0.0, 0.01, 0.2])
def test_the_bounds_miss_the_truth_as_rarely_as_they_say(share: float) -> None:
    requests, error = 60, 0.05
    below = above = 0.0
    for bad in range(requests + 1):
        low, high = rate_bounds(Counts(requests, bad), error)
        chance = _binomial(bad, requests, share)
        below += chance if share < low else 0.0
        above += chance if share > high else 0.0
    assert below <= error
    assert above <= error


@settings(deadline=None)
@given(st.lists(st.floats(-50, 50), min_size=1, max_size=8))
def test_the_mean_of_exponentials(values: list[float]) -> None:
    direct = log(sum(exp(value) for value in values) / len(values))
    assert log_mean_exp(values) == pytest.approx(direct)


def test_the_mean_of_exponentials_does_not_overflow() -> None:
    assert log_mean_exp([1e6, 1e6]) == pytest.approx(1e6)
    assert log_mean_exp([-1e6, 1e3]) == pytest.approx(1e3 - log(2))
