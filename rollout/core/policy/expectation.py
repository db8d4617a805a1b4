"""What an answer must be: its status, and what stands at the paths of its JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any


class JsonType(StrEnum):
    """JSON's own types; `INTEGER` is a number without a fraction, so 1.0 is one."""

    OBJECT = "object"
    LIST = "list"
    TEXT = "text"
    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    NULL = "null"


@dataclass(frozen=True)
class Interval:
    """The numbers from `least` to `most`, both included and finite; a policy has none swapped."""

    least: float
    most: float


@dataclass(frozen=True)
class Near:
    """The numbers at most `within` away from `value`; both finite, `within` not negative."""

    value: float
    within: float


@dataclass(frozen=True)
class Expectation:
    """What an answer to a sample request must be.

    `present` and `absent` are JSON paths (`core/predictions/json_paths`). The others map paths to
    what must be there: `values` an exact JSON value, `types` its type, `lengths` the items of a
    list or the characters of a text, `ranges` and `close` a number.
    """

    status: int = 200
    present: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    latency: timedelta | None = None
    types: Mapping[str, JsonType] = field(default_factory=dict)
    lengths: Mapping[str, int] = field(default_factory=dict)
    ranges: Mapping[str, Interval] = field(default_factory=dict)
    close: Mapping[str, Near] = field(default_factory=dict)

    @property
    def looks_inside(self) -> bool:
        """Whether it asks for anything of the body."""
        return bool(
            self.present
            or self.absent
            or self.values
            or self.types
            or self.lengths
            or self.ranges
            or self.close
        )
