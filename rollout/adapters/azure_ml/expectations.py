"""Whether one answer to a sample request meets what the policy expects of it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from rollout.core.policy.expectation import Expectation
from rollout.core.predictions.expectations import DUMPS_HINT, EXCERPT_CHARACTERS, unmet
from rollout.text.finite_json import NotFiniteError, read_finite
from rollout.text.redaction import redacted_line

EXCERPT_BYTES = 32 * 1024
"""How much of an answer of megabytes is decoded to show its beginning: more than redaction reads.
"""


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
    if not expect.looks_inside:
        return Judged(tuple(failures))
    try:
        document = read_finite(body)
    except (ValueError, RecursionError) as error:
        # Python's servers write NaN, which no other reader of JSON takes.
        why = f" ({error})" if isinstance(error, NotFiniteError) else ""
        return Judged((*failures, f"did not answer JSON{why}: {excerpt(body)}"))
    inner = _unwrapped(document)
    shown = excerpt(body)
    failures += (
        f"{each.sentence}: {shown}" if each.whole else each.sentence
        for each in unmet(expect, document if inner is None else inner)
    )
    note = "" if inner is None else f"JSON inside a JSON text, read once more: {DUMPS_HINT}"
    return Judged(tuple(failures), note)


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


def _milliseconds(duration: timedelta) -> str:
    return f"{duration / timedelta(milliseconds=1):.0f} ms"
