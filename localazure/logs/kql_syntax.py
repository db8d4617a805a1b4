"""The subset of KQL that is supported here, as a tree.

`let name = scalar;` and one pipeline: a table, then `where`, `extend`, `project` and `summarize`.
Everything else is refused with a syntax error: this is not a copy of Kusto.
"""

from collections.abc import Callable
from dataclasses import dataclass

from localazure.logs.errors import QuerySyntaxError
from localazure.logs.kql_tokens import Kind, Token, tokens


@dataclass(frozen=True)
class Literal:
    value: object


@dataclass(frozen=True)
class Name:
    text: str


@dataclass(frozen=True)
class Call:
    """A function, or an operator by its sign."""

    function: str
    arguments: "tuple[Expression, ...]"


Expression = Literal | Name | Call


@dataclass(frozen=True)
class Column:
    """`name = expression`; `name` is "" if the query gives none."""

    name: str
    expression: Expression


@dataclass(frozen=True)
class Operator:
    """One step of a pipeline. Only `summarize` has columns to group `by`."""

    kind: str
    columns: tuple[Column, ...]
    by: tuple[Column, ...] = ()


@dataclass(frozen=True)
class Query:
    lets: tuple[tuple[str, Expression], ...]
    table: str
    operators: tuple[Operator, ...]


_COMPARISONS = ("==", "!=", "=~", "!~", "<=", ">=", "<", ">", "startswith", "contains", "has")
_LISTS = ("in", "in~", "!in", "!in~")


def parse(text: str) -> Query:
    """Return the tree of a query.

    Raises:
        QuerySyntaxError: It is outside this subset of the language.
    """
    return _Parser(tokens(text)).query()


class _Parser:
    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._at = 0

    def query(self) -> Query:
        lets = []
        while self._take("let"):
            name = self._name()
            self._expect("=")
            lets.append((name, self._expression()))
            self._expect(";")
        table = self._name()
        operators = []
        while self._take("|"):
            operators.append(self._operator())
        self._take(";")
        if self._now.kind is not Kind.END:
            raise self._unexpected()
        return Query(tuple(lets), table, tuple(operators))

    def _operator(self) -> Operator:
        kind = self._name()
        if kind == "where":
            return Operator(kind, (Column("", self._expression()),))
        if kind in ("extend", "project"):
            return Operator(kind, self._columns())
        if kind == "summarize":
            columns = () if self._now.text == "by" else self._columns()
            return Operator(kind, columns, self._columns() if self._take("by") else ())
        raise QuerySyntaxError(
            f"the operator '{kind}' is not supported here; there are where, extend, project and "
            "summarize"
        )

    def _columns(self) -> tuple[Column, ...]:
        found = [self._column()]
        while self._take(","):
            found.append(self._column())
        return tuple(found)

    def _column(self) -> Column:
        following = self._tokens[min(self._at + 1, len(self._tokens) - 1)]
        if self._now.kind is Kind.NAME and following.text == "=":
            name = self._name()
            self._expect("=")
            return Column(name, self._expression())
        return Column("", self._expression())

    def _expression(self) -> Expression:
        return self._left(self._all_of, ("or",))

    def _all_of(self) -> Expression:
        return self._left(self._comparison, ("and",))

    def _comparison(self) -> Expression:
        left = self._sum()
        sign = self._sign(_LISTS)
        if sign:
            return Call(sign, (left, *self._list()))
        sign = self._sign(_COMPARISONS)
        return Call(sign, (left, self._sum())) if sign else left

    def _sum(self) -> Expression:
        return self._left(self._product, ("+", "-"))

    def _product(self) -> Expression:
        return self._left(self._unary, ("*", "/"))

    def _unary(self) -> Expression:
        if self._take("-"):
            return Call("negated", (self._unary(),))
        if self._take("("):
            inner = self._expression()
            self._expect(")")
            return inner
        token = self._advance()
        if token.kind is Kind.LITERAL:
            return Literal(token.value)
        if token.kind is not Kind.NAME:
            self._at -= 1
            raise self._unexpected()
        if token.text == "dynamic":
            return self._dynamic()
        return Call(token.text, self._list()) if self._now.text == "(" else Name(token.text)

    def _dynamic(self) -> Expression:
        self._expect("(")
        self._expect("[")
        values: list[object] = []
        while not self._take("]"):
            token = self._advance()
            if token.kind is not Kind.LITERAL:
                raise QuerySyntaxError("dynamic([...]) takes literals here")
            values.append(token.value)
            if self._now.text != "]":
                self._expect(",")
        self._expect(")")
        return Literal(tuple(values))

    def _list(self) -> tuple[Expression, ...]:
        self._expect("(")
        found: list[Expression] = []
        while not self._take(")"):
            found.append(self._expression())
            if self._now.text != ")":
                self._expect(",")
        return tuple(found)

    def _left(self, inner: Callable[[], Expression], signs: tuple[str, ...]) -> Expression:
        found = inner()
        while sign := self._sign(signs):
            found = Call(sign, (found, inner()))
        return found

    def _sign(self, signs: tuple[str, ...]) -> str:
        """Take one of the listed operators, which may be two tokens (`in~`, `!in`, `!in~`)."""
        if self._now.kind is Kind.LITERAL:
            return ""
        for width in (3, 2, 1):
            end = self._at + width
            text = "".join(token.text for token in self._tokens[self._at : end])
            if text in signs and all(
                t.kind is not Kind.LITERAL for t in self._tokens[self._at : end]
            ):
                self._at = end
                return text
        return ""

    @property
    def _now(self) -> Token:
        return self._tokens[self._at]

    def _advance(self) -> Token:
        token = self._now
        self._at += token.kind is not Kind.END
        return token

    def _take(self, text: str) -> bool:
        if self._now.kind is Kind.LITERAL or self._now.text != text:
            return False
        self._at += 1
        return True

    def _expect(self, text: str) -> None:
        if not self._take(text):
            raise QuerySyntaxError(f"expected '{text}', not '{self._now.text}'")

    def _name(self) -> str:
        token = self._advance()
        if token.kind is not Kind.NAME:
            raise QuerySyntaxError(f"expected a name, not '{token.text}'")
        return token.text

    def _unexpected(self) -> QuerySyntaxError:
        return QuerySyntaxError(f"'{self._now.text}' is not expected here")
