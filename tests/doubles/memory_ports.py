"""The small ports in memory: the queue, the lifecycle topic and identifiers."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from rollout.adapters.storage.wakeups import WakeUp
from rollout.core.records.history import HistoryEntry
from rollout.errors import StoreUnavailableError
from rollout.ports import Asked, NotPut, Turn, WakeGroup
from tests.doubles.seam import Seam


@dataclass(order=True, frozen=True)
class _Message:
    visible: datetime
    number: int
    expires: datetime
    wake_up: WakeUp = field(compare=False)


@dataclass
class MemoryQueue:
    """`WorkQueue` under a virtual clock; `take` is what the platform's listener does."""

    clock: Callable[[], datetime]
    time_to_live: timedelta = timedelta(minutes=2)
    seam: Seam = field(default_factory=Seam)
    _messages: list[_Message] = field(default_factory=list)
    _count: int = 0

    def wake(
        self,
        endpoint: str,
        *,
        delay: timedelta,
        chain_ends: datetime | None,
        suspended: bool = False,
        waits_since: datetime | None = None,
    ) -> None:
        wake_up = WakeUp((endpoint,), chain_ends, suspended, waits_since)
        self.seam.run("queue.wake", lambda: self._put(wake_up, delay))

    def wake_all(
        self, groups: Sequence[WakeGroup], *, suspended: bool, within: timedelta
    ) -> Sequence[NotPut]:
        failed = []
        for group in groups:
            wake_up = WakeUp(group.endpoints, None, suspended)
            try:
                self.seam.run("queue.wake", partial(self._put, wake_up, group.delay))
            except StoreUnavailableError as error:
                failed.append(NotPut(group, str(error)))
        return failed

    def wake_due(self) -> None:
        self.seam.run("queue.wake_due", lambda: self._put(WakeUp(()), timedelta(0)))

    def check(self) -> None:
        self.seam.run("queue.check", lambda: None)

    def _put(self, wake_up: WakeUp, delay: timedelta) -> None:
        now = self.clock()
        self._count += 1
        expires = now + max(self.time_to_live, delay)
        self._messages.append(_Message(now + delay, self._count, expires, wake_up))

    def take(self) -> WakeUp | None:
        """Return the oldest visible wake-up and forget it; None when there is none now."""
        now = self.clock()
        self._messages = [message for message in self._messages if message.expires >= now]
        ready = [message for message in self._messages if message.visible <= now]
        if not ready:
            return None
        first = min(ready)
        self._messages.remove(first)
        return first.wake_up

    def next_visible(self) -> datetime | None:
        """When the next wake-up can be taken; None when the queue is empty."""
        return min((message.visible for message in self._messages), default=None)

    def __len__(self) -> int:
        return len(self._messages)


@dataclass
class MemoryLifecycle:
    """`Lifecycle` that remembers what was published, repeats included."""

    seam: Seam = field(default_factory=Seam)
    published: list[tuple[str, HistoryEntry]] = field(default_factory=list)

    def publish(self, endpoint: str, service: str, entries: Sequence[HistoryEntry]) -> None:
        def send() -> None:
            self.published += ((endpoint, entry) for entry in entries)

        self.seam.run("lifecycle.publish", send)

    def keys(self, endpoint: str) -> list[str]:
        """The keys published for an endpoint, in order of arrival."""
        return [entry.key for owner, entry in self.published if owner == endpoint]


@dataclass
class FreeTurns:
    """`Turns` where there is always enough for everybody."""

    def returned(self, endpoint: str) -> None:
        del endpoint

    @contextmanager
    def turn(self, asked: Asked) -> Iterator[Turn]:
        del asked
        yield Turn()

    def next_turn(self, asked: Asked) -> Turn | None:
        del asked
        return None

    def after_refusal(self, asked: Asked, wait: timedelta, *, goes_back: bool) -> timedelta:
        del asked, goes_back
        return wait

    def spare(self, endpoints: Sequence[str], reads: int) -> timedelta:
        del endpoints, reads
        return timedelta(0)


@dataclass
class StillStopwatch:
    """`Stopwatch` on which only waiting takes time."""

    now: float = 0.0

    def seconds(self) -> float:
        return self.now

    def wait(self, span: timedelta) -> None:
        self.now += span.total_seconds()


@dataclass
class SeqIds:
    """`Ids` that count, so that a story is the same each time."""

    _count: int = 0

    def fresh(self) -> str:
        self._count += 1
        return f"{self._count:08x}"
