"""Delivers events to their subscriptions: at least once, in no particular order.

The retry rules are those of Event Grid's page on delivery and retry. Duplicates and reordering,
which Azure only warns of, happen here on request.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from localazure.event_grid.events import CLOUD_EVENT, event_time
from localazure.event_grid.retries import SUCCESSES
from localazure.event_grid.subscription import EventSubscription

_LOG = logging.getLogger("localazure.event_grid")


@dataclass(frozen=True)
class Delivered:
    """A delivery that was accepted; `attempts` counts the calls it took."""

    subscription: str
    event_id: str
    attempts: int


class EventDelivery:
    """Delivers published events. Use it from one event loop.

    `duplicates` is a dial: how many extra times each event is delivered. `hold` and `release` let
    a test or a demo reorder. `dead_letters` holds the events it gave up on, in the dead-letter
    shape.
    """

    def __init__(
        self,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.duplicates = 0
        self.delivered: list[Delivered] = []
        self.dead_letters: list[dict[str, Any]] = []
        self._sleep = sleep
        self._clock = clock
        self._subscriptions: dict[str, EventSubscription] = {}
        self._held: list[Mapping[str, Any]] | None = None
        self._running: set[asyncio.Task[None]] = set()

    async def subscribe(self, subscription: EventSubscription) -> None:
        """Add or replace a subscription, once its destination has passed validation.

        Raises:
            ValidationFailedError: it did not pass; nothing has changed.
        """
        await subscription.destination.prove(subscription)
        self._subscriptions[subscription.name.lower()] = subscription

    def unsubscribe(self, name: str) -> None:
        """Remove a subscription; deliveries under way continue."""
        self._subscriptions.pop(name.lower(), None)

    def publish(self, event: Mapping[str, Any]) -> None:
        """Deliver an Event Grid schema event to every subscription that wants it; never waits."""
        if self._held is not None:
            self._held.append(event)
            return
        for subscription in self._subscriptions.values():
            if subscription.wants(event):
                for _ in range(1 + self.duplicates):
                    task = asyncio.create_task(self._deliver(subscription, event))
                    self._running.add(task)
                    task.add_done_callback(self._running.discard)

    def hold(self) -> None:
        """Hold back what is published from now on, until `release`."""
        if self._held is None:
            self._held = []

    async def release(self, *, newest_first: bool = True) -> None:
        """Deliver what was held, each after the answer to the one before."""
        held, self._held = self._held or [], None
        for event in reversed(held) if newest_first else held:
            self.publish(event)
            await self.settle()

    async def settle(self) -> None:
        """Wait until nothing is under way: every event delivered or given up on."""
        while self._running:
            await asyncio.gather(*self._running)

    async def close(self) -> None:
        """Cancel the deliveries still under way."""
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _deliver(self, subscription: EventSubscription, event: Mapping[str, Any]) -> None:
        published = self._clock()
        attempt = 0
        while True:
            attempt += 1
            tried = self._clock()
            status = await subscription.destination.deliver(subscription, event, attempt)
            if status in SUCCESSES:
                self.delivered.append(Delivered(subscription.name, str(event["id"]), attempt))
                return
            _LOG.info("%s: attempt %d was answered %s", subscription.name, attempt, status)
            age = self._clock() - published
            reason = subscription.retry.reason_to_stop(attempt, status, age)
            if reason is not None:
                letter = _dead_letter(event, reason, attempt, status)
                letter |= {
                    "publishTime": event_time(published),
                    "lastDeliveryAttemptTime": event_time(tried),
                }
                self.dead_letters.append(letter)
                _LOG.warning("%s: gave up an event (%s)", subscription.name, reason)
                return
            await self._sleep(subscription.retry.wait_after(attempt, status))


def _dead_letter(
    event: Mapping[str, Any], reason: str, attempts: int, status: int | None
) -> dict[str, Any]:
    # Event Grid writes NotFound, TimedOut and the like; the HTTP name comes closest.
    names = {known.value: known.phrase.replace(" ", "") for known in HTTPStatus}
    outcome = "TimedOut" if status is None else names.get(status, str(status))
    return dict(event.get(CLOUD_EVENT, event)) | {
        "deadLetterReason": reason,
        "deliveryAttempts": attempts,
        "lastDeliveryOutcome": outcome,
    }
