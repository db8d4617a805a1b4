"""One answer of an examination, looked at where it arrived: what leaves the adapter of it."""

from typing import Any, assert_never

from rollout.core.policy.quality_model import Labelled, Metric, Quality
from rollout.core.predictions.bodies import Body, read_body
from rollout.core.predictions.contracts import breaches
from rollout.core.predictions.faults import faults_of
from rollout.core.predictions.scoring import (
    WORST_LOG_LOSS,
    has_prediction,
    is_positive,
    loss_of,
    number_in,
    prediction_in,
    probability_of_one,
)
from rollout.core.records.examination import Marked
from rollout.core.records.learnt_contract import LearntContract

_SUCCESS = range(200, 300)


def marked(
    quality: Quality,
    learnt: LearntContract,
    status: int,
    raw: bytes,
    *,
    label: Any | None,
) -> Marked:
    """Mark one answer; never raises.

    An answer without a success breaks no contract, and has the worst loss that the metric has.

    Args:
        quality: The policy's part.
        learnt: What stable's answers have in common.
        status: The answer's HTTP status, 0 where none came in time.
        raw: Its body.
        label: What is right, as the golden set's metric has it; None: nothing is scored.
    """
    labelled = quality.golden.labelled if quality.golden is not None else None
    if status not in _SUCCESS:
        worst = None if label is None or labelled is None else _worst(labelled.metric)
        return Marked(loss=worst)
    body = read_body(raw)
    found = [*faults_of(body, (quality.expect,), quality.contract)]
    if quality.contract is not None:
        found += breaches(quality.contract, learnt, body)
    loss, chance, predicted = None, None, True
    if labelled is not None and label is not None:
        loss, chance = _scored(labelled, body, label)
        predicted = has_prediction(labelled, body.document, label)
    return Marked(True, loss, chance, tuple(dict.fromkeys(found)), predicted)


def label_fault(labelled: Labelled, label: Any) -> str:
    """Say why no answer could be scored against a label, as a sentence's end; "" if it can be.

    `label` is a JSON value; of a `.csv` file what its cell is read as.
    """
    metric = labelled.metric
    if label is None:
        return "its label is null"
    match metric:
        case Metric.EXACT:
            return ""
        case Metric.ACCURACY | Metric.LOG_LOSS:
            plain = isinstance(label, str | int | float)
            return (
                "" if plain else f"its label is a list or an object, which {metric} does not take"
            )
        case Metric.MAE | Metric.RMSE:
            numbers = label if isinstance(label, list) and label else [label]
            known = all(number_in(each) is not None for each in numbers)
            return "" if known else f"its label is no number, which {metric} needs"
        case Metric.AUC:
            return "" if is_positive(label) is not None else "its label is not 0 or 1, as auc needs"
        case never:
            assert_never(never)


def _scored(labelled: Labelled, body: Body, label: Any) -> tuple[float | None, float | None]:
    """The loss, and of `auc` the probability of class 1 instead."""
    if not body.is_read:
        return _worst(labelled.metric), None
    if labelled.metric is Metric.AUC:
        return None, probability_of_one(prediction_in(labelled, body.document))
    return loss_of(labelled, body.document, label), None


def _worst(metric: Metric) -> float | None:
    match metric:
        case Metric.ACCURACY | Metric.EXACT:
            return 1.0
        case Metric.LOG_LOSS:
            return WORST_LOG_LOSS
        case Metric.MAE | Metric.RMSE | Metric.AUC:
            return None
        case never:
            assert_never(never)
