"""How far one answer is from its label, by metric."""

from math import inf, isfinite, log, nan
from typing import Any

import pytest

from rollout.core.policy.quality_model import Labelled, Metric
from rollout.core.predictions.scoring import (
    WORST_LOG_LOSS,
    is_positive,
    loss_of,
    number_in,
    predicted_class,
    probability_of_one,
)


def loss(metric: Metric, answer: Any, label: Any, path: str = "$") -> float | None:
    return loss_of(Labelled(metric, path), answer, label)


@pytest.mark.parametrize(
    ("answer", "label"),
    [
        ({"a": [1, 2.0]}, {"a": [1.0, 2]}),
        ("fraud", "fraud"),
        (1, "1"),
        (True, "True"),
        (None, None),
    ],
)
def test_exact_answers_are_the_label(answer: Any, label: Any) -> None:
    assert loss(Metric.EXACT, answer, label) == 0


@pytest.mark.parametrize(("answer", "label"), [([1], 1), (1, True), ({"a": 1}, {}), (0.5, 0.6)])
def test_other_answers_are_not_exact(answer: Any, label: Any) -> None:
    assert loss(Metric.EXACT, answer, label) == 1


@pytest.mark.parametrize(
    ("answer", "label"),
    [
        (1, 1),
        (1, "1.0"),
        ([1], 1),
        ("cat", "cat"),
        ([0.1, 0.7, 0.2], 1),
        ([0.1, 0.7, 0.2], "1"),
        ([[0.1, 0.7]], 1),
        ({"cat": 0.9, "dog": 0.1}, "cat"),
        ([nan, 0.3], 1),
        ([10**400, 5], 0),
    ],
)
def test_a_class_is_right_however_it_is_answered(answer: Any, label: Any) -> None:
    assert loss(Metric.ACCURACY, answer, label) == 0


@pytest.mark.parametrize(
    ("answer", "label"),
    [(0, 1), ("1x", 1), ([0.9, 0.1], 1), (None, 1), ([], 1), ({}, "a"), (["a", "b"], 1)],
)
def test_a_wrong_class_or_none_is_wrong(answer: Any, label: Any) -> None:
    assert loss(Metric.ACCURACY, answer, label) == 1


def test_a_prediction_that_is_missing_is_as_bad_as_it_can_be() -> None:
    assert loss(Metric.EXACT, {}, 1, "label") == 1
    assert loss(Metric.ACCURACY, {}, 1, "label") == 1
    assert loss(Metric.LOG_LOSS, {}, 1, "label") == WORST_LOG_LOSS
    assert loss(Metric.MAE, {}, 1, "label") is None
    assert loss(Metric.RMSE, {}, 1, "label") is None


@pytest.mark.parametrize(
    ("answer", "label", "probability"),
    [
        (0.8, 1, 0.8),
        (0.8, "0", 0.2),
        (0.8, True, 0.8),
        ([0.8], 1, 0.8),
        ([0.2, 0.8], 1, 0.8),
        ([0.2, 0.8], False, 0.2),
        ([0.1, 0.2, 0.7], 2, 0.7),
        ({"cat": 0.9, "dog": 0.1}, "dog", 0.1),
        ({"0": 0.9, "1": 0.1}, 1, 0.1),
        (1.0000001, 1, 1.0),
        (0.0, 1, 1e-6),
    ],
)
def test_log_loss_is_of_the_label_s_probability(
    answer: Any, label: Any, probability: float
) -> None:
    assert loss(Metric.LOG_LOSS, answer, label) == pytest.approx(-log(probability))


def test_a_star_makes_a_list_of_what_each_item_predicts() -> None:
    rows = [{"y": 1}, {"y": 3}]

    assert loss(Metric.EXACT, rows, [1, 3], "[*].y") == 0
    assert loss(Metric.MAE, rows, [1, 4], "[*].y") == 0.5
    assert loss(Metric.ACCURACY, rows[:1], 1, "[*].y") == 0
    assert loss(Metric.EXACT, [*rows, {}], [1, 3], "[*].y") == 1
    assert loss(Metric.EXACT, [], [], "[*].y") == 0


@pytest.mark.parametrize(
    ("answer", "label"),
    [
        (1.5, 1),
        (-0.2, 0),
        (nan, 1),
        ("0.8", 1),
        (True, 1),
        (0.8, "cat"),
        ([0.2, 0.8], 2),
        ([0.2, 0.8], -1),
        ([0.2, 0.8], "cat"),
        ([0.2, 0.8], None),
        ({"cat": 0.9}, "dog"),
        (None, 1),
    ],
)
def test_without_a_probability_of_the_label_log_loss_is_the_worst(answer: Any, label: Any) -> None:
    assert loss(Metric.LOG_LOSS, answer, label) == WORST_LOG_LOSS


@pytest.mark.parametrize(
    ("answer", "label", "distance"),
    [
        (3.5, 3, 0.5),
        (3, "3.5", 0.5),
        ([3.5], 3, 0.5),
        ([1, 2], [2, 4], 1.5),
        ("3.5", 3, None),
        (3, "three", None),
        (3, "1_0", None),
        (True, 1, None),
        (nan, 1, None),
        (10**400, 1, None),
        (1e308, -1e308, None),
        ([1, 2], [1], None),
        ([1, "x"], [1, 2], None),
        ([], [], None),
        ([1, 2], 1, None),
    ],
)
def test_a_distance_is_between_two_numbers(answer: Any, label: Any, distance: Any) -> None:
    assert loss(Metric.MAE, answer, label) == distance
    squared = None if distance is None else distance * distance
    assert loss(Metric.RMSE, answer, label) == squared


@pytest.mark.parametrize("metric", [Metric.MAE, Metric.RMSE])
def test_an_absurd_number_is_no_prediction(metric: Metric) -> None:
    assert loss(metric, 1e60, 0) is None
    assert loss(metric, [1e308, 1e308], [0, 0]) is None
    largest = loss(metric, 1e50, 0)
    assert largest is not None
    assert isfinite(1e9 * largest * largest)


def test_a_single_answer_has_no_auc() -> None:
    assert loss(Metric.AUC, 0.5, 1) is None


@pytest.mark.parametrize(
    ("found", "wanted"),
    [([1, 3, 3], 1), ([], []), ({}, {}), ({"a": "x"}, {"a": "x"}), ({"a": 1, "b": 2}, "b")],
)
def test_the_class_of_the_highest_number_is_predicted(found: Any, wanted: Any) -> None:
    assert predicted_class(found) == wanted


def test_class_1_is_true_and_text_alike() -> None:
    assert [is_positive(each) for each in (1, "1", 1.0, True, "true")] == [True] * 5
    assert [is_positive(each) for each in (0, "0.0", False)] == [False] * 3
    assert [is_positive(each) for each in (2, "yes", None)] == [None] * 3
    assert probability_of_one([0.3, 0.7]) == 0.7
    assert probability_of_one("x") is None


def test_numbers_are_finite() -> None:
    assert number_in("1e3") == 1000
    odd: list[Any] = ["inf", "nan", inf, "", None, []]
    assert [number_in(each) for each in odd] == [None] * 6
