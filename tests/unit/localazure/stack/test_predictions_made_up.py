"""Made-up models: the same input gets the same answer, and a fault its part of the inputs."""

import json
import random
from typing import Any

import pytest

from localazure.stack.instant_models import ModelAnswer
from localazure.stack.predictions import WRONG, Kind, Prediction, predicted, right_label

INPUTS = [b'{"row": %d}' % row for row in range(2000)]
USUAL = Prediction(Kind.USUAL)


def answered(how: Prediction, body: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(predicted(how, body, random.Random(1)))  # noqa: S311
    return found


@pytest.mark.parametrize("kind", sorted(set(Kind) - {Kind.RANDOM}))
def test_the_same_input_gets_the_same_answer(kind: Kind) -> None:
    how = Prediction(kind, 0.5)
    for body in INPUTS[:20]:
        assert predicted(how, body, random.Random(1)) == predicted(how, body, random.Random(2))  # noqa: S311


@pytest.mark.parametrize("share", [0.0, 0.2, 1.0])
@pytest.mark.parametrize(
    "kind", sorted(set(Kind) - {Kind.USUAL, Kind.RANDOM, Kind.OTHER, Kind.NAN})
)
def test_a_part_of_the_inputs_has_the_fault(kind: Kind, share: float) -> None:
    how = Prediction(kind, share)
    found = sum(answered(how, body) != answered(USUAL, body) for body in INPUTS)

    assert found / len(INPUTS) == pytest.approx(share, abs=0.03)


@pytest.mark.parametrize("kind", [Kind.USUAL, Kind.OTHER])
def test_two_models_are_as_often_right_and_err_elsewhere(kind: Kind) -> None:
    wrong = [answered(Prediction(kind), body)["label"] != right_label(body) for body in INPUTS]

    assert sum(wrong) / len(INPUTS) == pytest.approx(WRONG, abs=0.02)


def test_chance_decides_half_of_the_labels() -> None:
    how, chance = Prediction(Kind.RANDOM), random.Random(1)  # noqa: S311
    labels = [json.loads(predicted(how, INPUTS[0], chance))["label"] for _ in range(100)]

    assert 30 < sum(labels) < 70


def test_a_score_that_is_no_number_is_written_as_python_does() -> None:
    assert b"NaN" in predicted(Prediction(Kind.NAN), b"1", random.Random(1))  # noqa: S311


def test_a_kind_that_there_is_not_is_named() -> None:
    with pytest.raises(ValueError, match="predicts must be one of usual, other"):
        ModelAnswer(predicts="unusual")
