"""Draws docs/states.svg from the transition table: `python -m dev.make_states`.

Forward phases form one row. Edges to backward phases drop from there onto one line per target, with
their findings beside the drop. Arcs above the row lead to earlier phases or skip several.
"""  # a script for the pages in docs, not part of the product

from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path

from rollout.core.machine.transitions import HOLDS, STOPPED_BY_A_HOLD, TRANSITIONS, Finding
from rollout.core.records.phases import PHASES, Phase

TARGET = Path(__file__).resolve().parent.parent / "docs" / "states.svg"

Edges = Mapping[tuple[Phase, Phase], list[Finding]]

ROW = (
    Phase.CREATING,
    Phase.VALIDATING,
    Phase.SHIFTING,
    Phase.BAKING,
    Phase.PROMOTED,
    Phase.RETIRING,
    Phase.SUCCEEDED,
)
COLUMN, WIDE, HIGH, LINE = 226, 124, 44, 14
LEFT, TOP, BACK, END = 30, 170, 440, 590
PLACES = {phase: (LEFT + COLUMN * n, TOP) for n, phase in enumerate(ROW)} | {
    Phase.DISCARDING: (LEFT + COLUMN, BACK),
    Phase.ROLLING_BACK: (LEFT + 3 * COLUMN, BACK),
    Phase.LOST: (LEFT + 5 * COLUMN, BACK),
    Phase.ROLLED_BACK: (LEFT, END),
    Phase.FAILED: (LEFT + COLUMN, END),
    Phase.SUPERSEDED: (LEFT + 2 * COLUMN, END),
}
# The height of each target's line, and its colour.
LINES = {
    Phase.DISCARDING: (350, "#b45f06"),
    Phase.ROLLING_BACK: (375, "#b3261e"),
    Phase.LOST: (400, "#555555"),
}
FIRST_DROP, DROP_APART = 4, 113
WIDTH, HEIGHT = LEFT * 2 + COLUMN * 6 + WIDE, 820
STYLE = """
text{font:12px system-ui,sans-serif;fill:#1f1f1f}
.phase{font-weight:600;text-anchor:middle}.small{font-size:11px}
.middle{text-anchor:middle}.box{fill:#eef3fb;stroke:#3b5b92;stroke-width:1.5}
.held{stroke-dasharray:5 3}.back{fill:#fdeeee;stroke:#b3261e}.final{fill:#f1f1f1;stroke:#555}
.edge{fill:none;stroke-width:1.5}
"""


def edges() -> Edges:
    """The findings that lead from one phase to another."""
    found: dict[tuple[Phase, Phase], list[Finding]] = {}
    for phase, row in TRANSITIONS.items():
        for finding, target in row.items():
            if target is not phase:
                found.setdefault((phase, target), []).append(finding)
    return found


def svg() -> str:
    """The whole picture; the same table always gives the same picture."""
    colours = sorted({"#3b5b92", *(colour for _, colour in LINES.values())})
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        "<title>Phases of a rollout and the findings that lead from one to another</title>",
        f"<style>{STYLE}</style>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        *(_arrow_head(colour) for colour in colours),
    ]
    for (start, target), findings in edges().items():
        parts.extend(_edge(start, target, findings))
    for phase, place in PLACES.items():
        parts.extend(_box(phase, place))
    parts.extend(_legend())
    return "\n".join([*parts, "</svg>", ""])


def _edge(start: Phase, target: Phase, findings: list[Finding]) -> Iterator[str]:
    if start in ROW and target in ROW:
        step = ROW.index(target) - ROW.index(start)
        yield from _next(start, findings) if step == 1 else _arc(start, target, findings, step)
    elif start in ROW:
        yield from _drop(start, target, findings)
    else:
        yield from _lower(start, target, findings)


def _next(start: Phase, findings: list[Finding]) -> Iterator[str]:
    x, y = PLACES[start]
    yield _path(f"M{x + WIDE} {y + HIGH / 2}H{x + COLUMN}")
    yield from _text(x + (WIDE + COLUMN) / 2, y + HIGH / 2 - 6, findings, "small middle")


