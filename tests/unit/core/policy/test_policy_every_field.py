"""Every value that a policy becomes can be written in its file: no field without an entry."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any, get_args, get_type_hints

import pytest

from rollout.core.policy.compounds import ListOf, MapOf, OneOf, OrOff, Record
from rollout.core.policy.document import ALERT, DOCUMENT, MODEL
from rollout.core.policy.expectation import Interval, Near
from rollout.core.policy.expectation_document import BODY_EXPECT
from rollout.core.policy.model import Policy
from rollout.core.policy.values import Kind


def records(kind: Kind) -> Iterator[Record]:
    """Every record below a kind, itself included."""
    if isinstance(kind, OrOff | ListOf):
        yield from records(kind.kind)
    if isinstance(kind, MapOf):
        yield from records(kind.values)
    if isinstance(kind, OneOf):
        yield from records(kind.record)
    if isinstance(kind, Record):
        yield kind
        for entry in kind.entries:
            yield from records(entry.kind)


def built(record: Record) -> type[Any]:
    """The class of what a record becomes; a record built by a function states its defaults."""
    return record.build if isinstance(record.build, type) else type(record.defaults)


def values_of(kind: Any) -> Iterator[type[Any]]:
    """Every dataclass below a type hint."""
    if isinstance(kind, type) and is_dataclass(kind):
        yield kind
        for hint in get_type_hints(kind).values():
            yield from values_of(hint)
    for part in get_args(kind):
        yield from values_of(part)


PAIRS = {Interval, Near}
"""Written as lists of two numbers, not as records."""

NOT_OF_A_BODY = {"status", "latency"}
"""Of an answer that is looked at without them; to write them would mean nothing."""

VALUES = sorted(set(values_of(Policy)) - {Policy} - PAIRS, key=lambda each: each.__name__)
RECORDS = [each for each in records(DOCUMENT) if each not in (DOCUMENT, MODEL, ALERT)]


@pytest.mark.parametrize("value", VALUES)
def test_every_field_of_a_part_of_a_policy_has_an_entry(value: type[Any]) -> None:
    written = [each for each in RECORDS if built(each) is value]
    assert written, f"{value.__name__} has no record in the document tables"
    for record in written:
        left_out = NOT_OF_A_BODY if record is BODY_EXPECT else set()
        assert {entry.argument for entry in record.entries} == {
            each.name for each in fields(value)
        } - left_out


def test_every_field_of_a_policy_has_an_entry() -> None:
    written = {entry.argument for entry in DOCUMENT.entries} - {"model", "alert"}
    written |= {"model", *(entry.key for entry in MODEL.entries if entry.key != "name")}
    written |= {f"alert_{entry.key}" for entry in ALERT.entries}
    # Said by leaving `gate.max_bake` out.
    written |= {"max_bake_auto"}
    assert written == {each.name for each in fields(Policy)}


def test_the_walk_finds_nested_parts() -> None:
    names = {value.__name__ for value in VALUES}
    assert {"GatePolicy", "Budget", "Margin", "CustomCheck", "Expectation", "Stage"} <= names
