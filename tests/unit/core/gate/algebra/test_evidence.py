"""The evidence that a stage's limit is not reached."""

from math import comb, exp, log

import pytest

from rollout.core.gate.algebra import evidence
from rollout.core.gate.algebra.bernoulli import Counts, Line, log_e_value, log_ratio

LIMIT = Line(1.5, 0.01)
ENOUGH = log(20)
SHARE = 0.005


def after(candidate: Counts, stable: Counts, times: int) -> float:
    products = evidence.fresh()
    for _ in range(times):
        products = evidence.add(products, LIMIT, (SHARE, SHARE), candidate, stable)
    return evidence.reached(products)


def test_without_minutes_the_odds_are_one() -> None:
    assert evidence.reached(evidence.fresh()) == pytest.approx(0.0)


def test_one_minute_is_the_reference_formula() -> None:
    candidate, stable = Counts(100, 1), Counts(900, 4)
    # The limit is beyond stable's share; the alternatives begin at the best a candidate may be.
    limit, best = 1.5 * SHARE + 0.01, 0.6 * SHARE
    expected = [
        log_e_value(LIMIT, (best + x * (limit - best), SHARE), candidate, stable)
        for x in (0.0, 0.15, 0.4)
    ]
    got = evidence.add(evidence.fresh(), LIMIT, (best, SHARE), candidate, stable)
    assert got == pytest.approx(expected)
    assert evidence.reached(got) == pytest.approx(log(sum(map(exp, expected)) / 3))


def test_a_healthy_candidate_earns_its_evidence_in_a_few_hundred_requests() -> None:
    healthy = Counts(100, 0.5), Counts(900, 4.5)
    assert after(*healthy, times=4) < ENOUGH
    assert after(*healthy, times=7) > ENOUGH


def test_a_candidate_at_the_limit_never_earns_it() -> None:
    assert after(Counts(100, 1.75), Counts(900, 4.5), times=300) < 0


@pytest.mark.parametrize(
    ("candidate", "stable"), [(Counts(0, 0), Counts(900, 4)), (Counts(100, 0), Counts(0, 0))]
)
def test_a_side_without_requests_adds_nothing(candidate: Counts, stable: Counts) -> None:
    assert after(candidate, stable, times=60) == pytest.approx(0.0)


def test_alone_the_candidate_is_compared_with_a_known_limit() -> None:
    counts = Counts(100, 0)
    got = evidence.add_alone(evidence.fresh(), 0.02, 0.005, counts)
    expected = [log_ratio(counts, 0.005 + x * 0.015, 0.02) for x in (0.0, 0.15, 0.4)]
    assert got == pytest.approx(expected)
    assert evidence.add_alone(got, 0.02, 0.005, Counts(0, 0)) == got


@pytest.mark.parametrize("true", [0.02, 0.05, 0.5, 1.0])
def test_alone_a_candidate_at_the_limit_or_beyond_has_a_mean_of_at_most_one(true: float) -> None:
    mean = 0.0
    for bad in range(41):
        chance = comb(40, bad) * true**bad * (1 - true) ** (40 - bad)
        products = evidence.add_alone(evidence.fresh(), 0.02, 0.005, Counts(40, bad))
        mean += chance * exp(evidence.reached(products))
    assert mean <= 1 + 1e-9
