"""Whether one answer to a sample request meets what the policy expects of it."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from rollout.adapters.azure_ml.json_paths import Blocked, Missing, at_path, shown_type, type_fits
from rollout.core.policy.expectation import Expectation
from rollout.text.finite_json import NotFiniteError, read_finite
from rollout.text.redaction import redacted_line

EXCERPT_CHARACTERS = 200
EXCERPT_BYTES = 32 * 1024
"""How much of an answer of megabytes is decoded to show its beginning: more than redaction reads.
"""

_DUMPS = "does run() return json.dumps?"
"""The scoring server makes JSON of what run() returns: a text that is JSON is encoded twice."""


@dataclass(frozen=True)
class Judged:
    """`failures` has a sentence for each expectation not met; `note` belongs to the evidence."""

    failures: tuple[str, ...] = ()
    note: str = ""


def judged(expect: Expectation, status: int, body: bytes, took: timedelta) -> Judged:
    """Compare one answer with what is expected of it.

    An answer that is a JSON text with JSON inside is unwrapped once; the note says so.
    """
    if status != expect.status:
        return Judged((f"answered {status} instead of {expect.status}: {excerpt(body)}",))
    failures: list[str] = []
    if expect.latency is not None and took > expect.latency:
        failures.append(f"took {_milliseconds(took)}, more than {_milliseconds(expect.latency)}")
    if not _looks_inside(expect):
        return Judged(tuple(failures))
    try:
        document = read_finite(body)
    except (ValueError, RecursionError) as error:
        # Python's servers write NaN, which no other reader of JSON takes.
        why = f" ({error})" if isinstance(error, NotFiniteError) else ""
        return Judged((*failures, f"did not answer JSON{why}: {excerpt(body)}"))
    inner = _unwrapped(document)
    failures += _unmet(expect, document if inner is None else inner, excerpt(body))
    note = "" if inner is None else f"JSON inside a JSON text, read once more: {_DUMPS}"
    return Judged(tuple(failures), note)


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


def excerpt(body: bytes) -> str:
    """Return the beginning of an answer as one safe line."""
    return (
        redacted_line(body[:EXCERPT_BYTES].decode(errors="replace"), EXCERPT_CHARACTERS)
        or "an empty body"
    )


def _unwrapped(document: Any) -> Any:
    """Return the object or list inside a text, None where there is none."""
    if not isinstance(document, str):
        return None
    try:
        inner = read_finite(document)
    except (ValueError, RecursionError):
        return None
    return inner if isinstance(inner, dict | list) else None


def _looks_inside(expect: Expectation) -> bool:
    return bool(
        expect.present
        or expect.absent
        or expect.values
        or expect.types
        or expect.lengths
        or expect.ranges
        or expect.close
    )


def _unmet(expect: Expectation, document: Any, shown: str) -> Iterator[str]:
    for path in expect.present:
        found = at_path(document, path)
        if isinstance(found, Blocked | Missing):
            yield _lacks(path, found, shown)
    for path in expect.absent:
        found = at_path(document, path)
        if isinstance(found, Blocked):
            # Nothing was looked into, so nothing was seen to be absent.
            yield f"cannot show that '{path}' is absent: {_blocked(found)}: {shown}"
        elif not isinstance(found, Missing):
            yield f"has '{path}', which must be absent: {shown}"
    yield from _each(document, expect.values, shown, _not_value)
    yield from _each(document, expect.types, shown, _not_type)
    yield from _each(document, expect.lengths, shown, _not_length)
    yield from _each(document, expect.ranges, shown, _not_in_range)
    yield from _each(document, expect.close, shown, _not_close)


def _each(
    document: Any,
    wanted: Mapping[str, Any],
    shown: str,
    wrong: Callable[[Any, Any], str | None],
) -> Iterator[str]:
    for path, want in wanted.items():
        found = at_path(document, path)
        if isinstance(found, Blocked | Missing):
            yield _lacks(path, found, shown)
        elif (text := wrong(found, want)) is not None:
            yield f"has '{path}' = {_json(found)}{text}"


def _not_value(found: Any, wanted: Any) -> str | None:
    return None if same_json(found, wanted) else f" instead of {_json(wanted)}"


def _not_type(found: Any, wanted: Any) -> str | None:
    return None if type_fits(found, wanted) else f", {shown_type(found)} instead of {wanted}"


def _not_length(found: Any, wanted: Any) -> str | None:
    if not isinstance(found, list | str):
        return f", {shown_type(found)}, which has no length"
    return None if len(found) == wanted else f", with a length of {len(found)} instead of {wanted}"


def _not_in_range(found: Any, wanted: Any) -> str | None:
    if not _is_number(found):
        return f", {shown_type(found)} instead of a number"
    inside = wanted.least <= found <= wanted.most
    return None if inside else f", which is not from {wanted.least:g} to {wanted.most:g}"


def _not_close(found: Any, wanted: Any) -> str | None:
    if not _is_number(found):
        return f", {shown_type(found)} instead of a number"
    # As bounds, because the difference of a huge whole number and a float overflows.
    near = wanted.value - wanted.within <= found <= wanted.value + wanted.within
    return None if near else f", more than {wanted.within:g} from {wanted.value:g}"


def _is_number(found: Any) -> bool:
    return isinstance(found, int | float) and not isinstance(found, bool)


def _lacks(path: str, found: Blocked | Missing, shown: str) -> str:
    if isinstance(found, Missing):
        return f"has no '{path}': {shown}"
    return f"has no '{path}': {_blocked(found)}: {shown}"


def _blocked(found: Blocked) -> str:
    hint = f": {_DUMPS}" if isinstance(found.value, str) else ""
    what = f"{shown_type(found.value)}, not an object{hint}"
    return f"'{found.at}' is {what}" if found.at else f"the answer is {what}"


def _milliseconds(duration: timedelta) -> str:
    return f"{duration / timedelta(milliseconds=1):.0f} ms"


def _json(value: Any) -> str:
    return redacted_line(json.dumps(value, ensure_ascii=False), EXCERPT_CHARACTERS)
