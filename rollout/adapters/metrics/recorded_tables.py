"""Tables of minutes written by hand: CSV with one row for each side of each minute."""

import csv
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from rollout.core.records.observation import Minute, Percentiles, SideMinute
from rollout.text.moments import in_utc
from rollout.units import FULL_WEIGHT

REQUIRED = ("minute", "side", "requests", "failures")
PERCENTILES = ("p50", "p90", "p95", "p99")
OPTIONAL = ("rejected", "unknown", *PERCENTILES, "weight")
SIDES = ("stable", "candidate")

COUNTED_FROM = datetime(2026, 1, 1, tzinfo=UTC)
"""Where minutes that are plain numbers begin: 0 is this one."""

MAX_NUMBER = 1_000_000

Faults = list[tuple[int, str]]


@dataclass
class _Row:
    """The sides of one minute, and the line it was first named in."""

    line: int
    sides: dict[str, SideMinute | None] = field(default_factory=dict)
    weight: int | None = None


class _CellError(Exception):
    """A sentence about one row."""


def table_minutes(text: str, faults: Faults) -> list[tuple[int, Minute, int | None]]:
    """Return line, minute and weight of every minute in a table, in its order.

    Args:
        text: Comma separated, the first line naming the columns; lines that begin with `#` and
            empty ones are skipped.
        faults: Gets (line, sentence) for each fault.
    """
    reader = csv.reader(text.splitlines())
    names: list[str] | None = None
    found: dict[datetime, _Row] = {}
    for cells in _rows(reader, faults):
        line = reader.line_num
        if names is None:
            names = [cell.strip().lower() for cell in cells]
            if not _columns(names, line, faults):
                return []
            continue
        if len(cells) != len(names):
            faults.append((line, f"there are {len(cells)} cells for {len(names)} columns."))
            continue
        try:
            _add(dict(zip(names, (cell.strip() for cell in cells), strict=True)), line, found)
        except _CellError as error:
            faults.append((line, str(error)))
    return [
        (row.line, Minute(at, row.sides.get("stable"), row.sides.get("candidate")), row.weight)
        for at, row in found.items()
    ]


def _rows(reader: Iterator[list[str]], faults: Faults) -> Iterator[list[str]]:
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells) and not cells[0].startswith("#"):
                yield cells
    except csv.Error as error:
        faults.append((0, f"this is not CSV ({error})."))


def _columns(names: list[str], line: int, faults: Faults) -> bool:
    missing = [name for name in REQUIRED if name not in names]
    unknown = [name for name in names if name not in (*REQUIRED, *OPTIONAL)]
    twice = sorted({name for name in names if names.count(name) > 1})
    known = ", ".join((*REQUIRED, *OPTIONAL))
    for wrong, what in (
        (missing, "is missing"),
        (unknown, "is unknown"),
        (twice, "is there twice"),
    ):
        if wrong:
            columns = ", ".join(f'"{name}"' for name in wrong)
            faults.append((line, f"the column {columns} {what}; the columns are {known}."))
    return not (missing or unknown or twice)


def _add(cells: Mapping[str, str], line: int, found: dict[datetime, _Row]) -> None:
    at = _moment(cells["minute"])
    side = cells["side"].lower()
    if side not in SIDES:
        raise _CellError(f'the side is "{cells["side"]}": write stable or candidate.')
    row = found.setdefault(at, _Row(line))
    if side in row.sides:
        raise _CellError(f"{side} has this minute already (line {row.line}).")
    weight = _weight(cells.get("weight", ""))
    if row.sides and weight != row.weight:
        raise _CellError(f"the weight differs from the same minute's in line {row.line}.")
    row.weight = weight
    row.sides[side] = _side(cells)


def _side(cells: Mapping[str, str]) -> SideMinute | None:
    """Without a number of requests the source had nothing of this side, which is not zero."""
    if not cells["requests"]:
        others = [
            name for name in ("failures", "rejected", "unknown", *PERCENTILES) if cells.get(name)
        ]
        if others:
            raise _CellError(f"there is a value for {others[0]} but none for requests.")
        return None
    requests, failures, rejected = (
        _count(name, cells.get(name, "")) for name in ("requests", "failures", "rejected")
    )
    if failures + rejected > requests:
        raise _CellError(
            f"{failures:g} failures and {rejected:g} rejected are more than {requests:g} requests."
        )
    unknown = _count("unknown", cells.get("unknown", ""))
    latency = _latency(cells)
    return SideMinute(requests, failures, client_errors=rejected, latency=latency, unknown=unknown)


def _latency(cells: Mapping[str, str]) -> Percentiles | None:
    given = [name for name in PERCENTILES if cells.get(name)]
    if not given:
        return None
    if len(given) < len(PERCENTILES):
        raise _CellError(f"give all of {', '.join(PERCENTILES)} (ms) or none of them.")
    values = [_count(name, cells[name]) for name in PERCENTILES]
    if values != sorted(values):
        raise _CellError(f"{', '.join(PERCENTILES)} must not fall from one to the next.")
    return Percentiles(*values)


def _count(name: str, cell: str) -> float:
    try:
        value = float(cell or 0)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= 0):
        raise _CellError(f'{name} is "{cell}": write a number that is not negative.')
    return value


def _weight(cell: str) -> int | None:
    if not cell:
        return None
    if not (_is_number(cell) and int(cell) <= FULL_WEIGHT):
        raise _CellError(f'weight is "{cell}": write the candidate\'s share in percent, 0 to 100.')
    return int(cell)


def _is_number(cell: str) -> bool:
    """Whole, and short enough to be converted: Python refuses thousands of digits."""
    return cell.isdecimal() and len(cell) <= len(str(MAX_NUMBER))


def _moment(cell: str) -> datetime:
    if _is_number(cell) and int(cell) <= MAX_NUMBER:
        return COUNTED_FROM + timedelta(minutes=int(cell))
    try:
        moment = datetime.fromisoformat(cell)
        usable = moment.tzinfo is not None and in_utc(moment) == moment
    except ValueError:
        usable = False
    if not usable:
        raise _CellError(
            f'minute is "{cell}": write a time with its zone, such as 2026-01-31T10:05Z, or the '
            "minute's number."
        )
    return moment
