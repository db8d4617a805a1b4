"""Types as they are written in a file, with their decorators -> shapes."""

from collections.abc import Mapping

from infra_check.findings import Rule
from infra_check.nodes import (
    Declaration,
    Items,
    Name,
    Null,
    Number,
    Text,
    Truth,
    TypeAlias,
    TypeArray,
    TypeNode,
    TypeNullable,
    TypeObject,
    TypeUnion,
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
    Field,
    ListOf,
    Nullable,
    Record,
    Shape,
    Whole,
    either,
    field_of,
    may_be_null,
)
from infra_check.shapes import Text as TextShape

_PRIMITIVES: Mapping[str, Shape] = {
    "string": TEXT,
    "int": WHOLE,
    "bool": TRUTH,
    "object": RECORD,
    "array": LIST,
    "any": ANYTHING,
    "secureString": TEXT,
    "secureObject": RECORD,
}


class DeclaredTypes:
    """Reads the types of one file; `aliases` are its own `type` declarations."""

    def __init__(self, aliases: Mapping[str, TypeAlias], report: Report) -> None:
        self._aliases = aliases
        self._report = report
        self._open: list[str] = []

    def of(self, node: TypeNode, declaration: Declaration) -> Shape:
        """The shape of a parameter or output, narrowed by `@allowed` and the limits."""
        shape = self._shape(node)
        allowed = declaration.decorator("allowed")
        if allowed is None or not allowed.arguments:
            return self._limited(shape, declaration)
        values = allowed.arguments[0]
        if not isinstance(values, Items):
            return shape
        texts = [each.literal for each in values.items if isinstance(each, Text)]
        numbers = [each.value for each in values.items if isinstance(each, Number)]
        inner = shape.item if isinstance(shape, ListOf) else shape
        narrowed: Shape
        if isinstance(inner, TextShape) and len(texts) == len(values.items):
            narrowed = TextShape(frozenset(each for each in texts if each is not None))
        elif isinstance(inner, Whole) and len(numbers) == len(values.items):
            narrowed = Whole(frozenset(numbers))
        else:
            self._report.add(Rule.DECORATOR, allowed, "The allowed values have another type.")
            return shape
        return ListOf(narrowed) if isinstance(shape, ListOf) else narrowed

    def _limited(self, shape: Shape, declaration: Declaration) -> Shape:
        def number(name: str) -> int | None:
            found = declaration.decorator(name)
            argument = found.arguments[0] if found and found.arguments else None
            if isinstance(argument, Unary) and isinstance(argument.operand, Number):
                return -argument.operand.value
            return argument.value if isinstance(argument, Number) else None

        match shape:
            case TextShape(values=None):
                return TextShape(None, False, None, number("minLength") or 0, number("maxLength"))
            case Whole(values=None):
                return Whole(None, number("minValue"), number("maxValue"))
            case _:
                return shape

    def _shape(self, node: TypeNode) -> Shape:
        match node:
            case Name(name=name):
                return self._named(node, name)
            case Text():
                return TextShape(frozenset({node.literal or ""}))
            case Number(value=value):
                return Whole(frozenset({value}))
            case Truth():
                return TRUTH
            case Null():
                return NOTHING
            case TypeArray(item=item):
                return ListOf(self._shape(item))
            case TypeNullable(inner=inner):
                return Nullable(self._shape(inner))
            case TypeUnion(options=options):
                return either(*(self._shape(each) for each in options))
            case TypeObject():
                return self._record(node)

    def _named(self, node: Name, name: str) -> Shape:
        if name in _PRIMITIVES:
            return _PRIMITIVES[name]
        if name not in self._aliases:
            self._report.add(Rule.SYMBOL, node, f"There is no type {name!r}.")
            return ANYTHING
        if name in self._open:
            return ANYTHING
        self._open.append(name)
        shape = self._shape(self._aliases[name].type)
        self._open.pop()
        return shape

    def _record(self, node: TypeObject) -> Record:
        fields: dict[str, Field] = {}
        for key, each in node.properties:
            shape = self._shape(each)
            fields[key] = field_of(shape, required=not may_be_null(shape))
        rest = None if node.rest is None else self._shape(node.rest)
        return Record("object", fields, rest)
