"""Event subscriptions and their delivery to a webhook: at least once, in no order.

The handshake, the headers and the rules of retry are those of Event Grid's pages on webhook
delivery and retry. Duplicates and reordering, which Azure only warns of, happen here on request.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Any

import aiohttp
from yarl import URL

from localazure.event_grid.events import as_cloud_event, event_time, validation_event
from localazure.event_grid.retries import ANSWER_SECONDS, SUCCESSES, RetryRules

_LOG = logging.getLogger("localazure.event_grid")
_ORIGIN = "eventgrid.azure.net"


class DeliverySchema(StrEnum):
    """What a subscription's events look like."""

    EVENT_GRID = "EventGridSchema"
    CLOUD_EVENTS = "CloudEventSchemaV1_0"


class ValidationFailedError(Exception):
    """The webhook did not prove that it wants the events; the text says what it answered."""


@dataclass(frozen=True)
class EventSubscription:
    """Where events go. `url` carries its own key; no `event_types` means every type."""

    name: str
    topic: str
    url: str
    event_types: tuple[str, ...] = ()
    subject_begins_with: str = ""
    schema: DeliverySchema = DeliverySchema.EVENT_GRID
    retry: RetryRules = field(default_factory=RetryRules)

    def wants(self, event: Mapping[str, Any]) -> bool:
        """Say whether this event passes the filters (compared without case)."""
        kinds = [kind.lower() for kind in self.event_types]
        return (
            str(event["topic"]).lower() == self.topic.lower()
            and (not kinds or str(event["eventType"]).lower() in kinds)
            and str(event["subject"]).lower().startswith(self.subject_begins_with.lower())
        )


@dataclass(frozen=True)
class Delivered:
    """A delivery that was accepted; `attempts` counts the calls it took."""

    subscription: str
    event_id: str
    attempts: int


class EventDelivery:
    """Delivers published events. Use it from the event loop that runs its `session`.

    `duplicates` is a dial: how many extra times each event is delivered. `hold` and `release` let
    a test or a demo reorder. `dead_letters` holds what was given up, in the dead-letter shape.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.duplicates = 0
        self.delivered: list[Delivered] = []
        self.dead_letters: list[dict[str, Any]] = []
        self._session = session
        self._sleep = sleep
        self._clock = clock
        self._subscriptions: dict[str, EventSubscription] = {}
        self._held: list[Mapping[str, Any]] | None = None
        self._running: set[asyncio.Task[None]] = set()

    async def subscribe(self, subscription: EventSubscription) -> None:
        """Add or replace a subscription, after the webhook has proved itself.

        Raises:
            ValidationFailedError: it did not; nothing has changed.
        """
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                if subscription.schema is DeliverySchema.CLOUD_EVENTS:
                    await self._ask_for_consent(subscription)
                else:
                    await self._ask_for_code(subscription)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ValidationFailedError(
                f"The webhook of {subscription.name} does not answer: {error!r}."
            ) from error
        self._subscriptions[subscription.name.lower()] = subscription

    def unsubscribe(self, name: str) -> None:
        """Remove a subscription; what is under way to it goes on."""
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
        """Keep what is published from now on until `release`."""
        if self._held is None:
            self._held = []

    async def release(self, *, newest_first: bool = True) -> None:
        """Deliver what was held, each after the one before has been answered."""
        held, self._held = self._held or [], None
        for event in reversed(held) if newest_first else held:
            self.publish(event)
            await self.settle()

    async def settle(self) -> None:
        """Wait until nothing is under way: everything delivered or given up."""
        while self._running:
            await asyncio.gather(*self._running)

    async def close(self) -> None:
        """Drop what is still under way."""
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _ask_for_code(self, subscription: EventSubscription) -> None:
        event = validation_event(subscription.topic, self._clock())
        async with self._session.post(
            URL(subscription.url, encoded=True),
            data=json.dumps([event]).encode(),
            headers=_headers(subscription, "SubscriptionValidation", 0),
        ) as answer:
            text = await answer.text()
        try:
            code = json.loads(text).get("validationResponse")
        except (ValueError, AttributeError):
            code = None
        if answer.status != HTTPStatus.OK or code != event["data"]["validationCode"]:
            raise ValidationFailedError(
                f"The webhook of {subscription.name} must answer 200 with "
                f'{{"validationResponse": <code>}}; it answered {answer.status} {text[:200]!r}.'
            )

    async def _ask_for_consent(self, subscription: EventSubscription) -> None:
        async with self._session.options(
            URL(subscription.url, encoded=True), headers={"WebHook-Request-Origin": _ORIGIN}
        ) as answer:
            allowed = answer.headers.get("WebHook-Allowed-Origin", "")
        if answer.status != HTTPStatus.OK or allowed not in ("*", _ORIGIN):
            raise ValidationFailedError(
                f"The webhook of {subscription.name} must answer OPTIONS with 200 and "
                f"WebHook-Allowed-Origin: {_ORIGIN}; it answered {answer.status} {allowed!r}."
            )

    async def _deliver(self, subscription: EventSubscription, event: Mapping[str, Any]) -> None:
        published = self._clock()
        attempt = 0
        while True:
            attempt += 1
            tried = self._clock()
            status = await self._call(subscription, event, attempt)
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

    async def _call(
        self, subscription: EventSubscription, event: Mapping[str, Any], attempt: int
    ) -> int | None:
        cloud = subscription.schema is DeliverySchema.CLOUD_EVENTS
        body: Any = as_cloud_event(event) if cloud else [event]
        try:
            async with self._session.post(
                # The key in the address must not be quoted anew.
                URL(subscription.url, encoded=True),
                data=json.dumps(body).encode(),
                headers=_headers(subscription, "Notification", attempt),
                timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS),
            ) as answer:
                return answer.status
        except (aiohttp.ClientError, TimeoutError):
            return None


def _headers(subscription: EventSubscription, kind: str, attempt: int) -> dict[str, str]:
    cloud = subscription.schema is DeliverySchema.CLOUD_EVENTS and kind == "Notification"
    return {
        "Content-Type": "application/cloudevents+json; charset=utf-8"
        if cloud
        else "application/json; charset=utf-8",
        "aeg-event-type": kind,
        "aeg-subscription-name": subscription.name.upper(),
        "aeg-delivery-count": str(max(0, attempt - 1)),
        "aeg-data-version": "",
        "aeg-metadata-version": "1",
    }


def _dead_letter(
    event: Mapping[str, Any], reason: str, attempts: int, status: int | None
) -> dict[str, Any]:
    # Event Grid writes NotFound, TimedOut and the like; the HTTP name comes closest.
    names = {known.value: known.phrase.replace(" ", "") for known in HTTPStatus}
    outcome = "TimedOut" if status is None else names.get(status, str(status))
    return dict(event) | {
        "deadLetterReason": reason,
        "deliveryAttempts": attempts,
        "lastDeliveryOutcome": outcome,
    }
