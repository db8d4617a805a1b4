"""Orders to suspend, of one service or of all: who, why, since when, until when."""

from dataclasses import dataclass
from datetime import datetime

from rollout.core.records.orders import OrderKey
from rollout.errors import KeyReusedError

ORDERS_KEPT = 50
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
class OrderForAll:
    """An order about all services: `suspends` them, or lifts what does.

    `until` is when a suspension ends by itself; `key` as in `Command`.
    """

    at: datetime
    by: str
    reason: str
    suspends: bool
    until: datetime | None = None
    key: OrderKey | None = None

    @property
    def suspension(self) -> Suspension | None:
        """What suspends all services after this order."""
        if not self.suspends:
            return None
        return Suspension(self.by, self.reason, self.at, self.until)


@dataclass(frozen=True)
class SuspensionOfAll:
    """The row for all services. `orders` are the latest, oldest first."""

    present: Suspension | None = None
    orders: tuple[OrderForAll, ...] = ()

    def now(self, moment: datetime) -> Suspension | None:
        """What is in force at this moment."""
        present = self.present
        return present if present is not None and present.lasts(moment) else None

    def after(self, order: OrderForAll) -> "SuspensionOfAll":
        """The row after an order; a later suspension takes the place of the one before."""
        return SuspensionOfAll(order.suspension, (*self.orders, order)[-ORDERS_KEPT:])

    def repeated(self, order: OrderForAll) -> OrderForAll | None:
        """The order of before that this one repeats by its key.

        Raises:
            KeyReusedError: Another order was given under that key.
        """
        if order.key is None:
            return None
        for each in self.orders:
            if each.key is not None and each.key.text == order.key.text:
                if each.key.digest != order.key.digest:
                    raise KeyReusedError(
                        "The Idempotency-Key was that of another order: send each order with a "
                        "key of its own."
                    )
                return each
        return None


def by_setting(now: datetime) -> Suspension:
    """The suspension that the app's setting is; when it was set is not known."""
    return Suspension(SETTING, "the app's settings say so", now)


def unreadable(now: datetime, why: str) -> Suspension:
    """Nobody can say whether all services are suspended, so nothing is raised."""
    return Suspension("the app", f"whether all services are suspended cannot be read: {why}", now)
