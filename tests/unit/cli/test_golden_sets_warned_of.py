"""Whether lint warns of a golden set that can never tell."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from rollout.cli.golden_sets import golden_warnings
from rollout.core.policy.model import Policy
from rollout.core.policy.quality_model import Golden, Labelled, Metric, Quality

GOLDEN = Golden("golden.jsonl", Labelled(Metric.ACCURACY), worse_by=0.02)


def of(golden: Golden | None) -> Policy:
    return Policy("fraud", "fraud", "fraud-model", quality=Quality(golden=golden))


def rows(folder: Path, count: int) -> Path:
    (folder / "golden.jsonl").write_text('{"input": 1, "label": 1}\n' * count)
    return folder


def test_too_few_rows_for_the_margin_are_warned_of(tmp_path: Path) -> None:
    (found,) = golden_warnings(rows(tmp_path, 49), of(GOLDEN))

    assert found.warning
    assert (found.file, found.field) == ("rollout.yaml", "quality.golden")
    assert "has 49 rows, and its limits need 50: " in found.sentence
    (found,) = golden_warnings(tmp_path, of(replace(GOLDEN, worse_by=None, least=0.99)))
    assert "its limits need 100: " in found.sentence
    auc = replace(GOLDEN, labelled=Labelled(Metric.AUC))
    (found,) = golden_warnings(tmp_path, of(auc))
    assert "need 50 of each class" in found.sentence


def test_more_rows_than_its_time_allows_are_warned_of(tmp_path: Path) -> None:
    slow = replace(GOLDEN, rate=10, time=timedelta(minutes=20))
    assert golden_warnings(rows(tmp_path, 200), of(slow)) == []

    (found,) = golden_warnings(rows(tmp_path, 201), of(slow))

    assert found.warning
    assert found.field == "quality.golden.time"
    assert "201 rows, which take 20 min at 10 a minute" in found.sentence


@pytest.mark.parametrize(
    ("count", "golden"),
    [(50, GOLDEN), (1, replace(GOLDEN, worse_by=None)), (0, GOLDEN), (3, None)],
)
def test_enough_rows_or_nothing_to_compare_are_not(
    tmp_path: Path, count: int, golden: Golden | None
) -> None:
    assert golden_warnings(rows(tmp_path, count), of(golden)) == []
