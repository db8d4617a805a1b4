"""Markdown for pages that many people read: other people's text shows as it is, and does nothing.

Both hosts render GitHub's flavour, with HTML. Every character that could begin a tag, a mention, a
reference or markup is written as a reference to itself, which is text by CommonMark's rules.
"""

import re
from collections.abc import Iterable, Sequence

from rollout.text.plain_text import visible_line

LONGEST_CELL = 500
CUT = "\n\n*More did not fit: the log has all of it.*\n"
_PLAIN = re.compile(r"[A-Za-z0-9 .,;/%()=+\u0080-\U0010ffff-]")
_BREAKER = "&#8203;"
"""A space without width: with it behind, `@name` and `#12` call nobody and lead nowhere."""

_CALLING = frozenset("@#")
_TICKS = re.compile(r"`+")
_LEAST_TICKS = 3


def text(value: object) -> str:
    """Return one line of other people's text, to stand anywhere in Markdown."""
    shown = visible_line(str(value), LONGEST_CELL)
    return "".join(each if _PLAIN.fullmatch(each) else _reference(each) for each in shown)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of cells that are Markdown already; "" without rows."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    if not lines:
        return ""
    return "\n".join([f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}", *lines]) + "\n"


def block(content: str) -> str:
    """Return lines as they are, in a fence that nothing in them ends."""
    shown = "\n".join(visible_line(line, LONGEST_CELL) for line in content.strip("\n").split("\n"))
    longest = max((len(each) for each in _TICKS.findall(shown)), default=0)
    fence = "`" * max(_LEAST_TICKS, longest + 1)
    return f"{fence}text\n{shown}\n{fence}\n"


def page(sections: Iterable[str], most: int) -> str:
    """Join whole sections up to `most` bytes of UTF-8; say so where some do not fit."""
    whole = ""
    room = most - len(CUT.encode())
    for section in sections:
        longer = f"{whole}\n{section}" if whole else section
        if len(longer.encode()) > room:
            return whole + CUT
        whole = longer
    return whole


def _reference(character: str) -> str:
    breaker = _BREAKER if character in _CALLING else ""
    return f"&#{ord(character)};{breaker}"
