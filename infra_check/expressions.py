"""Tokens -> expressions, with the precedence of the Bicep language.

Source of the order: the operator table in the Bicep documentation; here the tightest comes last.
"""

from collections.abc import Callable

from infra_check.cursor import Cursor
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
    Property,
    Resource,
    Span,
    Spread,
    Ternary,
    Text,
    Truth,
    Unary,
)
from infra_check.tokens import MARK, NAME, NEWLINE, NUMBER, STRING, Token

_LEVELS = (
    ("??",),
    ("||",),
    ("&&",),
    ("==", "!=", "=~", "!~"),
    ("<", "<=", ">", ">="),
    ("+", "-"),
    ("*", "/", "%"),
)
# Enough for `(a, b, c, d) =>`.
_LOOK_AHEAD = 12
type ParseResource = Callable[[Cursor], Resource | None]


class ExpressionParser:
    """`nested_resource` parses a declaration within a resource's body, or returns None."""

    def __init__(self, cursor: Cursor, nested_resource: ParseResource | None = None) -> None:
        self._cursor = cursor
        self._nested_resource = nested_resource

    def expression(self) -> Expression:
        start = self._cursor.token.span.start
        condition = self._binary(0)
        # Only here may a line begin with an operator.
        if not self._cursor.mark_after_newlines("?"):
            return condition
        self._cursor.take()
        self._cursor.skip_newlines()
        then = self.expression()
        if not self._cursor.mark_after_newlines(":"):
            raise self._cursor.fault("':' is expected")
        self._cursor.take()
        self._cursor.skip_newlines()
        otherwise = self.expression()
        return Ternary(self._cursor.since(start), condition, then, otherwise)

    def body(self) -> Expression:
        """The value of a resource or module: an object, or `if` or `for` around one."""
        if self._cursor.at_word("if"):
            return self._if()
        if self._cursor.at_mark("["):
            value = self._primary()
            if not isinstance(value, For):
                raise self._cursor.fault("a loop is expected")
            return value
        return self._members()

    def _if(self) -> If:
        start = self._cursor.expect_word("if").span.start
        self._cursor.expect("(")
        self._cursor.enter(quiet=True)
        condition = self.expression()
        self._cursor.leave(")")
        body = self._members()
        return If(self._cursor.since(start), condition, body)

    def _binary(self, level: int) -> Expression:
        if level == len(_LEVELS):
            return self._unary()
        start = self._cursor.token.span.start
        left = self._binary(level + 1)
        while self._cursor.at_mark(*_LEVELS[level]):
            operator = self._cursor.take().text
            right = self._binary(level + 1)
            left = Binary(self._cursor.since(start), operator, left, right)
        return left

    def _unary(self) -> Expression:
        start = self._cursor.token.span.start
        if self._cursor.at_mark("!", "-"):
            operator = self._cursor.take().text
            operand = self._unary()
            return Unary(self._cursor.since(start), operator, operand)
        return self._postfix(start)

    def _postfix(self, start: int) -> Expression:
        cursor = self._cursor
        value = self._primary()
        while cursor.at_mark(".", ".?", "[", "[?", "::", "!"):
            mark = cursor.take().text
            if mark == "!":
                value = NonNull(cursor.since(start), value)
            elif mark == "::":
                name = cursor.name().text
                value = Nested(cursor.since(start), value, name)
            elif mark in {"[", "[?"}:
                cursor.enter(quiet=True)
                index = self.expression()
                cursor.leave("]")
                value = Index(cursor.since(start), value, index, mark == "[?")
            else:
                member = cursor.name()
                if cursor.at_mark("("):
                    given = self.arguments()
                    value = Call(cursor.since(start), value, member.text, given)
                else:
                    span = cursor.since(start)
                    value = Member(span, value, member.text, member.span, mark == ".?")
        return value

    def arguments(self) -> tuple[Expression, ...]:
        """`(a, b)`; lines may break anywhere between the parentheses."""
        self._cursor.expect("(")
        self._cursor.enter(quiet=True)
        found: list[Expression] = []
        while not self._cursor.at_mark(")"):
            found.append(self._lambda_or_expression())
            if not self._cursor.accept(","):
                break
        self._cursor.leave(")")
        return tuple(found)

    def _lambda_or_expression(self) -> Expression:
        start = self._cursor.token.span.start
        names = self._lambda_parameters()
        if names is None:
            return self.expression()
        body = self.expression()
        return Lambda(self._cursor.since(start), names, body)

    def _lambda_parameters(self) -> tuple[str, ...] | None:
        # Looks ahead for `x =>` or `(x, y) =>`, and takes it only if it is there.
        cursor = self._cursor
        ahead = [cursor.peek(step) for step in range(_LOOK_AHEAD)]
        if cursor.token.kind == NAME and ahead[1].text == "=>":
            name = cursor.take().text
            cursor.take()
            return (name,)
        if not cursor.at_mark("("):
            return None
        names: list[str] = []
        step = 1
        while ahead[step].kind == NAME:
            names.append(ahead[step].text)
            step += 1
            if ahead[step].text != ",":
                break
            step += 1
        if ahead[step].text != ")" or ahead[step + 1].text != "=>":
            return None
        for _ in range(step + 2):
            cursor.take()
        return tuple(names)

    def _primary(self) -> Expression:
        cursor = self._cursor
        token = cursor.token
        if token.kind == STRING:
            return parse_text(cursor.take())
        if token.kind == NUMBER:
            return Number(token.span, int(cursor.take().text))
        if token.kind == MARK and token.text == "{":
            return self._members()
        if token.kind == MARK and token.text == "[":
            return self._items_or_for()
        if token.kind == MARK and token.text == "(":
            cursor.take()
            cursor.enter(quiet=True)
            value = self.expression()
            cursor.leave(")")
            return value
        if token.kind != NAME:
            raise cursor.fault("a value is expected")
        cursor.take()
        if token.text in {"true", "false"}:
            return Truth(token.span, token.text == "true")
        if token.text == "null":
            return Null(token.span)
        if cursor.at_mark("("):
            arguments = self.arguments()
            return Call(cursor.since(token.span.start), None, token.text, arguments)
        return Name(token.span, token.text)

    def _items_or_for(self) -> Expression:
        cursor = self._cursor
        start = cursor.expect("[").span.start
        cursor.enter(quiet=False)
        cursor.skip_newlines()
        if cursor.at_word("for"):
            found = self._for(start)
            return For(cursor.since(start), found.item, found.index, found.source, found.body)
        items: list[Expression | Spread] = []
        while not cursor.at_mark("]"):
            items.append(self._spread() if cursor.at_mark("...") else self.expression())
            self._separator("]")
        cursor.leave("]")
        return Items(cursor.since(start), tuple(items))

    def _for(self, start: int) -> For:
        cursor = self._cursor
        cursor.expect_word("for")
        index = None
        if cursor.accept("("):
            item = cursor.name().text
            cursor.expect(",")
            index = cursor.name().text
            cursor.expect(")")
        else:
            item = cursor.name().text
        cursor.expect_word("in")
        source = self.expression()
        cursor.expect(":")
        body = self._if() if cursor.at_word("if") else self.expression()
        cursor.skip_newlines()
        cursor.leave("]")
        return For(cursor.since(start), item, index, source, body)

    def _members(self) -> Members:
        cursor = self._cursor
        start = cursor.expect("{").span.start
        cursor.enter(quiet=False)
        cursor.skip_newlines()
        properties: list[Property] = []
        spreads: list[Spread] = []
        resources: list[Resource] = []
        while not cursor.at_mark("}"):
            if cursor.at_mark("..."):
                spreads.append(self._spread())
            elif self._nested_resource and (found := self._nested_resource(cursor)):
                resources.append(found)
            else:
                properties.append(self._property())
            self._separator("}")
        cursor.leave("}")
        return Members(cursor.since(start), tuple(properties), tuple(spreads), tuple(resources))

    def _property(self) -> Property:
        cursor = self._cursor
        token = cursor.token
        if token.kind == STRING:
            key = parse_text(cursor.take())
        else:
            key = Text(token.span, (cursor.name().text,))
        cursor.expect(":")
        value = self.expression()
        return Property(cursor.since(token.span.start), key, value)

    def _spread(self) -> Spread:
        start = self._cursor.expect("...").span.start
        value = self.expression()
        return Spread(self._cursor.since(start), value)

    def _separator(self, closing: str) -> None:
        cursor = self._cursor
        if cursor.token.kind != NEWLINE and not cursor.at_mark(",", closing):
            raise cursor.fault("a new line or a comma is expected")
        if cursor.accept(",") and cursor.at_mark(closing):
            raise cursor.fault("another member is expected")
        cursor.skip_newlines()


def parse_text(token: Token) -> Text:
    """A string token, with its interpolations parsed."""
    parts: list[str | Expression] = []
    for part in token.parts:
        if isinstance(part, str):
            parts.append(part)
            continue
        cursor = Cursor(part)
        cursor.enter(quiet=True)
        parts.append(ExpressionParser(cursor).expression())
        if cursor.token.text:
            raise cursor.fault("'}' is expected")
    return Text(Span(token.span.start, token.span.end), tuple(parts))
