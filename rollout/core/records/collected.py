"""What a rollout remembers of reading collected answers, from one look to the next."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rollout.units import MINUTE

SPAN = 180
"""Minutes: data collectors are read back two hours, and their data may be late by some more."""

_MASK = (1 << SPAN) - 1


@dataclass(frozen=True)
class Lately:
    """In which minutes the app sent anything, as far back as collected answers may come from.

    `last` is the latest such minute (None: there was none); of `minutes`, a hexadecimal number, bit
    `n` says whether it sent anything `n` minutes before that. A minute from before the span of
    `SPAN` minutes counts as one of them.
    """

    last: datetime | None = None
    minutes: str = ""

    def __contains__(self, minute: datetime) -> bool:
        if self.last is None or minute > self.last:
            return False
        before = (self.last - minute) // MINUTE
        return before >= SPAN or bool(self._bits >> before & 1)

    def with_minute(self, minute: datetime) -> "Lately":
        """Add a minute."""
        if self.last is None:
            return Lately(minute, "1")
        if minute <= self.last:
            bits = self._bits | 1 << ((self.last - minute) // MINUTE)
            return Lately(self.last, f"{bits & _MASK:x}")
        later = (minute - self.last) // MINUTE
        bits = self._bits << later if later < SPAN else 0
        return Lately(minute, f"{(bits | 1) & _MASK:x}")

    def __post_init__(self) -> None:
        # A ValueError: what is no such number says nothing.
        int(self.minutes or "0", 16)

    @property
    def _bits(self) -> int:
        return int(self.minutes or "0", 16)


@dataclass(frozen=True)
class Collected:
    """How far the answers were read that both data collectors wrote, and what was in the way.

    Attributes:
        cursor: Where the next look goes on: JSON of about 1 kB, which means nothing here.
        read_at: The minute of the latest look; None: there was none.
        more: There was more than that look may read.
        silent: Why a side was not seen, "" where both were; a sentence's part.
        unequal: What keeps both sides from being collected alike, likewise.
        own: The minutes in which the app itself asked.
        left_out: Answers of such minutes: nothing tells the app's from its clients'.
        told: Operators were told once that live answers are not judged, or not all of them.
    """

    cursor: Mapping[str, Any] = field(default_factory=dict)
    read_at: datetime | None = None
    more: bool = False
    silent: str = ""
    unequal: str = ""
    own: Lately = field(default_factory=Lately)
    left_out: int = 0
    told: bool = False

    def __post_init__(self) -> None:
        if self.left_out < 0:
            raise ValueError("answers cannot be fewer than 0")

    @property
    def impaired(self) -> str:
        """What is said of it where something was in the way; "" where nothing was."""
        return "; ".join(filter(None, (self.silent, self.unequal)))
