"""Where our files write a property whose type Azure's data know: what typed mutants change."""

from collections.abc import Iterator
from dataclasses import dataclass

from infra_check.nodes import Expression, Items, Members, Property, Resource, body_of, walk
from infra_check.nodes import Text as TextNode
from infra_check.program import SourceFile
from infra_check.shapes import Field, ListOf, Record, Shape, Text, Variants, without_null
from infra_check.symbols import split_type
from infra_check.type_data import TypeData

_LANGUAGE = frozenset({"parent", "scope", "dependsOn"})


@dataclass(frozen=True)
class TypedPlace:
    """One `key: value` in an object of a closed type, and the field it fills.

    Not the key that decides between types: without it nothing else can be judged.
    """

    file: SourceFile
    owner: Members
    property: Property
    field: Field
    record: Record


def typed_places(file: SourceFile, types: TypeData) -> Iterator[TypedPlace]:
    for node in walk(file.declarations):
        if not isinstance(node, Resource) or node.existing:
            continue
        found = types.get(*split_type(node.type.literal or ""))
        body = body_of(node.value)
        if found is not None and body is not None:
            yield from _below(file, body, found.body)


def _below(file: SourceFile, node: Expression, shape: Shape) -> Iterator[TypedPlace]:
    shape = without_null(shape)
    if isinstance(node, Items) and isinstance(shape, ListOf):
        for item in node.items:
            if isinstance(item, Members):
                yield from _below(file, item, shape.item)
    if not isinstance(node, Members):
        return
    record = _record(node, shape)
    if record is None:
        return
    decides = shape.key if isinstance(shape, Variants) else None
    for each in node.properties:
        key = each.key.literal or ""
        if key in record.fields and key not in _LANGUAGE:
            field = record.fields[key]
            if record.rest is None and key != decides:
                yield TypedPlace(file, node, each, field, record)
            yield from _below(file, each.value, field.look())


def _record(node: Members, shape: Shape) -> Record | None:
    if isinstance(shape, Record):
        return shape
    if not isinstance(shape, Variants):
        return None
    given = node.get(shape.key)
    key = given.literal if isinstance(given, TextNode) else None
    found = shape.records[key]() if key is not None and key in shape.records else None
    if not isinstance(found, Record):
        return None
    return Record(found.name, {**shape.common, **found.fields}, found.rest)


def is_enum(place: TypedPlace) -> bool:
    shape = without_null(place.field.look())
    return isinstance(shape, Text) and shape.values is not None
