"""The running sums of a golden set: each side's, and their difference row by row."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.core.policy.quality_model import Metric
from rollout.core.predictions.golden_scores import GoldenScores, folded
from rollout.core.records.examination import ExamPair, Marked


def pair(number: int, candidate: float | None, stable: float | None) -> ExamPair:
    return ExamPair(number, 1, Marked(True, candidate), Marked(True, stable))


def chances(label: int, candidate: float | None, stable: float | None) -> ExamPair:
    mine, theirs = Marked(True, chance=candidate), Marked(True, chance=stable)
    return ExamPair(0, label, mine, theirs)


def summed(metric: Metric, *pairs: ExamPair) -> GoldenScores:
    return GoldenScores.load(folded(metric, {}, pairs))


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=40), st.integers(0, 40))
def test_slices_come_to_what_the_whole_comes_to(rows: list[tuple[bool, bool]], cut: int) -> None:
    pairs = [pair(n, float(mine), float(theirs)) for n, (mine, theirs) in enumerate(rows)]

    stored = json.loads(json.dumps(folded(Metric.ACCURACY, {}, pairs[:cut])))

    whole = folded(Metric.ACCURACY, {}, pairs)
    assert folded(Metric.ACCURACY, stored, pairs[cut:]) == whole
    assert GoldenScores.load(whole).paired.rows == len(rows)


def test_a_share_is_as_much_worse_as_it_has_more_wrong_rows() -> None:
    found = summed(Metric.ACCURACY, pair(0, 1.0, 0.0), pair(1, 1.0, 0.0), pair(2, 0.0, 1.0))

    assert found.worse_by(Metric.ACCURACY) == pytest.approx(1 / 3)
    assert found.one_row(Metric.ACCURACY) == pytest.approx(1 / 3)
    assert (found.paired.worse, found.paired.better) == (2, 1)


def test_a_mean_is_moved_most_by_the_row_on_which_both_are_furthest_apart() -> None:
    found = summed(Metric.MAE, pair(0, 5.0, 1.0), pair(1, 1.0, 1.0))

    assert found.worse_by(Metric.MAE) == 2.0
    assert found.one_row(Metric.MAE) == 2.0


def test_an_rmse_is_compared_as_such() -> None:
    found = summed(Metric.RMSE, pair(0, 4.0, 1.0), pair(1, 4.0, 1.0))

    assert found.worse_by(Metric.RMSE) == 1.0
    # One of two rows accounts for half of it.
    assert found.one_row(Metric.RMSE) == 0.5
    assert summed(Metric.RMSE, pair(0, 0.0, 0.0)).one_row(Metric.RMSE) == 0.0


def test_an_auc_is_moved_most_by_a_row_of_the_rarer_class() -> None:
    rows = [chances(1, 0.2, 0.9), chances(1, 0.9, 0.9), *[chances(0, 0.5, 0.1)] * 4]
    found = summed(Metric.AUC, *rows)

    assert found.worse_by(Metric.AUC) == pytest.approx(0.5)
    assert found.one_row(Metric.AUC) == 0.5
    assert summed(Metric.AUC, *rows[2:]).worse_by(Metric.AUC) is None
    assert summed(Metric.AUC, *rows[2:]).one_row(Metric.AUC) is None


@pytest.mark.parametrize("metric", [Metric.MAE, Metric.AUC])
def test_rows_that_only_the_candidate_has_no_prediction_for_are_lost(metric: Metric) -> None:
    both = pair if metric is Metric.MAE else lambda number, *two: chances(number % 2, *two)

    found = summed(metric, both(0, None, 0.5), both(1, None, None), both(2, 0.5, None))

    assert found.lost == 1
    assert (found.candidate.unusable, found.stable.unusable) == (2, 2)


def test_without_stable_only_the_candidate_is_scored() -> None:
    alone = [ExamPair(n, 1, Marked(True, loss), None) for n, loss in enumerate([0.5, None])]

    found = summed(Metric.MAE, *alone, ExamPair(2, 1, None, Marked(True, 0.0)))

    assert (found.candidate.rows, found.stable.rows, found.paired.rows) == (1, 0, 0)
    assert found.lost == 1
    assert found.worse_by(Metric.MAE) is None
    assert found.one_row(Metric.MAE) is None


def test_nothing_was_scored_yet() -> None:
    assert GoldenScores.load({}) == GoldenScores()
    assert GoldenScores().worse_by(Metric.RMSE) is None
