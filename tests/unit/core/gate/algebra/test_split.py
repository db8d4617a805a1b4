"""The bet on where requests go: fair within the tolerance, quick far off."""

from itertools import product
from math import comb, exp, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.core.gate.algebra import split

ALPHA = 0.005
PLANNED = 480.0
WEIGHTS = (0.01, 0.1, 0.5, 0.9, 0.99)


def mean(weight: float, tolerance: float, requests: int, share: float) -> list[float]:
    """The exact mean of each e-value where every request is routed for itself."""
    found = [0.0] * (2 * len(split.BEYOND))
    for hits in range(requests + 1):
        chance = comb(requests, hits) * share**hits * (1 - share) ** (requests - hits)
        values = split.log_e_values(weight, tolerance, hits, requests - hits)
        found = [total + chance * exp(value) for total, value in zip(found, values, strict=True)]
    return found


@pytest.mark.parametrize("weight", WEIGHTS)
@pytest.mark.parametrize("requests", [1, 2, 5, 12, 40])
def test_every_e_value_has_a_mean_of_at_most_one_within_the_tolerance(
    weight: float, requests: int
) -> None:
    low, high = split.edges(weight, 0.3)
    for share in (low, weight, (low + high) / 2, high):
        assert max(mean(weight, 0.3, requests, share)) <= 1 + 1e-9


@pytest.mark.parametrize("weight", WEIGHTS)
def test_requests_that_go_to_one_side_together_are_no_more_evidence(weight: float) -> None:
    """Five groups of 20 of 100 requests; one of them may be certain of its side."""
    tolerance = 0.2
    for sure in (0.0, 1.0, weight):
        found = [0.0] * (2 * len(split.BEYOND))
        for sides in product((0, 1), repeat=5):
            shares = [sure, *[weight] * 4]
            chance = 1.0
            for side, share in zip(sides, shares, strict=True):
                chance *= share if side else 1 - share
            values = split.log_e_values(weight, tolerance, 20.0 * sum(sides), 100 - 20 * sum(sides))
            found = [total + chance * exp(each) for total, each in zip(found, values, strict=True)]
        assert max(found) <= 1 + 1e-9


@given(st.floats(0.01, 0.99), st.floats(0.001, 0.9), st.floats(0, 1e6), st.floats(0, 1e6))
def test_what_is_within_the_tolerance_never_raises_the_odds_of_all_alternatives(
    weight: float, tolerance: float, candidate: float, stable: float
) -> None:
    values = split.log_e_values(weight, tolerance, candidate, stable)
    low, high = split.edges(weight, tolerance)
    assert 0 < low < weight < high < 1
    if candidate + stable <= 0:
        assert values == []
    elif low <= candidate / (candidate + stable) <= high:
        assert max(values) <= 1e-9


def test_a_minute_is_worth_five_requests_at_most() -> None:
    few = split.log_e_values(0.1, 0.3, 5, 0)
    assert split.log_e_values(0.1, 0.3, 5000, 0) == pytest.approx(few)


@pytest.mark.parametrize(
    ("weight", "share", "minutes"),
    [(0.1, 0.9, 4), (0.1, 0.5, 60), (0.1, 0.0, 25), (0.5, 0.1, 12), (0.9, 0.1, 4)],
)
def test_far_off_is_found(weight: float, share: float, minutes: int) -> None:
    process = split.fresh()
    for _ in range(minutes):
        values = split.log_e_values(weight, 0.3, 100 * share, 100 * (1 - share))
        split.bet(process, values, alpha=ALPHA, planned=PLANNED)
    assert process.ln_wealth >= log(1 / ALPHA)


def test_odds_that_have_won_fall_within_minutes_once_the_split_is_right() -> None:
    process = split.fresh()
    for _ in range(500):
        split.bet(process, split.log_e_values(0.1, 0.3, 90, 10), alpha=ALPHA, planned=PLANNED)
    assert process.wealth <= split.CEILING / ALPHA + 1
    for _ in range(3):
        split.bet(process, split.log_e_values(0.1, 0.3, 10, 90), alpha=ALPHA, planned=PLANNED)
    assert process.ln_wealth < log(1 / ALPHA)
