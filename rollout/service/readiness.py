"""Whether rollouts may be relied on now, thing by thing, for people who may read everything.

`health` says it to anybody, in counts; this says it to readers, with names.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from rollout.core.policy.values import duration_text
from rollout.core.records.rounds import all_troubles
from rollout.errors import RolloutError, UnreadableRowError
from rollout.service.dependencies import Dependencies, Limits
from rollout.service.health import SIGN_IN_MISSING, HealthCheck
from rollout.service.outcomes import Health, Readiness, Row, State
from rollout.service.stops import UNREADABLE_ORDER
from rollout.text.plain_text import visible_line

NAMES_SHOWN = 10
TEXT_CHARACTERS = 500
STALE_BUNDLE = timedelta(minutes=5)
"""A bundle that could not be read again for longer is worth a look."""

SIGNED_IN = "Callers sign in: app roles decide, and names in the history are proven."
KEYS = (
    "Sign-in is off: whoever has a function key may order everything, and names in the history are "
    "only claimed."
)
SUSPENDED = (
    "ROLLOUTS_SUSPENDED is set: nothing starts or moves forward in any service. Ways back stay "
    "open."
)
ALERTS_UNSEEN = (
    "The app cannot see which alert rules there are. `make wire` makes them, for each endpoint; "
    "without them the gate alone notices harm, some minutes later."
)
NO_TOPIC = (
    "LIFECYCLE_TOPIC_ENDPOINT is not set: nobody is told by events, and the log is the only notice."
)

STANDS = "Nothing moves, back or forward: restart the app."
STOOD_IN = (
    "The timer does not run. Other invocations wake what is due in its place, where there are any: "
    "restart the app."
)
NO_EVENTS = (
    "NOTIFY_CHANNELS is set, but LIFECYCLE_TOPIC_ENDPOINT is not: messages are made of lifecycle "
    "events, so nobody is sent any."
)
NO_CHANNELS = "NOTIFY_CHANNELS is not set: nobody is sent messages in Teams, Slack or elsewhere."


class Reporting:
    """Asks storage and the bundle; nothing of Azure ML."""

    def __init__(self, ports: Dependencies, limits: Limits, health: HealthCheck) -> None:
        self._ports = ports
        self._limits = limits
        self._health = health

    def readiness(self, now: datetime) -> Readiness:
        """Look at everything that rollouts depend on; what cannot be asked is a row too."""
        health = self._health.health(now)
        return Readiness(health.ready, health.text, tuple(self._rows(health, now)))

    def _rows(self, health: Health, now: datetime) -> Iterator[Row]:
        yield self._controller(health)
        yield from self._storage()
        yield from self._services()
        yield self._sign_in()
        yield self._suspension(now)
        if self._limits.announces:
            yield Row("events", State.OK, "Lifecycle events go to the topic.")
        else:
            yield Row("events", State.WARN, NO_TOPIC)
        yield self._messages()
        yield Row("alert rules", State.UNKNOWN, ALERTS_UNSEEN)

    def _controller(self, health: Health) -> Row:
        name = "controller"
        if health.tick_age is None:
            text = "No tick is known: the timer never ran, or storage is down."
            return Row(name, State.BAD, f"{text} {STOOD_IN}" if health.stood_in else text)
        text = f"The last tick was marked {_ago(health.tick_age)}."
        if health.tick_age > self._limits.tick_overdue:
            return Row(name, State.BAD, f"{text} {STOOD_IN if health.stood_in else STANDS}")
        return Row(name, State.OK, text)

    def _storage(self) -> Iterator[Row]:
        try:
            rows = self._ports.store.live()
            troubles = all_troubles(self._ports.store.rounds())
            self._ports.queue.check()
        except RolloutError:
            yield Row("storage", State.BAD, "Tables or the queue do not answer; the log says why.")
            return
        yield Row("storage", State.OK, f"Tables and queue answer; endpoints in use: {len(rows)}.")
        if troubles.count:
            told = _few(troubles.texts, troubles.count)
            yield Row("endpoints", State.WARN, f"An operator is needed: {told}")
        else:
            yield Row("endpoints", State.OK, "The last sweep found nothing stuck.")

    def _services(self) -> Iterator[Row]:
        name = "services"
        try:
            found = self._ports.services.all()
        except RolloutError:
            text = "The services bundle cannot be read, so nothing new starts; the log says why."
            yield Row(name, State.BAD, text)
            return
        faults = [
            f"{each.service} ({each.faults[0][0]}: {each.faults[0][1]})" for each in found.faulty
        ]
        if faults:
            text = f"{len(faults)} cannot be used, run `rollout lint`: {_few(faults)}"
            yield Row(name, State.WARN, text)
        else:
            yield Row(name, State.OK, f"No service has a fault; in use: {len(found.policies)}.")
        if found.age is None:
            yield Row("bundle", State.OK, "Services are read from a folder of the app.")
        elif found.age > STALE_BUNDLE:
            text = f"The blob was last reached {_ago(found.age)}: an older copy serves for now."
            yield Row("bundle", State.WARN, text)
        else:
            yield Row("bundle", State.OK, f"The blob was last reached {_ago(found.age)}.")

    def _messages(self) -> Row:
        name, channels = "messages", self._limits.channels
        if self._limits.message_faults:
            reached = f"only {_few(channels)} can be told" if channels else "nobody is told"
            text = f"Messages have faults, {reached}: {_few(self._limits.message_faults)}"
            return Row(name, State.BAD, text)
        if not channels:
            return Row(name, State.WARN, NO_CHANNELS)
        if not self._limits.announces:
            return Row(name, State.BAD, NO_EVENTS)
        return Row(name, State.OK, f"They may go to {_few(channels)}.")

    def _sign_in(self) -> Row:
        if self._limits.sign_in_missing:
            return Row("sign-in", State.BAD, f"{SIGN_IN_MISSING}.")
        if self._limits.sign_in:
            return Row("sign-in", State.OK, SIGNED_IN)
        return Row("sign-in", State.WARN, KEYS)

    def _suspension(self, now: datetime) -> Row:
        name = "suspension"
        if self._limits.suspended:
            return Row(name, State.WARN, SUSPENDED)
        try:
            row, _ = self._ports.store.suspension()
        except UnreadableRowError:
            text = f"{UNREADABLE_ORDER[0].upper()}{UNREADABLE_ORDER[1:]}."
            return Row(name, State.BAD, text)
        except RolloutError:
            text = "The row that suspends all services cannot be read now; the log says why."
            return Row(name, State.BAD, text)
        present = row.now(now)
        if present is None:
            return Row(name, State.OK, "Neither an order nor a setting suspends all services.")
        text = f"All services are suspended {present.told}. Ways back stay open."
        return Row(name, State.WARN, visible_line(text, TEXT_CHARACTERS))


def _ago(age: timedelta) -> str:
    seconds = round(age.total_seconds())
    return f"{duration_text(timedelta(seconds=seconds))} ago" if seconds else "just now"


def _few(texts: Sequence[str], count: int | None = None) -> str:
    """The first texts, and how many more there are of `count` (None: of the texts)."""
    left = (len(texts) if count is None else count) - len(texts[:NAMES_SHOWN])
    more = f"; and {left} more" if left else ""
    return visible_line("; ".join(texts[:NAMES_SHOWN]) + more, TEXT_CHARACTERS)
