"""Messages to people: channels that take them, and the memory of what was sent where."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, NewType, Protocol

from rollout.core.messages import Annotation, Message

ClaimId = NewType("ClaimId", str)
"""The ETag of a delivery's row as it was claimed."""


@dataclass(frozen=True)
class Delivery:
    """One message to one channel; an event's number in its rollout stands for its id."""

    endpoint: str
    rollout: str
    sequence: int
    channel: str


class Settled(Enum):
    """What ends a delivery. `GIVEN_UP`: the channel refused the message for good."""

    SENT = "sent"
    GIVEN_UP = "given up"


@dataclass(frozen=True)
class Waiting:
    """Nobody may post before `until`: somebody else is at it, or the channel asked to wait."""

    until: datetime


class Deliveries(Protocol):
    """Rows that outlive the process. Every method may raise `StoreUnavailableError`."""

    def claim(
        self, delivery: Delivery, now: datetime, until: datetime
    ) -> ClaimId | Settled | Waiting:
        """Take a delivery for this call alone, until `until`; or say why it cannot be taken.

        A claim whose time is over is taken again: whoever had it died.
        """

    def settle(self, delivery: Delivery, claim: ClaimId, how: Settled) -> None:
        """Note how it ended, whoever has claimed it meanwhile."""

    def put_off(self, delivery: Delivery, claim: ClaimId, until: datetime) -> None:
        """Let it be claimed again from `until` on; nothing, where somebody else has claimed it."""

    def prune(self, endpoint: str, before: datetime, limit: int) -> int:
        """Delete up to `limit` rows of an endpoint, claimed before `before`; return how many."""


class Channel(Protocol):
    """One named channel."""

    def post(self, message: Message, event: Mapping[str, Any], seconds: float) -> None:
        """Send a message, or the event it was made of, within so many seconds.

        Raises:
            MessageRefusedError: Refused for good: sending it again would change nothing.
            MessageDelayedError: Not taken now, or nobody knows whether it was taken.
        """


class Annotations(Protocol):
    """The charts of one component, which get a mark for a phase change."""

    def put(self, annotation: Annotation, *, timeout: float) -> None:
        """Write one mark, within so many seconds; the same id again is the same mark.

        Raises:
            ArmUnavailableError: Nobody can say whether it was written.
            ArmRefusedError: Azure refused it; AccessDeniedError: for want of a right.
        """
