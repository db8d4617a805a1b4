"""Delivery to a webhook: the handshake, the headers and the bodies of Event Grid's pages."""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import aiohttp
from yarl import URL

from localazure.event_grid.events import validation_event
from localazure.event_grid.retries import ANSWER_SECONDS
from localazure.event_grid.subscription import (
    DeliverySchema,
    EventSubscription,
    ValidationFailedError,
)

_ORIGIN = "eventgrid.azure.net"


class Webhook:
    """A `Destination`. `url` carries its own key; use it from the loop that runs `session`."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        # The key in the address must not be quoted again.
        self._url = URL(url, encoded=True)

    async def prove(self, subscription: EventSubscription) -> None:
        """Ask for the code, or for consent, as the schema requires. See `Destination`."""
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

    async def deliver(
        self, subscription: EventSubscription, event: Mapping[str, Any], attempt: int
    ) -> int | None:
        """POST one event: a CloudEvent as it is, any other in an array. See `Destination`."""
        body: Any = subscription.in_schema(event)
        if subscription.schema is DeliverySchema.EVENT_GRID:
            body = [body]
        try:
            async with self._session.post(
                self._url,
                data=json.dumps(body).encode(),
                headers=_headers(subscription, "Notification", attempt),
                timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS),
            ) as answer:
                return answer.status
        except (aiohttp.ClientError, TimeoutError):
            return None

    async def _ask_for_code(self, subscription: EventSubscription) -> None:
        event = validation_event(subscription.topic, datetime.now(UTC))
        async with self._session.post(
            self._url,
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
            self._url, headers={"WebHook-Request-Origin": _ORIGIN}
        ) as answer:
            allowed = answer.headers.get("WebHook-Allowed-Origin", "")
        if answer.status != HTTPStatus.OK or allowed not in ("*", _ORIGIN):
            raise ValidationFailedError(
                f"The webhook of {subscription.name} must answer OPTIONS with 200 and "
                f"WebHook-Allowed-Origin: {_ORIGIN}; it answered {answer.status} {allowed!r}."
            )


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
