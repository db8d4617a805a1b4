"""History rows as lines."""

from collections.abc import Mapping
from typing import Any

from rich.text import Text

from rollout.cli.shown.durations import moment
from rollout.cli.shown.glyphs import Glyphs, clean

View = Mapping[str, Any]
PHASE_CHANGED = "PhaseChanged"


def decision(entry: View, glyphs: Glyphs, width: int = 0) -> Text:
    """Return when it was made, what it was and why, cut to `width` columns (0: in full)."""
    line = Text(f"{_time(entry)}  ", style="dim")
    line.append(clean(decision_text(entry), glyphs), style="")
    if width:
        line.truncate(width)
    return line


def decision_text(entry: View) -> str:
    """Return what was decided and why, without the time."""
    # A phase change's own text already names both phases.
    kind = "" if entry["kind"] == PHASE_CHANGED else f"{entry['kind']} ({entry['phase']}): "
    actor = str(entry.get("actor") or "")
    who = f" [{actor}]" if actor and actor not in str(entry["text"]) else ""
    return f"{kind}{entry['text']}{who}"


def full(entry: View, glyphs: Glyphs) -> Text:
    """Return a row with its date, rollout and number."""
    at = moment(entry["at"])
    day = f"{at:%Y-%m-%d %H:%M:%S}Z" if at else "-"
    head = Text(f"{day}  {entry['sequence']:>5}  ", style="dim")
    return head.append(clean(decision_text(entry), glyphs), style="")


def _time(entry: View) -> str:
    at = moment(entry["at"])
    return f"{at:%H:%M:%S}" if at else "--:--:--"
