"""Who gives a schedule's orders, under which keys, and which of them come again."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random

from rollout.core.records.orders import OrderKey, Proof
from rollout.core.records.signals import Command, Offered

PEOPLE = (Proof("1-ann"), Proof("1-ann"), Proof("2-bob"), Proof("3-pipeline", app=True), Proof())
COPIED = 0.5
"""The share of orders with a key that are sent again."""

COPIES_COME = (0, 0, 2, 20, 300)
"""Seconds after the first."""


@dataclass
class Senders:
    """`seed` 0: nothing is proven, and no order has a key, as in schedules of before."""

    seed: int
    _random: Random = field(init=False)
    _sent: int = 0

    def __post_init__(self) -> None:
        self._random = Random(self.seed)  # noqa: S311 - a schedule, not a secret

    def signed[Order: (Command, Offered)](self, order: Order) -> Order:
        """Return the order with who gives it, and its key."""
        if not self.seed:
            return order
        self._sent += 1
        key = OrderKey(f"key-{self._sent}", repr(order))
        return replace(order, proof=self._random.choice(PEOPLE), key=key)

    def copies(self) -> list[timedelta]:
        """Return after which time the order that was just given comes again."""
        if not self.seed or self._random.random() >= COPIED:
            return []
        return [timedelta(seconds=self._random.choice(COPIES_COME))]
