"""Slips that only Azure's type data can show."""

from collections.abc import Iterator

from infra_check.findings import Rule
from infra_check.nodes import Member, Name, Number, Resource, Span, Text, Truth, body_of
from infra_check.program import Program
from infra_check.shapes import Text as TextShape
from infra_check.shapes import Truth as TruthShape
from infra_check.shapes import Whole, without_null
from infra_check.symbols import split_type
from infra_check.type_data import TypeData
from tests.support.infra.mutants import Mutant, operator
from tests.support.infra.syntax_mutants import member_span, mutant, places
from tests.support.infra.typed_places import TypedPlace, is_enum, typed_places

EXTENSION = 16  # the bit of scopes, see infra_check/type_data.py


def all_places(program: Program, types: TypeData | None) -> Iterator[TypedPlace]:
    if types is not None:
        for file in program.files.values():
            yield from typed_places(file, types)


def shown(place: TypedPlace) -> str:
    return f"{place.record.name.rpartition('/')[2]}.{place.property.key.literal}"


@operator
def misspelt_property(program: Program, types: TypeData | None) -> Iterator[Mutant]:
    for each in all_places(program, types):
        new = f"{each.property.key.literal}z"
        key = each.property.key.span
        if "." not in new:
            yield mutant("misspelt", each.file, key, new, Rule.PROPERTY, shown(each))


@operator
def property_in_another_case(program: Program, types: TypeData | None) -> Iterator[Mutant]:
    for each in all_places(program, types):
        key = each.property.key.literal or ""
        if "." not in key and key.upper() not in each.record.fields:
            span = each.property.key.span
            yield mutant("case", each.file, span, key.upper(), Rule.PROPERTY, shown(each))


@operator
def lost_property(program: Program, types: TypeData | None) -> Iterator[Mutant]:
    for each in all_places(program, types):
        if each.field.required:
            span = member_span(each.file, each.property)
            yield mutant("lost", each.file, span, "", Rule.REQUIRED, shown(each))


@operator
def unknown_value(program: Program, types: TypeData | None) -> Iterator[Mutant]:
    for each in all_places(program, types):
        if is_enum(each) and isinstance(each.property.value, Text):
            span = each.property.value.span
            yield mutant("value", each.file, span, "'Odd'", Rule.ENUM, shown(each))


@operator
def text_for_something_else(program: Program, types: TypeData | None) -> Iterator[Mutant]:
    for each in all_places(program, types):
        if isinstance(without_null(each.field.look()), Whole | TruthShape):
            span = each.property.value.span
            yield mutant("text", each.file, span, "'12'", Rule.TYPE, shown(each))


@operator
def number_for_text(program: Program, types: TypeData | None) -> Iterator[Mutant]:
    for each in all_places(program, types):
        value = each.property.value
        if isinstance(without_null(each.field.look()), TextShape) and isinstance(value, Text):
            yield mutant("number", each.file, value.span, "12", Rule.TYPE, shown(each))


@operator
def list_for_a_single_value(program: Program, types: TypeData | None) -> Iterator[Mutant]:
    for each in all_places(program, types):
        value = each.property.value
        if isinstance(value, Text | Number | Truth):
            span = value.span
            new = f"[{each.file.text[span.start : span.end]}]"
            yield mutant("list", each.file, span, new, Rule.TYPE, shown(each))


@operator
def unknown_version(program: Program, types: TypeData | None) -> Iterator[Mutant]:
    for file, node in places(program, Resource):
        name = (node.type.literal or "").partition("@")[0]
        if types is not None:
            new = f"'{name}@2019-12-31'"
            yield mutant("version", file, node.type.span, new, Rule.API_VERSION, node.name)


@operator
def unknown_type(program: Program, types: TypeData | None) -> Iterator[Mutant]:
    for file, node in places(program, Resource):
        if types is not None:
            new = f"'{(node.type.literal or '').replace('@', 's@')}'"
            yield mutant("type", file, node.type.span, new, Rule.RESOURCE_TYPE, node.name)


@operator
def set_what_azure_sets(program: Program, types: TypeData | None) -> Iterator[Mutant]:
    for file, node in places(program, Resource):
        body = body_of(node.value)
        if types is not None and not node.existing and body is not None:
            span = Span(body.span.start + 1, body.span.start + 1)
            yield mutant("read-only", file, span, "\n  id: 'x'", Rule.READ_ONLY, node.name)


@operator
def unknown_property_is_read(program: Program, types: TypeData | None) -> Iterator[Mutant]:
    for file, node in places(program, Member):
        names = {each.name for each in file.all(Resource)}
        inner = node.object
        known = isinstance(inner, Member) and isinstance(inner.object, Name)
        if types is None or not known or not isinstance(inner, Member):
            continue
        if isinstance(inner.object, Name) and inner.object.name in names:
            yield mutant("read", file, node.name_span, f"{node.name}z", Rule.PROPERTY)


@operator
def extension_of_what_is_none(program: Program, types: TypeData | None) -> Iterator[Mutant]:
    for file, node in places(program, Resource):
        body = body_of(node.value)
        found = file.all(Resource)
        if types is None or body is None or node.existing or body.get("scope"):
            continue
        made = types.get(*split_type(node.type.literal or ""))
        if made is None or made.scopes & EXTENSION:
            continue
        others = [each.name for each in found if each.name != node.name]
        if others and body.get("parent") is None and file.scope == "resourceGroup":
            span = Span(body.span.start + 1, body.span.start + 1)
            new = f"\n  scope: {others[0]}"
            yield mutant("extension", file, span, new, Rule.SCOPE, node.name)
