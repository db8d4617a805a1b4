"""Files of recorded answers -> pairs as probes would have brought them, for replays.

One JSON object a line, with both sides' answers to one input; docs/gate.md describes it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from rollout.adapters.predictions.recorded_lines import RowError, is_number, minute_of, read_lines
from rollout.core.policy.quality_model import Quality
from rollout.core.predictions.answers import compare
from rollout.core.predictions.bodies import read_body
from rollout.core.predictions.contracts import learn
from rollout.core.records.learnt_contract import LearntContract
from rollout.core.records.probes import ProbeAnswer, ProbePair

CANDIDATE, STABLE, AGAIN = "candidate", "stable", "again"
TEXT, STATUS, TOOK = "Text", "Status", "Ms"
"""Endings of a side's further fields: an answer that is not JSON, its status, its duration."""

FIELDS = frozenset(
    {
        "minute",
        "input",
        "label",
        *(f"{side}{end}" for side in (CANDIDATE, STABLE) for end in ("", TEXT, STATUS, TOOK)),
        AGAIN,
        f"{AGAIN}{TEXT}",
    }
)
OK = 200
UNTIMED = 1.0
"""Stands for a duration that was not recorded; see `RecordedPair.timed`."""

LEAST_STATUS, MOST_STATUS = 100, 599


@dataclass(frozen=True)
class RecordedPair:
    """One line: the pair, which of the distinct inputs it is about, from 0, and its minute.

    `at` None: the file gives no minutes. `timed`: it tells of speed.
    """

    pair: ProbePair
    input: int
    at: datetime | None
    timed: bool


def read_pairs(path: Path, quality: Quality, start: datetime) -> list[RecordedPair]:
    """Read a file's pairs in its order; they are numbered by it.

    Args:
        path: The file.
        quality: How the answers are compared.
        start: The first recorded minute, which plain numbers count from.

    Raises:
        RecordedAnswersError: It cannot be read, or has faults.
    """
    found = _Reader(quality, start)
    return read_lines(path, found.read)


class _Reader:
    def __init__(self, quality: Quality, start: datetime) -> None:
        self._quality = quality
        self._start = start
        self._count = 0
        self._first: tuple[bool, bool] | None = None
        self._learnt = LearntContract()
        self._places: dict[int | str, int] = {}

    def read(self, row: Mapping[str, Any]) -> RecordedPair:
        number, self._count = self._count, self._count + 1
        if unknown := sorted(set(row) - FIELDS):
            raise RowError(f"{', '.join(unknown)}: there are no such fields")
        placed, timed = "minute" in row, f"{CANDIDATE}{TOOK}" in row or f"{STABLE}{TOOK}" in row
        self._first = self._first or (placed, timed)
        if self._first != (placed, timed):
            raise RowError("give `minute`, and durations of both sides, in all lines or in none")
        place = self._place(row.get("input", number))
        candidate, stable = (_answer(row, side, timed=timed) for side in (CANDIDATE, STABLE))
        answers = None
        if not candidate.failed and not stable.failed:
            answers = compare(
                self._quality,
                None,
                input=place,
                label=row.get("label"),
                candidate=_body(row, CANDIDATE),
                stable=_body(row, STABLE),
                again=_body(row, AGAIN) if AGAIN in row or f"{AGAIN}{TEXT}" in row else None,
                learnt=self._learnt,
            )
            self._learnt = learn(self._learnt, read_body(_body(row, STABLE)))
        at = minute_of(row["minute"], self._start) if placed else None
        return RecordedPair(ProbePair(number, candidate, stable, answers), place, at, timed)

    def _place(self, said: Any) -> int:
        if isinstance(said, bool) or not isinstance(said, int | str):
            raise RowError(f"the input {said!r} is neither a text nor a whole number")
        return self._places.setdefault(said, len(self._places))


def _answer(row: Mapping[str, Any], side: str, *, timed: bool) -> ProbeAnswer:
    status = row.get(f"{side}{STATUS}", OK)
    if type(status) is not int or not (status == 0 or LEAST_STATUS <= status <= MOST_STATUS):
        raise RowError(f"{side}{STATUS} {status!r} is no HTTP status (0: no answer in time)")
    took = row.get(f"{side}{TOOK}") if timed else UNTIMED
    if not is_number(took) or not took:
        raise RowError(f"{side}{TOOK} {took!r} is no duration above 0 in milliseconds")
    return ProbeAnswer(status, float(took))


def _body(row: Mapping[str, Any], side: str) -> bytes:
    text = row.get(f"{side}{TEXT}")
    if (side in row) is (text is not None):
        raise RowError(f"give {side}, its answer as JSON, or {side}{TEXT} where it is not JSON")
    if text is None:
        return json.dumps(row[side]).encode()
    if not isinstance(text, str):
        raise RowError(f"{side}{TEXT} is not a text")
    return text.encode()
