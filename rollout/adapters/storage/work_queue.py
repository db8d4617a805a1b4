"""Wake-ups on the storage queue `rollout-work`, as plain text."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from azure.core.exceptions import AzureError

from rollout.adapters.storage.storage_faults import error_text
from rollout.adapters.storage.wakeups import WakeUp, format_wake_up
from rollout.errors import StoreUnavailableError

if TYPE_CHECKING:
    from azure.storage.queue import QueueClient

TICKS_TO_LIVE = 2
"""A wake-up not taken for this many ticks is dropped: later ones ask for the same."""


class StorageWorkQueue:
    """The `WorkQueue` port (`storage_clients.queue_client` makes the client).

    `tick` is the interval of the timer; its double is how long a message lives.
    """

    def __init__(self, client: "QueueClient", tick: timedelta) -> None:
        self._client = client
        self._time_to_live = TICKS_TO_LIVE * tick

    def wake(
        self,
        endpoint: str,
        *,
        delay: timedelta,
        chain_ends: datetime | None,
        suspended: bool = False,
        waits_since: datetime | None = None,
    ) -> None:
        """Put a wake-up that becomes visible after `delay`.

        Raises:
            StoreUnavailableError: The queue cannot be reached or is throttling.
        """
        hidden = max(0, round(delay.total_seconds()))
        # A message must outlive its own delay.
        lives = hidden + max(1, round(self._time_to_live.total_seconds()))
        try:
            self._client.send_message(
                format_wake_up(WakeUp(endpoint.lower(), chain_ends, suspended, waits_since)),
                visibility_timeout=hidden,
                time_to_live=lives,
            )
        except AzureError as error:
            raise StoreUnavailableError(
                f"the queue did not take a wake-up: {error_text(error)}"
            ) from error

    def check(self) -> None:
        """Ask the queue for its properties.

        Raises:
            StoreUnavailableError: The queue cannot be reached, is throttling or does not exist.
        """
        try:
            self._client.get_queue_properties()
        except AzureError as error:
            raise StoreUnavailableError(
                f"the queue does not answer: {error_text(error)}"
            ) from error
