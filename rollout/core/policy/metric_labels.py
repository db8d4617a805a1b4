"""What the label of a row may be, so that an answer can be scored against it."""

from typing import Any, assert_never

from rollout.core.policy.quality_model import Metric

SHARES = frozenset({Metric.ACCURACY, Metric.EXACT})
"""Metrics that are the share of right answers."""


def label_fault(metric: Metric, label: Any) -> str:
    """Say why a label cannot be used with a metric, as a sentence's end; "" where it can.

    `label` is a JSON value.
    """
    if label is None:
        return "its label is null"
    match metric:
        case Metric.EXACT:
            return ""
        case Metric.ACCURACY:
            plain = isinstance(label, str | int | float)
            return "" if plain else "its label is a list or an object: use exact for such answers"
        case Metric.MAE | Metric.RMSE:
            return "" if _is_number(label) else f"its label is no number, which {metric} needs"
        case Metric.LOG_LOSS | Metric.AUC:
            return "" if label in (0, 1) else f"its label is not 0 or 1, which {metric} needs"
        case never:
            assert_never(never)


def _is_number(label: Any) -> bool:
    return isinstance(label, int | float) and not isinstance(label, bool)
