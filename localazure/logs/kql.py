"""Runs a query: a table goes in, a table comes out."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from localazure.logs.errors import QueryError, UnresolvedError
from localazure.logs.kql_scalars import NUMBERS, Row, Scalar, Scope
from localazure.logs.kql_syntax import Call, Column, Expression, Name, Operator, parse


@dataclass(frozen=True)
class Table:
    """`columns` maps names to types; each row has a value, or None, for each of them."""

    columns: Mapping[str, str]
    rows: Iterable[Row]


@dataclass(frozen=True)
class _Aggregate:
    type: str
    of: Callable[[Sequence[Row]], Any]


def run(text: str, tables: Mapping[str, Table]) -> Table:
    """Return the result of a query over some tables.

    Raises:
        QueryError: It cannot be run.
    """
    query = parse(text)
    lets: dict[str, Scalar] = {}
    for name, expression in query.lets:
        lets[name] = Scope(lets, {}, "let").scalar(expression)
    if query.table not in tables:
        first = query.operators[0].kind if query.operators else "query"
        raise UnresolvedError(
            f"'{first}' operator: Failed to resolve table or column expression named "
            f"'{query.table}'"
        )
    table = tables[query.table]
    for step in query.operators:
        table = _STEPS[step.kind](table, step, Scope(lets, table.columns, step.kind))
    return Table(table.columns, list(table.rows))


def _where(table: Table, step: Operator, scope: Scope) -> Table:
    holds = scope.truth(step.columns[0].expression)
    return Table(table.columns, (row for row in table.rows if holds(row)))


def _extend(table: Table, step: Operator, scope: Scope) -> Table:
    added = _scalars(step.columns, scope)
    columns = {**table.columns, **{name: scalar.type for name, scalar in added.items()}}
    return Table(columns, ({**row, **_values(added, row)} for row in table.rows))


def _project(table: Table, step: Operator, scope: Scope) -> Table:
    kept = _scalars(step.columns, scope)
    columns = {name: scalar.type for name, scalar in kept.items()}
    return Table(columns, (_values(kept, row) for row in table.rows))


def _summarize(table: Table, step: Operator, scope: Scope) -> Table:
    keys = _scalars(step.by, scope)
    aggregates = {
        name: _aggregate(column.expression, scope)
        for column, name in zip(step.columns, _names(step.columns), strict=True)
    }
    columns = {name: scalar.type for name, scalar in keys.items()}
    columns |= {name: aggregate.type for name, aggregate in aggregates.items()}
    groups: dict[tuple[Any, ...], list[Row]] = {} if keys else {(): []}
    for row in table.rows:
        groups.setdefault(tuple(_values(keys, row).values()), []).append(row)
    rows = [
        dict(zip(keys, key, strict=True))
        | {name: aggregate.of(members) for name, aggregate in aggregates.items()}
        for key, members in groups.items()
    ]
    return Table(columns, rows)


_STEPS: Mapping[str, Callable[[Table, Operator, Scope], Table]] = {
    "where": _where,
    "extend": _extend,
    "project": _project,
    "summarize": _summarize,
}


def _aggregate(expression: Expression, scope: Scope) -> _Aggregate:
    if isinstance(expression, Call):
        arguments = expression.arguments
        match expression.function, len(arguments):
            case "count", 0:
                return _Aggregate("long", len)
            case "countif", 1:
                holds = scope.truth(arguments[0])
                return _Aggregate("long", lambda rows: sum(map(holds, rows)))
            case "sum", 1:
                number = scope.scalar(arguments[0])
                if number.type in NUMBERS:
                    return _Aggregate(
                        "real" if number.type == "real" else "long",
                        lambda rows: sum(number.value(row) or 0 for row in rows),
                    )
    raise QueryError(
        "'summarize' operator: aggregates supported here are count(), countif(condition) and "
        "sum(number)"
    )


def _scalars(columns: Sequence[Column], scope: Scope) -> dict[str, Scalar]:
    return {
        name: scope.scalar(column.expression)
        for column, name in zip(columns, _names(columns), strict=True)
    }


def _values(scalars: Mapping[str, Scalar], row: Row) -> dict[str, Any]:
    return {name: scalar.value(row) for name, scalar in scalars.items()}


def _names(columns: Sequence[Column]) -> list[str]:
    """The columns' names: as given, or Kusto's own (`count_`; a bin is named after its column)."""
    return [column.name or _own_name(column.expression, n) for n, column in enumerate(columns, 1)]


def _own_name(expression: Expression, number: int) -> str:
    if isinstance(expression, Name):
        return expression.text
    if isinstance(expression, Call):
        if expression.function == "bin" and isinstance(expression.arguments[0], Name):
            return expression.arguments[0].text
        if expression.function in ("count", "countif", "sum"):
            return f"{expression.function}_"
    return f"Column{number}"
