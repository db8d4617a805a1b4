"""Clients of the queues the app listens to, by connection string or by the app's identity.

Imported only when the app has a queue function: the import takes a few tenths of a second.
"""

import os
from contextlib import AsyncExitStack
from typing import Any

from azure.core.credentials_async import AsyncTokenCredential
from azure.identity.aio import DefaultAzureCredential
from azure.storage.queue.aio import QueueServiceClient

from localazure.functions_host.app_settings import StorageConnection

RETRIES: dict[str, Any] = {
    "initial_backoff": 1,
    "increment_base": 1,
    "random_jitter_range": 1,
    "retry_total": 3,
}
"""Seconds and count, as the SDK's ExponentialRetry takes them. A listener polls again anyway, so
retries are few and quick; the SDK's own first wait is 15 s."""


class QueueServices:
    """Opens queue services and closes all of them together."""

    def __init__(self) -> None:
        self._open = AsyncExitStack()
        # Unlike the sync transport, the async one does not read this variable itself.
        self._verify: str | bool = os.environ.get("REQUESTS_CA_BUNDLE") or True

    async def service(self, connection: StorageConnection) -> QueueServiceClient:
        """Return a client for the service behind `connection`.

        The authority in `REQUESTS_CA_BUNDLE` is trusted, as with the sync SDKs.
        """
        if connection.connection_string is not None:
            client = QueueServiceClient.from_connection_string(
                connection.connection_string, connection_verify=self._verify, **RETRIES
            )
        else:
            client = QueueServiceClient(
                connection.service_url or "",
                credential=await self._credential(connection.client_id),
                connection_verify=self._verify,
                **RETRIES,
            )
        return await self._open.enter_async_context(client)

    async def close(self) -> None:
        """Close every client and credential that was opened."""
        await self._open.aclose()

    async def _credential(self, client_id: str | None) -> AsyncTokenCredential:
        credential = DefaultAzureCredential(
            managed_identity_client_id=client_id, connection_verify=self._verify
        )
        return await self._open.enter_async_context(credential)
