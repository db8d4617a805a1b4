"""Files of collected outputs: two kinds of rows become what looks would have read."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rollout.adapters.predictions.recorded_lines import RecordedAnswersError
from rollout.adapters.predictions.recorded_outputs import Sides, read_outputs
from rollout.core.policy.expectation import Expectation
from rollout.core.policy.quality_model import Live, Output
from rollout.core.records.predictions import PredictionsSeen

AT = datetime(2026, 1, 31, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LIVE = Live(outputs=(Output("score"),), expect=Expectation(absent=("error",)))
SIDES = Sides("blue", "green-7")
SOURCE = "/subscriptions/S/onlineEndpoints/fraud/deployments/{}"


def read(
    folder: Path, *rows: Any, live: Live = LIVE, sides: Sides = SIDES
) -> list[tuple[datetime, PredictionsSeen]]:
    path = folder / "outputs.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in rows))
    return read_outputs(path, live, AT, sides)


def record(deployment: str, data: Any, time: str = "2026-01-31T10:01:20Z") -> dict[str, Any]:
    return {"source": SOURCE.format(deployment), "time": time, "data": data}


def answered(minute: int, *scores: float, side: str = "stable") -> dict[str, Any]:
    return {"minute": minute, "side": side, "data": [{"score": each} for each in scores]}


def test_answers_are_counted_by_minute_and_side(tmp_path: Path) -> None:
    looks = read(
        tmp_path,
        answered(1, 0.1, 0.2),
        answered(0, 0.3),
        {"minute": 1, "side": "candidate", "data": [{"error": "no model"}]},
        answered(1, 0.4, side="candidate"),
    )
    assert [at for at, _ in looks] == [AT, AT + MINUTE]
    (batch,) = looks[1][1].batches
    assert (batch.stable.answers, batch.stable.failed) == (2, 0)
    assert (batch.candidate.answers, batch.candidate.failed) == (2, 1)


def test_bins_are_learnt_from_stable_first(tmp_path: Path) -> None:
    scores = [each / 100 for each in range(100)]
    looks = read(
        tmp_path,
        answered(0, *scores),
        answered(1, 0.05, 0.95),
        answered(1, 0.55, side="candidate"),
        answered(2, 0.5),
    )
    first, second, third = (seen for _, seen in looks)
    assert first.bins == ()
    assert first.batches[0].stable.counts == {}
    assert second.bins == third.bins != ()
    assert sum(second.batches[0].stable.counts["score"]) == 2
    assert second.batches[0].candidate.counts["score"][5] == 1


def test_records_of_the_data_collector_are_read_as_they_are(tmp_path: Path) -> None:
    looks = read(
        tmp_path,
        record("blue", [{"score": 1}, {"score": 2}]),
        record("green-7", [{"score": 1}]),
        record("green-6", [{"score": 1}]),
        {**record("blue", "https://blob"), "datainblob": "true"},
    )
    ((at, seen),) = looks
    assert at == AT + MINUTE
    assert seen.batches[0].stable.answers == 2
    assert seen.batches[0].candidate.answers == 1


def test_a_payload_that_is_a_list_is_one_answer(tmp_path: Path) -> None:
    live = Live(collection="response")
    looks = read(tmp_path, {"minute": 0, "side": "stable", "data": [1, 2]}, live=live)
    assert looks[0][1].batches[0].stable.answers == 1


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"minute": 0, "data": []}, "it has neither a side nor the source of a record."),
        ({"side": "green", "data": []}, "the side 'green' is neither candidate nor stable."),
        ({"minute": 0, "side": "stable"}, "it has no data."),
        ({"side": "stable", "data": []}, "None is no minute"),
        ({**answered(0), "weight": 1}, "weight: there are no such fields."),
        ({"source": SOURCE.format("blue"), "data": []}, "it has no time."),
    ],
)
def test_a_row_that_cannot_be_used_is_named_by_its_line(
    tmp_path: Path, row: Any, said: str
) -> None:
    with pytest.raises(RecordedAnswersError) as caught:
        read(tmp_path, answered(0, 1.0), row)
    assert f"outputs.jsonl, line 2: {said}" in str(caught.value)


def test_records_need_both_deployments_names(tmp_path: Path) -> None:
    with pytest.raises(RecordedAnswersError, match="use --stable NAME and --candidate NAME"):
        read(tmp_path, record("blue", []), sides=Sides(stable="blue"))
