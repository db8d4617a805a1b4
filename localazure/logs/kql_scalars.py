"""Scalar KQL expressions, checked against a table's columns first and then evaluated row by row.

A null is None: a comparison with it is null, and null is not true.
"""

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from localazure.logs.errors import QueryError, UnresolvedError
from localazure.logs.kql_syntax import Expression, Literal, Name

Row = Mapping[str, Any]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NUMBERS = frozenset({"int", "long", "real"})
_TYPES = {
    bool: "bool",
    int: "long",
    float: "real",
    str: "string",
    datetime: "datetime",
    timedelta: "timespan",
    tuple: "dynamic",
}


@dataclass(frozen=True)
class Scalar:
    """An expression that has a type, and a value in each row."""

    type: str
    value: Callable[[Row], Any]


@dataclass(frozen=True)
class Scope:
    """What names mean: `lets` are values, `columns` types. `step` is the operator, for errors."""

    lets: Mapping[str, Scalar]
    columns: Mapping[str, str]
    step: str

    def scalar(self, expression: Expression) -> Scalar:
        """Return an expression's type and how to evaluate it.

        Raises:
            QueryError: A name is unknown, or types do not match.
        """
        if isinstance(expression, Literal):
            constant = expression.value
            return Scalar(_TYPES[type(constant)], lambda _row: constant)
        if isinstance(expression, Name):
            return self._named(expression.text)
        make = _FUNCTIONS.get(expression.function)
        if make is None:
            raise UnresolvedError(
                f"'{self.step}' operator: Unknown function: '{expression.function}'"
            )
        arguments = [self.scalar(each) for each in expression.arguments]
        try:
            return make(*arguments)
        except TypeError as error:
            raise QueryError(
                f"'{self.step}' operator: wrong arguments for '{expression.function}'"
            ) from error

    def truth(self, expression: Expression) -> Callable[[Row], bool]:
        """Return a condition; null is not true."""
        found = self.scalar(expression)
        if found.type != "bool":
            raise QueryError(f"'{self.step}' operator: a condition must be bool, not {found.type}")
        return lambda row: found.value(row) is True

    def _named(self, name: str) -> Scalar:
        if name in self.columns:
            return Scalar(self.columns[name], lambda row: row[name])
        if name in self.lets:
            return self.lets[name]
        raise UnresolvedError(
            f"'{self.step}' operator: Failed to resolve column or scalar expression named '{name}'"
        )


def _strict(kind: str, function: Callable[..., Any], *arguments: Scalar) -> Scalar:
    """Evaluate to null as soon as one argument is null."""

    def value(row: Row) -> Any:
        values = [each.value(row) for each in arguments]
        return None if None in values else function(*values)

    return Scalar(kind, value)


def _compared(function: Callable[[Any, Any], bool]) -> Callable[..., Scalar]:
    def make(left: Scalar, right: Scalar) -> Scalar:
        if left.type != right.type and not {left.type, right.type} <= NUMBERS:
            raise QueryError(f"{left.type} and {right.type} cannot be compared")
        return _strict("bool", function, left, right)

    return make


def _texts(function: Callable[[str, str], bool]) -> Callable[..., Scalar]:
    """Compare texts without case."""

    def make(left: Scalar, right: Scalar) -> Scalar:
        _require(left, "string")
        _require(right, "string")
        return _strict("bool", lambda a, b: function(a.lower(), b.lower()), left, right)

    return make


def _listed(*, cased: bool, wanted: bool) -> Callable[..., Scalar]:
    def fold(value: Any) -> Any:
        return value.lower() if isinstance(value, str) and not cased else value

    def make(left: Scalar, *choices: Scalar) -> Scalar:
        def value(row: Row) -> bool:
            found: list[Any] = []
            for choice in choices:
                one = choice.value(row)
                found.extend(one if isinstance(one, tuple) else (one,))
            return (fold(left.value(row)) in [fold(each) for each in found]) is wanted

        return Scalar("bool", value)

    return make


def _arithmetic(function: Callable[[Any, Any], Any]) -> Callable[..., Scalar]:
    def make(left: Scalar, right: Scalar) -> Scalar:
        if not {left.type, right.type} <= NUMBERS:
            raise QueryError(f"{left.type} and {right.type} are not numbers")
        return _strict(
            "real" if "real" in (left.type, right.type) else "long", function, left, right
        )

    return make


def _divided(left: Any, right: Any) -> Any:
    if right == 0:
        return None
    whole = isinstance(left, int) and isinstance(right, int)
    return math.trunc(left / right) if whole else left / right


def _logical(function: Callable[[bool, bool], bool]) -> Callable[..., Scalar]:
    def make(left: Scalar, right: Scalar) -> Scalar:
        _require(left, "bool")
        _require(right, "bool")
        return Scalar(
            "bool", lambda row: function(left.value(row) is True, right.value(row) is True)
        )

    return make


def _binned(value: Scalar, width: Scalar) -> Scalar:
    if (value.type, width.type) != ("datetime", "timespan"):
        raise QueryError(f"bin() takes a datetime or a timespan, not {value.type}")
    return _strict("datetime", lambda at, by: EPOCH + (at - EPOCH) // by * by, value, width)


def _chosen(condition: Scalar, yes: Scalar, no: Scalar) -> Scalar:
    _require(condition, "bool")
    if yes.type != no.type and not {yes.type, no.type} <= NUMBERS:
        raise QueryError(f"iff() cannot be {yes.type} or {no.type}")
    kind = yes.type if yes.type == no.type else "real"
    return Scalar(kind, lambda row: (yes if condition.value(row) is True else no).value(row))


def _text(function: Callable[..., str]) -> Callable[..., Scalar]:
    def make(first: Scalar, *more: Scalar) -> Scalar:
        for each in (first, *more):
            _require(each, "string")
        return _strict("string", function, first, *more)

    return make


def _not(condition: Scalar) -> Scalar:
    _require(condition, "bool")
    return _strict("bool", operator.not_, condition)


def _negated(number: Scalar) -> Scalar:
    if number.type not in NUMBERS:
        raise QueryError(f"{number.type} cannot be negated")
    return _strict(number.type, operator.neg, number)


def _require(scalar: Scalar, kind: str) -> None:
    if scalar.type != kind:
        raise QueryError(f"expected {kind}, not {scalar.type}")


_FUNCTIONS: Mapping[str, Callable[..., Scalar]] = {
    "==": _compared(operator.eq),
    "!=": _compared(operator.ne),
    "<": _compared(operator.lt),
    "<=": _compared(operator.le),
    ">": _compared(operator.gt),
    ">=": _compared(operator.ge),
    "=~": _texts(operator.eq),
    "!~": _texts(operator.ne),
    "startswith": _texts(str.startswith),
    "contains": _texts(operator.contains),
    "in": _listed(cased=True, wanted=True),
    "in~": _listed(cased=False, wanted=True),
    "!in": _listed(cased=True, wanted=False),
    "!in~": _listed(cased=False, wanted=False),
    "and": _logical(lambda left, right: left and right),
    "or": _logical(lambda left, right: left or right),
    "not": _not,
    "+": _arithmetic(operator.add),
    "-": _arithmetic(operator.sub),
    "*": _arithmetic(operator.mul),
    "/": _arithmetic(_divided),
    "negated": _negated,
    "bin": _binned,
    "iff": _chosen,
    "tolower": _text(str.lower),
    "toupper": _text(str.upper),
    "strcat": _text(lambda *parts: "".join(parts)),
}
