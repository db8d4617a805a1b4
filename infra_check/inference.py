"""The shape of an expression; what cannot be right within it is reported on the way."""

from collections.abc import Callable, Mapping
from pathlib import Path

from infra_check.calls import CallInference
from infra_check.findings import Rule
from infra_check.nodes import (
    Binary,
    Call,
    Expression,
    For,
    If,
    Index,
    Items,
    Lambda,
    Member,
    Members,
    Name,
    Nested,
    NonNull,
    Null,
    Number,
    Spread,
    Ternary,
    Text,
    Truth,
    Unary,
)
from infra_check.report import Report
from infra_check.shapes import (
    ANYTHING,
    LIST,
    NOTHING,
    RECORD,
    TEXT,
    TRUTH,
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

type Locals = Mapping[str, Shape]
NAMESPACES = frozenset({"az", "sys"})
_COMPARISONS = frozenset({"==", "!=", "=~", "!~", "<", "<=", ">", ">="})
# Resources always have these, whatever else is known of them.
_ALWAYS = {"id": TEXT, "name": TEXT, "type": TEXT, "apiVersion": TEXT}


class Inference:
    """`shape_of` gives the shape of a declared symbol, or None when there is no such."""

    def __init__(
        self,
        report: Report,
        shape_of: Callable[[str], Shape | None],
        returns: Mapping[str, tuple[int, Shape]],
        scope: str,
        folder: Path,
    ) -> None:
        self.report = report
        self._shape_of = shape_of
        self._calls = CallInference(self, returns, scope, folder)

    def infer(self, node: Expression, known: Locals) -> Shape:
        match node:
            case Text():
                return self._text(node, known)
            case Number(value=value):
                return Whole(frozenset({value}))
            case Truth():
                return TRUTH
            case Null():
                return NOTHING
            case Name():
                return self._name(node, known)
            case Member():
                return self._member(node, known)
            case Nested():
                return self._nested(node, known)
            case Index():
                return self._index(node, known)
            case NonNull(object=inner):
                return without_null(self.infer(inner, known))
            case Call():
                return self._calls.infer(node, known)
            case Unary() | Binary() | Ternary():
                return self._operation(node, known)
            case Items():
                return self._items(node, known)
            case Members():
                return self._members(node, known)
            case Lambda(body=body, parameters=names):
                return self.infer(body, {**known, **dict.fromkeys(names, ANYTHING)})
            case For():
                return ListOf(self.infer(node.body, self.loop(node, known)))
            case If(condition=condition, body=body):
                self.condition(condition, known)
                return self.infer(body, known)

    def loop(self, node: For, known: Locals) -> Locals:
        """What the body of a loop knows besides."""
        source = self.infer(node.source, known)
        item: Shape = ANYTHING
        if isinstance(source, ListOf):
            item = source.item
        elif not isinstance(source, Anything):
            self.report.add(Rule.LOOP, node.source, f"A loop needs an array, not {named(source)}.")
        names: dict[str, Shape] = {node.item: item}
        if node.index:
            names[node.index] = WHOLE
        return {**known, **names}

    def condition(self, node: Expression, known: Locals) -> None:
        shape = self.infer(node, known)
        if not same_kind(shape, TRUTH) or may_be_null(shape):
            text = f"A condition is true or false, not {named(shape)}."
            self.report.add(Rule.CONDITION, node, text)

    def _text(self, node: Text, known: Locals) -> Shape:
        for part in node.parts:
            if isinstance(part, str):
                continue
            shape = self.infer(part, known)
            if isinstance(
                without_null(shape), ListOf | Record | Variants | ResourceShape | ModuleShape
            ):
                text = f"Text is made from text and numbers, not from {named(shape)}."
                self.report.add(Rule.INTERPOLATION, part, text)
        literal = node.literal
        return TEXT if literal is None else TextShape(frozenset({literal}))

    def _name(self, node: Name, known: Locals) -> Shape:
        if node.name in known:
            return known[node.name]
        shape = self._shape_of(node.name)
        if shape is None:
            self.report.add(Rule.SYMBOL, node, f"There is no {node.name!r} in this file.")
            return ANYTHING
        return shape

    def _member(self, node: Member, known: Locals) -> Shape:
        base = self.infer(node.object, known)
        if not may_be_null(base):
            found = self._of(base, node)
            return either(found, NOTHING) if node.safe else found
        found = self._of(without_null(base), node)
        if node.safe or _short_circuits(node.object):
            return Nullable(found)
        if not (isinstance(without_null(base), ResourceShape) and node.name in _ALWAYS):
            text = f"What stands before '.{node.name}' may be null: use '.?', '!' or a condition."
            self.report.add(Rule.NULL, node.name_span, text)
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
                self.report.add(Rule.TYPE, node.name_span, text)
                return ANYTHING

    def _field(self, base: Record | Variants, node: Member) -> Shape:
        fields = [base.fields] if isinstance(base, Record) else [base.common]
        rest = base.rest if isinstance(base, Record) else None
        if isinstance(base, Variants):
            records = [look() for look in base.records.values()]
            fields += [each.fields for each in records if isinstance(each, Record)]
        found = [each[node.name] for each in fields if node.name in each]
        if found:
            return either(*(each.look() for each in found))
        if rest is not None:
            return rest
        if not node.safe:
            rule = Rule.MODULE_OUTPUT if isinstance(base, OutputsOf) else Rule.PROPERTY
            known = ", ".join(sorted({name for each in fields for name in each})) or "none"
            text = f"{base.name} has no {node.name!r}; it has: {known}."
            self.report.add(rule, node.name_span, text)
        return ANYTHING

    def _field_of_some(self, options: tuple[Shape, ...], node: Member) -> Shape:
        # Items of a list written out differ in what they have; it is enough that one has it.
        records = [each for each in options if isinstance(each, Record)]
        having = [each for each in records if node.name in each.fields or each.rest is not None]
        return either(*(self._field(each, node) for each in having or records[:1]))

    def _module_member(self, base: ModuleShape, node: Member) -> Shape:
        if node.name == "name":
            return TEXT
        if node.name != "outputs":
            text = f"A module has 'outputs' and 'name', no {node.name!r}."
            self.report.add(Rule.PROPERTY, node.name_span, text)
            return ANYTHING
        if base.outputs is None:
            return ANYTHING
        return OutputsOf(f"module {base.name}", _fields(base.outputs))

    def _nested(self, node: Nested, known: Locals) -> Shape:
        base = without_null(self.infer(node.object, known))
        if isinstance(base, ResourceShape) and node.name in base.children:
            return base.children[node.name]
        text = f"No resource {node.name!r} is declared within that."
        self.report.add(Rule.SYMBOL, node, text)
        return ANYTHING

    def _index(self, node: Index, known: Locals) -> Shape:
        base = self.infer(node.object, known)
        index = self.infer(node.index, known)
        inner = without_null(base)
        found: Shape = ANYTHING
        match inner:
            case ListOf(item=item):
                if not same_kind(index, WHOLE):
                    text = f"An array is indexed with a number, not {named(index)}."
                    self.report.add(Rule.TYPE, node.index, text)
                found = item
            case Record() | ResourceShape() | Variants() | ModuleShape() | ScopeShape():
                if not same_kind(index, TEXT):
                    text = f"An object is indexed with text, not {named(index)}."
                    self.report.add(Rule.TYPE, node.index, text)
                elif isinstance(node.index, Text) and node.index.literal is not None:
                    member = Member(
                        node.span, node.object, node.index.literal, node.index.span, node.safe
                    )
                    found = self._of(inner, member)
            case Anything():
                found = ANYTHING
            case _:
                self.report.add(Rule.TYPE, node.index, f"{named(inner)} cannot be indexed.")
        if may_be_null(base) and not node.safe and not _short_circuits(node.object):
            self.report.add(Rule.NULL, node.index, "What is indexed here may be null.")
        return Nullable(found) if node.safe or _short_circuits(node.object) else found

    def _operation(self, node: Unary | Binary | Ternary, known: Locals) -> Shape:
        if isinstance(node, Ternary):
            self.condition(node.condition, known)
            return either(self.infer(node.then, known), self.infer(node.otherwise, known))
        if isinstance(node, Unary):
            if node.operator == "!":
                self.condition(node.operand, known)
                return TRUTH
            self._needs(WHOLE, node.operand, known, node.operator)
            return WHOLE
        if node.operator in {"&&", "||"}:
            self.condition(node.left, known)
            self.condition(node.right, known)
            return TRUTH
        if node.operator in _COMPARISONS:
            self._compared(node, known)
            return TRUTH
        if node.operator == "??":
            left = self.infer(node.left, known)
            return either(without_null(left), self.infer(node.right, known))
        self._needs(WHOLE, node.left, known, node.operator)
        self._needs(WHOLE, node.right, known, node.operator)
        return WHOLE

    def _compared(self, node: Binary, known: Locals) -> None:
        left, right = self.infer(node.left, known), self.infer(node.right, known)
        unlike = not same_kind(left, right) and not same_kind(right, left)
        if unlike and not (may_be_null(left) or may_be_null(right)):
            text = f"{named(left)} {node.operator} {named(right)} is never what is meant."
            self.report.add(Rule.TYPE, node, text)

    def _needs(self, wanted: Shape, node: Expression, known: Locals, operator: str) -> None:
        shape = self.infer(node, known)
        if not same_kind(shape, wanted):
            text = f"{operator!r} works on {named(wanted)}, not on {named(shape)}."
            self.report.add(Rule.TYPE, node, text)

    def _items(self, node: Items, known: Locals) -> Shape:
        shapes: list[Shape] = []
        for each in node.items:
            if isinstance(each, Spread):
                spread = self.infer(each.value, known)
                shapes.append(spread.item if isinstance(spread, ListOf) else ANYTHING)
            else:
                shapes.append(self.infer(each, known))
        return ListOf(either(*shapes)) if shapes else LIST

    def _members(self, node: Members, known: Locals) -> Shape:
        fields: dict[str, Field] = {}
        rest: Shape | None = None
        for each in node.properties:
            shape = self.infer(each.value, known)
            literal = each.key.literal
            if literal is None:
                self.infer(each.key, known)
                rest = shape if rest is None else either(rest, shape)
            else:
                if literal in fields:
                    self.report.add(Rule.DUPLICATE, each.key, f"{literal!r} stands here twice.")
                fields[literal] = field_of(shape)
        for spread in node.spreads:
            self.infer(spread.value, known)
            rest = ANYTHING
        if not fields and rest is None:
            return RECORD
        return Record("object", fields, rest)


class OutputsOf(Record):
    """The outputs of a module; a missing one is a finding of its own kind."""


def _fields(shapes: Mapping[str, Shape]) -> dict[str, Field]:
    return {name: field_of(shape) for name, shape in shapes.items()}


def _short_circuits(node: Expression) -> bool:
    # After `.?` the rest of the chain is not evaluated when the value is null.
    while isinstance(node, Member | Index):
        if node.safe:
            return True
        node = node.object
    return False
