"""The list of services: a table where there is room, a few lines a service where there is not."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rich.text import Text

from rollout.cli.shown.bars import odds_text, split_text
from rollout.cli.shown.durations import since, until
from rollout.cli.shown.glyphs import BAD_COLOUR, WARNING_COLOUR, Glyphs, clean

View = Mapping[str, Any]
CARDS_BELOW = 60
"""In columns: a narrower table would only be dots."""

SHORTEST_LAST = 16
"""The last column may be cut, but not below this; columns go before it does."""

_GAP = "  "
_WIDE = ("endpoint", "says")
_ALWAYS = ("service", "version", "phase")
_LEAST_NEEDED = ("evidence", "since", "traffic")
"""Left out in this order where there is no room."""


@dataclass(frozen=True)
class Row:
    """One service. `mark`: " ", or the glyph of a person's turn or of a fault."""

    mark: str
    cells: Mapping[str, str]
    rank: int


def fleet(
    views: Iterable[View], now: datetime, width: int, glyphs: Glyphs, *, wide: bool = False
) -> list[Text]:
    """Return the list, those that need a person first.

    `width` is in columns; `wide` shows every column, however long its lines become.
    """
    rows = sorted((_row(view, now, glyphs) for view in views), key=lambda row: row.rank)
    if not rows:
        return [Text("no services")]
    if width < CARDS_BELOW and not wide:
        return [line for row in rows for line in _card(row, width)]
    return _table(rows, width, wide=wide)


def summary(views: Sequence[View], tick_age: int | None) -> str:
    """Say how many services there are and how many need somebody; `tick_age` is in seconds."""
    persons = sum(1 for view in views if _needs_person(view))
    faulty = sum(1 for view in views if view.get("fault"))
    moving = sum(1 for view in views if view.get("next") and not _needs_person(view))
    parts = [
        f"{count} {word}"
        for count, word in (
            (persons, "need a person" if persons > 1 else "needs a person"),
            (faulty, "with a fault"),
            (moving, "move" if moving > 1 else "moves"),
        )
        if count
    ]
    total = f"{len(views)} service{'' if len(views) == 1 else 's'}"
    told = f"{total}: {', '.join(parts)}" if parts else total
    return told if tick_age is None else f"{told}; the timer ran {tick_age} s ago"


def phase_text(view: View) -> str:
    """Return the phase with its stage, or the hold."""
    rollout = view.get("rollout")
    if view.get("fault") and not rollout:
        return "FAULT"
    if not rollout:
        return "WAITS" if view.get("waiting") else "NONE"
    if rollout["hold"]:
        return f"HELD {rollout['hold']['reason']}"
    phase = str(rollout["phase"])
    if phase in {"SHIFTING", "BAKING"}:
        phase = f"{phase} {rollout['stage'] + 1}/{len(rollout['stages'])}"
    return f"{phase} (suspended)" if rollout["suspended"] else phase


def _row(view: View, now: datetime, glyphs: Glyphs) -> Row:
    rollout: View = view.get("rollout") or {}
    person, fault = _needs_person(view), bool(view.get("fault"))
    mark = glyphs.person if person else glyphs.fault if fault else " "
    cells = {
        "service": view["service"],
        "version": rollout.get("version") or (view.get("waiting") or {}).get("version") or "-",
        "phase": phase_text(view),
        "traffic": split_text(rollout, glyphs),
        "since": since(rollout.get("phaseSince"), now),
        "evidence": _evidence(view),
        "next": _next(view, now),
        "endpoint": str(view.get("endpoint") or "-").rpartition("/")[2],
        "says": view["says"],
    }
    shown = {name: clean(text, glyphs) for name, text in cells.items()}
    return Row(mark, shown, 0 if person else 1 if fault else 2)


def _needs_person(view: View) -> bool:
    return bool(view.get("needsPerson"))


def _evidence(view: View) -> str:
    passes, harm = view.get("pass"), view.get("harm")
    if passes:
        return f"pass {odds_text(passes['odds'])} of {odds_text(passes['of'])}"
    return f"harm {odds_text(harm['odds'])} of {odds_text(harm['of'])}" if harm else "-"


def _next(view: View, now: datetime) -> str:
    following = view.get("next")
    if view.get("fault"):
        return str(view["fault"])
    if not following:
        return "-"
    left = until(following["at"], now)
    who = "you: " if following["person"] else ""
    return f"{who}{following['what']}{f' ({left})' if left else ''}"


def _table(rows: Sequence[Row], width: int, *, wide: bool) -> list[Text]:
    columns = [*_ALWAYS, "traffic", "since", "evidence", "next", *(_WIDE if wide else ())]
    widths = {name: max(len(name), *(len(row.cells[name]) for row in rows)) for name in columns}
    for name in () if wide else _LEAST_NEEDED:
        if _total(columns, widths) > width - SHORTEST_LAST:
            columns.remove(name)
    left = width - _total(columns, widths)
    head = Text(" " + _GAP[1:] + _line(columns, {name: name.upper() for name in columns}, widths))
    head.stylize("bold")
    lines = [head]
    for row in rows:
        cells = dict(row.cells)
        if not wide:
            cells["next"] = _cut(cells["next"], max(left, SHORTEST_LAST))
        lines.append(Text(f"{row.mark} {_line(columns, cells, widths)}", style=_style(row)))
    if not wide:
        for line in lines:
            line.truncate(width)
    return lines


def _total(columns: Sequence[str], widths: Mapping[str, int]) -> int:
    """How many columns of the terminal all but the last take, gaps and mark included."""
    return sum(widths[name] + len(_GAP) for name in columns[:-1]) + 2


def _line(columns: Sequence[str], cells: Mapping[str, str], widths: Mapping[str, int]) -> str:
    return _GAP.join(cells[name].ljust(widths[name]) for name in columns).rstrip()


def _card(row: Row, width: int) -> list[Text]:
    cells = row.cells
    head = f"{row.mark} {cells['service']} {cells['version']}"
    lines = [head, f"  {cells['phase']}, {cells['since']}", f"  {cells['traffic']}"]
    if cells["next"] != "-":
        lines.append(f"  {cells['next']}")
    return [
        Text(_cut(line, width), style=_style(row) if not at else "")
        for at, line in enumerate(lines)
    ]


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: max(0, width - 3)] + "..."


def _style(row: Row) -> str:
    return {0: f"bold {WARNING_COLOUR}", 1: BAD_COLOUR}.get(row.rank, "")
