"""How far one answer is from its label.

A loss is 0 at best: of accuracy and exact 0 or 1, of `log_loss` in nats, of `mae` the distance, of
`rmse` its square. `auc` has none of a single answer (`scores`).
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, assert_never

from rollout.core.policy.quality_model import Labelled, Metric
from rollout.core.predictions.expectations import is_number, same_json
from rollout.core.predictions.json_paths import EVERY, each_at, is_missing
from rollout.core.predictions.labels import label_text, same_label

LEAST_PROBABILITY = 1e-6
"""A probability below it counts as it, so that one sure mistake does not outweigh a whole set."""

WORST_LOG_LOSS = -math.log(LEAST_PROBABILITY)
"""13.8 nats; also of an answer that has no probability for the label."""

LARGEST_DISTANCE = 1e50
"""A larger one is no prediction: sums of squared losses would leave what a float can hold."""

_SLACK = 1e-6
"""How far beyond 0..1 rounding may carry a probability."""

_LEAST_VECTOR = 2


def loss_of(labelled: Labelled, document: Any, label: Any) -> float | None:
    """Return the loss of one answer; an answer without a prediction has the worst one.

    Args:
        labelled: Where the prediction is, and the metric.
        document: The answer's JSON.
        label: What was right, as JSON, or as a text of a `.csv` file; not null.

    Returns:
        The loss. None where there is none: of `auc`; and of `mae` and `rmse`, whose losses have no
        worst, where answer or label is not a number or they are absurdly far apart.
    """
    found = prediction_in(labelled, document)
    match labelled.metric:
        case Metric.EXACT:
            return 0.0 if _same(found, label) else 1.0
        case Metric.ACCURACY:
            return 0.0 if same_label(predicted_class(found), label) else 1.0
        case Metric.LOG_LOSS:
            return _log_loss(found, label)
        case Metric.MAE | Metric.RMSE:
            distance = _distance(found, label)
            if distance is None or distance > LARGEST_DISTANCE:
                return None
            return distance if labelled.metric is Metric.MAE else distance * distance
        case Metric.AUC:
            return None
        case never:
            assert_never(never)


def prediction_in(labelled: Labelled, document: Any) -> Any:
    """Return what an answer predicts; a list of one item is that item, but for `exact`.

    With `[*]` it is the list of what each item has. A path that leads nowhere, for any item, gives
    a value that is no JSON (`is_missing`).
    """
    values = each_at(document, labelled.answer)
    nowhere = next((value for value in values if is_missing(value)), None)
    found = nowhere or (values if EVERY in labelled.answer else values[0])
    only = isinstance(found, list) and len(found) == 1 and labelled.metric is not Metric.EXACT
    return found[0] if only else found


def has_prediction(labelled: Labelled, document: Any, label: Any) -> bool:
    """Say whether an answer has what its metric scores: if not, its loss says nothing of a model.

    Args:
        labelled: Where the prediction is, and the metric.
        document: The answer's JSON, `Missing` where it could not be read.
        label: What was right.
    """
    found = prediction_in(labelled, document)
    match labelled.metric:
        case Metric.EXACT | Metric.ACCURACY:
            return found is not None and not is_missing(found)
        case Metric.LOG_LOSS:
            return _probability_of(found, label) is not None
        case Metric.MAE | Metric.RMSE:
            return loss_of(labelled, document, label) is not None
        case Metric.AUC:
            return probability_of_one(found) is not None
        case never:
            assert_never(never)


def predicted_class(found: Any) -> Any:
    """Return the class of a prediction: that of the highest number, where each class has one.

    Of a list the class is its index, of an object its key; the first of equals. Any other value is
    the class itself.
    """
    if isinstance(found, list) and len(found) >= _LEAST_VECTOR and all(map(is_number, found)):
        return max(range(len(found)), key=lambda index: _comparable(found[index]))
    if isinstance(found, dict) and found and all(map(is_number, found.values())):
        return max(found, key=lambda key: _comparable(found[key]))
    return found


def probability_of_one(found: Any) -> float | None:
    """Return the probability of class 1, from a number, a list or an object; None: there is none.

    The number may be any score in 0..1.
    """
    return _probability_of(found, 1)


def is_positive(label: Any) -> bool | None:
    """Say whether a label is class 1; None where it is neither 0 nor 1 (true is 1)."""
    if same_label(label, 1) or same_label(label, True):
        return True
    return False if same_label(label, 0) or same_label(label, False) else None


def number_in(value: Any) -> float | None:
    """Return a JSON number, or one that a text is, as a finite float; else None."""
    if isinstance(value, str):
        try:
            value = float(value) if "_" not in value else None
        except ValueError:
            return None
    if not is_number(value):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _same(found: Any, label: Any) -> bool:
    if is_missing(found):
        return False
    return same_json(found, label) or same_label(found, label)


def _log_loss(found: Any, label: Any) -> float:
    probability = _probability_of(found, label)
    if probability is None:
        return WORST_LOG_LOSS
    return -math.log(max(probability, LEAST_PROBABILITY))


def _probability_of(found: Any, label: Any) -> float | None:
    """Return the probability that a prediction gives to a class."""
    if isinstance(found, Mapping):
        known = (value for key, value in found.items() if same_label(key, label))
        return _probability(next(known, None))
    if isinstance(found, list):
        return _probability(_item(found, label))
    one, positive = _probability(found), is_positive(label)
    if one is None or positive is None:
        return None
    return one if positive else 1 - one


def _item(found: Sequence[Any], label: Any) -> Any:
    """Return a list's item for a class that is its index; true is 1."""
    positive = is_positive(label)
    text = label_text(label) if positive is None else str(int(positive))
    number = number_in(text) if text is not None else None
    if number is None or not number.is_integer() or not 0 <= number < len(found):
        return None
    return found[int(number)]


def _probability(value: Any) -> float | None:
    number = number_in(value) if is_number(value) else None
    if number is None or not -_SLACK <= number <= 1 + _SLACK:
        return None
    return min(1.0, max(0.0, number))


def _distance(found: Any, label: Any) -> float | None:
    if isinstance(found, list) and isinstance(label, list):
        if not found or len(found) != len(label):
            return None
        each = [_distance(*pair) for pair in zip(found, label, strict=True)]
        known = [one for one in each if one is not None]
        return sum(known) / len(known) if len(known) == len(each) else None
    one = number_in(found) if is_number(found) else None
    other = number_in(label)
    if one is None or other is None:
        return None
    distance = abs(one - other)
    return distance if math.isfinite(distance) else None


def _comparable(number: Any) -> float:
    # NaN is never the highest.
    return -math.inf if isinstance(number, float) and math.isnan(number) else number
