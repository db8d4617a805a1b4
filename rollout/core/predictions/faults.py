"""What no release is meant to answer, found in one body alone: a path and a kind, never a value.

Numbers that JSON does not have, what the policy expects and does not find, fields that the policy
writes, and an error told in an answer that claims success.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from rollout.core.policy.expectation import Expectation
from rollout.core.policy.quality_model import Contract
from rollout.core.predictions.bodies import Body
from rollout.core.predictions.expectations import unmet
from rollout.core.predictions.field_rules import broken_rules
from rollout.core.predictions.labels import safe_line
from rollout.core.predictions.walking import walk

FAULT_CHARACTERS = 80
MAX_FAULTS = 10
"""Of one body; the first is told."""

ERROR_FIELDS = frozenset({"error", "errors", "exception", "traceback"})
"""Where scripts that swallow their exceptions put them, in whatever case."""

NO_ERROR = frozenset({"", "none", "null", "no", "ok", "false"})
"""What a text in such a field says where there is no error, in whatever case."""

_LARGEST_EXPONENT = 1023
"""Whole numbers of more bits may be beyond every float: other readers of JSON see infinity."""


def faults_of(
    body: Body, expects: Sequence[Expectation], contract: Contract | None
) -> tuple[str, ...]:
    """Return what is wrong with a body, worst first, each redacted and cut to 80 characters."""
    if body.fault:
        return (body.fault,)
    if body.too_long:
        return ()
    found = islice(_faults(body.document, expects, contract), MAX_FAULTS)
    return tuple(dict.fromkeys(safe_line(each, FAULT_CHARACTERS) for each in found))


def _faults(
    document: Any, expects: Sequence[Expectation], contract: Contract | None
) -> Iterator[str]:
    if told := error_told(document, expects, contract):
        yield told
    if number := not_a_number(document):
        yield number
    for expect in expects:
        for each in unmet(expect, document):
            yield each.fault
    if contract is not None:
        yield from broken_rules(contract.fields, document)


def error_told(
    document: Any, expects: Sequence[Expectation] = (), contract: Contract | None = None
) -> str:
    """Say that an answer tells of an error, or "".

    Only a text, list, object or `true` at the top counts: a number called `error` is a margin. A
    policy that names the field knows better. Without a contract nothing is guessed.
    """
    if contract is None or not isinstance(document, dict):
        return ""
    named = {*contract.fields}
    for expect in expects:
        named |= {*expect.present, *expect.values, *expect.types, *expect.lengths}
    for key, value in document.items():
        if key.lower() in ERROR_FIELDS and key not in named and _tells(value):
            return f"has '{key}'"
    return ""


def _tells(value: Any) -> bool:
    """Say whether a field for errors holds one."""
    if isinstance(value, str):
        return value.strip().lower() not in NO_ERROR
    return value is True or (isinstance(value, list | dict) and bool(value))


def not_a_number(document: Any) -> str:
    """Name the first number that JSON does not have, or that no other reader can hold, or ""."""
    for path, found in walk(document):
        if isinstance(found, float) and not math.isfinite(found):
            return f"{'NaN' if math.isnan(found) else 'infinity'} at '{path}'"
        if isinstance(found, int) and found.bit_length() > _LARGEST_EXPONENT:
            return f"infinity at '{path}'"
    return ""
