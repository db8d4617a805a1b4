"""What is appended and never changed: facts in order, and the minutes that the gate folded."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rollout.core.records.phases import Phase


@dataclass(frozen=True)
class HistoryEntry:
    """One fact, in order: a transition, hold, command, rejected offer or request for attention.

    `kind` becomes the lifecycle event's type; `data` holds JSON values.
    """

    rollout: str
    sequence: int
    at: datetime
    kind: str
    phase: Phase
    stage: int
    text: str
    actor: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Sorts by rollout, then sequence."""
        return f"{self.rollout}|{self.sequence:08d}"


@dataclass(frozen=True)
class MinuteRecord:
    """What the gate folded for one minute of a rollout; upserted by key."""

    rollout: str
    minute: datetime
    stage: int
    data: Mapping[str, Any]
