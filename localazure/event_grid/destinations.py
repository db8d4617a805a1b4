"""Makes the destinations that event subscriptions of this local Azure may have."""

from dataclasses import dataclass
from pathlib import Path

import aiohttp

from localazure.event_grid.subscription import Destination
from localazure.event_grid.webhook import Webhook
from localazure.identity import TokenAuthority


@dataclass(frozen=True)
class Destinations:
    """`session` carries webhook calls; `queue_url` is the account whose queues can be filled."""

    session: aiohttp.ClientSession
    queue_url: str
    identity: TokenAuthority
    authority: Path

    def webhook(self, url: str) -> Destination:
        """Return the webhook at `url`, which carries its own key."""
        return Webhook(self.session, url)

    def storage_queue(self, name: str) -> Destination:
        """Return the queue of this name; it must exist."""
        # Imported here: the storage SDK takes a few tenths of a second, and few runs need it.
        from localazure.event_grid.storage_queue import (  # noqa: PLC0415
            StorageQueue,
            TopicIdentity,
        )

        return StorageQueue(self.queue_url, name, TopicIdentity(self.identity), self.authority)
