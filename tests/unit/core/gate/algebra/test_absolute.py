"""The absolute limit, and whose fault it is when both sides break it."""

import json
from math import exp, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.core.gate.algebra.absolute import CEILING, NOTHING, Absolute
from rollout.core.gate.algebra.bernoulli import Counts

LIMIT, ALPHA = 0.05, 0.005
DECIDES = log(1 / ALPHA)
ALL_FAIL, ALL_WELL = (Counts(100, 100), Counts(900, 900)), (Counts(100, 0), Counts(900, 0))


def bet(path: Absolute, candidate: Counts, stable: Counts, weight: int = 10) -> None:
    path.bet(LIMIT, candidate, stable, correlation=0.0, weight=weight, alpha=ALPHA, planned=60.0)


def after(candidate: Counts, stable: Counts, times: int, weight: int = 10) -> Absolute:
    path = Absolute.fresh()
    for _ in range(times):
        bet(path, candidate, stable, weight)
    return path


def blamed(path: Absolute) -> bool:
    return path.blame.ln_wealth >= DECIDES


def test_a_broken_candidate_beside_a_healthy_stable_is_to_blame() -> None:
    path = after(Counts(100, 100), Counts(900, 4), 2)
    assert blamed(path)
    assert path.broken(ALPHA)
    assert path.excuse(LIMIT) == ""


def test_a_candidate_within_the_limit_breaks_nothing() -> None:
    path = after(Counts(100, 4), Counts(900, 4), 60)
    assert not path.broken(ALPHA)
    assert not blamed(path)


def test_an_outage_of_both_blames_nobody() -> None:
    path = after(*ALL_FAIL, 5)
    assert path.broken(ALPHA)
    assert path.excuse(LIMIT) == "stable breaks the limit too"
    assert path.blame.wealth <= 1


@given(st.integers(0, 30), st.integers(1, 60), st.integers(0, 60))
def test_after_an_outage_of_both_the_blame_is_what_it_was(
    before: int, outage: int, recovery: int
) -> None:
    path = after(*ALL_WELL, before)
    for _ in range(outage):
        bet(path, *ALL_FAIL)
    for _ in range(recovery):
        bet(path, *ALL_WELL)
    assert path.blame.wealth <= 1 + 1e-9


def test_an_outage_of_both_is_over_soon_after_it_ended() -> None:
    path = after(*ALL_FAIL, 240)
    assert path.own.wealth <= CEILING / ALPHA + 1
    for _ in range(20):
        bet(path, *ALL_WELL)
    assert not path.broken(ALPHA)
    assert path.excuse(LIMIT) == ""


def test_a_candidate_that_stays_broken_when_stable_recovers_is_to_blame_then() -> None:
    path = after(*ALL_FAIL, 10)
    minutes = 0
    while not blamed(path):
        bet(path, Counts(100, 100), Counts(900, 0))
        minutes += 1
    assert minutes < 20


def test_stable_that_failed_only_since_the_trouble_began_leans_too() -> None:
    path = after(Counts(10, 0), Counts(90, 0), 30)
    for stable in (Counts(0, 0), Counts(1, 1), Counts(0, 0)):
        bet(path, Counts(10, 10), stable)
    assert path.stable.ln_wealth < 0.7
    assert path.excuse(LIMIT) == "stable breaks the limit too"
    assert not blamed(path)


def test_stables_health_before_the_trouble_is_no_witness() -> None:
    path = after(Counts(10, 0), Counts(90, 0), 30)
    bet(path, Counts(10, 10), Counts(90, 1))
    assert path.witness == Counts(90, 1)
    bet(path, Counts(10, 10), Counts(80, 2))
    assert path.witness == Counts(0.7 * 90 + 80, 0.7 * 1 + 2)
    assert path.expected == pytest.approx(180.0)


def test_trouble_that_ends_is_forgotten() -> None:
    path = after(Counts(10, 10), Counts(90, 1), 1)
    for _ in range(20):
        bet(path, Counts(100, 0), Counts(900, 0))
    assert path.witness == Counts(900, 0)


def test_a_process_nobody_fed_is_calm_whatever_rounding_left() -> None:
    path = after(Counts(0, 0), Counts(900, 4), 100)
    assert path.own.wealth == pytest.approx(1.0)
    assert path.witness == Counts(900, 4)


@pytest.mark.parametrize(
    ("weight", "times", "waits"),
    [
        pytest.param(90, 2, False, id="too early to expect one"),
        pytest.param(90, 10, True, id="one is due"),
        pytest.param(90, 80, False, id="stable gets no traffic at all"),
        pytest.param(50, 2, True, id="due at once"),
        pytest.param(99, 50, False, id="a wait would take too long"),
        pytest.param(100, 9, False, id="none is ever due"),
    ],
)
def test_a_silent_stable_is_waited_for_while_it_is_due(
    *, weight: int, times: int, waits: bool
) -> None:
    path = after(Counts(1, 1), Counts(0, 0), times, weight)
    expected = "stable has had no request since the trouble began" if waits else ""
    assert path.excuse(LIMIT) == expected


def test_a_healthy_witness_ends_the_wait_and_what_was_pending_counts() -> None:
    path = after(Counts(1, 1), Counts(0, 0), 4, 50)
    assert not blamed(path)
    bet(path, Counts(1, 1), Counts(1, 0), 50)
    assert path.excuse(LIMIT) == ""
    assert blamed(path)


def test_a_failing_witness_ends_the_wait_and_what_was_pending_is_dropped() -> None:
    path = after(Counts(1, 1), Counts(0, 0), 4, 50)
    bet(path, Counts(1, 1), Counts(1, 1), 50)
    assert path.excuse(LIMIT) == "stable breaks the limit too"
    assert path.blame.wealth == pytest.approx(1.0)
    assert path.pending.wealth == pytest.approx(1.0)


@pytest.mark.parametrize("weight", [1, 99, 100])
def test_every_weight_has_an_expectation(weight: int) -> None:
    path = after(Counts(10, 10), Counts(10, 0), 1, weight)
    assert path.expected == pytest.approx(10 * (100 - weight) / weight)


@given(st.integers(0, 9), st.sampled_from([0.0, 0.02, 0.05]), st.sampled_from([0.0, 0.3, 1.0]))
def test_blame_gains_nothing_on_average_whatever_stable_does(
    before: int, share: float, stable_share: float
) -> None:
    """One minute of two requests each, enumerated, after any past: the mean is at most 1."""
    past = after(Counts(2, 1), Counts(2, 1), before, 50)
    mean = 0.0
    for candidate in range(3):
        for stable in range(3):
            path = Absolute.load(json.loads(json.dumps(past.dump())))
            bet(path, Counts(2, candidate), Counts(2, stable), 50)
            chance = _binomial(2, candidate, share) * _binomial(2, stable, stable_share)
            mean += chance * exp(path.blame.ln_wealth - past.blame.ln_wealth)
    assert mean <= 1 + 1e-9


def _binomial(n: int, k: int, p: float) -> float:
    return {0: 1, 1: n, 2: 1}[k] * p**k * (1 - p) ** (n - k)


def test_the_path_survives_json() -> None:
    path = after(Counts(10, 10), Counts(90, 9), 2)
    back = Absolute.load(json.loads(json.dumps(path.dump())))
    assert back.dump() == path.dump()
    assert Absolute.fresh().witness == NOTHING
