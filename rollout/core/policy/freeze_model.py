"""Freeze windows: weekly times, by a wall clock, in which nothing is raised or started."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum

MINUTES_A_DAY = 24 * 60

Zones = Callable[[str], tzinfo | None]
"""The rules of a zone by its IANA name; None where the name is not known.

Reading the zone database is the caller's: nothing here touches a file.
"""


class Day(StrEnum):
    """A day of the week; the order is that of `datetime.weekday`."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


@dataclass(frozen=True)
class FreezeWindow:
    """From `start` to `end` on each of these days, both in minutes after midnight in `zone`.

    `end` is at most 1440, the end of the day. One that is not after `start` means the next day.
    """

    start: int
    end: int
    zone: str
    days: tuple[Day, ...] = tuple(Day)

    def __post_init__(self) -> None:
        if not 0 <= self.start < MINUTES_A_DAY or not 0 <= self.end <= MINUTES_A_DAY:
            raise ValueError(f"a day has no minutes {self.start} to {self.end}")

    @property
    def crosses_midnight(self) -> bool:
        return self.end <= self.start


@dataclass(frozen=True)
class Frozen:
    """A freeze that lasts now. `until` None: nobody can say, because `text` has a fault.

    `text` completes "frozen until": the moment by the zone's own clock.
    """

    until: datetime | None
    text: str

    def lasts(self, now: datetime) -> bool:
        """Say whether it is in force, as far as it was known."""
        return self.until is None or now < self.until
