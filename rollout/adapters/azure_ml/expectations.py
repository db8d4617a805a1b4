"""Whether one answer to a sample request meets what the policy expects of it."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from rollout.core.policy.model import Expectation
from rollout.text.redaction import redacted_line

EXCERPT_CHARACTERS = 200
_MISSING = object()


def unmet(expect: Expectation, status: int, body: bytes, took: timedelta) -> Iterator[str]:
    """Yield one sentence for each expectation that the answer does not meet."""
    if status != expect.status:
        yield f"answered {status} instead of {expect.status}: {excerpt(body)}"
        return
    if expect.latency is not None and took > expect.latency:
        yield f"took {_milliseconds(took)}, more than {_milliseconds(expect.latency)}"
    if not (expect.present or expect.absent or expect.values):
        return
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        yield f"did not answer JSON: {excerpt(body)}"
        return
    yield from _unmet_fields(expect, document, body)


def at_path(document: Any, path: str) -> Any:
    """Return the value at a dotted path (`scores.0.label`; numbers index lists), or a private mark.

    A null counts as present.
    """
    found = document
    for part in path.split("."):
        if isinstance(found, dict) and part in found:
            found = found[part]
        elif isinstance(found, list) and part.isascii() and part.isdigit():
            if int(part) >= len(found):
                return _MISSING
            found = found[int(part)]
        else:
            return _MISSING
    return found


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


def _unmet_fields(expect: Expectation, document: Any, body: bytes) -> Iterator[str]:
    for path in expect.present:
        if at_path(document, path) is _MISSING:
            yield f"has no '{path}': {excerpt(body)}"
    for path in expect.absent:
        if at_path(document, path) is not _MISSING:
            yield f"has '{path}', which must be absent: {excerpt(body)}"
    for path, wanted in expect.values.items():
        found = at_path(document, path)
        if found is _MISSING:
            yield f"has no '{path}': {excerpt(body)}"
        elif not same_json(found, wanted):
            yield f"has '{path}' = {_json(found)} instead of {_json(wanted)}"


def excerpt(body: bytes) -> str:
    """Return the beginning of an answer as one safe line."""
    return redacted_line(body.decode(errors="replace"), EXCERPT_CHARACTERS) or "an empty body"


def _milliseconds(duration: timedelta) -> str:
    return f"{duration / timedelta(milliseconds=1):.0f} ms"


def _json(value: Any) -> str:
    return redacted_line(json.dumps(value, ensure_ascii=False), EXCERPT_CHARACTERS)
