"""Two services on the same rows: one in this process, and one that takes alerts in its own.

What is seen of their calls: when each check of a row was made, and when each commit was stored.
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any
from urllib.parse import unquote

from rollout.core.records.signals import AlertFired
from rollout.ports import Commit, NotPut, Stored, Version, WakeGroup
from rollout.service import Dependencies, RolloutService
from rollout.settings import read_settings
from rollout.wiring import dependencies, limits

ARM_SECONDS = 30.0


@dataclass(frozen=True)
class Span:
    """A call, in seconds of the machine's clock; `stored`: when storage carried a commit out."""

    begun: float
    ended: float
    stored: float = 0.0


Due = tuple[float, str, datetime | None]
"""When a wake-up is due, its endpoint, and when its chain of rechecks ends."""


@dataclass
class WakeUps:
    """The `WorkQueue` port: keeps wake-ups until they are due."""

    waiting: list[Due] = field(default_factory=list)

    def put(self, due: float, endpoint: str, chain_ends: datetime | None = None) -> None:
        """Keep one."""
        self.waiting.append((due, endpoint, chain_ends))

    def wake(
        self,
        endpoint: str,
        *,
        delay: timedelta,
        chain_ends: datetime | None,
        suspended: bool = False,
        waits_since: datetime | None = None,
    ) -> None:
        """Keep one as the queue does, whose delays are whole seconds."""
        del suspended, waits_since
        self.put(time.time() + max(0, round(delay.total_seconds())), endpoint, chain_ends)

    def wake_all(
        self, groups: Sequence[WakeGroup], *, suspended: bool, within: timedelta
    ) -> Sequence[NotPut]:
        """Nothing: no tick runs here."""
        del groups, suspended, within
        return ()

    def wake_due(self) -> None:
        """Nothing: no tick runs here."""

    def check(self) -> None:
        """It always answers."""

    def take(self, until: float = math.inf) -> Sequence[Due]:
        """Return all that are due by then, and forget them."""
        due = [each for each in self.waiting if each[0] <= until]
        self.waiting = [each for each in self.waiting if each[0] > until]
        return due


class Overtaken:
    """The `Endpoints` port where something happens after the last check, before the PUT's bytes."""

    def __init__(self, endpoints: Any, meanwhile: Callable[[str], None]) -> None:
        self._endpoints = endpoints
        self._meanwhile = meanwhile

    def __getattr__(self, name: str) -> Any:
        return getattr(self._endpoints, name)

    def set_traffic(self, endpoint: str, seen: Any, split: Any, mirror: Any, **how: Any) -> None:
        """PUT; only a raise has a last check."""
        last_check = how.pop("last_check", None)

        def checked() -> None:
            last_check()
            self._meanwhile(endpoint)

        how["last_check"] = checked if last_check is not None else None
        self._endpoints.set_traffic(endpoint, seen, split, mirror, **how)


class TimedStore:
    """The store; remembers when the calls that prove a row's version were made."""

    def __init__(self, store: Any, told: Callable[[Span], object] = id) -> None:
        self._store = store
        self._told = told
        self.checks: list[Span] = []
        self.commits: list[Span] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def version(self, endpoint: str) -> Version | None:
        """Read the version."""
        begun = time.time()
        found: Version | None = self._store.version(endpoint)
        self.checks.append(Span(begun, time.time()))
        return found

    def commit(self, commit: Commit) -> Stored:
        """Commit; one that was refused proves nothing."""
        begun = time.time()
        stored: Stored = self._store.commit(commit)
        span = Span(begun, time.time(), stored_at(stored.version))
        self.checks.append(span)
        self.commits.append(span)
        self._told(span)
        return stored


def stored_at(version: Version) -> float:
    """The moment in an ETag of Table Storage: `W/"datetime'2026-01-05T10%3A00%3A00.123Z'"`."""
    moment = unquote(version).partition("'")[2].partition("'")[0]
    return datetime.fromisoformat(moment).timestamp()


class QuietLog:
    """The `Log` port: what a service says is not read here."""

    def info(self, text: str, **fields: object) -> None:
        """Drop it."""

    def attention(self, text: str, **fields: object) -> None:
        """Drop it."""

    def notice(self, text: str, **fields: object) -> None:
        """Drop it."""

    def decided(self, line: Mapping[str, Any]) -> None:
        """Drop it."""


@dataclass(frozen=True)
class Worker:
    """One service with what can be seen of its calls."""

    ports: Dependencies
    service: RolloutService
    store: TimedStore
    wake_ups: WakeUps

    def carry_out(self) -> None:
        """Answer the wake-ups that are due."""
        for _, endpoint, chain_ends in self.wake_ups.take(time.time()):
            self.service.work(endpoint, datetime.now(UTC), chain_ends)


def worker(
    environment: Mapping[str, str],
    told: Callable[[Span], object] = id,
    meanwhile: Callable[[str], None] | None = None,
) -> Worker:
    """Return a service as the app would have it in this environment, beside its queue.

    `told` hears of its commits; `meanwhile` happens between the last check of a raise and its PUT.
    """
    settings = read_settings(environment)
    real = dependencies(settings)
    endpoints = real.endpoints if meanwhile is None else Overtaken(real.endpoints, meanwhile)
    store, wake_ups = TimedStore(real.store, told), WakeUps()
    ports = replace(
        real,
        store=store,
        endpoints=endpoints,
        queue=wake_ups,
        log=QuietLog(),
    )
    return Worker(ports, RolloutService(ports, limits(settings)), store, wake_ups)


@dataclass(frozen=True)
class Alerted:
    """What the other process saw of its alert: its last commit, and the wake-ups it put."""

    commit: Span | None
    wake_ups: Sequence[Due]


class OtherProcess:
    """The process that takes the alerts."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._pipe, theirs = get_context("spawn").Pipe()
        self._process = get_context("spawn").Process(
            target=_take_alerts, args=(theirs, dict(environment)), daemon=True
        )
        self._process.start()
        self._pipe.recv()

    def alert(self, endpoint: str, deployment: str, at: float) -> None:
        """Have it take an alert at a moment."""
        self._pipe.send((endpoint, deployment, at))

    def committed(self) -> None:
        """Wait until the alert's commit was answered."""
        self._pipe.recv()

    def answered(self) -> Alerted:
        """Wait until the alert was answered."""
        while True:
            said = self._pipe.recv()
            if isinstance(said, Alerted):
                return said

    def end(self) -> None:
        """End it."""
        self._pipe.send(None)
        self._process.join(ARM_SECONDS)


def _take_alerts(pipe: Connection, environment: Mapping[str, str]) -> None:
    mine = worker(environment, told=pipe.send)
    pipe.send("ready")
    while (order := pipe.recv()) is not None:
        endpoint, deployment, at = order
        fired = AlertFired(f"{endpoint} {at}", "failures", deployment, None, "requests fail")
        mine.store.commits.clear()
        time.sleep(max(0.0, at - time.time()))
        try:
            mine.service.alert(endpoint, fired, datetime.now(UTC))
        except Exception as error:  # noqa: BLE001 - the race is reported as not run
            print(f"an alert failed: {error}")
        commit = mine.store.commits[0] if mine.store.commits else None
        pipe.send(Alerted(commit, mine.wake_ups.take()))
