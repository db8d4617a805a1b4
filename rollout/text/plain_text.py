"""Foreign text made harmless for logs, terminals and pages: one line, visible characters only."""

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_DIRECTION_MARKS = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
_ELLIPSIS = "..."


def visible_line(text: str, longest: int) -> str:
    """Return `text` cut to `longest` characters, with every control character replaced.

    That covers line breaks, escape sequences of terminals, marks that reverse the reading
    direction, and lone surrogates, which no encoder takes.
    """
    cut = text if len(text) <= longest else text[: longest - len(_ELLIPSIS)] + _ELLIPSIS
    if cut.isascii() and cut.isprintable():
        return cut
    return "".join(each if _is_harmless(each) else REPLACEMENT for each in cut)


def _is_harmless(character: str) -> bool:
    return character.isprintable() and character not in _DIRECTION_MARKS
