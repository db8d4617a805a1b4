"""The evidence that a stage's limit is not reached."""

import json
from itertools import product
from math import comb, exp, log

import pytest

from rollout.core.gate.algebra import evidence
from rollout.core.gate.algebra.bernoulli import Counts, Line, log_e_value, log_ratio

LIMIT = Line(1.5, 0.01)
ENOUGH = log(20)
SHARE = 0.005


PATIENCE = 120.0
FORMS: list[type[evidence.Evidence]] = [evidence.Restartable, evidence.Products]


def after(
    candidate: Counts, stable: Counts, times: int, form: type[evidence.Evidence] = FORMS[0]
) -> float:
    proof = form()
    for _ in range(times):
        proof.add(evidence.values(LIMIT, (SHARE, SHARE), candidate, stable), PATIENCE)
    return proof.ln


@pytest.mark.parametrize("form", FORMS)
def test_without_minutes_the_odds_are_one(form: type[evidence.Evidence]) -> None:
    assert form().ln == pytest.approx(0.0)


def test_one_minute_is_the_reference_formula() -> None:
    candidate, stable = Counts(100, 1), Counts(900, 4)
    # The limit is beyond stable's share; the alternatives begin at the best a candidate may be.
    limit, best = 1.5 * SHARE + 0.01, 0.6 * SHARE
    expected = [
        log_e_value(LIMIT, (best + x * (limit - best), SHARE), candidate, stable)
        for x in (0.0, 0.15, 0.4)
    ]
    got = evidence.values(LIMIT, (best, SHARE), candidate, stable)
    assert got == pytest.approx(expected)
    mean = sum(map(exp, expected)) / 3
    old, new = evidence.Products(), evidence.Restartable()
    for proof in (old, new):
        proof.add(got, PATIENCE)
    assert old.ln == pytest.approx(log(mean))
    # One part in 120 of the half that waits was released before the minute.
    staked = 0.5 + 0.5 / PATIENCE
    assert new.ln == pytest.approx(log(1 - staked + staked * mean))


@pytest.mark.parametrize("form", FORMS)
def test_a_healthy_candidate_earns_its_evidence_in_a_few_hundred_requests(
    form: type[evidence.Evidence],
) -> None:
    healthy = Counts(100, 0.5), Counts(900, 4.5)
    assert after(*healthy, times=4, form=form) < ENOUGH
    assert after(*healthy, times=8, form=form) > ENOUGH


@pytest.mark.parametrize("form", FORMS)
def test_a_candidate_at_the_limit_never_earns_it(form: type[evidence.Evidence]) -> None:
    assert after(Counts(100, 1.75), Counts(900, 4.5), times=300, form=form) < 0


def test_evidence_recovers_from_a_minute_of_total_failure() -> None:
    healthy = evidence.values(LIMIT, (SHARE, SHARE), Counts(100, 0.5), Counts(900, 4.5))
    broken = evidence.values(LIMIT, (SHARE, SHARE), Counts(100, 100), Counts(900, 4.5))
    reached = {}
    for form in FORMS:
        proof = form()
        for minute in range(60):
            proof.add(broken if minute == 5 else healthy, PATIENCE)
        reached[form] = proof.ln
    assert reached[evidence.Products] < -20
    assert reached[evidence.Restartable] > ENOUGH


@pytest.mark.parametrize("form", FORMS)
def test_evidence_survives_json_in_its_own_form(form: type[evidence.Evidence]) -> None:
    proof = form()
    proof.add([0.5, 0.4, -0.3], PATIENCE)
    proof.add([], PATIENCE)
    back = evidence.load(json.loads(json.dumps(proof.dump())))
    assert type(back) is form
    assert back.dump() == proof.dump()
    assert back.ln == pytest.approx(proof.ln)


def test_a_candidate_at_the_limit_passes_in_one_case_in_twenty_at_most_exactly() -> None:
    """All outcomes of four minutes: the mean wealth is at most 1, whatever waits meanwhile."""
    mean = 0.0
    for path in product(range(3), repeat=4):
        chance, proof = 1.0, evidence.Restartable()
        for bad in path:
            chance *= comb(2, bad) * 0.02**bad * 0.98 ** (2 - bad)
            proof.add(evidence.values_alone(0.02, 0.005, Counts(2, bad)), 4.0)
        mean += chance * exp(proof.ln)
    assert mean <= 1 + 1e-9


@pytest.mark.parametrize(
    ("candidate", "stable"), [(Counts(0, 0), Counts(900, 4)), (Counts(100, 0), Counts(0, 0))]
)
def test_a_side_without_requests_adds_nothing(candidate: Counts, stable: Counts) -> None:
    assert after(candidate, stable, times=60) == pytest.approx(0.0)


def test_alone_the_candidate_is_compared_with_a_known_limit() -> None:
    counts = Counts(100, 0)
    got = evidence.values_alone(0.02, 0.005, counts)
    expected = [log_ratio(counts, 0.005 + x * 0.015, 0.02) for x in (0.0, 0.15, 0.4)]
    assert got == pytest.approx(expected)
    assert evidence.values_alone(0.02, 0.005, Counts(0, 0)) == [0.0] * 3


@pytest.mark.parametrize("true", [0.02, 0.05, 0.5, 1.0])
def test_alone_a_candidate_at_the_limit_or_beyond_has_a_mean_of_at_most_one(true: float) -> None:
    mean = 0.0
    for bad in range(41):
        chance = comb(40, bad) * true**bad * (1 - true) ** (40 - bad)
        values = evidence.values_alone(0.02, 0.005, Counts(40, bad))
        mean += chance * sum(map(exp, values)) / 3
    assert mean <= 1 + 1e-9
