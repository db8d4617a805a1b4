"""A moment of the story, drawn for a terminal or put in one line."""

from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from demo.load import Count
from demo.watching import Decision, Picture

BAR_WIDTH = 50
DECISIONS_SHOWN = 8
PHASE_CHANGED = "PhaseChanged"
STABLE_GLYPH, CANDIDATE_GLYPH = "█", "▒"
"""The side shows in the glyph, so that a split reads without colour."""
COLOURS = {"blue": "blue", "green": "green"}
OTHER_COLOUR, BAD_COLOUR = "cyan", "red"
"""Colours follow names, because names alternate: the candidate of one rollout is the stable of the
next, and `blue-3` drawn green would mislead.
"""
_DOWN = "the app is not answering"


def drawn(act: str, note: str, picture: Picture) -> Panel:
    """Return the live view: where the rollout is, traffic, clients, decisions."""
    parts = Group(
        Text(note, style="bold yellow"),
        _where(picture),
        _traffic(picture),
        _clients(picture),
        Text(f"\n{streams}" if (streams := streams_text(picture)) else "", style="dim"),
        _decided(picture.decisions),
    )
    return Panel(parts, title=act, title_align="left", padding=(0, 1))


def in_one_line(picture: Picture) -> str:
    """Return the same in one line, for logs."""
    clients = ", ".join(
        f"{name} {count.failures} of {count.requests} requests failed"
        for name, count in sorted(picture.counts.items())
    )
    parts = [
        where_text(picture),
        f"traffic {_split_text(picture)}",
        clients or "no clients yet",
        *streams_text(picture).splitlines(),
    ]
    return " | ".join(parts)


def where_text(picture: Picture) -> str:
    """Give phase, stage, hold and version in a few words."""
    rollout = picture.rollout
    if not picture.view:
        return _DOWN
    if not rollout:
        return "no rollout yet"
    text = f"version {rollout['version']}: {picture.phase}"
    stages = rollout["stages"]
    if picture.phase in {"SHIFTING", "BAKING"} and rollout["stable"] is not None:
        weight = stages[rollout["stage"]]["weight"]
        text += f", stage {rollout['stage'] + 1} of {len(stages)} ({weight} %)"
    if rollout["hold"]:
        text += f", held: {rollout['hold']['reason']}"
    return text


def streams_text(picture: Picture) -> str:
    """What the gate has of either stream of evidence, a line each; "" before the first probe."""
    probes, evidence = picture.rollout.get("probes"), picture.rollout.get("evidence") or {}
    if not probes or not probes["sent"]:
        return ""
    pairs = (
        f"probes: {probes['pairs']:,.0f} pairs, candidate failed {probes['candidateFailed']:,.0f}, "
        f"stable {probes['stableFailed']:,.0f}"
    )
    live = evidence.get("live")
    if picture.phase != "BAKING" or not live:
        return pairs
    return (
        f"live requests judged in this stage: candidate failed {live['candidateFailed']:,.0f} of "
        f"{live['candidate']:,.0f}, stable {live['stableFailed']:,.0f} of {live['stable']:,.0f}\n"
        f"{pairs}; {evidence['fromProbes']:.0%} of the stage's evidence is theirs"
    )


def _where(picture: Picture) -> Text:
    line = Text(where_text(picture), style="bold" if picture.view else f"bold {BAD_COLOUR}")
    evidence = (picture.rollout.get("evidence") or {}).get("text")
    if picture.phase == "BAKING" and evidence:
        line.append(f"\n{evidence}", style="dim")
    return line


def _traffic(picture: Picture) -> Text:
    rollout = picture.rollout
    split = (rollout.get("traffic") or {}).get("seen") or {}
    candidate = rollout.get("candidate")
    sides = sorted(split.items(), key=lambda item: item[0] == candidate)
    line = Text("\ntraffic seen  ")
    for name, weight in sides:
        line.append(_glyph(name, candidate) * round(BAR_WIDTH * weight / 100), style=_colour(name))
    for name, weight in sides:
        line.append(f"  {_glyph(name, candidate)} {name} {weight} %", style=_colour(name))
    return line if sides else line.append("unknown")


def _glyph(name: str, candidate: str | None) -> str:
    return CANDIDATE_GLYPH if name == candidate else STABLE_GLYPH


def _colour(name: str) -> str:
    return COLOURS.get(name.partition("-")[0], OTHER_COLOUR)


def _split_text(picture: Picture) -> str:
    split = (picture.rollout.get("traffic") or {}).get("seen") or {}
    return " ".join(f"{name} {weight} %" for name, weight in split.items()) or "unknown"


def _clients(picture: Picture) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("deployment")
    for title in ("requests/s", "requests", "failed"):
        table.add_column(title, justify="right")
    for name in sorted(picture.counts):
        count = picture.counts[name]
        rate = f"{picture.rates.get(name, 0.0):.1f}"
        table.add_row(name, rate, f"{count.requests:,}", _failed(count))
    return table


def _failed(count: Count) -> Text:
    return Text(f"{count.failures:,}", style=BAD_COLOUR if count.failures else "")


def _decided(decisions: tuple[Decision, ...]) -> Text:
    text = Text("\ndecisions\n", style="bold")
    for decision in decisions[-DECISIONS_SHOWN:]:
        text.append(f"  {decision_text(decision)}\n", style="not bold")
    return text


def decision_text(decision: Decision) -> str:
    """Say when it was made, what it was and why."""
    at = decision.at.partition("T")[2].rstrip("Z")
    # A phase change's own text already names both phases.
    kind = "" if decision.kind == PHASE_CHANGED else f"{decision.kind} ({decision.phase}): "
    return f"{at}  {kind}{decision.text}"
