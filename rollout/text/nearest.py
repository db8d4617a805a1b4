"""Hints for a misspelt word."""

import difflib
from collections.abc import Iterable


def nearest(word: object, known: Iterable[str]) -> str:
    """Return ` (did you mean "x"?)`, or nothing where no known word is near."""
    close = difflib.get_close_matches(str(word), [str(each) for each in known], n=1)
    return f' (did you mean "{close[0]}"?)' if close else ""
