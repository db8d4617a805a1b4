"""Pages of what is stored about one service, as they are read for whoever looks at it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rollout.core.records.history import HistoryEntry, MinuteRecord
from rollout.core.records.offers import OfferRecord


@dataclass(frozen=True)
class HistoryPage:
    """Entries of one rollout, oldest first; `before` asks for the page before (None: none)."""

    rollout: str
    entries: Sequence[HistoryEntry]
    before: int | None = None


@dataclass(frozen=True)
class MinutesPage:
    """What the gate folded of one rollout, by minute, and the entries that mark its steps.

    `minutes` are groups of the records of one minute, oldest first. `after` asks for the next page;
    None: these are the last so far. `candidate` is the deployment on trial ("": not known).
    """

    rollout: str
    candidate: str
    minutes: Sequence[Sequence[MinuteRecord]]
    marks: Sequence[HistoryEntry]
    after: datetime | None = None


@dataclass(frozen=True)
class OffersPage:
    """What became of offered versions, by key; `after` asks for the next page (None: none)."""

    records: Sequence[OfferRecord]
    after: str | None = None
