"""What the service answers its doors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from rollout.core.records.history import HistoryEntry
from rollout.core.records.offers import OfferRecord
from rollout.core.records.rollout import Current


@dataclass(frozen=True)
class RegisteredOutcome:
    """`matched` names the services the version was offered to; `text` is for the log."""

    matched: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class OfferOutcome:
    """`outcome` is `received`, or `known` where nothing changed."""

    service: str
    outcome: str
    text: str


@dataclass(frozen=True)
class AlertOutcome:
    """`outcome` is `rolling back`, `held`, `recorded` or `ignored`."""

    outcome: str
    reason: str


@dataclass(frozen=True)
class CommandOutcome:
    service: str
    rollout: str
    phase: str
    stage: int
    text: str


@dataclass(frozen=True)
class TickReport:
    """How many endpoints the tick woke, and whether it swept."""

    woken: int
    swept: bool


@dataclass(frozen=True)
class Listed:
    """A service in the list. `endpoint` None: its files do not say, because of `fault`."""

    endpoint: str | None
    fault: str = ""


@dataclass(frozen=True)
class ListPage:
    """A page of the list: each service's view as JSON, and what tells whether it is another one.

    `after` is the name after which the next page begins; None: this is the last.
    """

    views: Sequence[str]
    marks: Sequence[str]
    after: str | None


@dataclass(frozen=True)
class ServiceView:
    """Everything an operator may ask about one service.

    `current` None: it never had an offer, or `fault` says why it is not known. `fault` also has
    the faults of a service's files while its rollout goes on. `history_before` and `offers_after`
    ask for the next page; None: there is none.
    """

    service: str
    endpoint: str | None
    current: Current | None
    history: Sequence[HistoryEntry] = ()
    offers: Sequence[OfferRecord] = ()
    fault: str = ""
    history_before: int | None = None
    offers_after: str | None = None


@dataclass(frozen=True)
class Bodies:
    """What a history row keeps out of events and views."""

    rollout: str
    sequence: int
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Health:
    """`tick_age` None: no tick was ever marked. It is exact to the marking interval."""

    ready: bool
    tick_age: timedelta | None
    text: str
