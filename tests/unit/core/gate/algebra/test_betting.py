"""Bets on bounded differences: fair wherever the null holds, whatever the distribution."""

from math import exp, fsum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.core.gate.algebra.betting import BETS, clipped, log_harm, log_proof

MOST, LIMIT = 0.005, 0.03
ROUNDING = 1e-9


@st.composite
def distributions(draw: st.DrawFn, mean: float, sign: int) -> list[tuple[float, float]]:
    """Outcomes in [-1, 1] with their probabilities; the mean is at most (at least) `mean`."""
    values = draw(st.lists(st.floats(-1, 1), min_size=1, max_size=5))
    weights = draw(st.lists(st.integers(1, 9), min_size=len(values), max_size=len(values)))
    parts = [weight / sum(weights) for weight in weights]
    excess = sign * (fsum(v * p for v, p in zip(values, parts, strict=True)) - mean)
    if excess > 0:
        # Mixed with the outcome that pulls the mean to the edge of the null.
        share = excess / (excess + 1 + sign * mean)
        parts = [part * (1 - share) for part in parts]
        values, parts = [*values, -float(sign)], [*parts, share]
    return list(zip(values, parts, strict=True))


@given(distributions(MOST, 1))
def test_no_bet_on_harm_gains_on_average_where_the_mean_is_tolerated(
    outcomes: list[tuple[float, float]],
) -> None:
    for bet in range(len(BETS)):
        mean = fsum(part * exp(log_harm([value], MOST)[bet]) for value, part in outcomes)
        assert mean <= 1 + ROUNDING


@given(distributions(LIMIT, -1))
def test_no_bet_against_the_limit_gains_on_average_where_the_limit_is_reached(
    outcomes: list[tuple[float, float]],
) -> None:
    for bet in range(len(BETS)):
        mean = fsum(part * exp(log_proof([value], LIMIT)[bet]) for value, part in outcomes)
        assert mean <= 1 + ROUNDING


def test_values_of_a_pass_are_those_of_its_inputs_one_after_another() -> None:
    together = log_harm([1.0, 0.0, -1.0], MOST)
    for place, value in enumerate(together):
        one_by_one = [log_harm([each], MOST)[place] for each in (1.0, 0.0, -1.0)]
        assert value == pytest.approx(fsum(one_by_one))


def test_nothing_says_nothing() -> None:
    assert log_harm([], MOST) == log_proof([], LIMIT) == [0.0] * len(BETS)


def test_no_outcome_takes_everything() -> None:
    assert all(value > -10 for value in (*log_harm([-1.0], MOST), *log_proof([1.0], LIMIT)))


@pytest.mark.parametrize(
    ("candidate", "stable", "expected"),
    [(1.0, 0.0, 0.5), (9.0, 0.0, 1.0), (0.0, 9.0, -1.0), (2.0, 2.0, 0.0)],
)
def test_a_difference_is_cut_off_at_the_scale(
    candidate: float, stable: float, expected: float
) -> None:
    assert clipped(candidate, stable, 2.0) == expected
