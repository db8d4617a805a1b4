"""The kinds of value a policy file may hold: each reads itself and describes itself as JSON Schema.

Reading never raises: a fault is noted with its place and None comes back, so that one pass over a
document finds every fault. The schema accepts exactly what `read` accepts without a fault.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum, StrEnum
from typing import Any, Protocol

from rollout.core.policy.azure_names import NameRule
from rollout.text.nearest import nearest
from rollout.text.plain_text import visible_line

Schema = dict[str, Any]

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = r"[0-9]{1,5}(ms|s|m|h|d)"
_POSITIVE_DURATION = r"(?=[0-9]*[1-9])[0-9]{1,5}(ms|s|m|h|d)"
_PERCENT = r"(100(\.0+)?|[0-9]{1,2}(\.[0-9]{1,6})?)%"
_QUOTE_LIMIT = 40
_PLACE_LIMIT = 400
_SENTENCE_LIMIT = 1000


@dataclass
class Faults:
    """Collects `(place, sentence)` pairs; `prefix` is the file they are in."""

    prefix: str = ""
    found: list[tuple[str, str]] = field(default_factory=list)

    def note(self, place: str, sentence: str) -> None:
        """Add one; an empty place stands for the whole file."""
        where = f"{self.prefix}: {place}" if place and self.prefix else self.prefix or place
        self.found.append((shown_place(where), visible_line(sentence, _SENTENCE_LIMIT)))

    def under(self, *places: str) -> bool:
        """Say whether one of these places, or a part of it, has a fault already."""
        inside = tuple(f"{self.prefix}: {place}" if self.prefix else place for place in places)
        shown = tuple(shown_place(where) for where in inside)
        return any(where.startswith(shown) for where, _ in self.found)


def shown_place(place: str) -> str:
    """Return a place as it may be printed: names of files and fields are other people's text."""
    return visible_line(place, _PLACE_LIMIT)


class Kind(Protocol):
    """One kind of value."""

    def read(self, value: Any, place: str, faults: Faults) -> Any:
        """Return the typed value, or None after noting at least one fault."""

    def schema(self) -> Schema:
        """Describe what `read` accepts."""

    def show(self, value: Any) -> Any:
        """Return a typed value as a policy file writes it."""


@dataclass(frozen=True)
class Duration:
    """A whole number with its unit, such as `10m`; `zero` says whether 0 is a duration here."""

    zero: bool = False

    def read(self, value: Any, place: str, faults: Faults) -> timedelta | None:
        example = 'a whole number with its unit (ms, s, m, h or d), such as "10m" or "24h"'
        match = re.fullmatch(_DURATION, value) if isinstance(value, str) else None
        if match is None:
            faults.note(place, f"{quoted(value)} is not a duration: write {example}.")
            return None
        duration = timedelta(seconds=int(value.removesuffix(match[1])) * _SECONDS[match[1]])
        if not duration and not self.zero:
            faults.note(place, "A duration of 0 makes no sense here: write a positive one.")
            return None
        return duration

    def schema(self) -> Schema:
        pattern = _DURATION if self.zero else _POSITIVE_DURATION
        return {"type": "string", "pattern": f"^{pattern}$"}

    def show(self, value: Any) -> str:
        return duration_text(value)


@dataclass(frozen=True)
class Share:
    """A part of the whole: `5%` or 0.05."""

    def read(self, value: Any, place: str, faults: Faults) -> float | None:
        if isinstance(value, str) and re.fullmatch(_PERCENT, value):
            return float(value.removesuffix("%")) / 100
        if is_number(value) and 0 <= value <= 1:
            return float(value)
        hint = 'write a percentage such as "5%", or a number from 0 to 1'
        faults.note(place, f"{quoted(value)} is not a share: {hint}.")
        return None

    def schema(self) -> Schema:
        percent = {"type": "string", "pattern": f"^{_PERCENT}$"}
        return {"anyOf": [percent, {"type": "number", "minimum": 0, "maximum": 1}]}

    def show(self, value: Any) -> Any:
        """As a percentage where that reads back as the same number, else as the number."""
        percent = f"{value * 100:.6g}%"
        plain = re.fullmatch(_PERCENT, percent) is not None
        return percent if plain and float(percent.removesuffix("%")) / 100 == value else value


@dataclass(frozen=True)
class Whole:
    """A whole number in [least, most]."""

    least: int
    most: int

    def read(self, value: Any, place: str, faults: Faults) -> int | None:
        # JSON Schema counts 10.0 as an integer, and so does this: YAML files contain it.
        if is_number(value) and value == int(value) and self.least <= value <= self.most:
            return int(value)
        wanted = f"write a whole number from {self.least} to {self.most}"
        faults.note(place, f"{quoted(value)} does not fit here: {wanted}.")
        return None

    def schema(self) -> Schema:
        return {"type": "integer", "minimum": self.least, "maximum": self.most}

    def show(self, value: Any) -> Any:
        return value


