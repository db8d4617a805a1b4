"""The shape of `a.b`, `a[b]` and `a::b`, and whether it exists."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from infra_check.findings import Rule
from infra_check.nodes import Expression, Index, Member, Nested, Text
from infra_check.shapes import (
    ANYTHING,
    NOTHING,
    TEXT,
    WHOLE,
    Anything,
    Either,
    Field,
    ListOf,
    ModuleShape,
    Nothing,
    Nullable,
    Record,
    ResourceShape,
    ScopeShape,
    Shape,
    Variants,
    Whole,
    either,
    field_of,
    may_be_null,
    named,
    same_kind,
    without_null,
)
from infra_check.shapes import Text as TextShape

if TYPE_CHECKING:
    from infra_check.inference import Inference, Locals

# Every resource has these, whatever else is known about it.
_ALWAYS = {"id": TEXT, "name": TEXT, "type": TEXT, "apiVersion": TEXT}


class AccessInference:
    def __init__(self, inference: "Inference") -> None:
        self._inference = inference
        self._report = inference.report

    def infer(self, node: Member | Nested | Index, known: "Locals") -> Shape:
        match node:
            case Member():
                return self._member(node, known)
            case Nested():
                return self._nested(node, known)
            case Index():
                return self._index(node, known)

    def _member(self, node: Member, known: "Locals") -> Shape:
        base = self._inference.infer(node.object, known)
        if not may_be_null(base):
            found = self._of(base, node)
            return either(found, NOTHING) if node.safe else found
        found = self._of(without_null(base), node)
        if node.safe or _short_circuits(node.object):
            return Nullable(found)
        if not (isinstance(without_null(base), ResourceShape) and node.name in _ALWAYS):
            text = f"The value before '.{node.name}' may be null: use '.?', '!' or a condition."
            self._report.add(Rule.NULL, node.name_span, text)
        return found

    def _of(self, base: Shape, node: Member) -> Shape:
        match base:
            case Record() | Variants():
                return self._field(base, node)
            case Either(options=options) if all(isinstance(each, Record) for each in options):
                return self._field_of_some(options, node)
            case ResourceShape(body=body):
                always = _ALWAYS.get(node.name)
                return always or self._of(body, node)
            case ModuleShape():
                return self._module_member(base, node)
            case ScopeShape(body=body):
                return self._of(body, node)
            case Anything():
                return ANYTHING
            case _:
                if not isinstance(base, TextShape | Whole | ListOf | Nothing) and not node.safe:
                    return ANYTHING
                text = f"{named(base)} has no properties, so no {node.name!r}."
                self._report.add(Rule.TYPE, node.name_span, text)
                return ANYTHING

    def _field(self, base: Record | Variants, node: Member) -> Shape:
        fields = [base.fields] if isinstance(base, Record) else [base.common]
        rest = base.rest if isinstance(base, Record) else None
        if isinstance(base, Variants):
            records = [look() for look in base.records.values()]
            fields += [each.fields for each in records if isinstance(each, Record)]
        found = [each[node.name] for each in fields if node.name in each]
        if found and all(each.write_only for each in found):
            text = f"{node.name!r} of {base.name} can be set but not read."
            self._report.add(Rule.PROPERTY, node.name_span, text)
        if found:
            return either(*(each.look() for each in found))
        if rest is not None:
            return rest
        if not node.safe:
            rule = Rule.MODULE_OUTPUT if isinstance(base, OutputsOf) else Rule.PROPERTY
            known = ", ".join(sorted({name for each in fields for name in each})) or "none"
            text = f"{base.name} has no {node.name!r}; it has: {known}."
            self._report.add(rule, node.name_span, text)
        return ANYTHING

    def _field_of_some(self, options: tuple[Shape, ...], node: Member) -> Shape:
        # Items of a list literal may have different properties; it is enough that one has this one.
        records = [each for each in options if isinstance(each, Record)]
        having = [each for each in records if node.name in each.fields or each.rest is not None]
        return either(*(self._field(each, node) for each in having or records[:1]))

    def _module_member(self, base: ModuleShape, node: Member) -> Shape:
        if node.name == "name":
            return TEXT
        if node.name != "outputs":
            text = f"A module has 'outputs' and 'name', but no {node.name!r}."
            self._report.add(Rule.PROPERTY, node.name_span, text)
            return ANYTHING
        if base.outputs is None:
            return ANYTHING
        return OutputsOf(f"module {base.name}", _fields(base.outputs))

    def _nested(self, node: Nested, known: "Locals") -> Shape:
        base = without_null(self._inference.infer(node.object, known))
        if isinstance(base, ResourceShape) and node.name in base.children:
            return base.children[node.name]
        text = f"No resource {node.name!r} is declared within that."
        self._report.add(Rule.SYMBOL, node, text)
        return ANYTHING

    def _index(self, node: Index, known: "Locals") -> Shape:
        base = self._inference.infer(node.object, known)
        index = self._inference.infer(node.index, known)
        inner = without_null(base)
        found: Shape = ANYTHING
        match inner:
            case ListOf(item=item):
                if not same_kind(index, WHOLE):
                    text = f"An array is indexed with a number, not {named(index)}."
                    self._report.add(Rule.TYPE, node.index, text)
                found = item
            case Record() | ResourceShape() | Variants() | ModuleShape() | ScopeShape():
                if not same_kind(index, TEXT):
                    text = f"An object is indexed with text, not {named(index)}."
                    self._report.add(Rule.TYPE, node.index, text)
                elif isinstance(node.index, Text) and node.index.literal is not None:
                    member = Member(
                        node.span, node.object, node.index.literal, node.index.span, node.safe
                    )
                    found = self._of(inner, member)
            case Anything():
                found = ANYTHING
            case _:
                self._report.add(Rule.TYPE, node.index, f"{named(inner)} cannot be indexed.")
        if may_be_null(base) and not node.safe and not _short_circuits(node.object):
            self._report.add(Rule.NULL, node.index, "What is indexed here may be null.")
        return Nullable(found) if node.safe or _short_circuits(node.object) else found


class OutputsOf(Record):
    """The outputs of a module; a missing one has its own rule."""


def _fields(shapes: Mapping[str, Shape]) -> dict[str, Field]:
    return {name: field_of(shape) for name, shape in shapes.items()}


def _short_circuits(node: Expression) -> bool:
    # After `.?` the rest of the chain is not evaluated when the value is null.
    while isinstance(node, Member | Index):
        if node.safe:
            return True
        node = node.object
    return False
