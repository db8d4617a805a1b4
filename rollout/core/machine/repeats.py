"""An order that is sent again is answered again, and nothing is done twice.

The memory is part of the row: it is saved in the transaction that carries the order out, so that no
crash and no race can separate the two. What was refused is not in it, and may be sent again.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from rollout.core.machine.decision import Decision
from rollout.core.records.orders import GivenOrder, OrderAnswer, OrderKey
from rollout.core.records.rollout import Current
from rollout.core.records.signals import Command, Offered
from rollout.errors import KeyReusedError

MOST_REMEMBERED = 20
"""Orders with a key; the oldest is forgotten first. Each takes room in the row."""

REMEMBERED_FOR = timedelta(hours=24)
MOST_CHARACTERS = 1000
"""Of a remembered answer's sentence; a longer one is repeated cut short."""


def answered_before(current: Current, key: OrderKey | None, now: datetime) -> OrderAnswer | None:
    """Return what was answered when this order was carried out; None where it was not.

    Raises:
        KeyReusedError: Another order was given under this key.
    """
    if key is None:
        return None
    for given in _remembered(current, now):
        if given.key.text == key.text:
            if given.key.digest != key.digest:
                raise KeyReusedError(
                    f'The Idempotency-Key was that of another order ("{given.answer.verb}" at '
                    f"{given.at:%H:%M:%S} UTC): send each order with a key of its own."
                )
            return given.answer
    return None


def repeated(current: Current, order: Command | Offered, now: datetime) -> Decision | None:
    """Decide about an order that was carried out when it came before; None for a new one.

    Raises:
        KeyReusedError: Another order was given under its key.
    """
    before = answered_before(current, order.key, now)
    if before is None:
        return None
    return Decision(current, outcome=before.outcome, text=before.text, answer=before, repeated=True)


def remember(current: Current, key: OrderKey, answer: OrderAnswer, now: datetime) -> Current:
    """Return the row with this order among those that it remembers."""
    kept = replace(answer, text=_cut(answer.text))
    known = (*_remembered(current, now), GivenOrder(key, now, kept))
    return replace(current, orders=known[-MOST_REMEMBERED:])


def _remembered(current: Current, now: datetime) -> tuple[GivenOrder, ...]:
    return tuple(each for each in current.orders if now - each.at < REMEMBERED_FOR)


def _cut(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 3]}..."
