"""Paths into a JSON answer: `result.score`, `scores.0.label`, `[0].score`, `$` for all of it.

`[*]` stands for every item of a list: `predictions[*].label`.
"""

import re
from collections import deque
from dataclasses import dataclass
from typing import Any, assert_never

from rollout.core.policy.expectation import JsonType

WHOLE = "$"
EVERY = "[*]"
_INDEXED = re.compile(r"(?P<name>[^\[\]]*+)(?P<indexes>(?:\[[0-9]{1,9}\])++)")
_INDEX = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True)
class Missing:
    """The place could have held it, and does not."""


@dataclass(frozen=True)
class Blocked:
    """A name was asked of `value`, which is no object; `at` is its own path, "" for the answer."""

    at: str
    value: Any


def at_path(document: Any, path: str) -> Any:
    """Return the value at a path, or `Missing` or `Blocked`; a null counts as present.

    Numbers index lists, with or without brackets. An object's own key goes first, whatever it looks
    like. A number, true, false or null inside the answer has no fields, so those are `Missing`.
    """
    if path == WHOLE and not (isinstance(document, dict) and WHOLE in document):
        return document
    found, walked = document, ""
    steps = deque(path.split("."))
    while steps:
        part = steps.popleft()
        own_key = isinstance(found, dict) and part in found
        if not own_key and (match := _INDEXED.fullmatch(part)) is not None:
            # `scores[0][1]` are three steps.
            named = [match["name"]] if match["name"] else []
            steps.extendleft(reversed([*named, *_INDEX.findall(match["indexes"])]))
            continue
        if isinstance(found, dict):
            if part not in found:
                return Missing()
            found = found[part]
        elif isinstance(found, list) and _INDEX.fullmatch(part):
            if int(part) >= len(found):
                return Missing()
            found = found[int(part)]
        elif not walked or isinstance(found, list | str):
            return Blocked(walked, found)
        else:
            return Missing()
        walked = f"{walked}.{part}" if walked else part
    return found


def each_at(document: Any, path: str) -> list[Any]:
    """Return what is at a path, one value for each item that its `[*]` stand for.

    Each value may be `Missing` or `Blocked`, and so is the only one where no list is at a `[*]`.
    """
    head, star, rest = path.partition(EVERY)
    if not star:
        return [at_path(document, path)]
    found = at_path(document, head) if head else document
    if isinstance(found, Blocked | Missing):
        return [found]
    if not isinstance(found, list):
        return [Blocked(head, found)]
    rest = rest.removeprefix(".")
    return [value for item in found for value in each_at(item, rest)] if rest else found


def is_missing(found: Any) -> bool:
    """Say whether a path led nowhere."""
    return isinstance(found, Blocked | Missing)


def kind_of(value: Any) -> str:
    """Name what is at a path in one word."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "text"
    if is_missing(value):
        return "missing"
    return "list" if isinstance(value, list) else "object"


def type_fits(value: Any, wanted: JsonType) -> bool:
    """Say whether a JSON value is of this type."""
    match wanted:
        case JsonType.OBJECT:
            return isinstance(value, dict)
        case JsonType.LIST:
            return isinstance(value, list)
        case JsonType.TEXT:
            return isinstance(value, str)
        case JsonType.BOOLEAN:
            return isinstance(value, bool)
        case JsonType.NULL:
            return value is None
        case JsonType.NUMBER:
            return isinstance(value, int | float) and not isinstance(value, bool)
        case JsonType.INTEGER:
            whole = isinstance(value, float) and value.is_integer()
            return whole or (isinstance(value, int) and not isinstance(value, bool))
        case never:
            assert_never(never)


def shown_type(value: Any) -> str:
    """Name a JSON value's type in a sentence."""
    if isinstance(value, bool):
        return "true or false"
    if value is None:
        return "null"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a JSON text"
    return "a JSON list" if isinstance(value, list) else "a JSON object"
