"""One service as somebody reads it who was woken for it: `rollout get` and `rollout watch`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from rich.text import Text

from rollout.cli.shown.bars import (
    legend,
    odds_bar,
    split_bar,
    stage_track,
)
from rollout.cli.shown.durations import clock, moment, since, until
from rollout.cli.shown.fleet import phase_text
from rollout.cli.shown.glyphs import BAD_COLOUR, GOOD_COLOUR, WARNING_COLOUR, Glyphs, clean
from rollout.cli.shown.timeline import decision

View = Mapping[str, Any]
WIDEST_BAR = 60
LABEL = 9
"""The columns that labels take where there is room for them."""

LABELS_FROM = 60
WIDE_ODDS, NARROW_ODDS = 20, 6
DECISIONS = 6
ENDED = frozenset({"SUCCEEDED", "ROLLED_BACK", "FAILED", "SUPERSEDED", "LOST"})
_GOING_BACK = frozenset({"ROLLING_BACK", "DISCARDING"})
_FIRST = ("resume", "advance", "rollback", "retry", "pause")
"""Which order is the next step, where a person must decide."""


@dataclass(frozen=True)
class Frame:
    """What is drawn besides the view.

    Attributes:
        now: The moment, by the app's clock.
        width: Columns of the terminal.
        glyphs: What bars are made of.
        silent: Why the app does not answer; "" while it does.
        extra: Lines of the caller's own, below the traffic.
        decisions: How many of the last decisions are shown.
        orders: Whether the orders that may be given are listed.
    """

    now: datetime
    width: int
    glyphs: Glyphs
    silent: str = ""
    extra: Sequence[Text] = ()
    decisions: int = DECISIONS
    orders: bool = True


def card(view: View, frame: Frame) -> list[Text]:
    """Return the lines of the card, none wider than the frame."""
    rollout: View = view.get("rollout") or {}
    lines = _title(view, rollout, frame)
    if frame.silent:
        lines += _block("", f"The app does not answer: {frame.silent}", frame, f"bold {BAD_COLOUR}")
    lines += _block("", view["says"], frame, _style(view, rollout))
    if rollout:
        lines += [*_track(rollout, frame), *_traffic(rollout, frame)]
    lines += frame.extra
    lines += _evidence(view, rollout, frame)
    steps = [*_next(view, rollout, frame), *(_orders(view, rollout, frame) if frame.orders else ())]
    lines += [Text(), *steps] if steps else []
    lines += _decided(view.get("history") or (), frame)
    for line in lines:
        line.truncate(frame.width)
    return lines


def one_line(view: View, glyphs: Glyphs, now: datetime) -> str:
    """Return the same in one line, for logs."""
    following = view.get("next") or {}
    left = until(following.get("at"), now)
    told = f"; next: {following['what']}{f' in {left}' if left else ''}" if following else ""
    return clean(f"{view['service']} {phase_text(view)}: {view['says']}{told}", glyphs)


def _title(view: View, rollout: View, frame: Frame) -> list[Text]:
    """Return service and phase, then the two sides; in one line where there is room."""
    glyphs = frame.glyphs
    name = Text(clean(view["service"], glyphs), style="bold")
    phase = Text(f"  {phase_text(view)}", style=_style(view, rollout))
    if not rollout:
        return [name.append_text(phase)]
    sides = Text(
        f"  {clean(rollout['stable'] or 'nothing', glyphs)} {glyphs.arrow} "
        f"{clean(rollout['candidate'], glyphs)} (version {clean(rollout['version'], glyphs)})"
    )
    sides.append(f"  {since(rollout['startedAt'], frame.now)}", style="dim")
    if len(name) + len(sides) + len(phase) > frame.width:
        return [name.append_text(phase), sides[2:]]
    return [name.append_text(sides).append_text(phase)]


def _style(view: View, rollout: View) -> str:
    phase = rollout.get("phase")
    if (view.get("next") or {}).get("person"):
        return f"bold {WARNING_COLOUR}"
    if view.get("fault") or phase in _GOING_BACK or phase in ENDED - {"SUCCEEDED"}:
        return f"bold {BAD_COLOUR}"
    return f"bold {GOOD_COLOUR}"


def _track(rollout: View, frame: Frame) -> list[Text]:
    """Return the stations on as many lines as they need, and how long this one has lasted."""
    stations = stage_track(rollout, frame.glyphs)
    if not stations:
        return []
    lines, room = [Text(), Text()], frame.width
    joint = f" {frame.glyphs.line} "
    for station in stations:
        if lines[-1] and len(lines[-1]) + len(joint) + len(station) > room:
            lines.append(Text())
        if lines[-1]:
            lines[-1].append(joint, style="dim")
        lines[-1].append_text(station)
    if rollout["phase"] == "BAKING":
        bake = rollout["stages"][rollout["stage"]]["bakeSeconds"]
        began = moment((rollout.get("evidence") or {}).get("windowStart"))
        if began is not None:
            lasted = (frame.now - began) / timedelta(seconds=1)
            lines.append(Text(f"baked {clock(lasted)} of {clock(bake)}", style="dim"))
    return lines


def _traffic(rollout: View, frame: Frame) -> list[Text]:
    seen = (rollout.get("traffic") or {}).get("seenAt")
    age = f"seen {since(seen, frame.now)} ago" if seen else "not seen yet"
    wide = frame.width >= LABELS_FROM
    room = frame.width - (LABEL if wide else 0)
    bar = split_bar(rollout, min(WIDEST_BAR, room), frame.glyphs)
    if bar is None:
        return [Text(), *_block("TRAFFIC", "not seen yet", frame)]
    lines = [Text(), Text("TRAFFIC".ljust(LABEL) if wide else "", style="bold").append_text(bar)]
    named = Text(" " * LABEL if wide else "")
    for side in [*legend(rollout, frame.glyphs), Text(age, style="dim")]:
        if len(named) + len(side) > frame.width and named.plain.strip():
            lines.append(named)
            named = Text(" " * LABEL if wide else "")
        named.append_text(side).append("  ")
    return [*lines, named]


def _evidence(view: View, rollout: View, frame: Frame) -> list[Text]:
    if rollout.get("phase") in ENDED:
        return []
    wide = frame.width >= LABELS_FROM
    lines: list[Text] = []
    for label, good in (("harm", False), ("pass", True)):
        near = view.get(label)
        if near:
            line = Text(label.upper().ljust(LABEL if wide else len(label) + 1), style="bold")
            bar = odds_bar(near, WIDE_ODDS if wide else NARROW_ODDS, frame.glyphs, good=good)
            line.append_text(bar).append(f" {clean(near['what'], frame.glyphs)}", style="")
            lines.append(line)
    return [Text(), *lines] if lines else []


def _next(view: View, rollout: View, frame: Frame) -> list[Text]:
    following, hold = view.get("next"), rollout.get("hold")
    lines: list[Text] = []
    if hold:
        left = until(hold["expires"], frame.now)
        told = f"by {hold['by']}, {since(hold['since'], frame.now)} ago"
        told += f"; ends by itself in {left}" if left else ""
        lines += _block("HELD", told, frame, WARNING_COLOUR)
    if following:
        left = until(following["at"], frame.now)
        who = "a person: " if following["person"] else ""
        soonest = "" if not left or following["person"] else f", in {left} at the earliest"
        lines += _block("NEXT", f"{who}{following['what']}{soonest}", frame)
    return lines


def _orders(view: View, rollout: View, frame: Frame) -> list[Text]:
    """Name one next step with its command line; the others follow, dimmed."""
    if frame.silent:
        return _without_the_app(view, rollout, frame)
    orders = {each["verb"]: each for each in view.get("allowed") or ()}
    if not orders:
        return []
    person = bool((view.get("next") or {}).get("person"))
    first = next((verb for verb in _FIRST if verb in orders), "") if person else ""
    if not first:
        first = "rollback" if "rollback" in orders else next(iter(orders))
    service = clean(view["service"], frame.glyphs)
    step = orders.pop(first)
    command = f"rollout {first} {service} --reason ..."
    lines = _block("YOU CAN", f"{command}   ({step['means']})", frame, "bold")
    others = _block(" ", f"or {', '.join(orders)}", frame, "dim") if orders else []
    return [*lines, *others]


def _without_the_app(view: View, rollout: View, frame: Frame) -> list[Text]:
    """What moves the traffic back while the app is dead."""
    if not rollout.get("stable") or rollout["phase"] in ENDED:
        return []
    command = f"rollout rollback {view['service']} --direct --to {rollout['stable']} --reason ..."
    return _block("NO APP", command, frame, "bold")


def _decided(history: Iterable[View], frame: Frame) -> list[Text]:
    last = list(history)[-frame.decisions :] if frame.decisions else []
    shown = [decision(entry, frame.glyphs, frame.width) for entry in last]
    return [Text(), *shown] if shown else []


def _block(label: str, text: object, frame: Frame, style: str = "") -> list[Text]:
    """Return a text, wrapped, with its label beside it where there is room."""
    body = clean(text, frame.glyphs)
    wide = frame.width >= LABELS_FROM and bool(label)
    indent = LABEL if wide else 0
    if label.strip() and not wide:
        body = f"{label}: {body}"
    lines = []
    for at, part in enumerate(_wrapped(body, frame.width - indent)):
        head = label.ljust(indent) if at == 0 and wide else " " * indent
        lines.append(Text(head, style="bold").append(part, style=style))
    return lines


def _wrapped(text: str, width: int) -> list[str]:
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}" if lines[-1] else word
    return lines
