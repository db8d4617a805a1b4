"""Event subscriptions: which events, in which schema, and where they go."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from localazure.event_grid.events import as_cloud_event
from localazure.event_grid.retries import RetryRules


class DeliverySchema(StrEnum):
    """What a subscription's events look like."""

    EVENT_GRID = "EventGridSchema"
    CLOUD_EVENTS = "CloudEventSchemaV1_0"


class ValidationFailedError(Exception):
    """The destination cannot take the events, or did not confirm that it wants them; the text
    says what to do.
    """


class Destination(Protocol):
    """Where a subscription's events go."""

    async def prove(self, subscription: "EventSubscription") -> None:
        """Find out whether events may be sent.

        Raises:
            ValidationFailedError: they may not.
        """

    async def deliver(
        self, subscription: "EventSubscription", event: Mapping[str, Any], attempt: int
    ) -> int | None:
        """Deliver one Event Grid schema event; return the HTTP status, or None for no answer."""


@dataclass(frozen=True)
class EventSubscription:
    """Which events of `topic` go to `destination`; no `event_types` means every type."""

    name: str
    topic: str
    destination: Destination
    event_types: tuple[str, ...] = ()
    subject_begins_with: str = ""
    schema: DeliverySchema = DeliverySchema.EVENT_GRID
    retry: RetryRules = field(default_factory=RetryRules)

    def wants(self, event: Mapping[str, Any]) -> bool:
        """Say whether this event passes the filters (compared without case)."""
        kinds = [kind.lower() for kind in self.event_types]
        return (
            str(event["topic"]).lower() == self.topic.lower()
            and (not kinds or str(event["eventType"]).lower() in kinds)
            and str(event["subject"]).lower().startswith(self.subject_begins_with.lower())
        )

    def in_schema(self, event: Mapping[str, Any]) -> Mapping[str, Any]:
        """Convert an Event Grid schema event to this subscription's schema."""
        return as_cloud_event(event) if self.schema is DeliverySchema.CLOUD_EVENTS else event
