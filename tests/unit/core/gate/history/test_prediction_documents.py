"""What is kept of answers and of looks is read back as it was, and is short."""

import json
from dataclasses import replace
from typing import Any

import pytest

from rollout.core.gate import opened, round_of
from rollout.core.gate.history.documents import round_document, round_from
from rollout.core.gate.history.prediction_documents import (
    answers_document,
    answers_from,
    predictions_document,
    predictions_from,
)
from rollout.core.records.answers import AnswerCounts, Usual
from rollout.core.records.predictions import Bins, PredictionsSeen
from tests.support.answer_builders import DECILES, look, pair, side
from tests.support.gate_builders import KNOWN, PLANNED
from tests.support.probe_builders import GATE, quick, seen

FULL = AnswerCounts(
    pairs=20,
    faulty=2,
    stable_faulty=1,
    faults={"null at 'score'": 2},
    inputs=(3, 4, 9),
    differing=2,
    changes={"label 0 -> 1": 2},
    twice=(2, 1, 1),
    losses=((1.0, 0.0), (0.25, 0.5)),
    usual=Usual(("a", 3), ("b", 1), 2, 1, 1),
)
LOOK = look(
    (side(10, 1, [1] * 10, 2), side(90)),
    silent="stable's collector wrote nothing",
    unequal="sampled at 50 %",
    bins=(DECILES, Bins("label", classes=("yes", "no"))),
)


def kept(value: Any) -> Any:
    return json.loads(json.dumps(value, allow_nan=False))


@pytest.mark.parametrize("counts", [FULL, AnswerCounts(), AnswerCounts(5, stable_faulty=1)])
def test_answers_are_read_back_as_they_were(counts: AnswerCounts) -> None:
    assert answers_from(kept(answers_document(counts))) == counts


def test_a_pass_that_compared_nothing_new_takes_little_room() -> None:
    assert answers_document(AnswerCounts(20)) == {"pairs": 20}


def test_a_pass_of_twenty_new_labelled_inputs_takes_less_than_a_kilobyte() -> None:
    losses = tuple((0.1234567, 0.7654321) for _ in range(20))
    counts = replace(FULL, inputs=tuple(range(9980, 10000)), losses=losses)
    assert len(json.dumps(answers_document(counts), separators=(",", ":"))) < 1000


def test_answers_are_a_part_of_the_record_of_their_pass() -> None:
    one = seen(quick()[:1], quick()[:1])
    answered = replace(one, pairs=(replace(one.pairs[0], answers=pair(7, "a", "b")),))
    counted = round_of(GATE, opened(GATE, KNOWN, PLANNED), answered)
    assert counted.answers is not None
    assert counted.answers.inputs == (7,)
    assert round_from(kept(round_document(counted))) == counted
    without = round_of(GATE, opened(GATE, KNOWN, PLANNED), one)
    assert "answers" not in round_document(without)


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ({}, "it has no 'pairs'"),
        ({"pairs": "many"}, "'many' is not a count"),
        ({"pairs": -1}, "-1 is not a number that can be counted"),
        ({"pairs": 1, "losses": [["much", 0]]}, "'much' is not a loss"),
        ({"pairs": 1, "differing": [1, []]}, "has no attribute 'items'"),
    ],
)
def test_what_is_no_record_of_answers_is_refused(answers: dict[str, Any], why: str) -> None:
    document = round_document(round_of(GATE, opened(GATE, KNOWN, PLANNED), seen([], [])))
    with pytest.raises(ValueError, match=why):
        round_from({**document, "answers": answers})


@pytest.mark.parametrize("one", [LOOK, PredictionsSeen()])
def test_a_look_is_read_back_as_it_was(one: PredictionsSeen) -> None:
    assert predictions_from(kept(predictions_document(one))) == one


def test_the_cursor_of_a_look_is_not_kept() -> None:
    one = replace(LOOK, cursor={"blob": 7}, more=True)
    assert predictions_from(predictions_document(one)) == LOOK


@pytest.mark.parametrize(
    ("document", "why"),
    [
        ({}, "it has no 'batches'"),
        ({"batches": [{"at": "2026-01-31T12:00:00"}]}, "does not say its time zone"),
        ({"batches": 7}, "not iterable"),
    ],
)
def test_what_is_no_record_of_a_look_is_refused(document: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        predictions_from(document)
