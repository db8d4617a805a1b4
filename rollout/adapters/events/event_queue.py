"""The queue that Event Grid fills in a private network: failed messages are put back for later."""

from datetime import timedelta
from typing import TYPE_CHECKING

from azure.core.exceptions import AzureError

from rollout.adapters.storage.storage_faults import error_text
from rollout.errors import StoreUnavailableError

if TYPE_CHECKING:
    from azure.storage.queue import QueueClient

TIME_TO_LIVE = timedelta(days=7)
"""How long a message waits for an app that is down: the queue service's own default."""


class StorageEventQueue:
    """The `EventQueue` port (`storage_clients.queue_client` makes the client)."""

    def __init__(self, client: "QueueClient") -> None:
        self._client = client

    def put_back(self, content: bytes, *, delay: timedelta) -> None:
        """Put a message with the same text; it becomes visible after `delay`.

        Raises:
            StoreUnavailableError: The queue cannot be reached or is throttling.
        """
        try:
            self._client.send_message(
                content.decode(),
                visibility_timeout=max(0, round(delay.total_seconds())),
                time_to_live=round(TIME_TO_LIVE.total_seconds()),
            )
        except AzureError as error:
            raise StoreUnavailableError(
                f"the event queue did not take a message back: {error_text(error)}"
            ) from error
