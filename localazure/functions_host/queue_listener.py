"""Receives the messages of one queue, runs its function for each, and settles them.

After QueueListener and QueueProcessor of azure-sdk-for-net: a message is hidden for ten minutes,
renewed at half of that while its call runs; success deletes it; failure shows it again after
`visibilityTimeout`, and at `maxDequeueCount` moves it to `<queue>-poison`.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

from azure.core.exceptions import AzureError, ResourceExistsError, ResourceNotFoundError
from azure.storage.queue import QueueMessage
from azure.storage.queue.aio import QueueClient, QueueServiceClient

from localazure.functions_host.app_model import Function
from localazure.functions_host.host_json import QueueOptions
from localazure.functions_host.invoker import Invoker
from localazure.functions_host.messages import TypedData
from localazure.functions_host.queue_backoff import Backoff
from localazure.functions_host.queue_payload import decode_text, trigger_metadata
from localazure.functions_host.waiting import stopped_within

LOGGER = logging.getLogger("localazure.functions_host")
RECEIVE_VISIBILITY = timedelta(minutes=10)
"""How long a received message stays hidden; renewed while its call runs."""

RENEW_AFTER = RECEIVE_VISIBILITY / 2
POISON_SUFFIX = "-poison"
MAX_QUEUE_NAME = 63


@dataclass
class _Lease:
    """The right to change a received message: each change gives a new receipt."""

    message_id: str
    pop_receipt: str


class QueueListener:
    """The life of one queue function, until the host is `stopping`."""

    def __init__(
        self,
        function: Function,
        queue_name: str,
        service: QueueServiceClient,
        options: QueueOptions,
        *,
        invoker: Invoker,
        stopping: asyncio.Event,
    ) -> None:
        self._stopping = stopping
        self._function = function
        self._name = queue_name
        self._service = service
        self._queue: QueueClient = service.get_queue_client(queue_name)
        self._options = options
        self._invoker = invoker
        self._in_work: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Poll for messages until the host stops, then settle those already received."""
        backoff = Backoff(self._options.max_polling_interval)
        pause = 0.0
        while not await stopped_within(self._stopping, pause):
            try:
                found = await self._receive()
            # A trigger that stops for good is worse than any error it may have met.
            except Exception:
                LOGGER.exception("%s: polling the queue %s failed", *self._place())
                found = []
            for message in found:
                task = asyncio.create_task(self._process(message))
                self._in_work.add(task)
                task.add_done_callback(self._in_work.discard)
            await self._wait_until_in_work(self._options.new_batch_threshold)
            pause = backoff.found() if found else backoff.found_nothing()
        await self._wait_until_in_work(0)

    async def _wait_until_in_work(self, at_most: int) -> None:
        while len(self._in_work) > at_most:
            await asyncio.wait(set(self._in_work), return_when=asyncio.FIRST_COMPLETED)

    async def _receive(self) -> list[QueueMessage]:
        pages = self._queue.receive_messages(
            messages_per_page=self._options.batch_size,
            visibility_timeout=int(RECEIVE_VISIBILITY.total_seconds()),
        ).by_page()
        try:
            page = await anext(pages, None)
            return [] if page is None else [message async for message in page]
        except ResourceNotFoundError:
            return []  # a queue that does not exist yet is not an error: it may still be created
        except AzureError as error:
            LOGGER.warning("%s: the queue %s cannot be read: %s", *self._place(), error)
            return []

    async def _process(self, message: QueueMessage) -> None:
        lease = _Lease(message.id, message.pop_receipt or "")
        try:
            await self._run_and_settle(message, lease)
        except AzureError as error:
            # Its visibility time-out ends and it is received again, as after a crash of the host.
            LOGGER.warning("%s: a message of %s could not be settled: %s", *self._place(), error)

    async def _run_and_settle(self, message: QueueMessage, lease: _Lease) -> None:
        dequeued = message.dequeue_count or 0
        text = decode_text(message.content, base64=self._options.base64)
        if text is None:
            LOGGER.error("%s: a message of %s is not base64 of UTF-8 text", *self._place())
            await self._move_to_poison(message, lease)
            return
        if dequeued > self._options.max_dequeue_count:
            await self._move_to_poison(message, lease)
            return
        async with self._hidden(lease):
            outcome = await self._invoker.invoke(
                self._function, TypedData(string=text), trigger_metadata(message, text)
            )
        if outcome.succeeded:
            await self._delete(lease)
        elif dequeued >= self._options.max_dequeue_count:
            await self._move_to_poison(message, lease)
        else:
            await self._renew(lease, self._options.visibility_timeout)

    @contextlib.asynccontextmanager
    async def _hidden(self, lease: _Lease) -> AsyncIterator[None]:
        async def renew_for_ever() -> None:
            while True:
                await asyncio.sleep(RENEW_AFTER.total_seconds())
                try:
                    await self._renew(lease, RECEIVE_VISIBILITY)
                except AzureError as error:
                    LOGGER.warning(
                        "%s: a message of %s could not be renewed: %s", *self._place(), error
                    )

        renewal = asyncio.create_task(renew_for_ever())
        try:
            yield
        finally:
            renewal.cancel()
            await asyncio.wait([renewal])

    async def _renew(self, lease: _Lease, visibility: timedelta) -> None:
        updated = await self._queue.update_message(
            lease.message_id,
            lease.pop_receipt,
            visibility_timeout=int(visibility.total_seconds()),
        )
        lease.pop_receipt = updated.pop_receipt or lease.pop_receipt

    async def _delete(self, lease: _Lease) -> None:
        try:
            await self._queue.delete_message(lease.message_id, lease.pop_receipt)
        except ResourceNotFoundError:
            LOGGER.warning("%s: a message of %s is gone or was received again", *self._place())

    async def _move_to_poison(self, message: QueueMessage, lease: _Lease) -> None:
        poison_name = f"{self._name}{POISON_SUFFIX}"
        if self._name.endswith(POISON_SUFFIX) or len(poison_name) > MAX_QUEUE_NAME:
            return  # nowhere to move it: it stays hidden until its visibility time-out ends
        LOGGER.warning(
            "%s: a message of %s failed %s times and goes to %s",
            *self._place(),
            message.dequeue_count,
            poison_name,
        )
        poison = self._service.get_queue_client(poison_name)
        try:
            await poison.send_message(message.content)
        except ResourceNotFoundError:
            with contextlib.suppress(ResourceExistsError):
                await poison.create_queue()
            await poison.send_message(message.content)
        await self._delete(lease)

    def _place(self) -> tuple[str, str]:
        return self._function.name, self._name
