"""Files of recorded pairs: what they may say, and what is said of rows that cannot be used."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rollout.adapters.predictions.recorded_lines import RecordedAnswersError
from rollout.adapters.predictions.recorded_pairs import RecordedPair, read_pairs
from rollout.core.policy.quality_model import Labelled, Metric, Quality

AT = datetime(2026, 1, 31, 10, 0, tzinfo=UTC)
QUALITY = Quality(probed=Labelled(Metric.ACCURACY, answer="label"))
ANSWER = {"label": 1, "score": 0.5}
PAIR = {"candidate": ANSWER, "stable": ANSWER}


def written(folder: Path, *rows: Any) -> Path:
    path = folder / "pairs.jsonl"
    path.write_text(
        "".join((each if isinstance(each, str) else json.dumps(each)) + "\n" for each in rows)
    )
    return path


def read(folder: Path, *rows: Any, quality: Quality = QUALITY) -> list[RecordedPair]:
    return read_pairs(written(folder, *rows), quality, AT)


def fault(folder: Path, *rows: Any) -> str:
    with pytest.raises(RecordedAnswersError) as caught:
        read(folder, *rows)
    return str(caught.value).removeprefix(f"{folder / 'pairs.jsonl'}, ")


def test_a_row_has_both_answers_and_little_else(tmp_path: Path) -> None:
    other = {"label": 0, "score": 0.5}
    same, different = read(tmp_path, PAIR, {**PAIR, "candidate": other})
    assert (same.input, same.at, same.timed) == (0, None, False)
    assert (same.pair.number, same.pair.candidate.status) == (0, 200)
    assert same.pair.answers is not None
    assert not same.pair.answers.differs
    assert different.pair.answers is not None
    assert different.pair.answers.differs
    assert (different.input, different.pair.answers.input) == (1, 1)


def test_a_row_may_say_everything_that_a_probe_knows(tmp_path: Path) -> None:
    row = {
        "minute": 3,
        "input": "customer 7",
        "label": 1,
        "candidate": {"label": 0},
        "stable": {"label": 1},
        "again": {"label": 0},
        "candidateStatus": 200,
        "candidateMs": 21.5,
        "stableMs": 20,
    }
    first, again = read(tmp_path, row, {**row, "minute": "2026-01-31T11:04:30+01:00"})
    assert (first.at, first.timed) == (AT + timedelta(minutes=3), True)
    assert again.at == AT + timedelta(minutes=4)
    assert (first.input, again.input) == (0, 0)
    assert (first.pair.candidate.took, first.pair.stable.took) == (21.5, 20)
    answers = first.pair.answers
    assert answers is not None
    assert (answers.candidate.loss, answers.stable.loss) == (1, 0)
    assert answers.again is True


def test_an_answer_that_is_no_json_is_a_text(tmp_path: Path) -> None:
    (found,) = read(tmp_path, {"candidateText": "Traceback", "stable": ANSWER})
    assert found.pair.answers is not None
    assert found.pair.answers.candidate.fault == "no JSON"
    (twice,) = read(tmp_path, {**PAIR, "againText": "nan"})
    assert twice.pair.answers is not None
    assert twice.pair.answers.again is True


def test_a_failed_side_needs_no_answer(tmp_path: Path) -> None:
    failed, silent = read(
        tmp_path,
        {"candidateStatus": 500, "stable": ANSWER},
        {"candidate": ANSWER, "stableStatus": 0},
    )
    assert failed.pair.candidate.failed
    assert silent.pair.stable.failed
    assert failed.pair.answers is silent.pair.answers is None


def test_the_contract_is_learnt_from_stable_as_it_goes(tmp_path: Path) -> None:
    lost = {"candidate": {"label": 1}, "stable": ANSWER}
    found = read(tmp_path, *[PAIR] * 10, lost)
    assert found[-1].pair.answers is not None
    assert found[-1].pair.answers.candidate.fault == "lost 'score'"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("[]", "this is not a JSON object."),
        ("{", "Expecting"),
        ({**PAIR, "candidat": 1}, "candidat: there are no such fields."),
        ({"candidate": ANSWER}, "give stable, its answer as JSON, or stableText"),
        ({**PAIR, "stableText": "x"}, "give stable, its answer as JSON, or stableText"),
        ({"candidate": ANSWER, "stableText": 1}, "stableText is not a text."),
        ({**PAIR, "candidateStatus": 42}, "candidateStatus 42 is no HTTP status"),
        ({**PAIR, "candidateStatus": True}, "candidateStatus True is no HTTP status"),
        ({**PAIR, "candidateMs": 0, "stableMs": 1}, "candidateMs 0 is no duration above 0"),
        ({**PAIR, "candidateMs": 10**400, "stableMs": 1}, "int too large"),
        ({**PAIR, "candidateMs": 1}, "stableMs None is no duration above 0"),
        ({**PAIR, "input": 1.5}, "the input 1.5 is neither a text nor a whole number."),
        ({**PAIR, "input": False}, "the input False is neither a text nor a whole number."),
        ({**PAIR, "minute": 1.5}, "1.5 is no minute: write 2026-01-31T10:05Z"),
        ({**PAIR, "minute": -1}, "-1 is no minute"),
        ({**PAIR, "minute": "2026-01-31T10:05"}, "'2026-01-31T10:05' does not say its time zone."),
        ({**PAIR, "minute": "noon"}, "Invalid isoformat string: 'noon'."),
    ],
)
def test_a_row_that_cannot_be_used_is_named_by_its_line(
    tmp_path: Path, row: Any, said: str
) -> None:
    told = fault(tmp_path, "", row)
    assert told.startswith(f"line 2: {said}"), told


@pytest.mark.parametrize("extra", [{"minute": 1}, {"candidateMs": 1, "stableMs": 1}])
def test_minutes_and_durations_are_in_all_rows_or_in_none(
    tmp_path: Path, extra: dict[str, Any]
) -> None:
    told = fault(tmp_path, PAIR, {**PAIR, **extra})
    assert told.startswith("line 2: give `minute`, and durations of both sides, in all lines")
