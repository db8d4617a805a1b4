"""The bet spread over alternatives: its wealth, its reserve and its bounds."""

import json
from math import exp, log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout.core.gate.algebra.mixture import ALTERNATIVES, MAX_WEALTH, MIN_LN, MIN_WEALTH, Mixture

ALPHA, PLANNED = 0.01, 60.0
LN_VALUES = st.lists(
    st.floats(-1e9, 1e9, allow_nan=False), min_size=ALTERNATIVES, max_size=ALTERNATIVES
)


def bet(mixture: Mixture, *ln_values: float, alpha: float = ALPHA) -> None:
    mixture.bet(ln_values, alpha=alpha, planned_minutes=PLANNED)


def test_a_fresh_mixture_has_odds_of_one_and_half_its_money_in_reserve() -> None:
    mixture = Mixture.fresh()
    assert mixture.wealth == pytest.approx(1.0)
    assert mixture.reserve == 0.5
    assert len(mixture.stakes) == ALTERNATIVES
    assert len(Mixture.fresh(2).stakes) == 2


def test_minutes_without_evidence_leave_the_wealth_and_release_the_reserve() -> None:
    mixture = Mixture.fresh()
    for _ in range(30):
        bet(mixture)
    assert mixture.wealth == pytest.approx(1.0)
    assert mixture.reserve == pytest.approx(0.25)
    for _ in range(40):
        bet(mixture)
    assert 0.03 < mixture.reserve < 0.05
    for _ in range(600):
        bet(mixture)
    assert 0 < mixture.reserve < 1e-5
    assert mixture.wealth == pytest.approx(1.0)


@settings(deadline=None)
@given(st.lists(st.lists(st.floats(-20, 4), min_size=8, max_size=8), max_size=20))
def test_the_wealth_is_the_reference_formula(minutes: list[list[float]]) -> None:
    stakes, reserve = [0.5 / 8] * 8, 0.5
    mixture = Mixture.fresh()
    for values in minutes:
        released = min(0.5 / PLANNED, reserve)
        reserve -= released
        stakes = [
            min((stake + released / 8) * exp(min(value, 0.6 * log(1600))), MAX_WEALTH)
            for stake, value in zip(stakes, values, strict=True)
        ]
        bet(mixture, *values)
    assert mixture.wealth == pytest.approx(sum(stakes) + reserve)
    assert mixture.ln_wealth == pytest.approx(log(sum(stakes) + reserve))


@settings(deadline=None)
@given(
    st.sampled_from([0.001, 0.005, 0.01, 0.05, 0.2]),
    st.lists(st.floats(0, 1), min_size=2, max_size=8),
    st.floats(0, 1),
)
def test_one_minute_alone_never_takes_odds_of_one_to_their_threshold(
    alpha: float, shares: list[float], reserve: float
) -> None:
    total = sum(shares) + reserve or 1.0
    mixture = Mixture([share / total for share in shares], reserve / total)
    bet(mixture, *[1e6] * len(shares), alpha=alpha)
    assert mixture.ln_wealth < log(1 / alpha)


def test_two_bad_minutes_are_enough() -> None:
    mixture = Mixture.fresh()
    bet(mixture, *[1e6] * ALTERNATIVES)
    assert 1 < mixture.ln_wealth < log(1 / ALPHA)
    bet(mixture, *[1e6] * ALTERNATIVES)
    assert mixture.ln_wealth > log(1 / ALPHA)


def test_the_reserve_keeps_power_for_a_late_fault() -> None:
    late, never = Mixture.fresh(), Mixture.fresh()
    for _ in range(20):
        bet(late, *[-2.0] * ALTERNATIVES)
        never.bet([-2.0] * ALTERNATIVES, alpha=ALPHA, planned_minutes=1e12)
    for _ in range(8):
        bet(late, *[1.0] * ALTERNATIVES)
        never.bet([1.0] * ALTERNATIVES, alpha=ALPHA, planned_minutes=1e12)
    assert late.ln_wealth > log(1 / ALPHA) / 2
    # All but the half that was kept is lost to the healthy minutes before.
    assert never.wealth == pytest.approx(0.5)


def test_what_is_lost_in_one_minute_is_bounded() -> None:
    mixture = Mixture([0.5, 0.5], 0.0)
    bet(mixture, -1e9, -1e9)
    assert mixture.ln_wealth == pytest.approx(MIN_LN)


def test_odds_past_every_threshold_are_not_heaped_up() -> None:
    """A hold, or an outage of both sides, is to be over soon after its reason is."""
    mixture = Mixture.fresh()
    for _ in range(1000):
        bet(mixture, *[4.0] * ALTERNATIVES)
    for _ in range(19):
        bet(mixture, *[-1.0] * ALTERNATIVES)
    assert mixture.ln_wealth < log(1 / ALPHA)


def test_a_wealth_of_nothing_still_has_a_logarithm() -> None:
    mixture = Mixture([0.0] * ALTERNATIVES, 0.0)
    bet(mixture, *[-1e9] * ALTERNATIVES)
    assert mixture.wealth == MIN_WEALTH
    assert mixture.ln_wealth == pytest.approx(log(MIN_WEALTH))


@settings(deadline=None)
@given(st.lists(LN_VALUES, max_size=6))
def test_the_wealth_stays_a_number(minutes: list[list[float]]) -> None:
    mixture = Mixture.fresh()
    for values in minutes * 30:
        bet(mixture, *values)
    assert MIN_WEALTH <= mixture.wealth <= MAX_WEALTH
    assert all(0 <= stake <= MAX_WEALTH for stake in mixture.stakes)


@settings(deadline=None)
@given(st.lists(LN_VALUES, max_size=4))
def test_a_mixture_survives_json(minutes: list[list[float]]) -> None:
    mixture = Mixture.fresh()
    for values in minutes:
        bet(mixture, *values)
    back = Mixture.load(json.loads(json.dumps(mixture.dump())))
    assert (back.stakes, back.reserve) == (mixture.stakes, mixture.reserve)


def test_there_is_one_value_for_each_stake() -> None:
    with pytest.raises(ValueError, match="zip"):
        bet(Mixture.fresh(), 1.0)
