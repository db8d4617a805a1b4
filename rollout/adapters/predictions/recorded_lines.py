"""Files with one JSON object a line, as people record answers and outputs for a replay."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from rollout.errors import RolloutError
from rollout.text.file_faults import told
from rollout.text.finite_json import read_finite
from rollout.text.moments import in_utc
from rollout.units import MINUTE

MAX_LINES = 200_000
MAX_LINE_CHARACTERS = 4 * 1024 * 1024
"""Azure ML's data collector writes no longer ones."""

MAX_NUMBER = 14 * 24 * 60
"""Of a minute that is a plain number: two weeks."""


class RecordedAnswersError(RolloutError):
    """The file cannot be used; the message has a line for each fault, with file and line."""


class RowError(Exception):
    """A sentence about one row, without its full stop."""


def read_lines[T](path: Path, read: Callable[[Mapping[str, Any]], T]) -> list[T]:
    """Read every line of a file with `read`, which raises RowError or ValueError.

    Raises:
        RecordedAnswersError: It cannot be read, or has faults.
    """
    found: list[T] = []
    faults: list[tuple[int, str]] = []
    try:
        for number, line in _numbered(path):
            try:
                found.append(read(_object(line)))
            except (RowError, ValueError, RecursionError, OverflowError) as error:
                faults.append((number, f"{error}."))
    except (OSError, UnicodeDecodeError) as error:
        raise RecordedAnswersError(f"{path}: it cannot be read as text ({error}).") from error
    if not found and not faults:
        faults.append((0, "there is nothing in it: write one JSON object a line."))
    if len(found) > MAX_LINES:
        faults.append((0, f"it has more than {MAX_LINES:,} lines: replay a part of it."))
    if faults:
        raise RecordedAnswersError("\n".join(told(path, faults)))
    return found


def minute_of(said: Any, start: datetime) -> datetime:
    """Return the minute (UTC) that a row names.

    Args:
        said: ISO 8601 with a zone, or a whole number of minutes after `start`.
        start: The first recorded minute.

    Raises:
        RowError, ValueError: It names none.
    """
    if type(said) is int and 0 <= said <= MAX_NUMBER:
        return start + said * MINUTE
    if not isinstance(said, str):
        raise RowError(
            f"{said!r} is no minute: write 2026-01-31T10:05Z, or a number of minutes after the "
            "first recorded one"
        )
    at = datetime.fromisoformat(said)
    if at.tzinfo is None:
        raise RowError(f"{said!r} does not say its time zone")
    return in_utc(at).replace(second=0, microsecond=0)


def is_number(value: Any, least: float = 0.0) -> bool:
    return not isinstance(value, bool) and isinstance(value, int | float) and value >= least


def _numbered(path: Path) -> Iterator[tuple[int, str]]:
    with path.open(encoding="utf-8-sig") as opened:
        for number, line in enumerate(opened, 1):
            if number > MAX_LINES + 1:
                return
            if line.strip():
                yield number, line


def _object(line: str) -> Mapping[str, Any]:
    if len(line) > MAX_LINE_CHARACTERS:
        raise RowError(f"it is longer than {MAX_LINE_CHARACTERS:,} characters")
    document = read_finite(line)
    if not isinstance(document, dict):
        raise RowError("this is not a JSON object")
    return document
