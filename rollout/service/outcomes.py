"""What the service answers its doors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from rollout.core.machine.decision import Decision
from rollout.core.overview.planned import Planned
from rollout.core.policy.model import Policy
from rollout.core.records.history import HistoryEntry
from rollout.core.records.offers import OfferRecord
from rollout.core.records.orders import OrderAnswer
from rollout.core.records.rollout import Current
from rollout.core.records.suspensions import OrderForAll, Suspension


@dataclass(frozen=True)
class RegisteredOutcome:
    """`matched` names the services the version was offered to; `text` is for the log."""

    matched: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class AlertOutcome:
    """`outcome` is `rolling back`, `held`, `recorded` or `ignored`."""

    outcome: str
    reason: str


@dataclass(frozen=True)
class OrderOutcome:
    """What was answered to an order, and the row as it is after it.

    `repeated`: the order was carried out when it came before, and `answer` is the one of then.
    """

    service: str
    answer: OrderAnswer
    current: Current
    repeated: bool = False


@dataclass(frozen=True)
class AllOutcome:
    """What became of an order about all services.

    `repeated`: `order` is the one of before that has the same key, and nothing was done.
    """

    order: OrderForAll
    text: str
    repeated: bool = False


@dataclass(frozen=True)
class Suspended:
    """One thing that is suspended; `service` None: all of them."""

    service: str | None
    suspension: Suspension


@dataclass(frozen=True)
class TickReport:
    """How many endpoints the tick woke, and whether a sweep of live ones began."""

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
    """`tick_age` None: no tick was ever marked. It is exact to the marking interval.

    The second clock's ticks do not count for either; `stood_in`: one was asked for lately.
    """

    ready: bool
    tick_age: timedelta | None
    text: str
    stood_in: bool = False


@dataclass(frozen=True)
class Policies:
    """A service's two policies. `frozen` None: nothing was rolled out yet (`rollout` is then "").

    `published` None: the bundle has none, or `faults` say why it cannot be used, as those of
    `InvalidPolicyError` do. `bundle` is the digest of the bundle that it was read from.
    """

    rollout: str
    frozen: Policy | None
    published: Policy | None
    faults: tuple[tuple[str, str], ...] = ()
    bundle: str = ""


class KnownFrom(StrEnum):
    """Where what is known of stable comes from: read now, or learnt as the last rollout began."""

    METRICS = "metrics"
    ROLLOUT = "rollout"


@dataclass(frozen=True)
class Foreseen:
    """A forecast for the next rollout; None: there is none, and `why` says why.

    `at` is the moment as of which stable's traffic is known, `source` from where; None: it is not.
    """

    service: str
    planned: Planned | None
    why: str
    at: datetime | None = None
    source: KnownFrom | None = None


class State(StrEnum):
    """How one thing is: as it should be, worth a look, broken, or beyond what the app can see."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Row:
    """One thing that rollouts depend on, with a sentence for people."""

    name: str
    state: State
    text: str


@dataclass(frozen=True)
class Readiness:
    """Whether rollouts may be relied on now: `ready` and `says` are those of `health`."""

    ready: bool
    says: str
    rows: tuple[Row, ...]


def outcome_of(service: str, decision: Decision) -> OrderOutcome:
    """What an order's giver hears of the decision about it.

    Raises:
        ValueError: It was about no order. A bug.
    """
    answer = decision.answer
    if answer is None:
        raise ValueError("this decision answers no order")
    return OrderOutcome(service, answer, decision.current, decision.repeated)
