"""Files of collected outputs -> what looks would have read of them, for replays.

One JSON object a line: a record as Azure ML's data collector writes it, or `minute`, `side` and
`data`; docs/gate.md describes both.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from rollout.adapters.predictions.recorded_lines import RowError, minute_of, read_lines
from rollout.adapters.predictions.records import PAYLOADS, Records
from rollout.core.policy.quality_model import Live
from rollout.core.predictions.outputs import counted, learn_bins
from rollout.core.records.predictions import Batch, Bins, PredictionsSeen

CANDIDATE, STABLE = "candidate", "stable"
FIELDS = frozenset({"minute", "side", "data"})


@dataclass(frozen=True)
class Sides:
    """The deployments' names, for records of the data collector; "": not given."""

    stable: str = ""
    candidate: str = ""


@dataclass(frozen=True)
class _Found:
    minute: datetime
    side: str
    answers: Sequence[Any]


def read_outputs(
    path: Path, live: Live, start: datetime, sides: Sides
) -> list[tuple[datetime, PredictionsSeen]]:
    """Read a file's answers: one look for each minute of it, oldest first.

    Bins are learnt from stable's first answers. Distributions are compared from the minute after.

    Args:
        path: The file.
        live: What is read of answers.
        start: The first recorded minute, which plain numbers count from.
        sides: Whose records they are.

    Raises:
        RecordedAnswersError: It cannot be read, or has faults.
    """
    reader = _Reader(live, start, sides)
    minutes: dict[datetime, dict[str, list[Any]]] = {}
    for found in read_lines(path, reader.read):
        if found is not None:
            of_minute = minutes.setdefault(found.minute, {CANDIDATE: [], STABLE: []})
            of_minute[found.side] += found.answers
    return list(_looks(live, minutes))


def _looks(
    live: Live, minutes: Mapping[datetime, Mapping[str, Sequence[Any]]]
) -> Iterator[tuple[datetime, PredictionsSeen]]:
    bins: tuple[Bins, ...] = ()
    known: list[Any] = []
    for at in sorted(minutes):
        sides = minutes[at]
        candidate, stable = (counted(live, bins, sides[each]) for each in (CANDIDATE, STABLE))
        yield at, PredictionsSeen((Batch(at, candidate, stable),), bins)
        if not bins:
            known += sides[STABLE]
            bins = learn_bins(live, known) or ()


class _Reader:
    def __init__(self, live: Live, start: datetime, sides: Sides) -> None:
        self._payload = live.collection.lower() in PAYLOADS
        self._start = start
        self._records = {
            side: Records(name, live.collection)
            for side, name in ((CANDIDATE, sides.candidate), (STABLE, sides.stable))
            if name
        }

    def read(self, row: Mapping[str, Any]) -> _Found | None:
        """Return a row's answers; None for a record of another deployment or without a payload."""
        if "side" not in row:
            return self._record(row)
        if unknown := sorted(set(row) - FIELDS):
            raise RowError(f"{', '.join(unknown)}: there are no such fields")
        side = row["side"]
        if side not in (CANDIDATE, STABLE):
            raise RowError(f"the side {side!r} is neither {CANDIDATE} nor {STABLE}")
        if "data" not in row:
            raise RowError("it has no data")
        data = row["data"]
        answers = data if isinstance(data, list) and not self._payload else [data]
        return _Found(minute_of(row.get("minute"), self._start), side, answers)

    def _record(self, row: Mapping[str, Any]) -> _Found | None:
        if not isinstance(row.get("source"), str):
            raise RowError("it has neither a side nor the source of a record")
        if len(self._records) < len((CANDIDATE, STABLE)):
            raise RowError(
                "for records of the data collector use --stable NAME and --candidate NAME"
            )
        for side, records in self._records.items():
            found = records.read(json.dumps(row).encode())
            if found is not None:
                return _Found(found.minute, side, found.answers) if found.answers else None
        return None
