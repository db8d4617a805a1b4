"""A candidate that predicts one and the same is found, and one that varies less is not."""

from collections.abc import Sequence
from math import comb, exp, log

import pytest

from rollout.core.gate.algebra.bernoulli import Counts
from rollout.core.gate.algebra.streams import one_sided
from rollout.core.gate.quality.usual import HALF, Constant, followed
from rollout.core.records.answers import AnswerPair, Usual
from tests.support.answer_builders import pair

NEEDED = log(200)


def folded(pairs: Sequence[AnswerPair], size: int = 20) -> Constant:
    memory = Constant()
    for first in range(0, len(pairs), size):
        now = pairs[first : first + size]
        seen = followed(memory.usual, now)
        memory.fold(seen, len(now), alpha=0.005, planned=10.0)
    return memory


def classes(candidate: str, stable: str, times: int = 1) -> list[AnswerPair]:
    """Inputs whose predictions are these letters."""
    return [pair(0, ours, theirs) for ours, theirs in zip(candidate, stable, strict=True)] * times


def test_one_class_where_stable_has_two_is_constant() -> None:
    assert folded(classes("aa", "ab", 20)).ln_harm >= NEEDED


def test_one_number_where_stable_has_many_is_constant() -> None:
    pairs = [pair(0, "7", str(each)) for each in range(40)]
    assert folded(pairs).ln_harm >= NEEDED


def test_one_pass_alone_never_decides() -> None:
    assert folded([pair(0, "7", str(each)) for each in range(20)]).ln_harm < NEEDED


@pytest.mark.parametrize(
    ("candidate", "stable"),
    [
        ("aaab", "aaab"),  # The same answers.
        ("aaab", "aaba"),  # As varied, of other inputs.
        ("bbba", "aaab"),  # All the other way round.
        ("aaaa", "aaaa"),  # Both alike: nothing is known of it.
        ("aaaaaaaaab", "aaaaabbbbb"),  # Far less varied, but not one and the same.
    ],
)
def test_what_varies_or_has_nothing_to_vary_with_is_not(candidate: str, stable: str) -> None:
    assert folded(classes(candidate, stable, 60)).ln_harm < NEEDED


def test_an_odd_first_answer_does_not_hide_it() -> None:
    assert folded([pair(0, "z", "a"), *classes("aa", "ab", 30)]).ln_harm >= NEEDED


def test_what_predicts_nothing_says_nothing() -> None:
    assert followed(Usual(), [pair(0, "", "a"), pair(0, "a", "")]) == Usual()


def test_the_usual_answer_is_the_one_that_most_inputs_get() -> None:
    usual = followed(Usual(), classes("abbab" + "b" * 4, "a" * 9))
    assert usual.candidate[0] == "b"
    assert usual.stable == ("a", 9)


def test_a_key_is_cut() -> None:
    assert followed(Usual(), [pair(0, "k" * 64)]).candidate == ("k" * 16, 1)


def test_what_is_stored_is_read_back() -> None:
    memory = folded(classes("aaab", "abab", 10))
    assert Constant.load(memory.dump()).usual == memory.usual


def test_at_most_half_gains_nothing_on_average() -> None:
    for kind in range(8):
        mean = sum(
            comb(12, same) * 0.5**12 * exp(one_sided(HALF, Counts(12.0, float(same)))[kind])
            for same in range(13)
        )
        assert mean <= 1 + 1e-9
