"""KQL text as tokens: names, literals and signs."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum

from localazure.logs.errors import QuerySyntaxError


class Kind(Enum):
    """What a token is. `NAME` covers keywords and functions, too."""

    NAME = "name"
    LITERAL = "literal"
    SIGN = "sign"
    END = "end of the query"


@dataclass(frozen=True)
class Token:
    """`value` is a literal's value, else the text."""

    kind: Kind
    value: object
    text: str


_UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1, "ms": 0.001}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
_TOKEN = re.compile(
    r"""(?x)
    (?P<blank> (?: \s | //[^\n]* )+ )
    | (?P<datetime> datetime\s*\(\s*(?P<moment>[^)]*?)\s*\) )
    | (?P<string> "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*' )
    | (?P<timespan> (?P<count>\d+(?:\.\d+)?)(?P<unit>ms|[dhms])\b )
    | (?P<real> \d+\.\d+ )
    | (?P<long> \d+\b )
    | (?P<name> [A-Za-z_][A-Za-z0-9_]* )
    | (?P<sign> ==|!=|=~|!~|<=|>=|[-+*/<>=|,;()\[\]~!] )
    """
)


def tokens(text: str) -> list[Token]:
    """Return the tokens of a query, the end included.

    Raises:
        QuerySyntaxError: A character begins no known token.
    """
    found: list[Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise QuerySyntaxError(
                f"the query cannot be read at {text[position : position + 20]!r}"
            )
        position = match.end()
        if match["blank"] is None:
            found.append(_token(match))
    return [*found, Token(Kind.END, None, Kind.END.value)]


def _token(match: re.Match[str]) -> Token:
    text = match[0]
    if match["name"] is not None:
        if text in ("true", "false"):
            return Token(Kind.LITERAL, text == "true", text)
        return Token(Kind.NAME, text, text)
    if match["sign"] is not None:
        return Token(Kind.SIGN, text, text)
    return Token(Kind.LITERAL, _literal(match), text)


def _literal(match: re.Match[str]) -> object:
    text = match[0]
    if match["string"] is not None:
        return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), text[1:-1])
    if match["timespan"] is not None:
        return timedelta(seconds=float(match["count"]) * _UNITS[match["unit"]])
    if match["real"] is not None:
        return float(text)
    if match["long"] is not None:
        return int(text)
    try:
        moment = datetime.fromisoformat(match["moment"].strip("\"'"))
    except ValueError as error:
        raise QuerySyntaxError(f"{text} is not a datetime") from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
