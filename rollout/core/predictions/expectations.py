"""Whether a JSON document meets what the policy expects of it.

At a path with `[*]` every item must meet it; the first one that does not is told.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from rollout.core.policy.expectation import Expectation
from rollout.core.predictions.json_paths import (
    Blocked,
    Missing,
    each_at,
    kind_of,
    shown_type,
    type_fits,
)
from rollout.core.predictions.labels import safe_line

EXCERPT_CHARACTERS = 200
DUMPS_HINT = "does run() return json.dumps?"
"""The scoring server makes JSON of what run() returns: a text that is JSON is encoded twice."""


@dataclass(frozen=True)
class Unmet:
    """One expectation that a document does not meet.

    `fault` names the path and what is wrong there, and no value. `sentence` quotes values,
    redacted; `whole` says that the answer's beginning belongs to it.
    """

    fault: str
    sentence: str
    whole: bool = False


def unmet(expect: Expectation, document: Any) -> Iterator[Unmet]:
    """Yield what the document does not meet, in the order of the policy's fields."""
    for path in expect.present:
        yield from islice(_absent(path, each_at(document, path)), 1)
    for path in expect.absent:
        yield from islice(_not_absent(path, each_at(document, path)), 1)
    yield from _each(document, expect.values, _not_value)
    yield from _each(document, expect.types, _not_type)
    yield from _each(document, expect.lengths, _not_length)
    yield from _each(document, expect.ranges, _not_in_range)
    yield from _each(document, expect.close, _not_close)


def same_json(found: Any, wanted: Any) -> bool:
    """Compare as JSON does: `true` is not 1, but 1 is 1.0."""
    if isinstance(found, bool) or isinstance(wanted, bool):
        return found is wanted
    if isinstance(found, list) and isinstance(wanted, list | tuple):
        return len(found) == len(wanted) and all(map(same_json, found, wanted))
    if isinstance(found, dict) and isinstance(wanted, dict):
        return found.keys() == wanted.keys() and all(
            same_json(value, wanted[key]) for key, value in found.items()
        )
    return bool(found == wanted)


def is_number(found: Any) -> bool:
    """Say whether a JSON value is a number; true and false are none."""
    return isinstance(found, int | float) and not isinstance(found, bool)


type _Wrong = tuple[str, str]
"""What is wrong in a few words without a value, and the end of the sentence that quotes it."""


def _each(
    document: Any, wanted: Mapping[str, Any], wrong: Callable[[Any, Any], _Wrong | None]
) -> Iterator[Unmet]:
    for path, want in wanted.items():
        yield from islice(_not_as(path, want, each_at(document, path), wrong), 1)


def _absent(path: str, values: Iterable[Any]) -> Iterator[Unmet]:
    return (_lacks(path, found) for found in values if isinstance(found, Blocked | Missing))


def _not_absent(path: str, values: Iterable[Any]) -> Iterator[Unmet]:
    for found in values:
        if isinstance(found, Blocked):
            # Nothing was looked into, so nothing was seen to be absent.
            text = f"cannot show that '{path}' is absent: {_blocked(found)}"
            yield Unmet(f"not known to lack '{path}'", text, whole=True)
        elif not isinstance(found, Missing):
            yield Unmet(f"has '{path}'", f"has '{path}', which must be absent", whole=True)


def _not_as(
    path: str, want: Any, values: Iterable[Any], wrong: Callable[[Any, Any], _Wrong | None]
) -> Iterator[Unmet]:
    for found in values:
        if isinstance(found, Blocked | Missing):
            yield _lacks(path, found)
        elif (text := wrong(found, want)) is not None:
            yield Unmet(f"{text[0]} at '{path}'", f"has '{path}' = {_json(found)}{text[1]}")


def _not_value(found: Any, wanted: Any) -> _Wrong | None:
    if same_json(found, wanted):
        return None
    return "another value", f" instead of {_json(wanted)}"


def _not_type(found: Any, wanted: Any) -> _Wrong | None:
    if type_fits(found, wanted):
        return None
    return kind_of(found), f", {shown_type(found)} instead of {wanted}"


def _not_length(found: Any, wanted: Any) -> _Wrong | None:
    if not isinstance(found, list | str):
        return kind_of(found), f", {shown_type(found)}, which has no length"
    if len(found) == wanted:
        return None
    return "another length", f", with a length of {len(found)} instead of {wanted}"


def _not_in_range(found: Any, wanted: Any) -> _Wrong | None:
    if not is_number(found):
        return kind_of(found), f", {shown_type(found)} instead of a number"
    if wanted.least <= found <= wanted.most:
        return None
    return "out of range", f", which is not from {wanted.least:g} to {wanted.most:g}"


def _not_close(found: Any, wanted: Any) -> _Wrong | None:
    if not is_number(found):
        return kind_of(found), f", {shown_type(found)} instead of a number"
    # As bounds, because the difference of a huge whole number and a float overflows.
    if wanted.value - wanted.within <= found <= wanted.value + wanted.within:
        return None
    return "not close", f", more than {wanted.within:g} from {wanted.value:g}"


def _lacks(path: str, found: Blocked | Missing) -> Unmet:
    why = "" if isinstance(found, Missing) else f": {_blocked(found)}"
    return Unmet(f"no '{path}'", f"has no '{path}'{why}", whole=True)


def _blocked(found: Blocked) -> str:
    hint = f": {DUMPS_HINT}" if isinstance(found.value, str) else ""
    what = f"{shown_type(found.value)}, not an object{hint}"
    return f"'{found.at}' is {what}" if found.at else f"the answer is {what}"


def _json(value: Any) -> str:
    return safe_line(json.dumps(value, ensure_ascii=False), EXCERPT_CHARACTERS)
