"""The syntax tree: expressions, types and declarations, each with its place in the text.

Only tree-sitter's verdict is used, not its tree: its grammar gives `a == b.c` the shape
`(a == b).c`, which no type check survives. Nodes are compared by identity: the same words in two
places are two nodes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Span:
    """Characters `start` up to, not including, `end`."""

    start: int
    end: int


@dataclass(frozen=True, eq=False)
class Node:
    span: Span


@dataclass(frozen=True, eq=False)
class Text(Node):
    """A string: its text, and the expressions within `${...}`."""

    parts: tuple["str | Expression", ...]

    @property
    def literal(self) -> str | None:
        """The value, or None when something is interpolated."""
        if any(not isinstance(part, str) for part in self.parts):
            return None
        return "".join(part for part in self.parts if isinstance(part, str))


@dataclass(frozen=True, eq=False)
class Number(Node):
    value: int


@dataclass(frozen=True, eq=False)
class Truth(Node):
    value: bool


@dataclass(frozen=True, eq=False)
class Null(Node):
    pass


@dataclass(frozen=True, eq=False)
class Name(Node):
    name: str


@dataclass(frozen=True, eq=False)
class Member(Node):
    """`object.name`; `safe` for `.?`."""

    object: "Expression"
    name: str
    name_span: Span
    safe: bool


@dataclass(frozen=True, eq=False)
class Nested(Node):
    """`parent::child`: a resource declared within another."""

    object: "Expression"
    name: str


@dataclass(frozen=True, eq=False)
class Index(Node):
    object: "Expression"
    index: "Expression"
    safe: bool


@dataclass(frozen=True, eq=False)
class NonNull(Node):
    """`object!`: asserts that the value is not null."""

    object: "Expression"


@dataclass(frozen=True, eq=False)
class Call(Node):
    """`name(...)`, or `target.name(...)` for a function of a resource or of a namespace."""

    target: "Expression | None"
    name: str
    arguments: tuple["Expression", ...]


@dataclass(frozen=True, eq=False)
class Unary(Node):
    operator: str
    operand: "Expression"


@dataclass(frozen=True, eq=False)
class Binary(Node):
    operator: str
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, eq=False)
class Ternary(Node):
    condition: "Expression"
    then: "Expression"
    otherwise: "Expression"


@dataclass(frozen=True, eq=False)
class Spread(Node):
    value: "Expression"


@dataclass(frozen=True, eq=False)
class Items(Node):
    """An array literal."""

    items: tuple["Expression | Spread", ...]


@dataclass(frozen=True, eq=False)
class Property(Node):
    """One `key: value`; the key has no `literal` when it is interpolated."""

    key: Text
    value: "Expression"


@dataclass(frozen=True, eq=False)
class Members(Node):
    """An object literal; `resources` are those declared within a resource's body."""

    properties: tuple[Property, ...]
    spreads: tuple[Spread, ...]
    resources: tuple["Resource", ...]

    def get(self, key: str) -> "Expression | None":
        """The value of a literal key."""
        found = self.property(key)
        return None if found is None else found.value

    def property(self, key: str) -> Property | None:
        return next((each for each in self.properties if each.key.literal == key), None)


@dataclass(frozen=True, eq=False)
class Lambda(Node):
    parameters: tuple[str, ...]
    body: "Expression"


@dataclass(frozen=True, eq=False)
class For(Node):
    """`[for item in source: body]` or `[for (item, index) in source: body]`."""

    item: str
    index: str | None
    source: "Expression"
    body: "Expression"


@dataclass(frozen=True, eq=False)
class If(Node):
    """`if (condition) {...}`, of a resource or module only."""

    condition: "Expression"
    body: "Expression"


type Expression = (
    Text
    | Number
    | Truth
    | Null
    | Name
    | Member
    | Nested
    | Index
    | NonNull
    | Call
    | Unary
    | Binary
    | Ternary
    | Items
    | Members
    | Lambda
    | For
    | If
)


@dataclass(frozen=True, eq=False)
class TypeArray(Node):
    item: "TypeNode"


@dataclass(frozen=True, eq=False)
class TypeNullable(Node):
    inner: "TypeNode"


@dataclass(frozen=True, eq=False)
class TypeUnion(Node):
    options: tuple["TypeNode", ...]


@dataclass(frozen=True, eq=False)
class TypeObject(Node):
    """`rest` is the type after `*:`."""

    properties: tuple[tuple[str, "TypeNode"], ...]
    rest: "TypeNode | None"


type TypeNode = (
    Name | Text | Number | Truth | Null | TypeArray | TypeNullable | TypeUnion | TypeObject
)


@dataclass(frozen=True, eq=False)
class Decorator(Node):
    name: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, eq=False)
class Declaration(Node):
    decorators: tuple[Decorator, ...]
    name: str

    def decorator(self, name: str) -> Decorator | None:
        return next((each for each in self.decorators if each.name == name), None)


@dataclass(frozen=True, eq=False)
class Parameter(Declaration):
    type: TypeNode
    default: Expression | None


@dataclass(frozen=True, eq=False)
class Variable(Declaration):
    type: TypeNode | None
    value: Expression


@dataclass(frozen=True, eq=False)
class Output(Declaration):
    type: TypeNode
    value: Expression


@dataclass(frozen=True, eq=False)
class TypeAlias(Declaration):
    type: TypeNode


@dataclass(frozen=True, eq=False)
class Function(Declaration):
    parameters: tuple[tuple[str, TypeNode], ...]
    returns: TypeNode
    body: Expression


@dataclass(frozen=True, eq=False)
class Resource(Declaration):
    """`value` is the body, or an `If` or `For` around it."""

    type: Text
    existing: bool
    value: Expression


@dataclass(frozen=True, eq=False)
class Module(Declaration):
    path: Text
    value: Expression


@dataclass(frozen=True, eq=False)
class Setting(Declaration):
    """`targetScope = ...` and `metadata name = ...`."""

    value: Expression


def body_of(value: Expression) -> Members | None:
    """The object within a resource's or module's `If` and `For`."""
    while isinstance(value, If | For):
        value = value.body
    return value if isinstance(value, Members) else None


def walk(node: Any) -> Iterator[Node]:
    """The node and everything below it, in text order."""
    if isinstance(node, Node):
        yield node
        for below in vars(node).values():
            yield from walk(below)
    elif isinstance(node, tuple):
        for each in node:
            yield from walk(each)
