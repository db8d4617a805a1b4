"""The shape of a call, and whether the call is possible."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra_check import functions
from infra_check.findings import Rule
from infra_check.nodes import Call, Expression, Lambda, Name
from infra_check.nodes import Text as TextNode
from infra_check.shapes import (
    ANYTHING,
    LIST,
    RECORD,
    TEXT,
    TRUTH,
    WHOLE,
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
    field_of,
    named,
    without_null,
)

if TYPE_CHECKING:
    from infra_check.inference import Inference, Locals

_RESOURCE_METHODS = {"getSecret": (1, 2), "listAccountSas": (2, 2), "listKeys": (0, 2)}
_NAMESPACES = frozenset({"az", "sys"})
_LOADING = frozenset({"loadFileAsBase64", "loadJsonContent", "loadTextContent", "loadYamlContent"})
_NEED_GROUP = frozenset({"resourceGroup"})


class CallInference:
    """`own` holds the file's own functions: how many arguments, and what comes back.

    `folder` is the file's folder: paths that it loads are relative to it.
    """

    def __init__(
        self,
        inference: "Inference",
        own: Mapping[str, tuple[int, Shape]],
        scope: str,
        folder: Path,
    ) -> None:
        self._folder = folder
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
        if node.name in _LOADING:
            return self._loaded(node) or signature.returns
        return self._follow(node, shapes) or signature.returns

    def _arguments(self, node: Call, known: "Locals") -> list[Shape]:
        # A lambda gets the items of the array argument before it.
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

    def _loaded(self, node: Call) -> Shape | None:
        first = node.arguments[0] if node.arguments else None
        name = first.literal if isinstance(first, TextNode) else None
        if first is None or name is None or not (self._folder / name).is_file():
            text = f"{node.name!r} needs the name of a file that exists, from {self._folder.name}/."
            self._report(Rule.MODULE_PATH, first or node, text)
            return None
        if node.name != "loadJsonContent" or len(node.arguments) > 1:
            return None
        try:
            content = json.loads((self._folder / name).read_text(encoding="utf-8"))
        except ValueError as error:
            self._report(Rule.MODULE_PATH, first, f"{name!r} is not JSON: {error}")
            return None
        return _shape_of_json(content)

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


def _shape_of_json(content: Any) -> Shape:
    match content:
        case bool():
            return TRUTH
        case str():
            return Text(frozenset({content}))
        case int():
            return WHOLE
        case list():
            return ListOf(either(*(_shape_of_json(each) for each in content))) if content else LIST
        case dict():
            fields = {key: field_of(_shape_of_json(each)) for key, each in content.items()}
            return Record("the loaded file", fields)
        case _:
            return ANYTHING


def _joined(shapes: list[Shape]) -> Shape:
    if all(isinstance(each, ListOf) for each in shapes):
        return either(*shapes)
    if all(isinstance(each, Record | Variants | ScopeShape) for each in shapes):
        return RECORD
    return TEXT if all(isinstance(each, Text) for each in shapes) else ANYTHING
