"""A pass's answers, counted: an input counts once, faults count always."""

import pytest

from rollout.core.gate.quality.counting import MAX_LOSS, counted_answers
from rollout.core.gate.quality.memory import QualityMemory
from rollout.core.policy.gate_model import Budget
from rollout.core.policy.quality_model import Quality
from rollout.core.records.answers import AnswerCounts, AnswerPair
from tests.support.answer_builders import pair


def count(*pairs: AnswerPair, memory: QualityMemory | None = None) -> AnswerCounts:
    found = counted_answers(memory, pairs)
    assert found is not None
    return found


def test_a_pass_without_answers_has_no_counts() -> None:
    assert counted_answers(None, []) is None


def test_an_input_counts_once_in_a_pass_and_in_a_rollout() -> None:
    first = count(pair(3, "a", "b"), pair(3, "a", "b"), pair(4))
    assert (first.pairs, first.inputs, first.differing) == (3, (3, 4), 1)
    memory = QualityMemory()
    memory.fold(Quality(), first, Budget(), inputs=9, rounds=1.0, passes=9.0)
    again = count(pair(3, "a", "b"), pair(5), memory=memory)
    assert (again.pairs, again.inputs, again.differing) == (2, (5,), 0)


def test_faults_of_every_pair_count_by_their_words() -> None:
    seen = count(
        pair(1, fault="null at 'score'"),
        pair(1, fault="null at 'score'"),
        pair(2, fault="has 'error'", stable_fault="has 'error'"),
    )
    assert (seen.faulty, seen.stable_faulty) == (3, 1)
    assert seen.faults == {"null at 'score'": 2, "has 'error'": 1}


def test_changes_are_those_of_different_answers() -> None:
    seen = count(pair(1, "1", "0"), pair(2, "1", "0"), pair(3, differs=False, change="tiny"))
    assert seen.changes == {"label 0 -> 1": 2}


def test_what_stable_answered_twice_is_counted_apart() -> None:
    seen = count(
        pair(1, again=False),
        pair(2, "a", "b", again=True),
        pair(3, "a", "b", again=False),
        pair(4, "a", "b"),
    )
    assert seen.twice == (3, 1, 2)


@pytest.mark.parametrize(
    ("loss", "kept"),
    [
        (0.123456789, 0.1234568),
        (1e300, MAX_LOSS),
        (-1e300, -MAX_LOSS),
        (float("inf"), MAX_LOSS),
        (float("nan"), MAX_LOSS),
    ],
)
def test_losses_are_short_and_finite(loss: float, kept: float) -> None:
    assert count(pair(1, loss=loss, stable_loss=0.5)).losses == ((kept, 0.5),)


def test_losses_need_a_label_for_both_sides() -> None:
    assert count(pair(1, loss=1.0), pair(2, stable_loss=1.0), pair(3)).losses == ()


def test_usual_answers_are_followed_over_new_inputs() -> None:
    assert count(pair(1, "a"), pair(1, "b"), pair(2, "a")).usual.candidate == ("a", 2)