@dataclass(frozen=True)
class Number:
    """A number in [least, most]."""

    least: float
    most: float

    def read(self, value: Any, place: str, faults: Faults) -> float | None:
        if is_number(value) and self.least <= value <= self.most:
            return float(value)
        wanted = f"write a number from {self.least:g} to {self.most:g}"
        faults.note(place, f"{quoted(value)} does not fit here: {wanted}.")
        return None

    def schema(self) -> Schema:
        return {"type": "number", "minimum": self.least, "maximum": self.most}

    def show(self, value: Any) -> Any:
        return value


@dataclass(frozen=True)
class Flag:
    """True or false."""

    def read(self, value: Any, place: str, faults: Faults) -> bool | None:
        if isinstance(value, bool):
            return value
        faults.note(place, f"{quoted(value)} does not fit here: write true or false.")
        return None

    def schema(self) -> Schema:
        return {"type": "boolean"}

    def show(self, value: Any) -> Any:
        return value


@dataclass(frozen=True)
class Choice:
    """One of an enumeration's values."""

    options: type[StrEnum]

    def read(self, value: Any, place: str, faults: Faults) -> StrEnum | None:
        names = [option.value for option in self.options]
        if isinstance(value, str) and value in names:
            return self.options(value)
        hint = nearest(value, names)
        faults.note(place, f"{quoted(value)} is not one of {', '.join(names)}{hint}.")
        return None

    def schema(self) -> Schema:
        return {"enum": [option.value for option in self.options]}

    def show(self, value: Any) -> Any:
        return value.value


@dataclass(frozen=True)
class FlagOrChoice:
    """One of an enumeration's values, which are true, false and words."""

    options: type[Enum]

    def read(self, value: Any, place: str, faults: Faults) -> Enum | None:
        known = [option.value for option in self.options]
        # To Python 1 is true; in a file it is not.
        if isinstance(value, bool | str) and value in known:
            return self.options(value)
        names = [quoted(each).strip('"') for each in known]
        hint = nearest(value, names)
        faults.note(place, f"{quoted(value)} is not one of {', '.join(names)}{hint}.")
        return None

    def schema(self) -> Schema:
        return {"enum": [option.value for option in self.options]}

    def show(self, value: Any) -> Any:
        return value.value


@dataclass(frozen=True)
class Name:
    """A name under a rule of Azure or of this product."""

    rule: NameRule

    def read(self, value: Any, place: str, faults: Faults) -> str | None:
        if isinstance(value, str) and self.rule.accepts(value):
            return value
        faults.note(place, f"{quoted(value)} is not a valid name: use {self.rule.text}.")
        return None

    def schema(self) -> Schema:
        rule = self.rule
        return {
            "type": "string",
            "pattern": rule.pattern,
            "minLength": rule.shortest,
            "maxLength": rule.longest,
        }

    def show(self, value: Any) -> Any:
        return value


@dataclass(frozen=True)
class Text:
    """One line of text of 1 to `longest` characters; `what` completes "write ..."."""

    longest: int
    what: str = "text in quotes"

    def read(self, value: Any, place: str, faults: Faults) -> str | None:
        if isinstance(value, str) and re.fullmatch(self._pattern, value):
            return value
        wanted = f"{self.what}, 1 to {self.longest} characters, no control characters"
        faults.note(place, f"{quoted(value)} does not fit here: write {wanted}.")
        return None

    @property
    def _pattern(self) -> str:
        return rf"[^\u0000-\u001f\u007f\ud800-\udfff]{{1,{self.longest}}}"

    def schema(self) -> Schema:
        return {"type": "string", "pattern": f"^{self._pattern}$"}

    def show(self, value: Any) -> Any:
        return value


class Passage(Text):
    """Text of several lines."""

    @property
    def _pattern(self) -> str:
        allowed = r"[^\u0000-\u0008\u000b-\u001f\u007f\ud800-\udfff]"
        return rf"{allowed}{{1,{self.longest}}}"


def quoted(value: Any) -> str:
    """Quote a value of a file in a sentence, cut to a readable length."""
    if value is None:
        return "An empty value"
    text = "true" if value is True else "false" if value is False else str(value)
    if isinstance(value, Mapping | list):
        text = "a mapping" if isinstance(value, Mapping) else "a list"
        return text.capitalize()
    plain = "".join(each if each.isprintable() else "?" for each in text)
    return f'"{plain[:_QUOTE_LIMIT]}{"..." if len(plain) > _QUOTE_LIMIT else ""}"'


def is_number(value: Any) -> bool:
    """Say whether a value is a finite number; booleans do not count."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def duration_text(duration: timedelta) -> str:
    """Write a duration in the largest unit that leaves a whole number."""
    milliseconds = round(duration.total_seconds() * 1000)
    for unit in ("h", "m", "s"):
        size = round(_SECONDS[unit] * 1000)
        if milliseconds % size == 0:
            return f"{milliseconds // size}{unit}"
    return f"{milliseconds}ms"
