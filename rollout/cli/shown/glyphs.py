"""The characters that pictures are made of; sides and states differ by them, not only by colour."""

from dataclasses import dataclass

from rollout.cli.safe_text import printable


@dataclass(frozen=True)
class Glyphs:
    """One character each, but for `arrow` and the brackets; all of one kind are equally wide."""

    stable: str
    candidate: str
    other: str
    empty: str
    full: str
    done: str
    now: str
    to_come: str
    line: str
    arrow: str
    person: str
    fault: str
    middle: str


UNICODE = Glyphs(
    stable="█",
    candidate="▒",
    other="▚",
    empty="·",
    full="▬",
    done="●",
    now="◉",
    to_come="○",
    line="─",
    arrow="→",
    person="!",
    fault="x",
    middle="·",
)
ASCII = Glyphs(
    stable="#",
    candidate="=",
    other="%",
    empty=".",
    full="#",
    done="x",
    now=">",
    to_come="o",
    line="-",
    arrow="->",
    person="!",
    fault="x",
    middle="-",
)

COLOURS = {"blue": "blue", "green": "green"}
OTHER_COLOUR, GOOD_COLOUR, WARNING_COLOUR, BAD_COLOUR = "cyan", "green", "yellow", "red"
"""Colours of deployments follow their names, because these alternate: the candidate of one rollout
is the stable of the next, and `blue-3` drawn green would mislead."""


def colour_of(deployment: str) -> str:
    """Return the colour that a deployment's name asks for."""
    return COLOURS.get(deployment.partition("-")[0], OTHER_COLOUR)


def clean(text: object, glyphs: Glyphs) -> str:
    """Make other people's text harmless: one line, and ASCII where only that is wanted."""
    line = printable(str(text)).replace("\n", " ")
    return line.encode("ascii", "replace").decode() if glyphs is ASCII else line
