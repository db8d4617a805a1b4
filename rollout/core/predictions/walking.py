"""Walks through a document that visit at most `MAX_VALUES` values, without recursion."""

from collections.abc import Iterator
from typing import Any

from rollout.core.predictions.json_paths import EVERY, WHOLE

MAX_VALUES = 20_000
"""Of one body so many values are compared, digested, looked at for faults, counted, learnt from."""


def walk(document: Any) -> Iterator[tuple[str, Any]]:
    """Yield each place and what is there, in the document's order; a list's items share a place."""
    stack: list[tuple[str, Any]] = [(WHOLE, document)]
    left = MAX_VALUES
    while stack and left:
        path, found = stack.pop()
        left -= 1
        yield path, found
        if isinstance(found, dict):
            inner = [(below(path, key), value) for key, value in found.items()]
            stack.extend(inner[:left][::-1])
        elif isinstance(found, list):
            place = items_of(path)
            stack.extend([(place, item) for item in found[:left]][::-1])


def leaves(values: list[Any]) -> Iterator[Any]:
    """Yield the values, of nested lists what they hold."""
    stack, left = values[:MAX_VALUES][::-1], MAX_VALUES
    while stack and left:
        found = stack.pop()
        left -= 1
        if isinstance(found, list):
            stack.extend(found[:left][::-1])
        else:
            yield found


def innermost(value: Any) -> Iterator[list[Any]]:
    """Yield the lists that hold no further list; a value that is none as a list of its own."""
    stack, left = [value], MAX_VALUES
    while stack and left:
        found = stack.pop()
        left -= 1
        if isinstance(found, list) and any(isinstance(item, list) for item in found):
            stack.extend(found[:left][::-1])
        else:
            yield found if isinstance(found, list) else [found]


def below(path: str, key: str) -> str:
    """Return the place of a key of the object at a place."""
    return key if path == WHOLE else f"{path}.{key}"


def items_of(path: str) -> str:
    """Return the place of the items of the list at a place."""
    return EVERY if path == WHOLE else f"{path}{EVERY}"
