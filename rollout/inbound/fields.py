"""The fields of a request as tables: one table both reads what arrived and describes it.

`rollout.core.policy` has the like for files. A file is read for all its faults at once; a request
is refused at the first, in the words of HTTP, and JSON's `null` stands for a field left out. Each
schema accepts what `read` accepts, except that `read` does not mind the case of words.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from rollout.core.policy.azure_names import NameRule
from rollout.errors import InvalidInputError
from rollout.text.moments import read_moment
from rollout.text.nearest import nearest
from rollout.text.plain_text import visible_line

Schema = dict[str, Any]

EXACT_NUMBER = 2**53 - 1
"""The largest whole number that every reader of JSON has exactly (RFC 8259, 6)."""

_SHOWN_CHARACTERS = 64
_YEAR = r"(000[2-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-8][0-9]{3})"
_HOUR, _SIXTIETH = r"([01][0-9]|2[0-3])", r"[0-5][0-9]"
_RFC_3339 = (
    rf"{_YEAR}-[0-9]{{2}}-[0-9]{{2}}T{_HOUR}:{_SIXTIETH}:{_SIXTIETH}(\.[0-9]{{1,6}})?"
    rf"(Z|[+-]{_HOUR}:{_SIXTIETH})"
)
"""Its years are those that are a moment of our time with every offset (`rollout.text.moments`)."""


class Kind(Protocol):
    """One kind of value in a request."""

    def read(self, value: Any, name: str) -> Any:
        """Return the value as the product uses it; `name` is the field's, with its place.

        Raises:
            InvalidInputError: It does not fit; the message names the field and says what does.
        """

    def schema(self) -> Schema:
        """Describe what `read` accepts."""


@dataclass(frozen=True)
class Field:
    """One field: its name, its kind, and a sentence that explains it.

    `absent` is what is read where it is left out, unless it is `required`; then `missing` is the
    sentence that says so ("": the usual one).
    """

    name: str
    kind: Kind
    text: str
    required: bool = False
    absent: Any = None
    missing: str = ""

    def read(self, given: Mapping[str, Any], place: str = "") -> Any:
        """Read this field of a request.

        Raises:
            InvalidInputError: It does not fit, or is missing.
        """
        value = given.get(self.name)
        if value is not None:
            return self.kind.read(value, place + self.name)
        if self.required:
            raise InvalidInputError(self.missing or f'"{place}{self.name}" is missing.')
        return self.absent

    def schema(self) -> Schema:
        """Describe the field in a body, where `null` counts as left out."""
        schema = self.kind.schema()
        if not self.required:
            schema = {"anyOf": [schema, {"type": "null"}]}
        return {**schema, "description": self.text}


@dataclass(frozen=True)
class Form:
    """A JSON object with exactly these fields; `build` gets what was read by name.

    Unknown fields are refused, not ignored: a misspelt `expected` would otherwise let a stale
    command through.
    """

    fields: tuple[Field, ...]
    build: Callable[..., Any] = dict

    def read(self, value: Any, name: str = "") -> Any:
        known = [field.name for field in self.fields]
        if not isinstance(value, Mapping):
            raise InvalidInputError(f'"{name}" must be an object of {", ".join(known)}.')
        place = f"{name}." if name else ""
        for key in value:
            if key not in known:
                hint = nearest(key, known) or f": the fields are {', '.join(known)}"
                shown = visible_line(key, _SHOWN_CHARACTERS)
                raise InvalidInputError(f'There is no field "{place}{shown}"{hint}.')
        # What is wrong comes before what is missing.
        order = sorted(self.fields, key=lambda field: value.get(field.name) is None)
        return self.build(**{field.name: field.read(value, place) for field in order})

    def schema(self) -> Schema:
        properties = {field.name: field.schema() for field in self.fields}
        required = [field.name for field in self.fields if field.required]
        schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
        return {**schema, "required": required} if required else schema


@dataclass(frozen=True)
class Name:
    """A name under a rule; `lower` reads it in lower case, however it is written."""

    rule: NameRule
    lower: bool = False

    def read(self, value: Any, name: str) -> str:
        # Some letters beyond ASCII have one of ASCII as their lower case.
        if isinstance(value, str) and value.isascii():
            text = value.lower() if self.lower else value
            if self.rule.accepts(text):
                return text
        raise InvalidInputError(f'"{name}" is not a valid name: use {self.rule.text}.')

    def schema(self) -> Schema:
        rule = self.rule
        pattern = rule.pattern
        if self.lower and "A-Z" not in pattern:
            pattern = pattern.replace("a-z", "a-zA-Z")
        return {
            "type": "string",
            "pattern": pattern,
            "minLength": rule.shortest,
            "maxLength": rule.longest,
        }


@dataclass(frozen=True)
class NameOrNumber:
    """A name that people also write as a number, such as a version."""

    rule: NameRule

    def read(self, value: Any, name: str) -> str:
        whole = isinstance(value, int) and not isinstance(value, bool)
        if whole and value > EXACT_NUMBER:
            raise InvalidInputError(f'"{name}" is too large for a number: write it as text.')
        return Name(self.rule).read(str(value) if whole else value, name)

    def schema(self) -> Schema:
        number = {"type": "integer", "minimum": 0, "maximum": EXACT_NUMBER}
        return {"anyOf": [Name(self.rule).schema(), number]}


@dataclass(frozen=True)
class Text:
    """Any text, cut to `longest` characters; `blank` is the sentence against empty text.

    Where `blank` is "", empty text is text too.
    """

    longest: int
    blank: str = ""

    def read(self, value: Any, name: str) -> str:
        if not isinstance(value, str):
            raise InvalidInputError(f'"{name}" must be text.')
        text = value.strip()
        if self.blank and not text:
            raise InvalidInputError(self.blank)
        return visible_line(text, self.longest)

    def schema(self) -> Schema:
        return {"type": "string", "pattern": r"\S"} if self.blank else {"type": "string"}


@dataclass(frozen=True)
class Id:
    """Text of `least` to `longest` characters that a view showed; `what` it must be the id of."""

    longest: int
    what: str
    least: int = 1

    def read(self, value: Any, name: str) -> str:
        if not isinstance(value, str):
            raise InvalidInputError(f'"{name}" must be text.')
        if not self.least <= len(value) <= self.longest:
            raise InvalidInputError(f'"{name}" must be the id of {self.what}.')
        return value

    def schema(self) -> Schema:
        return {"type": "string", "minLength": self.least, "maxLength": self.longest}


@dataclass(frozen=True)
class Mark:
    """A mark that a page ended with, or nothing; `pattern` is valid for Python and for ECMA-262."""

    pattern: str
    longest: int

    def read(self, value: Any, name: str) -> str:
        fits = isinstance(value, str) and len(value) <= self.longest
        if not fits or re.fullmatch(self.pattern, value) is None:
            raise InvalidInputError(f'"{name}" must be the mark that a page before ended with.')
        return str(value)

    def schema(self) -> Schema:
        return {"type": "string", "pattern": f"^{self.pattern}$", "maxLength": self.longest}


@dataclass(frozen=True)
class Word:
    """One of an enumeration's values, in either case; `what` they are."""

    options: type[StrEnum]
    what: str

    def read(self, value: Any, name: str) -> StrEnum:
        if not isinstance(value, str):
            raise InvalidInputError(f'"{name}" must be text.')
        for option in self.options:
            if value.lower() == option.lower():
                return option
        hint = nearest(value.upper(), self.options) or nearest(value.lower(), self.options)
        raise InvalidInputError(f'"{name}" is not {self.what}{hint}.')

    def schema(self) -> Schema:
        values = [option.value for option in self.options]
        other = [value.swapcase() for value in values]
        return {"type": "string", "enum": values + other}


