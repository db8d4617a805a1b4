"""Characters -> tokens. Newlines are tokens: in Bicep they separate statements and members."""

import re
from dataclasses import dataclass

from infra_check.findings import BicepSyntaxError
from infra_check.nodes import Span

NEWLINE, NAME, NUMBER, STRING, MARK, END = "newline", "name", "number", "string", "mark", "end"
_SPACE = re.compile(r"[ \t\r]+|//[^\n]*|/\*.*?\*/|#(?:disable|restore)[^\n]*", re.DOTALL)
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DIGITS = re.compile(r"[0-9]+(?![A-Za-z0-9_])")
_MARK = re.compile(
    r"\.\.\.|=>|==|!=|=~|!~|<=|>=|&&|\|\||\?\?|::|\.\?|\[\?|[][{}().,:?!<>=+\-*/%@|]"
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\", "'": "'", "$": "$"}
_UNICODE = re.compile(r"u\{([0-9A-Fa-f]{1,6})\}")
_FENCE = "'''"


@dataclass(frozen=True)
class Token:
    """`parts` is set for strings: text, and the tokens of each `${...}`."""

    kind: str
    text: str
    span: Span
    parts: tuple["str | tuple[Token, ...]", ...] = ()


def tokenize(source: str) -> tuple[Token, ...]:
    """Return every token, ending with one of kind END.

    Raises:
        BicepSyntaxError: A character starts no token, or a string does not end.
    """
    tokens, _ = _tokens(source, 0, nested=False)
    return (*tokens, Token(END, "", Span(len(source), len(source))))


def _tokens(source: str, at: int, *, nested: bool) -> tuple[list[Token], int]:
    # A nested call stops before the brace that closes its interpolation.
    found: list[Token] = []
    depth = 0
    while at < len(source):
        if match := _SPACE.match(source, at):
            at = match.end()
            continue
        character = source[at]
        if nested and character == "}" and depth == 0:
            break
        if character == "'":
            token = _string(source, at)
        elif character == "\n":
            token = Token(NEWLINE, "\n", Span(at, at + 1))
        else:
            token = _plain(source, at)
        depth += (token.text == "{") - (token.text == "}") if token.kind == MARK else 0
        found.append(token)
        at = token.span.end
    return found, at


def _plain(source: str, at: int) -> Token:
    for kind, pattern in ((NAME, _WORD), (NUMBER, _DIGITS), (MARK, _MARK)):
        if match := pattern.match(source, at):
            return Token(kind, match.group(), Span(at, match.end()))
    raise BicepSyntaxError(f"{source[at]!r} starts no token in Bicep.", at)


def _string(source: str, start: int) -> Token:
    if source.startswith(_FENCE, start):
        return _raw_string(source, start)
    parts: list[str | tuple[Token, ...]] = []
    text = ""
    at = start + 1
    while at < len(source) and source[at] != "\n":
        if source[at] == "'":
            span = Span(start, at + 1)
            parts.extend([text] if text or not parts else [])
            return Token(STRING, source[start : at + 1], span, tuple(parts))
        if source.startswith("${", at):
            inner, end = _tokens(source, at + 2, nested=True)
            if end >= len(source):
                break
            parts.extend([text] if text else [])
            parts.append((*inner, Token(END, "", Span(end, end))))
            text, at = "", end + 1
        elif source[at] == "\\":
            value, at = _escape(source, at + 1)
            text += value
        else:
            text += source[at]
            at += 1
    raise BicepSyntaxError("This string does not end on its line.", start)


def _raw_string(source: str, start: int) -> Token:
    end = source.find(_FENCE, start + len(_FENCE))
    if end < 0:
        raise BicepSyntaxError("This multi-line string does not end.", start)
    text = source[start + len(_FENCE) : end].removeprefix("\n")
    return Token(STRING, source[start : end + 3], Span(start, end + len(_FENCE)), (text,))


def _escape(source: str, at: int) -> tuple[str, int]:
    if at < len(source) and source[at] in _ESCAPES:
        return _ESCAPES[source[at]], at + 1
    if match := _UNICODE.match(source, at):
        return chr(int(match[1], 16)), match.end()
    raise BicepSyntaxError("Bicep knows the escapes \\n \\r \\t \\\\ \\' \\$ and \\u{...}.", at)
