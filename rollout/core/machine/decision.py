"""What one signal leads to: rows to save together, and effects to ask for after that."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rollout.core.records.effects import Effect
from rollout.core.records.history import HistoryEntry, MinuteRecord
from rollout.core.records.offers import OfferRecord
from rollout.core.records.orders import OrderAnswer
from rollout.core.records.rollout import Current


@dataclass(frozen=True)
class Decision:
    """What to save (in one transaction) and what to ask of the world after that.

    `again`: a phase changed, so look again in the same pass. `answer` is for who gave an order;
    `repeated`: it is the one of its first sending, and this time nothing is decided.
    """

    current: Current
    history: tuple[HistoryEntry, ...] = ()
    minutes: tuple[MinuteRecord, ...] = ()
    offers: tuple[OfferRecord, ...] = ()
    names: Mapping[str, int] = field(default_factory=dict)
    effects: tuple[Effect, ...] = ()
    again: bool = False
    outcome: str = ""
    text: str = ""
    answer: OrderAnswer | None = None
    repeated: bool = False

    @property
    def has_rows(self) -> bool:
        """Whether it has any row beside the endpoint's own: a fact, a minute, an offer, a name."""
        return bool(self.history or self.minutes or self.offers or self.names)
