"""Wake-ups on the storage queue `rollout-work`, as plain text."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from azure.core.exceptions import AzureError

from rollout.adapters.storage.storage_faults import error_text
from rollout.adapters.storage.wakeups import WakeUp, format_wake_up
from rollout.errors import StoreUnavailableError
from rollout.ports import NotPut, WakeGroup
from rollout.units import AT_ONCE

if TYPE_CHECKING:
    from azure.storage.queue import QueueClient

TICKS_TO_LIVE = 2
"""A wake-up not taken for this many ticks is dropped: later ones ask for the same."""

PUTS_AT_ONCE = 8
"""How many messages are put at the same time: more only wait for one another's processor."""

TOO_LATE = "there was no time left to put it"


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
        wake_up = WakeUp((endpoint.lower(),), chain_ends, suspended, waits_since)
        self._put(wake_up, delay)

    def wake_all(
        self, groups: Sequence[WakeGroup], *, suspended: bool, within: timedelta
    ) -> Sequence[NotPut]:
        """Put the groups' messages, `PUTS_AT_ONCE` at a time."""
        ends = time.monotonic() + within.total_seconds()

        def put(group: WakeGroup) -> NotPut | None:
            if time.monotonic() >= ends:
                return NotPut(group, TOO_LATE)
            endpoints = tuple(each.lower() for each in group.endpoints)
            try:
                self._put(WakeUp(endpoints, None, suspended), group.delay)
            except StoreUnavailableError as error:
                return NotPut(group, str(error))
            return None

        if len(groups) <= 1:
            found = [put(group) for group in groups]
        else:
            with ThreadPoolExecutor(min(PUTS_AT_ONCE, len(groups))) as pool:
                found = list(pool.map(put, groups))
        return [each for each in found if each is not None]

    def wake_due(self) -> None:
        """Put a message that wakes what is due.

        Raises:
            StoreUnavailableError: The queue cannot be reached or is throttling.
        """
        self._put(WakeUp(()), AT_ONCE)

    def _put(self, wake_up: WakeUp, delay: timedelta) -> None:
        hidden = max(0, round(delay.total_seconds()))
        # A message must outlive its own delay.
        lives = hidden + max(1, round(self._time_to_live.total_seconds()))
        try:
            self._client.send_message(
                format_wake_up(wake_up),
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
