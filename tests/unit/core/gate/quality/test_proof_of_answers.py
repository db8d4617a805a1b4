"""What answers must show before a stage is passed."""

from dataclasses import replace
from math import log

import pytest

from rollout.core.gate.quality.memory import QualityMemory
from rollout.core.gate.quality.proof import ROUNDS, Proof, decides, proofs
from rollout.core.policy.gate_model import Budget, Check, GatePolicy
from rollout.core.policy.quality_model import Difference, Quality
from rollout.core.records.answers import AnswerCounts
from tests.support.answer_builders import LABELLED, QUALITY

GATE = GatePolicy()
NEEDED = log(20)


def memory(
    compared: int, differing: int, *, of: int = 40, worse: int = 0, quality: Quality = LABELLED
) -> QualityMemory:
    found = QualityMemory()
    losses = ((1.0, 0.0),) * worse + ((0.0, 0.0),) * (compared - worse)
    seen = AnswerCounts(compared, inputs=tuple(range(compared)), differing=differing, losses=losses)
    found.fold(quality, seen, Budget(), inputs=of, rounds=2.0, passes=9.0)
    return found


def shown(
    found: QualityMemory, quality: Quality = QUALITY, *, sent: int = 0, policy: GatePolicy = GATE
) -> list[Proof]:
    return list(proofs(policy, quality, found, sent=sent, needed=NEEDED))


def test_evidence_passes() -> None:
    (proof,) = shown(memory(60, 0, of=100))
    assert proof.left == 40
    assert proof.passed
    assert not proof.unclear


def test_a_few_answers_are_not_enough_yet() -> None:
    (proof,) = shown(memory(20, 0))
    assert (proof.left, proof.passed, proof.unclear) == (20, False, False)


@pytest.mark.parametrize(("differing", "passed"), [(0, True), (1, True), (2, False), (9, False)])
def test_a_whole_set_needs_no_inference(differing: int, passed: bool) -> None:  # noqa: FBT001
    (proof,) = shown(memory(20, differing, of=20))
    assert proof.passed is passed
    assert proof.unclear is not passed


def test_what_can_never_be_compared_is_not_waited_for() -> None:
    assert shown(memory(19, 0, of=20), sent=20 * ROUNDS - 1)[0].left == 1
    assert shown(memory(19, 0, of=20), sent=20 * ROUNDS)[0].passed


def test_labels_have_to_show_that_the_candidate_is_not_worse() -> None:
    answers, labels = shown(memory(40, 0, worse=1), LABELLED)
    assert (answers.check, labels.check) == (Check.ANSWERS, Check.LOSSES)
    assert labels.passed
    assert shown(memory(40, 0, worse=2), LABELLED)[1].unclear


def test_labels_that_no_answer_had_show_nothing() -> None:
    assert len(shown(memory(40, 0, quality=QUALITY), LABELLED)) == 1


@pytest.mark.parametrize(
    ("quality", "policy", "asked"),
    [
        (None, GATE, False),
        (QUALITY, GATE, True),
        (replace(QUALITY, difference=Difference.EXPECTED), GATE, False),
        (replace(LABELLED, difference=Difference.EXPECTED), GATE, True),
        (QUALITY, replace(GATE, observe_only=(Check.ANSWERS,)), False),
        (LABELLED, replace(GATE, observe_only=(Check.ANSWERS, Check.LOSSES)), False),
    ],
)
def test_only_what_decides_has_to_show_anything(
    quality: Quality | None,
    policy: GatePolicy,
    asked: bool,  # noqa: FBT001
) -> None:
    assert decides(policy, quality) is asked
    found = [] if quality is None else shown(memory(20, 0), quality, policy=policy)
    assert bool(found) is asked


def test_nothing_is_shown_before_anything_was_compared() -> None:
    assert shown(QualityMemory()) == []
    assert list(proofs(GATE, None, memory(9, 0), sent=0, needed=NEEDED)) == []
    assert list(proofs(GATE, QUALITY, None, sent=0, needed=NEEDED)) == []
