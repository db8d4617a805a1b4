"""A metric over a set, from running sums."""

import random
from math import inf, sqrt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout.core.policy.quality_model import Labelled, Metric
from rollout.core.predictions import scores as module
from rollout.core.predictions.json_paths import Missing
from rollout.core.predictions.scores import (
    AUC_BINS,
    PairedScore,
    Score,
    deviation_of_mean,
)
from rollout.core.predictions.shares import exact_interval


def scored(metric: Metric, *rows: tuple[Any, Any]) -> Score:
    score = Score()
    for answer, label in rows:
        score = score.with_answer(Labelled(metric), answer, label)
    return score


def exact_auc(rows: list[tuple[float, int]]) -> float:
    positives = [score for score, label in rows if label]
    negatives = [score for score, label in rows if not label]
    won = sum((p > n) + (p == n) / 2 for p in positives for n in negatives)
    return won / len(positives) / len(negatives)


def test_a_share_of_right_rows_has_an_exact_interval() -> None:
    score = scored(Metric.ACCURACY, (1, 1), (1, 1), (0, 1), (1, 1))

    assert score.value(Metric.ACCURACY) == 0.75
    assert score.interval(Metric.ACCURACY) == exact_interval(3, 4)


def test_a_mean_has_a_normal_interval() -> None:
    score = scored(Metric.MAE, (1, 0), (2, 0), (3, 0), (2, 0))

    assert score.value(Metric.MAE) == 2
    assert score.interval(Metric.MAE) == pytest.approx((2 - 0.8002, 2 + 0.8002), abs=1e-3)


def test_rmse_is_the_root_of_the_mean_square() -> None:
    score = scored(Metric.RMSE, (3, 0), (4, 0))

    assert score.value(Metric.RMSE) == pytest.approx(sqrt(12.5))
    low, high = score.interval(Metric.RMSE) or (0, 0)
    assert low < sqrt(12.5) < high


@pytest.mark.parametrize("metric", list(Metric))
def test_an_empty_set_has_no_value_and_no_interval(metric: Metric) -> None:
    assert Score().value(metric) is None
    assert Score().interval(metric) is None


def test_of_one_row_a_mean_may_be_anything() -> None:
    assert scored(Metric.MAE, (3, 0)).interval(Metric.MAE) == (0.0, inf)
    assert PairedScore().with_losses(1, 0).interval(Metric.MAE) == (-inf, inf)


def test_answers_without_a_usable_prediction_are_counted_apart() -> None:
    assert scored(Metric.MAE, ("x", 1), (2, 1)) == Score(1, 1, 1.0, 1.0)
    assert scored(Metric.AUC, ("x", 1), (0.5, "cat"), (0.5, 1)).unusable == 2
    assert scored(Metric.ACCURACY, (None, 1), (Missing(), 1)) == Score(2, 0, 2.0, 2.0)
    assert scored(Metric.EXACT, (Missing(), None)) == Score(1, 0, 1.0, 1.0)
    assert scored(Metric.RMSE, (Missing(), 1)).unusable == 1


def test_auc_is_the_share_of_pairs_in_their_order() -> None:
    assert scored(Metric.AUC, (0.9, 1), (0.1, 0)).value(Metric.AUC) == 1
    assert scored(Metric.AUC, (0.1, 1), (0.9, 0)).value(Metric.AUC) == 0
    assert scored(Metric.AUC, (0.5, 1), (0.5, 0)).value(Metric.AUC) == 0.5
    assert scored(Metric.AUC, (0.5, 1), (0.6, 1)).value(Metric.AUC) is None
    assert scored(Metric.AUC, (0.5, 1)).auc_error == 0


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 1)), min_size=2, max_size=60))
@pytest.mark.parametrize("kept", [0, 20, 60])
def test_auc_is_within_its_own_error(kept: int, rows: list[tuple[float, int]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "AUC_VALUES", kept)
        score = scored(Metric.AUC, *rows)
    value = score.value(Metric.AUC)
    assert bool(score.bins) is (len({probability for probability, _ in rows}) > kept)
    assert not (score.bins and score.values)
    if not score.bins:
        assert score.auc_error == 0

    if len({label for _, label in rows}) == 2:
        assert value is not None
        assert abs(value - exact_auc(rows)) <= score.auc_error + 1e-9
        low, high = score.interval(Metric.AUC) or (1, 0)
        assert 0 <= low <= value <= high <= 1
    else:
        assert value is None


@pytest.mark.parametrize("base", [0.0, -5.0])
def test_bins_are_fine_enough_where_a_class_is_rare(base: float) -> None:
    draw = random.Random(12)  # noqa: S311 - reproducible
    rows = []
    for _ in range(400):
        label = int(draw.random() < 0.3)
        odds = base + draw.gauss(1.5 * label, 1)
        rows.append((1 / (1 + 2.718281828**-odds), label))
    score = scored(Metric.AUC, *rows)

    assert score.value(Metric.AUC) == pytest.approx(exact_auc(rows), abs=0.002)
    assert score.auc_error < 0.02
    assert len(score.bins) == 2 * AUC_BINS


def test_a_few_probabilities_are_told_apart_however_close_they_are() -> None:
    close = [(0.5 + 1e-9 * (n % 2), n % 2) for n in range(600)]
    score = scored(Metric.AUC, *close)
    assert (score.value(Metric.AUC), score.auc_error) == (1, 0)
    ties = scored(Metric.AUC, *((0.5, n % 2) for n in range(600)))
    assert (ties.value(Metric.AUC), ties.auc_error) == (0.5, 0)


def test_probabilities_of_0_and_1_have_the_outer_bins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AUC_VALUES", 0)
    score = scored(Metric.AUC, (1, 1), (0, 0), (1e-9, 0), (1 - 1e-12, 1))

    assert (score.bins[0], score.bins[-1]) == (2, 2)


def test_losses_on_the_same_rows_are_compared() -> None:
    paired = PairedScore()
    for candidate, stable in [(1, 0)] * 3 + [(0, 1)] + [(0, 0)] * 6 + [(None, 1), (1, None)]:
        paired = paired.with_losses(candidate, stable)

    assert paired == PairedScore(10, 1, 3, 2, 4)
    assert paired.worse_by() == pytest.approx(0.2)
    low, high = exact_interval(3, 4)
    interval = paired.interval(Metric.ACCURACY)
    assert interval == pytest.approx((0.4 * (2 * low - 1), 0.4 * (2 * high - 1)))


def test_sides_that_never_differ_have_a_difference_of_none() -> None:
    paired = PairedScore().with_losses(1, 1).with_losses(0, 0)

    assert paired.interval(Metric.EXACT) == (0, 0)
    assert PairedScore().interval(Metric.EXACT) is None
    assert PairedScore().worse_by() is None


def test_means_are_compared_with_a_normal_interval() -> None:
    paired = PairedScore()
    for by in (1.0, 2.0, 3.0):
        paired = paired.with_losses(by, 0)
    low, high = paired.interval(Metric.LOG_LOSS) or (0, 0)

    assert (low + high) / 2 == pytest.approx(2)
    assert high - low == pytest.approx(2 * 1.96 / sqrt(3), abs=1e-3)


def test_a_deviation_is_never_less_than_none() -> None:
    assert deviation_of_mean(3, 0.3, 0.03 - 1e-18) == pytest.approx(0, abs=1e-8)
