"""Delivery to a Storage queue: a message per event, base64 of its JSON, by the topic's identity.

No handshake and no key: the system topic's own identity needs the right to send messages. Readers
of such queues report that the text is base64; Event Grid's page on Storage queues as event
handlers does not show a message.
"""

import json
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self

from azure.core.credentials import AccessToken
from azure.core.exceptions import AzureError, HttpResponseError, ResourceNotFoundError
from azure.storage.queue import TextBase64EncodePolicy
from azure.storage.queue.aio import QueueClient

from localazure.event_grid.retries import ANSWER_SECONDS
from localazure.event_grid.subscription import EventSubscription, ValidationFailedError
from localazure.identity import STORAGE_AUDIENCE, TokenAuthority

PRINCIPAL = "system-topic"
"""Who the messages come from: the system-assigned identity of the workspace's system topic."""


class TopicIdentity:
    """The system topic's identity, as a credential of the storage SDK."""

    def __init__(self, authority: TokenAuthority) -> None:
        self._authority = authority

    async def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        """Return a token for storage."""
        token, expires = self._authority.mint(STORAGE_AUDIENCE, PRINCIPAL)
        return AccessToken(token, int(expires.timestamp()))

    async def close(self) -> None:
        """Do nothing: no connection is kept."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.close()


class StorageQueue:
    """A `Destination`: the queue `name` of the account at `account_url`."""

    def __init__(
        self, account_url: str, name: str, identity: TopicIdentity, authority: Path
    ) -> None:
        self._account_url = account_url
        self._name = name
        self._identity = identity
        self._authority = authority

    async def prove(self, subscription: EventSubscription) -> None:
        """Check that the queue exists: Event Grid creates none. See `Destination`."""
        try:
            async with self._client() as client:
                await client.get_queue_properties()
        except ResourceNotFoundError as error:
            raise ValidationFailedError(
                f"There is no queue {self._name!r} for {subscription.name}: create it first."
            ) from error
        except (AzureError, ValueError) as error:
            raise ValidationFailedError(
                f"The queue {self._name!r} of {subscription.name} cannot be reached: {error}"
            ) from error

    async def deliver(
        self, subscription: EventSubscription, event: Mapping[str, Any], attempt: int
    ) -> int | None:
        """Put one message. See `Destination`."""
        del attempt  # a message does not carry it
        text = json.dumps(subscription.in_schema(event))
        try:
            async with self._client() as client:
                await client.send_message(text)
        except HttpResponseError as error:
            return error.status_code
        except AzureError:
            return None
        return HTTPStatus.CREATED

    def _client(self) -> QueueClient:
        return QueueClient(
            self._account_url,
            self._name,
            credential=self._identity,
            message_encode_policy=TextBase64EncodePolicy(),
            connection_verify=str(self._authority),
            connection_timeout=ANSWER_SECONDS,
            read_timeout=ANSWER_SECONDS,
            # Event Grid's own schedule retries.
            retry_total=0,
        )
