"""What is kept of one answer of an examination."""

import json
from typing import Any

import pytest

from rollout.core.policy.expectation import Expectation
from rollout.core.policy.quality_model import Contract, FieldRule, Golden, Labelled, Metric, Quality
from rollout.core.predictions.bodies import read_body
from rollout.core.predictions.contracts import learn
from rollout.core.predictions.marking import label_fault, marked
from rollout.core.predictions.scoring import WORST_LOG_LOSS
from rollout.core.records.examination import Marked
from rollout.core.records.learnt_contract import LearntContract

NOTHING = LearntContract()
GOOD = b'{"label": 1, "score": 0.5}'


def quality(metric: Metric = Metric.ACCURACY, answer: str = "label", **changes: Any) -> Quality:
    return Quality(golden=Golden("golden.jsonl", Labelled(metric, answer)), **changes)


def learnt() -> LearntContract:
    known = NOTHING
    for number in range(12):
        known = learn(known, read_body(b'{"label": %d, "score": 0.5}' % number))
    return known


def test_an_answer_is_scored_against_its_label() -> None:
    assert marked(quality(), NOTHING, 200, GOOD, label=1) == Marked(True, 0.0)
    assert marked(quality(), NOTHING, 201, GOOD, label=2) == Marked(True, 1.0)


def test_without_a_label_or_a_set_nothing_is_scored() -> None:
    assert marked(quality(), NOTHING, 200, GOOD, label=None) == Marked(True)
    assert marked(Quality(), NOTHING, 200, GOOD, label=1) == Marked(True)
    assert marked(Quality(), NOTHING, 424, b"", label=1) == Marked()
    assert marked(quality(), NOTHING, 424, b"", label=None) == Marked()


@pytest.mark.parametrize(
    ("metric", "answer", "label", "predicted"),
    [
        (Metric.ACCURACY, 2, 1, True),
        (Metric.ACCURACY, None, 1, False),
        (Metric.LOG_LOSS, 0.0, 1, True),
        (Metric.LOG_LOSS, 1.5, 1, False),
        (Metric.LOG_LOSS, 0.5, 2, False),
        (Metric.MAE, 3, 1, True),
        (Metric.RMSE, "3", 1, False),
        (Metric.AUC, 0.5, 1, True),
        (Metric.AUC, -3.0, 1, False),
    ],
)
def test_an_answer_may_have_no_prediction(
    metric: Metric,
    answer: Any,
    label: Any,
    predicted: bool,  # noqa: FBT001 - a table's column
) -> None:
    body = json.dumps({"label": answer}).encode()
    assert marked(quality(metric), NOTHING, 200, body, label=label).predicted is predicted
    assert not marked(quality(metric, "class"), NOTHING, 200, body, label=label).predicted
    assert not marked(quality(metric), NOTHING, 200, b"no JSON", label=label).predicted


@pytest.mark.parametrize(
    ("metric", "loss"),
    [
        (Metric.ACCURACY, 1.0),
        (Metric.EXACT, 1.0),
        (Metric.LOG_LOSS, WORST_LOG_LOSS),
        (Metric.MAE, None),
        (Metric.RMSE, None),
        (Metric.AUC, None),
    ],
)
@pytest.mark.parametrize(("status", "body"), [(424, GOOD), (0, b""), (200, b"no JSON")])
def test_no_answer_has_the_worst_loss_there_is(
    metric: Metric, loss: float | None, status: int, body: bytes
) -> None:
    found = marked(quality(metric), NOTHING, status, body, label=1)

    assert (found.loss, found.chance) == (loss, None)
    assert found.answered is (status == 200)


def test_of_auc_the_probability_of_class_1_is_kept() -> None:
    found = marked(quality(Metric.AUC, "score"), NOTHING, 200, GOOD, label=1)

    assert (found.loss, found.chance) == (None, 0.5)


@pytest.mark.parametrize(
    ("body", "breaches"),
    [
        (GOOD, ()),
        (b'{"label": 1, "score": 0.5, "new": 1}', ()),
        (b'{"label": 1}', ("lost 'score'",)),
        (b'{"label": 1, "score": NaN}', ("NaN at 'score'",)),
        (b"no JSON", ("no JSON",)),
    ],
)
def test_an_answer_is_compared_with_what_stables_have_in_common(
    body: bytes, breaches: tuple[str, ...]
) -> None:
    assert marked(quality(), learnt(), 200, body, label=None).breaches == breaches


def test_only_what_a_policy_writes_is_asked_for_where_nothing_is_learnt() -> None:
    lost = b'{"label": 1}'
    rule = Contract(learn=False, fields={"label": FieldRule(labels=("0",))})

    found = marked(quality(contract=rule), learnt(), 200, lost, label=None)
    assert found.breaches == ("another label at 'label'",)
    nothing = quality(contract=None)
    assert marked(nothing, learnt(), 200, lost, label=None).breaches == ()
    expecting = quality(contract=None, expect=Expectation(present=("score",)))
    assert marked(expecting, learnt(), 200, lost, label=None).breaches == ("no 'score'",)


def test_a_failed_answer_breaks_no_contract() -> None:
    assert marked(quality(), learnt(), 500, b"boom", label=None).breaches == ()


@pytest.mark.parametrize(
    ("metric", "label", "usable"),
    [
        *((metric, None, False) for metric in Metric),
        (Metric.EXACT, {"a": [1]}, True),
        (Metric.ACCURACY, "high", True),
        (Metric.ACCURACY, True, True),
        (Metric.ACCURACY, [1], False),
        (Metric.LOG_LOSS, "high", True),
        (Metric.LOG_LOSS, {"a": 1}, False),
        (Metric.MAE, 1.5, True),
        (Metric.MAE, "1.5", True),
        (Metric.MAE, [1, 2], True),
        (Metric.MAE, [], False),
        (Metric.MAE, [1, "x"], False),
        (Metric.RMSE, "x", False),
        (Metric.AUC, 1, True),
        (Metric.AUC, "0", True),
        (Metric.AUC, 2, False),
    ],
)
def test_a_label_is_what_its_metric_takes(metric: Metric, label: Any, usable: bool) -> None:  # noqa: FBT001
    assert (label_fault(Labelled(metric), label) == "") is usable
