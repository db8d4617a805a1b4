"""Files of one object a line, as a whole."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from rollout.adapters.predictions import recorded_lines
from rollout.adapters.predictions.recorded_lines import RecordedAnswersError, read_lines


def read(path: Path) -> list[Any]:
    return read_lines(path, lambda row: row["n"])


def fault(path: Path) -> str:
    with pytest.raises(RecordedAnswersError) as caught:
        read(path)
    return str(caught.value)


def test_empty_lines_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('\ufeff{"n": 1}\n\n{"n": 2}\n', encoding="utf-8")
    assert read(path) == [1, 2]


def test_a_file_without_a_row_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("\n\n")
    assert fault(path) == f"{path}: there is nothing in it: write one JSON object a line."


def test_a_file_that_cannot_be_read_is_a_fault(tmp_path: Path) -> None:
    assert "it cannot be read as text" in fault(tmp_path / "none.jsonl")
    path = tmp_path / "bytes.jsonl"
    path.write_bytes(b"\xff\xfe\x00")
    assert "it cannot be read as text" in fault(path)


def test_a_file_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorded_lines, "MAX_LINES", 2)
    path = tmp_path / "rows.jsonl"
    path.write_text('{"n": 1}\n' * 3)
    assert fault(path) == f"{path}: it has more than 2 lines: replay a part of it."
    path.write_text('{"n": 1}\n' * 2)
    assert read(path) == [1, 1]


def test_a_line_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorded_lines, "MAX_LINE_CHARACTERS", 10)
    path = tmp_path / "rows.jsonl"
    path.write_text('{"n": 1}\n{"n": 10000}\n')
    assert fault(path) == f"{path}, line 2: it is longer than 10 characters."


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    def read_row(row: Mapping[str, Any]) -> None:
        raise recorded_lines.RowError(f"{row['n']} is wrong")

    path = tmp_path / "rows.jsonl"
    path.write_text('{"n": 1}\n{"n": 2}\n')
    with pytest.raises(RecordedAnswersError) as caught:
        read_lines(path, read_row)
    assert str(caught.value) == f"{path}, line 1: 1 is wrong.\n{path}, line 2: 2 is wrong."
