"""A moment of the story: the picture of `rollout watch`, with what the clients see in it.

Drawing is all that the demo takes from the product; it drives the product as a user does.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Group
from rich.panel import Panel
from rich.text import Text

from demo.watching import Decision, Picture
from rollout.cli.shown.bars import split_text
from rollout.cli.shown.card import Frame, card
from rollout.cli.shown.fleet import phase_text
from rollout.cli.shown.glyphs import BAD_COLOUR, UNICODE, Glyphs
from rollout.cli.shown.timeline import decision

BESIDE_PANEL = 4
"""Columns that the panel's frame and padding take."""

_DOWN = "the app is not answering"
_COLUMNS = ("deployment", "requests/s", "requests", "failed")


def drawn(act: str, note: str, picture: Picture, width: int, glyphs: Glyphs = UNICODE) -> Panel:
    """Return the live view: the service's card with the clients' own counts in it."""
    lines = [Text(note, style="bold yellow")]
    extra = [
        *_clients(picture),
        *(Text(line, "dim") for line in streams_text(picture).splitlines()),
    ]
    if picture.last:
        frame = Frame(
            datetime.now(UTC),
            width - BESIDE_PANEL,
            glyphs,
            silent="" if picture.view else _DOWN,
            extra=extra,
            # The story's own hands give the orders.
            orders=False,
        )
        lines += card(picture.last, frame)
    else:
        lines += [Text(_DOWN, style=f"bold {BAD_COLOUR}"), *extra]
    return Panel(Group(*lines), title=act, title_align="left", padding=(0, 1))


def in_one_line(picture: Picture) -> str:
    """Return the same in one line, for logs."""
    clients = ", ".join(
        f"{name} {count.failures} of {count.requests} requests failed"
        for name, count in sorted(picture.counts.items())
    )
    parts = [
        where_text(picture),
        f"traffic {split_text(picture.rollout, UNICODE)}",
        clients or "no clients yet",
        *streams_text(picture).splitlines(),
    ]
    return " | ".join(parts)


def where_text(picture: Picture) -> str:
    """Give phase, stage, hold and version in a few words."""
    rollout = picture.rollout
    if not picture.view:
        return _DOWN
    return (
        f"version {rollout['version']}: {phase_text(picture.view)}" if rollout else "no rollout yet"
    )


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


def decision_text(made: Decision) -> str:
    """Say when it was made, what it was and why."""
    entry = {"at": made.at, "kind": made.kind, "phase": made.phase, "text": made.text}
    return decision(entry, UNICODE).plain


def _clients(picture: Picture) -> Sequence[Text]:
    """Return what clients sent and saw fail, a line for each deployment."""
    rows: list[tuple[Sequence[str], bool]] = [(_COLUMNS, False)]
    for name in sorted(picture.counts):
        count = picture.counts[name]
        rate = f"{picture.rates.get(name, 0.0):.1f}"
        rows.append(
            ((name, rate, f"{count.requests:,}", f"{count.failures:,}"), count.failures > 0)
        )
    widths = [max(map(len, column)) for column in zip(*(cells for cells, _ in rows), strict=True)]
    lines = [Text()]
    for (name, *numbers), failing in rows:
        *told, failed = (text.rjust(width) for text, width in zip(numbers, widths[1:], strict=True))
        line = Text("  ".join([name.ljust(widths[0]), *told, ""]))
        lines.append(line.append(failed, style=BAD_COLOUR if failing else ""))
    return lines
