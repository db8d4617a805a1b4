"""What a golden set shows, at the margin and on either side of it."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.core.policy.quality_model import Golden, Labelled, Metric
from rollout.core.predictions.golden_scores import folded
from rollout.core.predictions.golden_verdict import (
    LEAST_OF_A_MEAN,
    golden_document,
    out_of_time,
    result,
    rows_needed,
)
from rollout.core.records.examination import ExamPair, ExamVerdict, Marked

PASSED, FAILED, UNCLEAR = ExamVerdict.PASSED, ExamVerdict.FAILED, ExamVerdict.UNCLEAR


def golden(metric: Metric = Metric.ACCURACY, **limits: Any) -> Golden:
    return replace(Golden("golden.jsonl", Labelled(metric)), **limits)


def shares(rows: int, wrong: int, stables: int, *, apart: bool = False) -> dict[str, Any]:
    """`wrong` rows of the candidate's and `stables` of stable's; the same ones, or others."""
    pairs = []
    for number in range(rows):
        theirs = number >= rows - stables if apart else number < stables
        mine, other = Marked(True, float(number < wrong)), Marked(True, float(theirs))
        pairs.append(ExamPair(number, 1, mine, other))
    return folded(Metric.ACCURACY, {}, pairs)


def losses(
    mine: list[float | None], theirs: list[float | None], metric: Metric = Metric.MAE
) -> dict[str, Any]:
    both = zip(mine, theirs, strict=True)
    pairs = [ExamPair(n, 1, Marked(True, a), Marked(True, b)) for n, (a, b) in enumerate(both)]
    return folded(metric, {}, pairs)


@pytest.mark.parametrize(
    ("rows", "wrong", "stables", "verdict"),
    [
        (100, 10, 10, PASSED),
        (100, 11, 10, PASSED),
        (100, 12, 10, FAILED),
        (1000, 110, 100, PASSED),
        (1000, 111, 100, FAILED),
        (1000, 0, 100, PASSED),
        # One row is five points: it decides nothing, two rows more do.
        (20, 0, 0, UNCLEAR),
        (20, 1, 0, UNCLEAR),
        (20, 2, 0, FAILED),
        (20, 0, 1, PASSED),
        (1, 0, 0, UNCLEAR),
        (1, 1, 0, UNCLEAR),
    ],
)
def test_a_share_may_be_worse_by_a_point(
    rows: int, wrong: int, stables: int, verdict: ExamVerdict
) -> None:
    assert result(golden(), shares(rows, wrong, stables), paired=True)[0] is verdict


@given(st.integers(1, 300), st.data())
def test_a_verdict_never_hangs_on_one_row_more_or_less_of_a_small_set(
    rows: int, data: st.DataObject
) -> None:
    wrong, stables = data.draw(st.integers(0, rows)), data.draw(st.integers(0, rows))
    verdict, _ = result(golden(), shares(rows, wrong, stables), paired=True)
    if rows < rows_needed(golden()) and verdict is not UNCLEAR:
        near = [each for each in (wrong - 1, wrong + 1) if 0 <= each <= rows]
        opposite = FAILED if verdict is PASSED else PASSED
        assert opposite not in {
            result(golden(), shares(rows, each, stables), paired=True)[0] for each in near
        }
    elif rows >= rows_needed(golden()):
        assert (verdict is UNCLEAR) is (wrong == stables == rows)


def test_the_sentence_has_both_scores_with_their_exact_intervals() -> None:
    verdict, text = result(golden(), shares(300, 30, 0), paired=True)

    assert verdict is FAILED
    assert text == (
        "golden set, 300 rows: accuracy 90.0 % (exact interval 86.0 % to 93.2 %), "
        "stable 100.0 % (exact interval 98.8 % to 100.0 %): "
        "10 points worse than stable, 1 point allowed"
    )


def test_a_set_that_is_too_small_says_how_many_rows_it_needs() -> None:
    _, text = result(golden(worse_by=0.03), shares(20, 0, 0), paired=True)

    assert text.endswith(
        "no worse than stable, 3 points allowed, and one row moves it by 5 points: "
        "too small a set to tell, write 34 rows"
    )
    assert rows_needed(golden(worse_by=0.03)) == 34


def test_where_nothing_may_be_worse_a_single_row_decides() -> None:
    strict = golden(worse_by=0.0)

    assert result(strict, shares(10, 0, 0), paired=True)[0] is PASSED
    assert result(strict, shares(10, 1, 0), paired=True)[0] is FAILED
    assert rows_needed(strict) == rows_needed(golden(worse_by=None)) == 1


@pytest.mark.parametrize(
    ("limits", "wrong", "verdict"),
    [
        ({"least": 0.9}, 10, PASSED),
        ({"least": 0.9}, 11, FAILED),
        ({"least": 0.95, "worse_by": None}, 10, FAILED),
        ({"worse_by": None}, 90, PASSED),
    ],
)
def test_absolute_limits_are_of_the_set_as_it_is(
    limits: dict[str, Any], wrong: int, verdict: ExamVerdict
) -> None:
    assert result(golden(**limits), shares(100, wrong, wrong), paired=True)[0] is verdict


@pytest.mark.parametrize(
    ("rows", "wrong", "verdict"),
    [(9, 0, UNCLEAR), (9, 1, FAILED), (10, 0, PASSED), (10, 1, PASSED), (10, 2, FAILED)],
)
@pytest.mark.parametrize("paired", [True, False])
def test_a_set_in_which_one_row_outweighs_what_may_be_wrong_shows_no_share(
    rows: int,
    wrong: int,
    verdict: ExamVerdict,
    paired: bool,  # noqa: FBT001 - a table's column
) -> None:
    small = golden(least=0.9, worse_by=None)

    found, text = result(small, shares(rows, wrong, wrong), paired=paired)

    assert found is verdict
    assert rows_needed(small) == 10
    if verdict is UNCLEAR:
        assert text.endswith(
            "the least allowed is 90.0 %, and one row moves it by 11.1 points: "
            "too small a set to tell, write 10 rows"
        )


def test_where_every_row_must_be_right_one_that_is_not_decides_in_a_set_of_any_size() -> None:
    strict = golden(least=1.0, worse_by=None)
    assert result(strict, shares(2, 0, 0), paired=False)[0] is PASSED
    assert result(strict, shares(2, 1, 1), paired=False)[0] is FAILED


@pytest.mark.parametrize("paired", [True, False])
def test_a_set_that_the_service_cannot_answer_never_passes(paired: bool) -> None:  # noqa: FBT001
    """Both sides are equally wrong in it, whatever the candidate predicts."""
    refused, elsewhere = Marked(loss=1.0), Marked(True, 1.0, predicted=False)
    for none in (refused, elsewhere):
        few, many = (
            folded(
                Metric.ACCURACY,
                {},
                [
                    ExamPair(n, 1, each, each if paired else None)
                    for n in range(200)
                    for each in [none if n < count else Marked(True, 0.0)]
                ],
            )
            for count in (2, 3)
        )
        assert result(golden(), few, paired=paired)[0] is PASSED
        verdict, text = result(golden(), many, paired=paired)
        assert verdict is UNCLEAR
        assert "3 rows got no prediction from " in text
        assert "is golden.labelled.answer right?" in text


@pytest.mark.parametrize("paired", [True, False])
def test_a_set_that_nobody_has_a_row_right_in_never_passes(paired: bool) -> None:  # noqa: FBT001
    verdict, text = result(golden(), shares(200, 200, 200), paired=paired)

    assert verdict is UNCLEAR
    assert "a single row right" in text
    assert result(golden(), shares(200, 0, 200), paired=True)[0] is PASSED
    assert result(golden(), shares(200, 200, 0), paired=True)[0] is FAILED


def test_sums_of_before_rows_without_predictions_were_counted_are_read() -> None:
    before = {key: value for key, value in shares(100, 0, 0).items() if key != "blank"}
    assert result(golden(), before, paired=True)[0] is PASSED


def test_a_first_deployment_is_held_to_absolute_limits_alone() -> None:
    alone = [ExamPair(n, 1, Marked(True, float(n < 2)), None) for n in range(10)]
    stored = folded(Metric.ACCURACY, {}, alone)

    verdict, text = result(golden(least=0.9), stored, paired=False)

    assert verdict is FAILED
    assert text.endswith("(exact interval 44.4 % to 97.5 %): the least allowed is 90.0 %")
    assert result(golden(), stored, paired=False)[0] is PASSED


@pytest.mark.parametrize(
    ("mine", "rows", "verdict"),
    [
        (1.0, LEAST_OF_A_MEAN, PASSED),
        (1.009, LEAST_OF_A_MEAN, PASSED),
        (1.02, LEAST_OF_A_MEAN, FAILED),
        (1.0, LEAST_OF_A_MEAN - 1, UNCLEAR),
        (1.009, LEAST_OF_A_MEAN - 1, UNCLEAR),
        (2.0, LEAST_OF_A_MEAN - 1, FAILED),
    ],
)
def test_a_mean_of_losses_needs_some_rows(mine: float, rows: int, verdict: ExamVerdict) -> None:
    stored = losses([mine] * rows, [1.0] * rows)

    assert result(golden(Metric.MAE), stored, paired=True)[0] is verdict
    assert rows_needed(golden(Metric.MAE)) == LEAST_OF_A_MEAN


def test_a_mean_that_one_row_outweighs_is_unclear() -> None:
    rows = 2 * LEAST_OF_A_MEAN
    stored = losses([101.0, *[1.0] * (rows - 1)], [1.0] * rows)

    verdict, text = result(golden(Metric.MAE), stored, paired=True)

    assert verdict is UNCLEAR
    assert "mae 2 (interval" in text
    assert "1 worse than stable, 0.01 allowed, and one row moves it by 1" in text


@pytest.mark.parametrize(
    ("metric", "most", "verdict"), [(Metric.MAE, 1.5, PASSED), (Metric.RMSE, 0.9, FAILED)]
)
def test_a_loss_has_a_most(metric: Metric, most: float, verdict: ExamVerdict) -> None:
    stored = losses([1.0] * 60, [1.0] * 60, metric)

    found, text = result(golden(metric, most=most), stored, paired=True)

    assert found is verdict
    assert ("the most allowed is 0.9" in text) is (verdict is FAILED)


@pytest.mark.parametrize(
    ("lost", "paired", "verdict"),
    [(0, True, PASSED), (1, True, UNCLEAR), (2, True, FAILED), (2, False, FAILED)],
)
def test_rows_without_a_prediction_of_the_candidates_never_pass(
    lost: int,
    paired: bool,  # noqa: FBT001 - a table's column
    verdict: ExamVerdict,
) -> None:
    mine: list[float | None] = [*[None] * lost, *[1.0] * (100 - lost)]
    stored = losses(mine, [1.0] * 100)

    found, text = result(golden(Metric.MAE), stored, paired=paired)

    assert found is verdict
    assert (f"has no prediction for {lost} rows" in text) is bool(lost)
    assert ("where stable has one" in text) is (bool(lost) and paired)


def test_what_cannot_be_computed_is_unclear() -> None:
    of_one_class = [
        ExamPair(n, 1, Marked(True, chance=0.5), Marked(True, chance=0.5)) for n in range(60)
    ]
    stored = folded(Metric.AUC, {}, of_one_class)

    verdict, text = result(golden(Metric.AUC, least=0.8), stored, paired=True)

    assert verdict is UNCLEAR
    assert "auc unknown" in text
    assert "auc cannot be computed of these rows" in text
    assert "auc of both sides cannot be compared" in text


def test_an_auc_needs_rows_of_each_class() -> None:
    rows = [ExamPair(n, n % 2, *[Marked(True, chance=0.4 + 0.2 * (n % 2))] * 2) for n in range(40)]

    verdict, text = result(golden(Metric.AUC), folded(Metric.AUC, {}, rows), paired=True)

    assert verdict is UNCLEAR
    assert text.endswith("write 100 rows of each class")


def test_an_auc_that_is_only_known_roughly_is_unclear() -> None:
    """The candidate orders the rows perfectly, in steps too small for the bins."""
    rows = [
        ExamPair(
            n,
            n % 2,
            Marked(True, chance=0.5 + 1e-6 * n * (n % 2)),
            Marked(True, chance=0.4 + n % 2 / 5),
        )
        for n in range(600)
    ]
    stored = json.loads(json.dumps(folded(Metric.AUC, {}, rows)))

    verdict, text = result(golden(Metric.AUC, least=0.9), stored, paired=True)

    assert verdict is UNCLEAR
    assert "auc is only known roughly" in text
    # Where few probabilities are answered each is known, and so is what they are worth.
    alike = [ExamPair(n, n % 2, Marked(True, chance=0.5), rows[n].stable) for n in range(600)]
    stored = json.loads(json.dumps(folded(Metric.AUC, {}, alike)))
    assert result(golden(Metric.AUC), stored, paired=True)[0] is FAILED


def test_a_set_that_was_not_sent_whole_says_how_far_it_came() -> None:
    slow = golden(time=timedelta(minutes=5))

    assert out_of_time(slow, {}, 0, "429 from stable") == (
        "none of its rows of the golden set were answered within 0:05:00 (429 from stable)"
    )
    text = out_of_time(slow, shares(40, 4, 0), 1000, "")
    assert text.startswith("40 of 1,000 rows of the golden set were answered within 0:05:00; ")
    assert "accuracy 90.0 %" in text


def test_its_document_has_all_that_the_verdict_was_made_from() -> None:
    found = golden_document(golden(least=0.8), shares(300, 30, 0), paired=True)

    assert found["metric"] == "accuracy"
    assert (found["candidate"]["value"], found["stable"]["value"]) == (0.9, 1.0)
    assert found["candidate"]["interval"] == pytest.approx([0.860, 0.932], abs=1e-3)
    assert (found["worseBy"], found["oneRow"]) == (0.1, pytest.approx(1 / 300, abs=1e-6))
    assert found["worseByInterval"][0] > 0
    assert found["limits"] == {"least": 0.8, "most": None, "worseBy": 0.01}


def test_a_document_of_nothing_has_nulls() -> None:
    found = golden_document(golden(Metric.RMSE), {}, paired=False)

    assert found["candidate"] == {"rows": 0, "unusable": 0, "value": None, "interval": None}
    assert (found["stable"], found["worseBy"], found["worseByInterval"]) == (None, None, None)
    single = golden_document(golden(Metric.MAE), losses([1.0], [1.0]), paired=True)
    assert single["candidate"]["interval"] == [0.0, None]
