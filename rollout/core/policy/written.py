"""A policy as a file would write it, with every default stated; and where two of them differ."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from rollout.core.policy.document import DOCUMENT, AlertDocument, ModelDocument
from rollout.core.policy.model import Policy

_ABSENT = object()


@dataclass(frozen=True)
class Difference:
    """`path` is a field's, such as `stages[0].weight`; a side that lacks it has None."""

    path: str
    frozen: Any
    published: Any


def written(policy: Policy) -> dict[str, Any]:
    """Return the document that reads as this policy.

    `gate.max_bake` is left out where the policy leaves it to the plan.
    """
    fields = {
        entry.argument: getattr(policy, entry.argument)
        for entry in DOCUMENT.entries
        if hasattr(policy, entry.argument)
    }
    parts = {
        "model": ModelDocument(policy.model, policy.tags),
        "alert": AlertDocument(policy.alert_clock_allowance),
    }
    shown: dict[str, Any] = DOCUMENT.show(SimpleNamespace(**{**fields, **parts}))
    if policy.max_bake_auto:
        del shown["gate"]["max_bake"]
    return shown


def differences(frozen: Mapping[str, Any], published: Mapping[str, Any]) -> tuple[Difference, ...]:
    """Compare two documents field by field, in the order in which they stand."""
    ones, others = dict(_leaves(frozen)), dict(_leaves(published))
    return tuple(
        Difference(path, ones.get(path), others.get(path))
        for path in (*ones, *(each for each in others if each not in ones))
        if not _alike(ones.get(path, _ABSENT), others.get(path, _ABSENT))
    )


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value that holds no others, under its path; an empty mapping or list is one."""
    if isinstance(value, Mapping) and value:
        for key, each in value.items():
            yield from _leaves(each, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and value:
        for number, each in enumerate(value):
            yield from _leaves(each, f"{path}[{number}]")
    else:
        yield path, value


def _alike(one: Any, other: Any) -> bool:
    # False is 0 to Python, and `false` is none to a policy.
    return type(one) is type(other) and bool(one == other)
