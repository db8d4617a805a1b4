"""A golden set on disk, row by row: a `.jsonl` or `.csv` file, or a folder of them.

Files are streamed. A row of a `.csv` file becomes a JSON object of its columns without the label:
a cell that is a JSON number, true or false is one, an empty cell is null, and the rest are texts.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rollout.adapters.bundle.labelled_lines import LineFaultError, labelled_body, read_labelled
from rollout.adapters.bundle.probe_inputs import (
    MAX_FAULTS,
    MAX_INPUT_BYTES,
    files_below,
    first_inputs,
)
from rollout.adapters.templates.faults import Fault
from rollout.core.policy.content_types import JSON
from rollout.core.policy.model import Policy
from rollout.core.policy.quality_consistency import GOLDEN_ENDINGS
from rollout.core.policy.quality_model import Golden, Labelled
from rollout.ports import ExamRow, ExamRows, ProbeInput
from rollout.text.finite_json import read_finite

MAX_GOLDEN_BYTES = 20 * 1024 * 1024
"""All files of a set together: each pass that sends a part of it reads them up to there."""

MAX_SLICE_BYTES = 2 * 1024 * 1024
"""Rows of one slice, held until they are sent; the last may go beyond it."""

TABLE = ".csv"
csv.field_size_limit(MAX_INPUT_BYTES)
"""Of a cell; the reader's own limit, an eighth of it, is less than an image in Base64 may have."""

_CELLS = frozenset({bool, int, float})


class GoldenFaultError(Exception):
    """A set, or one row of it, cannot be used; `line` is None where no line is to blame."""

    def __init__(self, file: str, sentence: str, line: int | None = None) -> None:
        super().__init__(sentence)
        self.file, self.sentence, self.line = file, sentence, line

    @property
    def place(self) -> str:
        """The file, and the line where one is to blame."""
        return self.file if self.line is None else f"{self.file}, line {self.line}"


@dataclass(frozen=True)
class _Raw:
    """One row as it stands: `line` is its last one, from 1; `cells` are None in a file of lines."""

    file: str
    line: int
    text: bytes = b""
    header: tuple[str, ...] = ()
    cells: tuple[str, ...] | None = None


def golden_rows(service: Path, golden: Golden, first: int, count: int) -> ExamRows:
    """Return rows from number `first` on, from 0, and how many there are in all.

    They are at most `count`, and fewer where they would be more than `MAX_SLICE_BYTES`.

    Raises:
        OSError: A file cannot be read.
    """
    rows: list[ExamRow] = []
    total = size = 0
    try:
        for raw in _raw_rows(service, golden):
            if first <= total < first + count and size < MAX_SLICE_BYTES:
                rows.append(_row(raw, golden.labelled))
                size += len(rows[-1].what.body)
            total += 1
    except GoldenFaultError as fault:
        return ExamRows(0, fault=f"{fault.place}: {fault.sentence}")
    if not total:
        return ExamRows(0, fault=f"{golden.file}: {_EMPTY}")
    return ExamRows(total, tuple(rows))


def contract_rows(service: Path, policy: Policy, most: int) -> ExamRows:
    """Return up to `most` inputs without labels: of samples, of probes, then of the golden set.

    Raises:
        ServicesUnavailableError: A sample or an input of probes cannot be read or sent.
        OSError: The golden set cannot be read.
    """
    found = first_inputs(service, policy, most)
    golden = policy.quality.golden if policy.quality is not None else None
    if golden is not None and len(found) < most:
        rows = golden_rows(service, golden, 0, most - len(found))
        found += [row.what for row in rows.rows]
    return ExamRows(len(found), tuple(ExamRow(what) for what in found))


def golden_faults(service: Path, policy: Policy) -> list[Fault]:
    """Return what keeps the rows of a policy's golden set from being sent or scored.

    A file that is not there at all, or of another kind, is the policy's own fault and is not named
    again.
    """
    golden = policy.quality.golden if policy.quality is not None else None
    if golden is None or not (service / golden.file).exists():
        return []
    if any(Path(file).suffix.lower() not in GOLDEN_ENDINGS for file in _files(service, golden)):
        return []
    found: list[Fault] = []
    total = 0
    try:
        for raw in _raw_rows(service, golden):
            total += 1
            try:
                _row(raw, golden.labelled)
            except GoldenFaultError as fault:
                found.append(_named(fault))
                if len(found) == MAX_FAULTS:
                    return found
    except GoldenFaultError as fault:
        return [*found, _named(fault)]
    except OSError as error:
        return [Fault(golden.file, f"It cannot be read ({error.strerror}).")]
    return found if total else [Fault(golden.file, _EMPTY)]


