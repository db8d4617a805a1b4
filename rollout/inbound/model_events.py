"""`ModelRegistered` events on their way in: offered, dropped, or put back to come again.

Event Grid calls the app, or fills a Storage queue where it cannot reach the app. Both ways end
here, so that both treat an event alike. They differ after a failure: Event Grid repeats its own
call, while the host delivers a queue's message only twice, seconds apart. An outage lasts longer,
so an event that failed is put back to come later, for as long as Event Grid itself would try. After
that, or where it cannot be put back, it ends in the poison queue.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from rollout.core.policy.model import WorkspaceName
from rollout.core.records.signals import Registered
from rollout.errors import InvalidInputError
from rollout.inbound.event_grid import NotOurs, parse_model_registered
from rollout.inbound.queued_events import read_queued_event, redelivery_wait
from rollout.ports import EventQueue, Log


class ModelEvents:
    """Takes events for one workspace.

    Args:
        workspace: The app's own; events of others are logged and taken.
        offer: Offers a registered version to the services that want it.
        queue: Where a failed message of the event queue is put back.
        log: Attention lines mark every event that is lost.
    """

    def __init__(
        self,
        workspace: WorkspaceName,
        offer: Callable[[Registered, datetime], object],
        queue: EventQueue,
        log: Log,
    ) -> None:
        self._workspace = workspace
        self._offer = offer
        self._queue = queue
        self._log = log

    def take(self, event: Mapping[str, Any], now: datetime) -> None:
        """Offer the version that an event names.

        An event that can never be used is logged and taken: an error would only make Event Grid
        deliver it again for a day, and hold new events back behind it.

        Raises: as `offer` does; the event must come again.
        """
        try:
            parsed = parse_model_registered(event, self._workspace)
        except InvalidInputError as error:
            self._log.attention(f"An event was dropped: {error}", event=event.get("id"))
            return
        if isinstance(parsed, NotOurs):
            self._log.info(parsed.reason, event=event.get("id"))
            return
        self._offer(parsed, now)

    def take_queued(self, content: bytes, now: datetime) -> None:
        """Do the same for a message of the event queue, and put it back if that fails.

        Raises:
            InvalidInputError: The message does not hold an event: it goes to the poison queue.
            StoreUnavailableError: The message cannot be put back.
            RolloutError: The event failed for as long as Event Grid would have tried.
        """
        try:
            event = read_queued_event(content)
        except InvalidInputError as error:
            self._log.attention(f"A message of the event queue goes to its poison queue: {error}")
            raise
        try:
            self.take(event, now)
        except Exception as error:
            wait = redelivery_wait(event, now)
            if wait is None:
                self._log.attention(
                    f"An event goes to the poison queue: {error}", event=event.get("id")
                )
                raise
            self._queue.put_back(content, delay=wait)
            self._log.info(
                "an event failed and comes again",
                event=event.get("id"),
                seconds=round(wait.total_seconds()),
                reason=f"{type(error).__name__}: {error}",
            )
