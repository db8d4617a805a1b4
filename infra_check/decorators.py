"""Decorators: which exist, what they may decorate, how many arguments they take."""

from collections.abc import Mapping
from dataclasses import dataclass

from infra_check.declared import DeclaredTypes
from infra_check.findings import Rule
from infra_check.nodes import (
    Declaration,
    Function,
    Module,
    Output,
    Parameter,
    Resource,
    TypeAlias,
    Variable,
)
from infra_check.report import Report
from infra_check.shapes import ListOf, Record, Text, Whole, without_null

_TYPED = (Parameter, Output, TypeAlias)
_ANY = (Parameter, Output, TypeAlias, Variable, Resource, Module, Function)
_TEXT_OR_LIST = (Text, ListOf)
type Kinds = tuple[type, ...]


@dataclass(frozen=True)
class _Known:
    """`shapes`: what the decorated parameter or output must be; empty: anything."""

    arguments: int
    targets: Kinds
    shapes: Kinds = ()


# Source: the tables of decorators in the Bicep documentation.
_DECORATORS: Mapping[str, _Known] = {
    "allowed": _Known(1, (Parameter,)),
    "batchSize": _Known(1, (Module, Resource)),
    "description": _Known(1, _ANY),
    "discriminator": _Known(1, _TYPED),
    "export": _Known(0, (Function, TypeAlias, Variable)),
    "maxLength": _Known(1, _TYPED, _TEXT_OR_LIST),
    "maxValue": _Known(1, _TYPED, (Whole,)),
    "metadata": _Known(1, _TYPED),
    "minLength": _Known(1, _TYPED, _TEXT_OR_LIST),
    "minValue": _Known(1, _TYPED, (Whole,)),
    "sealed": _Known(0, _TYPED, (Record,)),
    "secure": _Known(0, _TYPED, (Text, Record)),
}


def check_decorators(node: Declaration, types: DeclaredTypes, report: Report) -> None:
    seen: set[str] = set()
    for each in node.decorators:
        known = _DECORATORS.get(each.name)
        if known is None:
            report.add(Rule.DECORATOR, each, f"Bicep has no decorator @{each.name}.")
            continue
        if each.name in seen:
            report.add(Rule.DECORATOR, each, f"@{each.name} appears here twice.")
        seen.add(each.name)
        if not isinstance(node, known.targets):
            text = f"@{each.name} does not belong on a {type(node).__name__.lower()}."
            report.add(Rule.DECORATOR, each, text)
        if len(each.arguments) != known.arguments:
            text = f"@{each.name} takes {known.arguments} arguments, not {len(each.arguments)}."
            report.add(Rule.DECORATOR, each, text)
        if known.shapes and isinstance(node, Parameter | Output):
            shape = without_null(types.of(node.type, node))
            if not isinstance(shape, known.shapes):
                text = f"@{each.name} does not fit the type of {node.name!r}."
                report.add(Rule.DECORATOR, each, text)
