"""What a label is, how two are compared, and how one is quoted.

A label is a text, true or false, or a whole number of at most three digits: `0`, `17`, `-1`. Other
numbers are measures. In JSON 1.0 is a float, so it is a measure, too; scored against a label `1`,
both are class 1. A policy that lists a path with a kind decides it for that path.
"""

import re
from typing import Any

from rollout.text.plain_text import visible_line
from rollout.text.redaction import redacted_line

LABEL_DIGITS = 3
LABEL_CHARACTERS = 24
"""A longer text is not quoted: it is a sentence rather than a class."""

_LARGEST = 10**LABEL_DIGITS - 1
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,15})?")
_WHOLE_FLOATS = 1e15


def is_label(value: Any) -> bool:
    """Say whether a JSON value is a label rather than a measure; null is neither."""
    if isinstance(value, bool | str):
        return True
    return isinstance(value, int) and abs(value) <= _LARGEST


def label_text(value: Any) -> str | None:
    """Return a scalar as a text: of `1`, `1.0` the same; None for null, lists and objects."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        # -0.0 is 0; a huge whole float would have up to 309 digits.
        whole = value.is_integer() and abs(value) < _WHOLE_FLOATS
        return f"{value + 0.0:.0f}" if whole else f"{value:.15g}"
    if isinstance(value, int):
        return str(value)
    return None


def same_label(found: Any, wanted: Any) -> bool:
    """Say whether two scalars are the same class: `1` of an answer is `"1"` and `"1.0"` of a file.

    A `.csv` file has texts only, and pandas writes `1.0` and `True`. `"007"` stays a text.
    """
    one, other = label_text(found), label_text(wanted)
    return one is not None and other is not None and _class_of(one) == _class_of(other)


def _class_of(text: str) -> str:
    plain = text.strip()
    if plain.lower() in {"true", "false"}:
        return plain.lower()
    if _NUMBER.fullmatch(plain):
        return label_text(float(plain)) or plain
    return plain


def quoted_label(value: Any) -> str | None:
    """Return a label as a sentence may quote it; None where it is too long to be one."""
    text = label_text(value)
    if text is None or len(text) > LABEL_CHARACTERS:
        return None
    return safe_line(text, LABEL_CHARACTERS) or '""'


def safe_line(text: str, limit: int) -> str:
    """Return one redacted line that every encoder takes: JSON may hold lone surrogates."""
    return visible_line(redacted_line(text, limit), limit)
