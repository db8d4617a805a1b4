"""One file's text -> its declarations."""

from infra_check.cursor import Cursor
from infra_check.expressions import ExpressionParser, parse_text
from infra_check.findings import BicepSyntaxError, Rule
from infra_check.nodes import (
    Declaration,
    Decorator,
    Expression,
    Function,
    Module,
    Name,
    Null,
    Number,
    Output,
    Parameter,
    Resource,
    Setting,
    Text,
    Truth,
    TypeAlias,
    TypeArray,
    TypeNode,
    TypeNullable,
    TypeObject,
    TypeUnion,
    Variable,
)
from infra_check.tokens import END, NAME, NEWLINE, NUMBER, STRING, tokenize


def parse(source: str) -> tuple[Declaration, ...]:
    """Return the declarations in their order.

    Raises:
        BicepSyntaxError: The text is not Bicep, or uses what is not checked here.
    """
    return _FileParser(Cursor(tokenize(source))).declarations()


class _FileParser:
    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        self._expressions = ExpressionParser(cursor, self._nested_resource)

    def declarations(self) -> tuple[Declaration, ...]:
        cursor = self._cursor
        found: list[Declaration] = []
        cursor.skip_newlines()
        while cursor.token.kind != END:
            found.append(self._declaration())
            if cursor.token.kind not in {NEWLINE, END}:
                raise BicepSyntaxError(
                    f"A new line is expected before {cursor.token.text!r}.",
                    cursor.token.span.start,
                    Rule.LAYOUT,
                )
            cursor.skip_newlines()
        return tuple(found)

    def _declaration(self) -> Declaration:
        cursor = self._cursor
        decorators = self._decorators()
        keyword = cursor.token
        if keyword.kind != NAME:
            raise cursor.fault("a declaration is expected")
        cursor.take()
        start = keyword.span.start
        match keyword.text:
            case "param":
                return self._parameter(start, decorators)
            case "var":
                name = cursor.name().text
                type_ = None if cursor.at_mark("=") else self._type()
                value = self._assigned()
                return Variable(cursor.since(start), decorators, name, type_, value)
            case "output":
                name = cursor.name().text
                declared = self._type()
                value = self._assigned()
                return Output(cursor.since(start), decorators, name, declared, value)
            case "resource":
                return self._resource(start, decorators)
            case "module":
                name = cursor.name().text
                path = self._text()
                value = self._assigned_body()
                return Module(cursor.since(start), decorators, name, path, value)
            case "type":
                name = cursor.name().text
                cursor.expect("=")
                alias = self._type()
                return TypeAlias(cursor.since(start), decorators, name, alias)
            case "func":
                return self._function(start, decorators)
            case "targetScope":
                value = self._assigned()
                return Setting(cursor.since(start), decorators, "targetScope", value)
            case "metadata":
                name = cursor.name().text
                value = self._assigned()
                return Setting(cursor.since(start), decorators, f"metadata {name}", value)
            case "import" | "using" | "extension" | "provider" | "assert":
                text = f"{keyword.text!r} is not checked here; do without it."
                raise BicepSyntaxError(text, start, Rule.UNSUPPORTED)
            case _:
                text = f"{keyword.text!r} begins no declaration."
                raise BicepSyntaxError(text, start)

    def _decorators(self) -> tuple[Decorator, ...]:
        cursor = self._cursor
        found: list[Decorator] = []
        while cursor.at_mark("@"):
            start = cursor.take().span.start
            name = cursor.name().text
            if name == "sys" and cursor.accept("."):
                name = cursor.name().text
            arguments = self._expressions.arguments()
            found.append(Decorator(cursor.since(start), name, arguments))
            cursor.skip_newlines()
        return tuple(found)

    def _parameter(self, start: int, decorators: tuple[Decorator, ...]) -> Parameter:
        cursor = self._cursor
        name = cursor.name().text
        declared = self._type()
        default = self._assigned() if cursor.at_mark("=") else None
        return Parameter(cursor.since(start), decorators, name, declared, default)

    def _resource(self, start: int, decorators: tuple[Decorator, ...]) -> Resource:
        cursor = self._cursor
        name = cursor.name().text
        type_ = self._text()
        existing = cursor.at_word("existing")
        if existing:
            cursor.take()
        value = self._assigned_body()
        return Resource(cursor.since(start), decorators, name, type_, existing, value)

    def _nested_resource(self, cursor: Cursor) -> Resource | None:
        # `resource` is also a legal property name: then a colon follows.
        decorators = self._decorators()
        if not cursor.at_word("resource") or cursor.peek(1).kind != NAME:
            if decorators:
                raise cursor.fault("'resource' is expected")
            return None
        start = cursor.take().span.start
        return self._resource(start, decorators)

    def _function(self, start: int, decorators: tuple[Decorator, ...]) -> Function:
        cursor = self._cursor
        name = cursor.name().text
        cursor.expect("(")
        cursor.enter(quiet=True)
        parameters: list[tuple[str, TypeNode]] = []
        while not cursor.at_mark(")"):
            parameter = cursor.name().text
            parameters.append((parameter, self._type()))
            if not cursor.accept(","):
                break
        cursor.leave(")")
        returns = self._type()
        cursor.expect("=>")
        body = self._expressions.expression()
        return Function(cursor.since(start), decorators, name, tuple(parameters), returns, body)

    def _assigned(self) -> Expression:
        self._cursor.expect("=")
        return self._expressions.expression()

    def _assigned_body(self) -> Expression:
        self._cursor.expect("=")
        return self._expressions.body()

    def _text(self) -> Text:
        if self._cursor.token.kind != STRING:
            raise self._cursor.fault("a string is expected")
        return parse_text(self._cursor.take())

    def _type(self) -> TypeNode:
        cursor = self._cursor
        start = cursor.token.span.start
        options = [self._postfix_type()]
        while cursor.accept("|"):
            options.append(self._postfix_type())
        if len(options) == 1:
            return options[0]
        return TypeUnion(cursor.since(start), tuple(options))

    def _postfix_type(self) -> TypeNode:
        cursor = self._cursor
        start = cursor.token.span.start
        found = self._primary_type()
        while cursor.at_mark("[", "?"):
            if cursor.take().text == "?":
                found = TypeNullable(cursor.since(start), found)
            else:
                cursor.expect("]")
                found = TypeArray(cursor.since(start), found)
        return found

    def _primary_type(self) -> TypeNode:
        cursor = self._cursor
        token = cursor.token
        if token.kind == STRING:
            return parse_text(cursor.take())
        if token.kind == NUMBER:
            return Number(token.span, int(cursor.take().text))
        if cursor.at_mark("{"):
            return self._object_type()
        if cursor.accept("("):
            cursor.enter(quiet=True)
            found = self._type()
            cursor.leave(")")
            return found
        name = cursor.name()
        if name.text in {"true", "false"}:
            return Truth(name.span, name.text == "true")
        return Null(name.span) if name.text == "null" else Name(name.span, name.text)

    def _object_type(self) -> TypeObject:
        cursor = self._cursor
        start = cursor.expect("{").span.start
        cursor.enter(quiet=False)
        cursor.skip_newlines()
        properties: list[tuple[str, TypeNode]] = []
        rest: TypeNode | None = None
        while not cursor.at_mark("}"):
            self._decorators()
            if cursor.accept("*"):
                cursor.expect(":")
                rest = self._type()
            else:
                key = self._text().literal if cursor.token.kind == STRING else cursor.name().text
                cursor.expect(":")
                properties.append((key or "", self._type()))
            if cursor.token.kind != NEWLINE and not cursor.accept(",") and not cursor.at_mark("}"):
                raise cursor.fault("a new line or a comma is expected")
            cursor.skip_newlines()
        cursor.leave("}")
        return TypeObject(cursor.since(start), tuple(properties), rest)