def count_golden(service: Path, golden: Golden) -> int:
    """Return how many rows a set has; 0 where it cannot be read."""
    try:
        return sum(1 for _ in _raw_rows(service, golden))
    except (GoldenFaultError, OSError):
        return 0


def golden_files(service: Path, policy: Policy) -> list[str]:
    """Return the files of a policy's golden set, in the order in which they are sent."""
    golden = policy.quality.golden if policy.quality is not None else None
    return [] if golden is None else _files(service, golden)


_EMPTY = "There is no row in it: write one labelled input a line."


def _files(service: Path, golden: Golden) -> list[str]:
    if not (service / golden.file).is_dir():
        return [golden.file]
    # The policy's own check refuses a folder with anything else in it.
    return sorted(files_below(service, golden.file))


def _raw_rows(service: Path, golden: Golden) -> Iterator[_Raw]:
    files = _files(service, golden)
    if sum((service / file).stat().st_size for file in files) > MAX_GOLDEN_BYTES:
        most = MAX_GOLDEN_BYTES // 1024**2
        sentence = f"The golden set is larger than {most} MiB: take a sample of it."
        raise GoldenFaultError(golden.file, sentence)
    for file in files:
        if Path(file).suffix.lower() == TABLE:
            yield from _table(service, file, golden.labelled)
        else:
            yield from _lines(service, file)


def _lines(service: Path, file: str) -> Iterator[_Raw]:
    with (service / file).open("rb") as opened:
        line = 0
        while text := opened.readline(MAX_INPUT_BYTES + 2):
            line += 1
            stripped = text.strip()
            if len(stripped) > MAX_INPUT_BYTES:
                raise _too_long(file, line)
            if stripped:
                yield _Raw(file, line, stripped)


def _table(service: Path, file: str, labelled: Labelled) -> Iterator[_Raw]:
    # A mark at the start is what spreadsheets write.
    with (service / file).open(encoding="utf-8-sig", newline="") as opened:
        rows = csv.reader(opened, strict=True)
        try:
            header = tuple(next(filter(None, rows), ()))
            first = max(1, rows.line_num)
            if labelled.label not in header:
                sentence = f"It has no column {labelled.label!r}: name it in its first line."
                raise GoldenFaultError(file, sentence, first)
            if len(set(header)) < len(header):
                raise GoldenFaultError(file, "Two of its columns have the same name.", first)
            for cells in rows:
                if cells:
                    yield _Raw(file, rows.line_num, b"", header, tuple(cells))
        except (csv.Error, UnicodeDecodeError) as error:
            sentence = f"It cannot be read as CSV in UTF-8 ({error})."
            # Bytes that are no text are met before their line is counted.
            line = rows.line_num + isinstance(error, UnicodeDecodeError)
            raise GoldenFaultError(file, sentence, line) from error


def _row(raw: _Raw, labelled: Labelled) -> ExamRow:
    """Raises `GoldenFaultError` where the row has no label or no input."""
    try:
        if raw.cells is None:
            body, label = read_labelled(raw.text, labelled)
        else:
            what, label = _of_table(raw, labelled)
            body = labelled_body(what, label, labelled)
    except LineFaultError as fault:
        raise GoldenFaultError(raw.file, str(fault), raw.line) from fault
    if len(body) > MAX_INPUT_BYTES:
        raise _too_long(raw.file, raw.line)
    return ExamRow(ProbeInput(body, JSON), label)


def _of_table(raw: _Raw, labelled: Labelled) -> tuple[Any, Any]:
    cells = raw.cells or ()
    if len(cells) != len(raw.header):
        sentence = f"The row has {len(cells)} cells, and the first line has {len(raw.header)}."
        raise GoldenFaultError(raw.file, sentence, raw.line)
    row = {name: _cell(text) for name, text in zip(raw.header, cells, strict=True)}
    label = row.pop(labelled.label)
    return row, label


def _cell(text: str) -> Any:
    """A number, true or false where it is one in JSON; null where it is empty; else the text."""
    if not text:
        return None
    try:
        value = read_finite(text)
    except (ValueError, RecursionError):
        return text
    return value if type(value) in _CELLS else text


def _too_long(file: str, line: int) -> GoldenFaultError:
    sentence = f"The row is larger than {MAX_INPUT_BYTES // 1024} KiB, the most a body may have."
    return GoldenFaultError(file, sentence, line)


def _named(fault: GoldenFaultError) -> Fault:
    return Fault(fault.file, fault.sentence, "", fault.line)
