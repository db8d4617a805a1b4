"""The app's own requests, and what is remembered of them until their minutes are folded.

Azure counts a probe as it counts a client's request. What the app sent itself is therefore taken
out of each minute before it is judged as live traffic (`machine/live_minutes.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from rollout.core.records.probes import ProbesSeen

NO_ANSWER = "0"
"""In place of a status: no answer came in time. Azure may have counted the request as anything."""

Counts = Mapping[str, int]
"""Requests by HTTP status, or `NO_ANSWER`."""


@dataclass(frozen=True)
class OwnMinute:
    """The app's own requests that ended in one minute (UTC, its start), on either side."""

    minute: datetime
    candidate: Counts = field(default_factory=dict)
    stable: Counts = field(default_factory=dict)

    @property
    def any(self) -> bool:
        return bool(self.candidate or self.stable)


@dataclass(frozen=True)
class Probed:
    """What one pass probed, for the gate, and every request that it sent for that, by minute.

    `own` has the requests of pairs that were left out too: Azure counts those as well.
    """

    seen: ProbesSeen
    own: tuple[OwnMinute, ...] = ()


@dataclass(frozen=True)
class OwnRequests:
    """What a rollout remembers of its own requests.

    Attributes:
        minutes: Those not folded yet, oldest first, each minute once.
        owed: What the last folded minute did not show, and the next may; None: nothing.
        looks: How often it probed, or tried to, in the present phase.
        probed_at: The minute of the latest pass that did; None: none in this phase.
        counted: They are assumed to be in the metrics.
        missed: Folded minutes in a row that showed fewer requests than were sent.
    """

    minutes: tuple[OwnMinute, ...] = ()
    owed: OwnMinute | None = None
    looks: int = 0
    probed_at: datetime | None = None
    counted: bool = True
    missed: int = 0

    def __post_init__(self) -> None:
        if self.looks < 0 or self.missed < 0:
            raise ValueError("looks and minutes cannot be fewer than 0")
