"""Two services on the same rows, each in a process of its own, and rows about to be raised.

Rows are copies of one that a real rollout left behind: its next pass raises the candidate.
"""

import math
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from demo.local_cloud import LocalCloud
from demo.places import ENDPOINT, MODEL, SERVICE
from dev.bench.metering import environment_in_force, register, services_in
from rollout.adapters.azure_ml.arm import Arm
from rollout.adapters.azure_ml.arm_ids import parse_endpoint_id
from rollout.adapters.azure_ml.endpoints import traffic_body
from rollout.adapters.credentials import AppCredential
from rollout.core.machine.wanted import previous_split
from rollout.core.records.observation import DeploymentSeen, EndpointSeen
from rollout.core.records.offers import OfferSource
from rollout.core.records.phases import FINAL_PHASES, Phase
from rollout.core.records.rollout import Clock, Current
from rollout.core.records.signals import AlertFired, Command, Expected, Offered, Verb
from rollout.ports import Commit, NewDeployment, Stored, Version
from rollout.service import Dependencies, RolloutService
from rollout.settings import read_settings
from rollout.wiring import dependencies, limits

ARM_SECONDS = 30.0
STEP = timedelta(seconds=6)
MINUTE = timedelta(minutes=1)
KEEP = timedelta(hours=1)
MAX_PASSES = 60
MOST_ROWS = 50
SEPARATE = {"ROLLOUTS_TABLE": "RacedRollouts", "LIVE_TABLE": "RacedLive", "WORK_QUEUE": "raced"}

AS_DEPLOYED = {"RECHECK_SECONDS": "5"}
"""The demo looks again sooner."""


@dataclass(frozen=True)
class Span:
    """A call, in seconds of the machine's clock; `stored`: when storage carried a commit out."""

    begun: float
    ended: float
    stored: float = 0.0


class CloudWithoutApp(LocalCloud):
    """The local Azure alone."""

    def start_app(self, port: int = 0) -> None:
        """No app: the services run in this process and in its child."""


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
    ) -> None:
        """Keep one as the queue does, whose delays are whole seconds."""
        del suspended
        self.put(time.time() + max(0, round(delay.total_seconds())), endpoint, chain_ends)

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


@dataclass
class Rows:
    """Endpoints, and the row whose next pass raises the candidate on each."""

    ports: Dependencies
    template: Current
    seen: Mapping[str, EndpointSeen]
    names: Sequence[str]

    @property
    def candidate(self) -> str:
        """The deployment that is raised."""
        return self.template.owner.candidate

    def prepare(self, endpoint: str, *, saves: bool) -> None:
        """Put endpoint and row to where the raise is due.

        `saves`: the pass commits right before it raises, as it does where a stage was passed;
        else it only repeats what is asked for already.
        """
        rollout, now, store = self.template.owner, datetime.now(UTC), self.ports.store
        self.ports.endpoints.set_traffic(
            endpoint,
            self.seen[endpoint],
            previous_split(rollout),
            {},
            stamp=f"{rollout.id}/{rollout.write - 1}",
            timeout=ARM_SECONDS,
        )
        store.prune(endpoint, history=store.history_after(endpoint, self.template.head, MOST_ROWS))
        clock = Clock(now)
        seen = replace(rollout.seen, present=() if saves else tuple(sorted(self.names)))
        fresh = replace(rollout, since=now, phase_clock=clock, deadline_clock=clock, seen=seen)
        row = replace(self.template, endpoint=endpoint, rollout=fresh, saved_at=now)
        store.commit(Commit(row, store.load(endpoint)))


@contextmanager
def racing(work: Path, endpoints: int) -> Iterator[tuple[LocalCloud, Mapping[str, str], Rows]]:
    """A local Azure with so many endpoints; the settings of a service; and the rows."""
    said = StringIO()  # the SDK prints its progress
    services = services_in(work / "services")
    with CloudWithoutApp(work / "cloud", services, azure_options=("--runtime", "instant")) as cloud:
        environment = {**cloud.app_environment(), **SEPARATE, **AS_DEPLOYED}
        with environment_in_force(environment):
            with redirect_stdout(said), redirect_stderr(said):
                first = worker(environment)
                template = _about_to_raise(cloud, first)
            yield cloud, environment, _copied(first.ports, template, endpoints)


def _about_to_raise(cloud: LocalCloud, first: Worker) -> Current:
    for version in ("1", "2"):
        register(cloud, version)
    endpoint = f"{cloud.azure['workspaceId']}/onlineEndpoints/{ENDPOINT}".lower()
    now = datetime.now(UTC)
    for version, phases in (("1", FINAL_PHASES), ("2", {Phase.BAKING})):
        offered = Offered(SERVICE, MODEL, version, OfferSource.START, "benchmark")
        first.service.offer(offered, now)
        for _ in range(MAX_PASSES):
            first.service.work(endpoint, now, None)
            stored = first.ports.store.load(endpoint)
            now += MINUTE if stored and stored.current.phase is Phase.BAKING else STEP
            if stored is not None and stored.current.phase in phases and not stored.current.offers:
                break
        else:
            raise TimeoutError(f"version {version} did not get far enough")
    order = Command(Verb.ADVANCE, "benchmark", "a race", Expected(), None, skip_evidence=True)
    first.service.command(SERVICE, order, now)
    stored = first.ports.store.load(endpoint)
    assert stored is not None
    assert stored.current.phase is Phase.SHIFTING
    # A candidate is kept for a while after a rollback, as it is by default.
    rollout = stored.current.owner
    policy = replace(rollout.policy, rollback=replace(rollout.policy.rollback, keep=KEEP))
    kept = replace(rollout, policy=policy)
    return replace(stored.current, rollout=kept, published=stored.current.head)


def _copied(ports: Dependencies, template: Current, endpoints: int) -> Rows:
    arm = Arm(AppCredential(), base_url=os.environ["ARM_ENDPOINT"])
    live = ports.endpoints.endpoint(template.endpoint, timeout=ARM_SECONDS)
    deployments = ports.endpoints.deployments(template.endpoint, timeout=ARM_SECONDS)
    assert isinstance(live, EndpointSeen)
    seen: dict[str, EndpointSeen] = {}
    for number in range(endpoints):
        endpoint = f"{template.endpoint}-{number:03d}"
        body = traffic_body(live.body, {}, {}, "none")
        arm.put(parse_endpoint_id(endpoint).path, body, timeout=ARM_SECONDS)
        for each in deployments.values():
            ports.endpoints.copy_deployment(endpoint, each, _copy_of(each), timeout=ARM_SECONDS)
        found = ports.endpoints.endpoint(endpoint, timeout=ARM_SECONDS)
        assert isinstance(found, EndpointSeen)
        seen[endpoint] = found
    return Rows(ports, template, seen, tuple(deployments))


def _copy_of(source: DeploymentSeen) -> NewDeployment:
    assert source.model is not None
    return NewDeployment(
        source.name,
        source.model.name,
        source.model.version,
        source.rollout_tag or "none",
        None,
        datetime.now(UTC) + timedelta(minutes=10),
    )
