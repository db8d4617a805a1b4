"""Evidence from probes: it recovers, it is bounded by the inputs, and its mean is at most 1."""

import json
from itertools import product
from math import comb, exp, inf, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.core.gate.algebra.bernoulli import Counts, log_ratio
from rollout.core.gate.probing.proof import Proof

PLANNED = 120.0
GOOD, BAD = [0.3, 0.2, 0.1], [-50.0, -40.0, -30.0]
VALUES = st.lists(st.lists(st.floats(-1e3, 30.0), min_size=3, max_size=3), max_size=40)


def after(passes: list[list[float]], planned: float = PLANNED) -> Proof:
    proof = Proof.fresh()
    for each in passes:
        proof.fold(each, planned=planned)
    return proof


def test_without_a_pass_the_odds_are_one() -> None:
    assert Proof.fresh().ln == pytest.approx(0.0)


def test_passes_that_say_nothing_change_nothing() -> None:
    assert after([[0.0, 0.0, 0.0]] * 400).ln == pytest.approx(0.0)


def test_one_bad_pass_is_not_the_end() -> None:
    before = after([GOOD] * 10)
    assert before.ln > 1
    broken = after([*[GOOD] * 10, BAD])
    assert -1 < broken.ln < 0
    assert after([*[GOOD] * 10, BAD, *[GOOD] * 40]).ln > log(20)


def test_a_long_stage_has_evidence_beyond_any_float() -> None:
    assert after([[5.0, 0.0, 0.0]] * 400).ln > 1900


@pytest.mark.parametrize(("pairs", "part"), [(100, 1.0), (200, 1.0), (400, 0.5), (2000, 0.1)])
def test_pairs_count_as_no_more_than_the_inputs_allow(pairs: int, part: float) -> None:
    proof = after([GOOD] * 20)
    assert proof.weighed(pairs, 200.0) == pytest.approx(part * proof.ln)


@given(VALUES, st.floats(1, 1e4), st.floats(1, 1e4))
def test_the_weighed_evidence_never_exceeds_the_evidence(
    passes: list[list[float]], pairs: float, most: float
) -> None:
    proof = after(passes)
    assert proof.weighed(pairs, most) <= proof.ln


@given(VALUES)
def test_it_survives_json(passes: list[list[float]]) -> None:
    proof = after(passes)
    again = Proof.load(json.loads(json.dumps(proof.dump(), allow_nan=False)))
    assert again == proof
    assert -inf < again.ln < inf


@pytest.mark.parametrize("share", [0.1, 0.25, 0.6])
@pytest.mark.parametrize("planned", [1.0, 3.0])
def test_a_candidate_at_the_limit_or_beyond_it_has_a_mean_of_at_most_one(
    share: float, planned: float
) -> None:
    """All outcomes of four passes of three requests against the limit 0.1."""
    steps = (0.01, 0.03, 0.06)
    chances = [comb(3, bad) * share**bad * (1 - share) ** (3 - bad) for bad in range(4)]
    values = [[log_ratio(Counts(3, bad), g, 0.1) for g in steps] for bad in range(4)]
    mean = 0.0
    for outcome in product(range(4), repeat=4):
        chance = 1.0
        for bad in outcome:
            chance *= chances[bad]
        mean += chance * exp(after([values[bad] for bad in outcome], planned).ln)
    assert mean <= 1 + 1e-9
    # Nothing is given away at the limit itself.
    assert share > 0.1 or mean > 1 - 1e-9