def _arc(start: Phase, target: Phase, findings: list[Finding], step: int) -> Iterator[str]:
    (x1, y), (x2, _) = PLACES[start], PLACES[target]
    forward = step > 0
    rise = 34 + 22 * abs(step)
    from_x, to_x = x1 + WIDE * (0.7 if forward else 0.4), x2 + WIDE * (0.5 if forward else 0.6)
    if step == -1:
        to_x = x2 + WIDE * 0.85
    yield _path(f"M{from_x} {y}V{y - rise}H{to_x}V{y}")
    yield from _text((from_x + to_x) / 2, y - rise - 5, [", ".join(findings)], "small middle")


def _drop(start: Phase, target: Phase, findings: list[Finding]) -> Iterator[str]:
    (x, y), (level, colour) = PLACES[start], LINES[target]
    targets = [each for each in LINES if each in TRANSITIONS[start].values()]
    down = x + FIRST_DROP + DROP_APART * targets.index(target)
    to_x = PLACES[target][0] + WIDE / 2
    yield _path(f"M{down} {y + HIGH}V{level}H{to_x}V{BACK}", colour)
    yield from _text(down + 5, y + HIGH + 18, findings, "small")


def _lower(start: Phase, target: Phase, findings: list[Finding]) -> Iterator[str]:
    (x1, y1), (x2, y2) = PLACES[start], PLACES[target]
    middle = WIDE / 2
    if y2 > y1:
        bend = y1 + HIGH + 40
        yield _path(f"M{x1 + middle} {y1 + HIGH}V{bend}H{x2 + middle}V{y2}", "#555555")
        yield from _text(x2 + middle + 5, y2 - 10, findings, "small")
    elif start is Phase.DISCARDING:
        bend = y1 + HIGH + 22
        yield _path(f"M{x1 + WIDE - 12} {y1 + HIGH}V{bend}H{x2 + middle}V{y2 + HIGH}", "#555555")
        yield from _text(x1 + WIDE + 60, bend - 5, findings, "small")
    else:
        away = x2 > x1
        ends = (x1 + WIDE, x2) if away else (x1, x2 + WIDE)
        yield _path(f"M{ends[0]} {y1 + HIGH / 2}H{ends[1]}", "#555555")
        yield from _text(sum(ends) / 2, y1 + HIGH / 2 - 6, findings, "small middle")


def _box(phase: Phase, place: tuple[int, int]) -> Iterator[str]:
    x, y = place
    kind = "final" if PHASES[phase].final else "box"
    kind += " held" if PHASES[phase].forward else ""
    kind += " back" if PHASES[phase].back else ""
    yield f'<rect class="{kind}" x="{x}" y="{y}" width="{WIDE}" height="{HIGH}" rx="8"/>'
    yield from _text(x + WIDE / 2, y + HIGH / 2 + 4, [phase.value], "phase")


def _legend() -> Iterator[str]:
    y = END + HIGH + 36
    stays = [
        f"{phase} stays on: "
        + ", ".join(finding for finding, target in row.items() if target is phase)
        for phase, row in TRANSITIONS.items()
        if phase in row.values()
    ]
    holds = "Sets a hold: " + ", ".join(HOLDS)
    stopped = "Stopped by a hold: " + ", ".join(
        finding for finding in Finding if finding in STOPPED_BY_A_HOLD
    )
    lines = ["Dashed: may be held. Grey: final, never left.", holds, stopped, *stays]
    yield from _text(LEFT, y, lines, "small")


def _text(x: float, y: float, lines: list[str] | list[Finding], kind: str) -> Iterator[str]:
    for number, line in enumerate(lines):
        at = f'x="{x:g}" y="{y + number * LINE:g}"'
        yield f'<text class="{kind}" {at}>{escape(str(line))}</text>'


def _path(route: str, colour: str = "#3b5b92") -> str:
    head = f"url(#head{colour[1:]})"
    return f'<path class="edge" stroke="{colour}" marker-end="{head}" d="{route}"/>'


def _arrow_head(colour: str) -> str:
    shape = f'<path d="M0 0L9 4.5L0 9z" fill="{colour}"/>'
    size = 'markerWidth="9" markerHeight="9" refX="8" refY="4.5" orient="auto"'
    return f'<marker id="head{colour[1:]}" {size} markerUnits="userSpaceOnUse">{shape}</marker>'


if __name__ == "__main__":
    TARGET.write_text(svg(), encoding="utf-8")
