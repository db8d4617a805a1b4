"""Bars: how requests are split, how near the gate is to either end, how far the stages are."""

from collections.abc import Mapping, Sequence
from math import log
from typing import Any

from rich.text import Text

from rollout.cli.shown.glyphs import BAD_COLOUR, GOOD_COLOUR, Glyphs, clean, colour_of

View = Mapping[str, Any]
WHOLE = 100


def split_bar(rollout: View, width: int, glyphs: Glyphs) -> Text | None:
    """Return the split that was seen last, stable first; None where none was seen."""
    bar = Text()
    shares = _shares(rollout)
    cells = _cells([share for _, share in shares], width)
    for (name, _), count in zip(shares, cells, strict=True):
        bar.append(glyph_of(name, rollout, glyphs) * count, style=colour_of(name))
    return bar if shares else None


def legend(rollout: View, glyphs: Glyphs) -> list[Text]:
    """Name each side beside its glyph, with its share."""
    mirror = (rollout.get("traffic") or {}).get("mirrorSeen") or {}
    found = []
    for name, share in _shares(rollout):
        line = Text(glyph_of(name, rollout, glyphs), style=colour_of(name))
        line.append(f" {clean(name, glyphs)} {share} %", style=colour_of(name))
        found.append(line)
    found += [Text(f"copies: {clean(name, glyphs)} {share} %") for name, share in mirror.items()]
    return found


def split_text(rollout: View, glyphs: Glyphs) -> str:
    """Return the split in one line: `blue-6 50 | green-7 50`; `-` where none was seen."""
    shares = (f"{clean(name, glyphs)} {share}" for name, share in _shares(rollout))
    return " | ".join(shares) or "-"


def odds_bar(near: View, width: int, glyphs: Glyphs, *, good: bool) -> Text:
    """Return how near odds are to what they must reach: even odds are empty, the end is full.

    Odds grow by factors, so the bar is in proportion to their logarithm.
    """
    odds, end = float(near["odds"]), float(near["of"])
    share = log(odds) / log(end) if odds > 1 and end > 1 else 0.0
    filled = round(width * min(1.0, share))
    bar = Text(glyphs.full * filled, style=GOOD_COLOUR if good else BAD_COLOUR)
    bar.append(glyphs.empty * (width - filled), style="dim")
    bar.append(f" {odds_text(odds)} of {odds_text(end)}", style="")
    if probes := float(near.get("fromProbes") or 0):
        bar.append(f", {probes:.0%} from probes", style="")
    return bar


def odds_text(odds: float) -> str:
    """Return odds as `0.4:1` or `71:1`; more digits would say nothing."""
    return f"{odds:,.1f}:1" if odds < 10 else f"{odds:,.0f}:1"  # noqa: PLR2004 - one digit more


def stage_track(rollout: View, glyphs: Glyphs) -> list[Text]:
    """Return the stations of a rollout, each with its mark: behind, here, or to come.

    One that goes or went back has left its track: there is none then.
    """
    found = []
    here = _station(rollout)
    if here < 0:
        return []
    names = ["create", "validate", *map(_stage_name, rollout["stages"]), "keep", "done"]
    for at, name in enumerate(names):
        mark, style = glyphs.to_come, "dim"
        if at < here:
            mark, style = glyphs.done, ""
        elif at == here:
            mark, style = glyphs.now, "bold reverse"
        found.append(Text(f"{mark} {name}", style=style))
    return found


def _station(rollout: View) -> int:
    """Where a rollout is on its track; -1 where it left it, on the way back."""
    stages = len(rollout["stages"])
    stations = {
        "CREATING": 0,
        "VALIDATING": 1,
        "SHIFTING": 2 + int(rollout["stage"]),
        "BAKING": 2 + int(rollout["stage"]),
        "PROMOTED": 2 + stages,
        "RETIRING": 2 + stages,
        "SUCCEEDED": 4 + stages,
    }
    return stations.get(str(rollout["phase"]), -1)


def _stage_name(stage: View) -> str:
    if stage.get("mirror") and not stage.get("weight"):
        return f"copies {stage['mirror']} %"
    return f"{stage['weight']} %{'?' if stage.get('approval') else ''}"


def glyph_of(name: str, rollout: View, glyphs: Glyphs) -> str:
    """Return a side's glyph, so that a split reads without colour."""
    if name == rollout.get("candidate"):
        return glyphs.candidate
    return glyphs.stable if name == rollout.get("stable") else glyphs.other


def _shares(rollout: View) -> list[tuple[str, int]]:
    split = (rollout.get("traffic") or {}).get("seen") or {}
    candidate = rollout.get("candidate")
    sides = [(str(name), int(share)) for name, share in split.items() if share]
    return sorted(sides, key=lambda side: side[0] == candidate)


def _cells(shares: Sequence[int], width: int) -> list[int]:
    """Divide the bar: whole characters that add up to it, and one at least for each side."""
    if not shares:
        return []
    cells = [max(1, round(width * share / WHOLE)) for share in shares]
    cells[cells.index(max(cells))] += width - sum(cells)
    return cells
