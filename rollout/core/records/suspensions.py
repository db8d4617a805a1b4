"""Orders to suspend, of one service or of all: who, why, since when, until when."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

CHANGES_KEPT = 50
"""How many orders the row for all remembers; the log has the rest."""

SETTING = "ROLLOUTS_SUSPENDED"


@dataclass(frozen=True)
class Suspension:
    """Nothing is raised or started. `until` None: it lasts until it is lifted."""

    by: str
    reason: str
    since: datetime
    until: datetime | None = None

    def __post_init__(self) -> None:
        if self.until is not None and self.until <= self.since:
            raise ValueError(f"a suspension since {self.since} cannot end at {self.until}")

    def lasts(self, now: datetime) -> bool:
        """Say whether it is in force; it ends by itself."""
        return self.until is None or now < self.until

    @property
    def told(self) -> str:
        """As a sentence has it: `by ann until 2026-01-05 18:00 UTC: an incident`."""
        until = f" until {self.until:%Y-%m-%d %H:%M} UTC" if self.until is not None else ""
        return f"by {self.by}{until}: {self.reason}"


@dataclass(frozen=True)
class SuspensionChange:
    """One order about all services: `suspends`, or lifts what there was."""

    at: datetime
    by: str
    reason: str
    suspends: bool
    until: datetime | None = None


@dataclass(frozen=True)
class SuspensionOfAll:
    """The row for all services. `changes` are the latest orders, oldest first."""

    present: Suspension | None = None
    changes: tuple[SuspensionChange, ...] = ()

    def now(self, moment: datetime) -> Suspension | None:
        """What is in force at this moment."""
        present = self.present
        return present if present is not None and present.lasts(moment) else None

    def suspended(self, suspension: Suspension) -> Self:
        """The row after such an order; a later one takes the place of the one before."""
        change = SuspensionChange(
            suspension.since, suspension.by, suspension.reason, True, suspension.until
        )
        return replace(self, present=suspension, changes=self._with(change))

    def lifted(self, at: datetime, by: str, reason: str) -> Self:
        """The row after the suspension was lifted."""
        change = SuspensionChange(at, by, reason, suspends=False)
        return replace(self, present=None, changes=self._with(change))

    def _with(self, change: SuspensionChange) -> tuple[SuspensionChange, ...]:
        return (*self.changes, change)[-CHANGES_KEPT:]


def by_setting(now: datetime) -> Suspension:
    """The suspension that the app's setting is; when it was set is not known."""
    return Suspension(SETTING, "the app's settings say so", now)


def unreadable(now: datetime, why: str) -> Suspension:
    """Nobody can say whether all services are suspended, so nothing is raised."""
    return Suspension("the app", f"whether all services are suspended cannot be read: {why}", now)


def first_in_force(suspensions: Sequence[Suspension | None], now: datetime) -> Suspension | None:
    """The first of these that is in force."""
    return next((each for each in suspensions if each is not None and each.lasts(now)), None)
