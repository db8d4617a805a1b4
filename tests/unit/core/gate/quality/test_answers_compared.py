"""Paired disagreement: what is harm, what passes, and a stable that is itself random."""

from math import comb, exp, log
from random import Random

import pytest

from rollout.core.gate.algebra.bernoulli import Counts
from rollout.core.gate.algebra.streams import one_sided
from rollout.core.gate.quality.answers import Answers, proof_values
from rollout.core.policy.quality_model import Compared
from rollout.core.records.answers import AnswerCounts

ALPHA = 0.005
HARM, PASS = log(1 / ALPHA), log(20)


def counts(
    differing: int,
    *,
    of: int = 20,
    first: int = 0,
    twice: tuple[int, int, int] = (0, 0, 0),
    change: str = "label 0 -> 1",
) -> AnswerCounts:
    changes = {change: differing} if differing else {}
    inputs = tuple(range(first, first + of))
    return AnswerCounts(of, inputs=inputs, differing=differing, changes=changes, twice=twice)


def folded(*passes: AnswerCounts, compared: Compared | None = None) -> Answers:
    memory = Answers()
    for each in passes:
        memory.fold(compared or Compared(), each, alpha=ALPHA, planned=10.0)
    return memory


def passes(
    differing: int, times: int, twice: tuple[int, int, int] = (0, 0, 0)
) -> list[AnswerCounts]:
    return [counts(differing, first=20 * number, twice=twice) for number in range(times)]


def test_two_passes_of_other_answers_are_harm_and_one_is_not() -> None:
    assert folded(*passes(20, 1)).ln_harm < HARM
    assert folded(*passes(20, 2)).ln_harm >= HARM


def test_one_answer_in_five_is_harm_after_sixty_pairs() -> None:
    assert folded(*passes(4, 3)).ln_harm >= HARM


def test_forty_equal_answers_are_evidence_to_pass() -> None:
    assert folded(*passes(0, 1)).ln_proof < PASS
    assert folded(*passes(0, 2)).ln_proof >= PASS


def test_at_the_tolerance_nothing_is_harm_and_at_the_limit_nothing_passes() -> None:
    assert folded(*passes(1, 50)).ln_harm < HARM
    assert folded(*passes(2, 50)).ln_proof < PASS


def test_a_pass_without_a_new_input_changes_nothing() -> None:
    memory = folded(*passes(4, 1))
    before = memory.dump()
    memory.fold(Compared(), AnswerCounts(20), alpha=ALPHA, planned=10.0)
    assert memory.dump() == before


def test_a_random_stable_is_no_harm_of_the_candidate() -> None:
    memory = folded(*passes(4, 20, twice=(2, 1, 1)))
    assert memory.is_random
    assert memory.ln_harm < HARM
    assert memory.sure.ln_wealth >= HARM


def test_far_beyond_a_random_stable_is_harm() -> None:
    assert folded(*passes(19, 20, twice=(10, 1, 9))).ln_harm >= HARM


def test_a_candidate_as_random_as_stable_passes() -> None:
    assert folded(*passes(2, 30, twice=(10, 1, 1))).ln_proof >= PASS


def test_until_stable_was_asked_twice_often_enough_it_may_be_random() -> None:
    few = folded(*passes(4, 3, twice=(1, 0, 0)))
    assert few.sure.ln_wealth >= HARM > few.ln_harm
    assert folded(*passes(4, 3, twice=(8, 0, 1))).ln_harm >= HARM


def test_where_the_tolerance_is_nearly_everything_nothing_is_bet() -> None:
    memory = folded(*passes(20, 3, twice=(10, 9, 9)), compared=Compared(tolerance=0.96, limit=0.99))
    assert memory.ln_harm == pytest.approx(0)


def test_changes_are_counted_by_their_words_and_further_kinds_are_left_out() -> None:
    kinds = [counts(1, first=20 * number, change=f"kind {number}") for number in range(6)]
    memory = folded(*kinds, counts(2, first=200, change="kind 1"))
    assert memory.changes == {"kind 0": 1, "kind 1": 3, "kind 2": 1}


def test_a_share_is_of_the_inputs_compared() -> None:
    assert Answers().share == 0
    assert folded(*passes(4, 2)).share == pytest.approx(0.2)


def test_what_is_stored_is_read_back() -> None:
    memory = folded(*passes(4, 2, twice=(10, 1, 3)))
    assert Answers.load(memory.dump()).dump() == memory.dump()


@pytest.mark.no_cover
def test_no_share_within_the_null_gains_on_average() -> None:
    """Every outcome of a pass is enumerated."""
    rng = Random(5)  # noqa: S311 - fixed test data
    for _ in range(100):
        tolerance = rng.choice((0.01, 0.05, 0.2))
        of = rng.randint(1, 25)
        share = tolerance * rng.choice((1.0, rng.random()))
        for kind in range(8):
            mean = sum(
                _part(of, share, bad) * exp(one_sided(tolerance, Counts(of, bad))[kind])
                for bad in range(of + 1)
            )
            assert mean <= 1 + 1e-9
        share = tolerance + (1 - tolerance) * rng.choice((0.0, rng.random()))
        for step in range(3):
            mean = sum(
                _part(of, share, bad) * exp(proof_values(tolerance, Counts(of, bad))[step])
                for bad in range(of + 1)
            )
            assert mean <= 1 + 1e-9


def _part(of: int, share: float, bad: int) -> float:
    return comb(of, bad) * share**bad * (1 - share) ** (of - bad)
