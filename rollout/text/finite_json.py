"""JSON as the standard has it: Python's reader also takes NaN, infinities, and what becomes one."""

import json
import math
import re
from typing import Any, NoReturn


class NotFiniteError(ValueError):
    """A number that is none, or too large to be one; the message is one sentence."""


def read_finite(text: str | bytes) -> Any:
    """Return the value of a JSON text.

    Raises:
        NotFiniteError: It holds NaN, an infinity, or a number as large as `1e999`.
        ValueError: It is not JSON.
        RecursionError: It is nested too deeply.
    """
    if isinstance(text, bytes):
        text = text.decode(json.detect_encoding(text), "surrogatepass")
    # As `json.loads`, which would make another decoder for each text.
    if text.startswith("\ufeff"):
        raise json.JSONDecodeError("Unexpected UTF-8 BOM (decode using utf-8-sig)", text, 0)
    return (_WATCHFUL if _PERHAPS_TOO_LARGE.search(text) else _DECODER).decode(text)


def _constant(name: str) -> NoReturn:
    raise NotFiniteError(f"{name} is no JSON number")


def _float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise NotFiniteError(f"{text[:20]} is too large for a number")
    return number


_DECODER = json.JSONDecoder(parse_constant=_constant)
_WATCHFUL = json.JSONDecoder(parse_constant=_constant, parse_float=_float)
"""Calls Python for each number, which only a text with a large one must pay for."""

_PERHAPS_TOO_LARGE = re.compile(r"[0-9][eE]\+?[0-9]|[0-9]{300}")
"""A number with an exponent, or with nearly the 309 digits that the largest one has."""