@dataclass(frozen=True)
class Stage:
    """A stage's number, counted from 0, up to `most`."""

    most: int

    def read(self, value: Any, name: str) -> int:
        # JSON does not tell 1.0 from 1, and JSON Schema counts both as integers.
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or value != int(value) or not 0 <= value <= self.most:
            raise InvalidInputError(f'"{name}" must be a stage number, counted from 0.')
        return int(value)

    def schema(self) -> Schema:
        return {"type": "integer", "minimum": 0, "maximum": self.most}


@dataclass(frozen=True)
class Moment:
    """A moment with its offset from UTC, as RFC 3339 writes it, of the years 2 to 8999."""

    def read(self, value: Any, name: str) -> datetime:
        if isinstance(value, str) and re.fullmatch(_RFC_3339, value):
            try:
                return read_moment(value)
            except ValueError:
                pass  # a 30th of February
        raise InvalidInputError(
            f'"{name}" must be a moment with its offset, such as "2026-12-24T18:00:00+01:00", '
            "of the years 2 to 8999."
        )

    def schema(self) -> Schema:
        return {"type": "string", "format": "date-time", "pattern": f"^{_RFC_3339}$"}


@dataclass(frozen=True)
class Flag:
    """True or false."""

    def read(self, value: Any, name: str) -> bool:
        if not isinstance(value, bool):
            raise InvalidInputError(f'"{name}" must be true or false.')
        return value

    def schema(self) -> Schema:
        return {"type": "boolean"}


@dataclass(frozen=True)
class Names:
    """A list of at most `most` names, read as a tuple without doubles; `what` they are names of."""

    kind: Name
    most: int
    what: str

    def read(self, value: Any, name: str) -> tuple[str, ...]:
        if not isinstance(value, list) or len(value) > self.most:
            raise InvalidInputError(
                f'"{name}" must be a list of at most {self.most} names of {self.what}.'
            )
        return tuple(dict.fromkeys(self.kind.read(each, name) for each in value))

    def schema(self) -> Schema:
        return {"type": "array", "items": self.kind.schema(), "maxItems": self.most}


@dataclass(frozen=True)
class Number:
    """A whole number from 1 to `most`, written in digits in a route or a query."""

    most: int

    def read(self, value: Any, name: str) -> int:
        text = str(value)
        digits = text.isascii() and text.isdigit() and len(text) <= len(str(self.most))
        if not digits or not 1 <= int(text) <= self.most:
            raise InvalidInputError(f'"{name}" must be a whole number from 1 to {self.most}.')
        return int(text)

    def schema(self) -> Schema:
        return {"type": "integer", "minimum": 1, "maximum": self.most}
