"""Files of recorded minutes -> minutes as the gate judges them, for replays and plans.

The name's ending says which of three kinds: `.csv`, a table with a row for each side and minute;
`.json`, an answer of Azure Monitor's metrics API, or a list of answers; `.jsonl`, the minutes that
a rollout stored, one object a line. docs/gate.md describes them.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rollout.adapters.metrics.recorded_metrics import monitor_minutes
from rollout.adapters.metrics.recorded_tables import table_minutes
from rollout.core.gate.history.documents import minute_from
from rollout.core.records.observation import Minute
from rollout.errors import RolloutError
from rollout.text.file_faults import told
from rollout.text.finite_json import read_finite
from rollout.units import FULL_WEIGHT, MINUTE

MAX_MINUTES = 14 * 24 * 60
"""Two weeks: a file that spans more has a wrong date in it."""

Row = tuple[int, Minute, int | None]
"""Line (0: the whole file), minute, and the candidate's weight in percent where it is given."""


class RecordedMinutesError(RolloutError):
    """The file cannot be used; the message has a line for each fault, with file and line."""


@dataclass(frozen=True)
class Recorded:
    """One minute of a file; `weight` is the candidate's in percent, None where it is not given.

    At 0 the candidate gets what is mirrored to it.
    """

    minute: Minute
    weight: int | None = None


def read_recorded(
    path: Path, *, stable: str | None = None, candidate: str | None = None
) -> tuple[Recorded, ...]:
    """Read a file's minutes, oldest first; those that it leaves out come as absent ones.

    Args:
        path: The file.
        stable: The stable deployment's name, for an answer of the metrics API.
        candidate: The candidate's, likewise; None: no deployment's.

    Raises:
        RecordedMinutesError: It cannot be read, or has faults.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise RecordedMinutesError(f"{path}: it cannot be read as text ({error}).") from error
    faults: list[tuple[int, str]] = []
    match path.suffix.lower():
        case ".csv":
            rows = table_minutes(text, faults)
        case ".jsonl" | ".ndjson":
            rows = list(_stored(text, faults))
        case ".json":
            rows = [(0, each, None) for each in _monitored(text, stable, candidate, faults)]
        case _:
            raise RecordedMinutesError(
                f"{path}: name the file .csv, .json (Azure Monitor's answer) or .jsonl."
            )
    recorded = () if faults else _in_order(rows, faults)
    if faults:
        raise RecordedMinutesError("\n".join(told(path, faults)))
    return recorded


def _stored(text: str, faults: list[tuple[int, str]]) -> Iterator[Row]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            document = _content(read_finite(line))
            if isinstance(document, dict) and "probes" in document:
                # A pass of probes lies among the minutes, and is none.
                continue
            yield number, minute_from(document), _weight(document)
        except (ValueError, RecursionError) as error:
            faults.append((number, f"{error}."))


def _content(row: Any) -> Any:
    """Return the minute of a whole table row, of the record in it, or of the plain object."""
    if isinstance(row, dict) and isinstance(row.get("document"), str):
        row = read_finite(row["document"])
    return row["data"] if isinstance(row, dict) and isinstance(row.get("data"), dict) else row


def _weight(document: Mapping[str, Any]) -> int | None:
    weight = document.get("weight")
    if weight is not None and not (type(weight) is int and 0 <= weight <= FULL_WEIGHT):
        raise ValueError(f"the weight {weight!r} is not a whole number from 0 to {FULL_WEIGHT}")
    return weight


def _monitored(
    text: str, stable: str | None, candidate: str | None, faults: list[tuple[int, str]]
) -> Sequence[Minute]:
    if stable is None and candidate is None:
        faults.append((0, "say whose minutes these are: --stable NAME and --candidate NAME."))
        return ()
    try:
        return monitor_minutes(read_finite(text), stable=stable, candidate=candidate)
    except json.JSONDecodeError as error:
        faults.append((error.lineno, f"this is not JSON ({error.msg})."))
    except (ValueError, RecursionError) as error:
        faults.append((0, f"{error}."))
    return ()


def _in_order(rows: Sequence[Row], faults: list[tuple[int, str]]) -> tuple[Recorded, ...]:
    by_minute: dict[datetime, Recorded] = {}
    for line, minute, weight in rows:
        at = minute.at.astimezone(UTC)
        if at.second or at.microsecond:
            faults.append((line, f"{minute.at.isoformat()} is not the start of a minute."))
        elif at in by_minute:
            faults.append((line, f"the minute {minute.at.isoformat()} occurs a second time."))
        by_minute[at] = Recorded(Minute(at, minute.stable, minute.candidate), weight)
    if not by_minute:
        faults.append((0, "it has no minutes."))
        return ()
    first, last = min(by_minute), max(by_minute)
    if (last - first) / MINUTE >= MAX_MINUTES:
        faults.append(
            (0, f"it spans {first.isoformat()} to {last.isoformat()}: at most two weeks are read.")
        )
        return ()
    if any(each.weight is None for each in by_minute.values()) and any(
        each.weight is not None for each in by_minute.values()
    ):
        faults.append((0, "some minutes have a weight and some do not: give it for all or none."))
    return tuple(_whole(by_minute, first, last))


def _whole(
    by_minute: Mapping[datetime, Recorded], first: datetime, last: datetime
) -> Iterator[Recorded]:
    at, weight = first, by_minute[first].weight
    while at <= last:
        found = by_minute.get(at) or Recorded(Minute(at, None, None), weight)
        weight = found.weight
        yield found
        at += MINUTE
