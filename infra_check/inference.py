"""The shape of an expression; mistakes within it are reported on the way."""

from collections.abc import Callable, Mapping
from pathlib import Path

from infra_check.access import AccessInference
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
    Field,
    ListOf,
    ModuleShape,
    Record,
    ResourceShape,
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
_COMPARISONS = frozenset({"==", "!=", "=~", "!~", "<", "<=", ">", ">="})


class Inference:
    """`shape_of` gives the shape of a declared symbol, or None if it is not declared."""

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
        self._access = AccessInference(self)

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
            case Member() | Nested() | Index():
                return self._access.infer(node, known)
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
        """What the body of a loop knows in addition."""
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
            text = f"{named(left)} {node.operator} {named(right)} is never intended."
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
                    self.report.add(Rule.DUPLICATE, each.key, f"{literal!r} appears here twice.")
                fields[literal] = field_of(shape)
        for spread in node.spreads:
            self.infer(spread.value, known)
            rest = ANYTHING
        if not fields and rest is None:
            return RECORD
        return Record("object", fields, rest)
