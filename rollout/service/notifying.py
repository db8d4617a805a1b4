"""Messages about lifecycle events: to each channel at least once, and as a rule exactly once.

An event comes at least once, and perhaps twice at the same time. So each channel of a message has
a row that is claimed before the post and settled after it. A process that dies in between leaves a
claim that runs out: nobody can know whether the message arrived, so it is sent again, because a
message that comes twice does less harm than one that never comes. One channel's outcome is no
other's: what was sent is not sent again because another channel is down.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from rollout.core.messages import Happened, Message, message_of, routed
from rollout.core.policy.notify_model import Route
from rollout.errors import (
    InvalidPolicyError,
    InvalidSettingsError,
    MessageDelayedError,
    MessageRefusedError,
    ServicesUnavailableError,
    StoreUnavailableError,
)
from rollout.ports import Channel, Deliveries, Delivery, Log, Services, Settled, Waiting

CLAIM_MARGIN = timedelta(seconds=60)
"""How much longer than all its posts may take a claim holds: the clocks of two instances differ."""

LATE = timedelta(minutes=30)
"""From this age on, a message that a channel still does not take calls for attention: Event Grid
gives up after a day, and nothing else would tell that nobody was told."""


@dataclass(frozen=True)
class Sending:
    """The channels by name, the usual routes, and how long one message's posts may take together.

    `faults` say what is wrong with the settings: what can be read of them is used, and every event
    comes again, for those who were not reached.
    """

    channels: Mapping[str, Channel] = field(default_factory=dict)
    usual: Sequence[Route] = ()
    total: timedelta = timedelta(seconds=20)
    faults: Sequence[str] = ()


@dataclass(frozen=True)
class _Post:
    """What is sent to each channel; `seconds` is the time that one may take."""

    message: Message
    happened: Happened
    event: Mapping[str, Any]
    now: datetime
    seconds: float


class Notifier:
    """Tells people of lifecycle events.

    Between calls it remembers, as a cache, only which slips in routes and which late channels it
    has reported.
    """

    def __init__(
        self, services: Services, deliveries: Deliveries, sending: Sending, log: Log
    ) -> None:
        self._services = services
        self._deliveries = deliveries
        self._sending = sending
        self._log = log
        self._cached_slips: set[tuple[str, tuple[str, ...]]] = set()
        self._cached_late: set[str] = set()

    def notify(self, happened: Happened, event: Mapping[str, Any], now: datetime) -> None:
        """Send the message about one event, if it makes one, wherever it is routed to.

        `event` is the event as it came, for channels that take events.

        Raises:
            InvalidSettingsError: The settings of messages have faults: the event must come again,
                and whoever has the message by now does not get it twice.
            MessageDelayedError: At least one channel has not taken it: the event must come again.
            StoreUnavailableError: What was sent already is not known now.
        """
        message = message_of(happened)
        if message is None:
            return
        names = self._channels(message)
        seconds = self._sending.total.total_seconds() / max(1, len(names))
        post = _Post(message, happened, event, now, seconds)
        delayed = [f"{name}: {why}" for name in names if (why := self._to(name, post))]
        # Only now: one misspelt channel must not keep the message from the others.
        if self._sending.faults:
            raise InvalidSettingsError("\n".join([*self._sending.faults, *delayed]))
        if delayed:
            raise MessageDelayedError(f"a message comes again, {'; '.join(delayed)}")

    def _channels(self, message: Message) -> Sequence[str]:
        own = self._routes(message.service)
        found = routed(message, own, self._sending.usual, self._sending.channels)
        slip = (message.service, found.unknown)
        if found.unknown and slip not in self._cached_slips:
            self._cached_slips.add(slip)
            self._log.attention(
                f"the policy of {message.service} sends messages to channels that NOTIFY_CHANNELS "
                f"does not have; the usual channels get them: {', '.join(found.unknown)}"
            )
        return found.channels

    def _routes(self, service: str) -> Sequence[Route] | None:
        """What the published policy says now, whatever was frozen for a rollout."""
        try:
            policy = self._services.service(service).policy
        except (ServicesUnavailableError, InvalidPolicyError) as error:
            self._log.info("routes are unknown", service=service, reason=str(error))
            return None
        return policy.notify if policy is not None else None

    def _to(self, name: str, post: _Post) -> str:
        """Send it to one channel; return why that must be tried again, "" where it need not."""
        happened, message, now = post.happened, post.message, post.now
        delivery = Delivery(happened.endpoint, happened.rollout, happened.sequence, name)
        claim = self._deliveries.claim(delivery, now, now + self._sending.total + CLAIM_MARGIN)
        if isinstance(claim, Settled):
            return ""
        if isinstance(claim, Waiting):
            return f"not before {claim.until:%H:%M:%S} UTC"
        try:
            self._sending.channels[name].post(message, post.event, post.seconds)
        except MessageRefusedError as error:
            self._log.attention(
                f"channel {name} refused a message about {message.service}, which is not sent "
                f"again: {error}",
                title=message.title,
            )
            return self._noted(lambda: self._deliveries.settle(delivery, claim, Settled.GIVEN_UP))
        except MessageDelayedError as error:
            self._told_late(name, post, error)
            free = now + timedelta(seconds=error.wait or 0)
            return self._noted(lambda: self._deliveries.put_off(delivery, claim, free), str(error))
        self._cached_late.discard(name)
        self._log.info("a message was sent", channel=name, event=happened.id)
        return self._noted(lambda: self._deliveries.settle(delivery, claim, Settled.SENT))

    def _told_late(self, name: str, post: _Post, error: MessageDelayedError) -> None:
        """Call for attention once for each channel that stays away, until it takes a message."""
        age = post.now - post.happened.at
        if age >= LATE and name not in self._cached_late:
            self._cached_late.add(name)
            self._log.attention(
                f"channel {name} has not taken a message about {post.message.service} for "
                f"{age // timedelta(minutes=1)} min, and Event Grid gives up after a day: {error}",
                title=post.message.title,
            )

    def _noted(self, note: Callable[[], None], why: str = "") -> str:
        """Note an outcome; without its row the claim runs out, and the other channels still come.

        Returns:
            `why`, or why the outcome could not be noted.
        """
        try:
            note()
        except StoreUnavailableError as error:
            return f"{why}; {error}" if why else str(error)
        return why
