"""Announces history as CloudEvents 1.0 on an Event Grid custom topic: at least once, in order.

A repeat has the same `id` and `source`, and `sequence` (an extension, zero-padded so that it sorts
as text) says where an event belongs: Event Grid itself delivers in any order.
"""

import json
import logging
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from azure.core.exceptions import AzureError
from azure.core.messaging import CloudEvent

from rollout.adapters.azure_ml.arm_ids import parse_endpoint_id
from rollout.errors import LifecycleTopicError
from rollout.text.redaction import redacted_line

if TYPE_CHECKING:
    from azure.core.credentials import AzureKeyCredential, TokenCredential
    from azure.eventgrid import EventGridPublisherClient

    from rollout.core.records.history import HistoryEntry

EVENT_TYPE_PREFIX = "AzureML.Rollout."
MAX_BATCH = 50
MAX_BATCH_CHARACTERS = 400_000
"""Bounds of one request; Event Grid takes 1 MiB (its quotas). Measured as ASCII JSON."""

SEND_OPTIONS: dict[str, Any] = {
    "retry_total": 0,
    "connection_timeout": 5.0,
    "read_timeout": 10.0,
}
"""Given to each call: azure-eventgrid 4.22.1 drops what its constructor is given (measured: a topic
that is down was asked four times in 4.8 s). The outbox is the retry."""

_SDK_SERIALIZER = "azure.eventgrid._legacy._generated._serialization"
"""Warns, for each event and option, that an event has no attribute of the option's name."""


class LifecycleTopic:
    """The `Lifecycle` port on a topic's client (`publisher_client` makes one)."""

    def __init__(self, client: "EventGridPublisherClient") -> None:
        self._client = client

    def publish(self, endpoint: str, service: str, entries: Sequence["HistoryEntry"]) -> None:
        """Send entries in order; nothing is sent after a failed request."""
        events = [cloud_event(endpoint, service, entry) for entry in entries]
        for batch in _batches(events):
            try:
                self._client.send(batch, **SEND_OPTIONS)
            except AzureError as error:
                raise LifecycleTopicError(
                    f"the lifecycle topic did not take {len(batch)} events: "
                    f"{type(error).__name__}: {redacted_line(str(error.message or ''))}"
                ) from error


def publisher_client(
    topic_url: str, credential: "TokenCredential | AzureKeyCredential"
) -> "EventGridPublisherClient":
    """Return a client of a custom topic; no request is made.

    `topic_url` is the topic's endpoint, `https://.../api/events`.
    """
    from azure.eventgrid import EventGridPublisherClient  # noqa: PLC0415 - 110 ms, publishing only

    logging.getLogger(_SDK_SERIALIZER).setLevel(logging.ERROR)
    return EventGridPublisherClient(topic_url, credential)


def cloud_event(endpoint: str, service: str, entry: "HistoryEntry") -> CloudEvent[Any]:
    """Return the event of a history row; the same row always gives the same event.

    The id is `<endpoint name>/<rollout>/<sequence>`, the source the endpoint's ARM id.
    """
    name = parse_endpoint_id(endpoint).name.lower()
    return CloudEvent(
        source=endpoint,
        type=f"{EVENT_TYPE_PREFIX}{entry.kind}",
        id=f"{name}/{entry.rollout}/{entry.sequence:08d}",
        time=entry.at,
        subject=f"services/{service}",
        extensions={"sequence": f"{entry.sequence:08d}"},
        data={
            "service": service,
            "endpoint": endpoint,
            "rollout": entry.rollout,
            "sequence": entry.sequence,
            "phase": entry.phase.value,
            "stage": entry.stage,
            "text": entry.text,
            "actor": entry.actor,
            "details": dict(entry.public),
        },
    )


def _batches(events: Sequence[CloudEvent[Any]]) -> Iterator[list[CloudEvent[Any]]]:
    batch: list[CloudEvent[Any]] = []
    size = 0
    for event in events:
        length = len(json.dumps(event.data))
        if batch and (len(batch) == MAX_BATCH or size + length > MAX_BATCH_CHARACTERS):
            yield batch
            batch, size = [], 0
        batch.append(event)
        size += length
    if batch:
        yield batch
