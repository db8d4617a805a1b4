"""The shape of a call, and whether the call can be right."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from infra_check import functions
from infra_check.findings import Rule
from infra_check.nodes import Call, Expression, Lambda, Name
from infra_check.shapes import (
    ANYTHING,
    LIST,
    RECORD,
    TEXT,
    ListOf,
    ModuleShape,
    Nullable,
    Record,
    ResourceShape,
    ScopeShape,
    Shape,
    Text,
    Variants,
    either,
    named,
    without_null,
)

if TYPE_CHECKING:
    from infra_check.inference import Inference, Locals

_RESOURCE_METHODS = {"getSecret": (1, 2), "listAccountSas": (2, 2), "listKeys": (0, 2)}
_NAMESPACES = frozenset({"az", "sys"})
_NEED_GROUP = frozenset({"resourceGroup"})


class CallInference:
    """`own` holds the file's own functions: how many arguments, and what comes back."""

    def __init__(
        self, inference: "Inference", own: Mapping[str, tuple[int, Shape]], scope: str
    ) -> None:
        self._inference = inference
        self._own = own
        self._scope = scope

    def infer(self, node: Call, known: "Locals") -> Shape:
        if node.target is not None and not _is_namespace(node.target):
            return self._method(node, known)
        shapes = self._arguments(node, known)
        if node.target is None and node.name in self._own:
            count, returns = self._own[node.name]
            self._count(node, count, count)
            return returns
        signature = functions.FUNCTIONS.get(node.name)
        if signature is None:
            self._report(Rule.FUNCTION, node, f"Bicep has no function {node.name!r}.")
            return ANYTHING
        self._count(node, signature.least, signature.most)
        self._check_use(node, shapes)
        return self._follow(node, shapes) or signature.returns

    def _arguments(self, node: Call, known: "Locals") -> list[Shape]:
        # A lambda sees the items of the array that stands before it.
        shapes: list[Shape] = []
        for each in node.arguments:
            if isinstance(each, Lambda):
                first = without_null(shapes[0]) if shapes else ANYTHING
                item = first.item if isinstance(first, ListOf) else ANYTHING
                names = dict.fromkeys(each.parameters, item)
                if node.name in {"map", "filter"} and len(each.parameters) > 1:
                    names[each.parameters[1]] = functions.FUNCTIONS["length"].returns
                if node.name == "reduce":
                    names = dict.fromkeys(each.parameters, ANYTHING)
                shapes.append(self._inference.infer(each.body, {**known, **names}))
            else:
                shapes.append(self._inference.infer(each, known))
        return shapes

    def _method(self, node: Call, known: "Locals") -> Shape:
        target = node.target
        assert target is not None  # noqa: S101 - the caller has looked
        base = without_null(self._inference.infer(target, known))
        for each in node.arguments:
            self._inference.infer(each, known)
        if isinstance(base, ResourceShape) and not node.name.startswith("list"):
            if node.name not in _RESOURCE_METHODS:
                text = f"A resource has no function {node.name!r}."
                self._report(Rule.FUNCTION, node, text)
        elif isinstance(base, ModuleShape | Text | ListOf | Record):
            self._report(Rule.FUNCTION, node, f"{named(base)} has no function {node.name!r}.")
        return ANYTHING

    def _count(self, node: Call, least: int, most: int) -> None:
        count = len(node.arguments)
        if least <= count <= most:
            return
        wanted = str(least) if least == most else f"{least} to {most}"
        text = f"{node.name!r} takes {wanted} arguments, not {count}."
        self._report(Rule.ARGUMENTS, node, text)

    def _check_use(self, node: Call, shapes: list[Shape]) -> None:
        if node.name in _NEED_GROUP and not node.arguments and self._scope != "resourceGroup":
            text = f"There is no current resource group at scope {self._scope!r}."
            self._report(Rule.SCOPE, node, text)
        if node.name in functions.TEXT_ARGUMENTS:
            for each, shape in zip(node.arguments, shapes, strict=True):
                if isinstance(shape, ListOf | Record | Variants | ResourceShape | ModuleShape):
                    text = f"{node.name!r} works on text, not on {named(shape)}."
                    self._report(Rule.TYPE, each, text)

    def _follow(self, node: Call, shapes: list[Shape]) -> Shape | None:
        item = functions.ITEM_OF.get(node.name)
        if item is not None:
            return ListOf(item)
        if not shapes:
            return None
        first = without_null(shapes[0])
        match node.name:
            case "resourceGroup" | "subscription":
                return None
            case "map":
                return ListOf(shapes[-1])
            case "filter" | "skip" | "take" | "sort":
                return first if isinstance(first, ListOf | Text) else None
            case "first" | "last":
                return Nullable(first.item) if isinstance(first, ListOf) else ANYTHING
            case "concat" | "union" | "intersection":
                return _joined([without_null(each) for each in shapes])
            case "flatten":
                inner = first.item if isinstance(first, ListOf) else ANYTHING
                return inner if isinstance(inner, ListOf) else LIST
            case "array":
                return LIST
            case "coalesce":
                return either(*(without_null(each) for each in shapes))
            case _:
                return None

    def _report(self, rule: Rule, node: Expression, text: str) -> None:
        self._inference.report.add(rule, node, text)


def _is_namespace(node: Expression) -> bool:
    return isinstance(node, Name) and node.name in _NAMESPACES


def _joined(shapes: list[Shape]) -> Shape:
    if all(isinstance(each, ListOf) for each in shapes):
        return either(*shapes)
    if all(isinstance(each, Record | Variants | ScopeShape) for each in shapes):
        return RECORD
    return TEXT if all(isinstance(each, Text) for each in shapes) else ANYTHING
