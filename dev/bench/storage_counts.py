"""Storage transactions of each kind of pass, counted on the wire of a real rollout.

The app's own service and adapters run in this process against Azurite and the local control plane,
whose Monitor answers for minutes that are really there: its clock follows the service's, which
advances by itself so that no real minutes pass, and healthy requests are counted in it up to then.
Durable Functions' figures are derived from its source: 9 transactions for an awaited activity, 6
for a timer.
"""

import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.table import Table

from demo.local_cloud import LocalCloud
from demo.machine import measured
from demo.places import ENDPOINT, MODEL, SERVICE
from dev.bench.around_a_put import is_traffic_put, no_rehearsal, print_alert, print_rehearsal
from dev.bench.local_place import CloudWithoutApp
from dev.bench.metering import (
    WEIGHTS,
    Meter,
    Request,
    environment_in_force,
    register,
    services_in,
)
from dev.bench.timing import Took, cpus, timed
from rollout.core.records.offers import OfferSource
from rollout.core.records.phases import FINAL_PHASES, Phase
from rollout.core.records.rollout import Current
from rollout.core.records.signals import AlertFired, Offered
from rollout.service import RolloutService
from rollout.settings import read_settings
from rollout.wiring import dependencies, limits

ACTIVITY, TIMER = 9, 6
"""Durable Functions' storage transactions, from its source; no extended sessions in Python."""
QUEUE_CALLS_A_MESSAGE = 3
MAX_PASSES = 100
IDLE_TICKS = 20
ABSENT = 404
REQUESTS_A_MINUTE = 900
MINUTE = timedelta(minutes=1)
STEP = timedelta(seconds=6)
NOTHING_DUE = "pass with nothing due"
TARGETS = {"baking pass": 2, "transition": 4, NOTHING_DUE: 1, "idle tick": 1}
"""Without the row of the list. A transition that goes forward reads whether all are suspended."""
DOORS = ("offer", "tick", "idle tick")
"""Prefixes of the kinds that no wake-up caused."""
SUMMARY_MARK = "PartitionKey='summary'"
"""In the path of a request about one summary."""


@dataclass(frozen=True)
class Count:
    """One call of the service. `transitions` counts phases entered.

    `storage` leaves out the writes of the list's row, which are `listed`.
    """

    kind: str
    storage: int
    queue_puts: int
    arm: int
    took: Took
    transitions: int = 0
    listed: int = 0


@dataclass
class Metered:
    """The service with its meter, its own clock, and the counts."""

    service: RolloutService
    load: Callable[[], Current | None]
    meter: Meter
    cloud: LocalCloud
    endpoint: str
    now: datetime
    requested: datetime
    """Until when requests are counted in the local Monitor."""
    counts: list[Count] = field(default_factory=list)

    def count(self, kind: str, call: Callable[[], object]) -> Count:
        """Make one call, counted under `kind`; a pass is named by what it did."""
        before, position = self.load(), len(self.meter.requests)
        with self.meter.attached():
            took, _ = timed(call)
        requests = self.meter.since(position)
        name, transitions = _named(kind, before, self.load())
        if kind == "idle tick" and _of(requests, "table") > 1:
            name = "idle tick that marks or sweeps"
        listed = _listed(requests)
        counted = Count(
            name,
            _of(requests, "table") - listed,
            _of(requests, "queue"),
            _of(requests, "arm"),
            took,
            transitions,
            listed,
        )
        self.counts.append(counted)
        return counted

    def look(self) -> None:
        """One pass now, with the requests up to now in the local Monitor."""
        self._request()
        self.count("pass", lambda: self.service.work(self.endpoint, self.now, None))

    def tick(self, kind: str) -> None:
        """The timer fires now."""
        self.count(kind, lambda: self.service.tick(self.now))

    def roll_out(self, version: str, until: Callable[[Current], bool]) -> None:
        """Offer a version and run passes until the row satisfies `until`."""
        offered = Offered(SERVICE, MODEL, version, OfferSource.START, "benchmark")
        self.count("offer", lambda: self.service.offer(offered, self.now))
        for _ in range(MAX_PASSES):
            self.look()
            current = self.load()
            if current is not None and until(current):
                return
            self.now += MINUTE if current and current.phase is Phase.BAKING else STEP
        raise TimeoutError(f"version {version} did not finish within {MAX_PASSES} passes")

    def _request(self) -> None:
        """Count healthy requests to each deployment with traffic, up to the service's minute."""
        until = self.now.replace(second=0, microsecond=0)
        if until <= self.requested:
            return
        ahead = max(0.0, (self.now - datetime.now(UTC)).total_seconds())
        self.cloud.control("PUT", "dials", {"monitor_ahead": ahead}).expect(200)
        answer = self.cloud.endpoint()
        traffic = {} if answer.status == ABSENT else answer.expect(200)["properties"]["traffic"]
        for deployment in (name for name, weight in traffic.items() if weight):
            asked = {"endpoint": ENDPOINT, "deployment": deployment}
            span = {"from": self.requested.isoformat(), "until": until.isoformat()}
            body = {**asked, **span, "perMinute": REQUESTS_A_MINUTE}
            self.cloud.control("POST", "requests", body).expect(200)
        self.requested = until


def report(console: Console, *, once: bool) -> bool:
    """Count and print; return whether every target is met. Counting once is all there is."""
    del once
    said = StringIO()  # the SDK prints its progress
    with redirect_stdout(said), redirect_stderr(said), tempfile.TemporaryDirectory() as folder:
        counted = _counted(Path(folder))
    met = [
        _print(console, counted.counts, counted.whole),
        print_rehearsal(console, counted.rehearsed, counted.unrehearsed),
        print_alert(console, counted.before_put),
    ]
    return all(met)


@dataclass(frozen=True)
class _Counted:
    """All counts and those of one whole rollout; the requests of it, of the beginning of one that
    rehearses nothing, and those before an alert's PUT."""

    counts: Sequence[Count]
    whole: Sequence[Count]
    rehearsed: Sequence[Request]
    unrehearsed: Sequence[Request]
    before_put: Sequence[Request]


def _counted(work: Path) -> _Counted:
    with _metered(work) as (metered, cloud):
        for version in ("1", "2", "3"):
            register(cloud, version)
        metered.roll_out("1", _ended)
        metered.tick("tick")
        # The first calls also create tables and queue, which is not part of a rollout's cost.
        metered.counts.clear()
        position = len(metered.meter.requests)
        metered.roll_out("2", _ended)
        metered.look()
        rehearsed = metered.meter.since(position)
        whole = list(metered.counts)
        for _ in range(IDLE_TICKS):
            metered.tick("idle tick")
            metered.now += MINUTE
        position = len(metered.meter.requests)
        with no_rehearsal():
            metered.roll_out("3", lambda current: current.phase is Phase.BAKING)
        unrehearsed = metered.meter.since(position)
        again = metered.now
        metered.count(NOTHING_DUE, lambda: metered.service.work(metered.endpoint, again, None))
        metered.tick("tick, one rollout live")
        counts = list(metered.counts)
        return _Counted(counts, whole, rehearsed, unrehearsed, _before_put(metered))


@contextmanager
def _metered(work: Path) -> Iterator[tuple[Metered, LocalCloud]]:
    services = services_in(work / "services")
    options = ("--runtime", "instant")
    cloud_of = partial(CloudWithoutApp, azure_options=options, machine=measured())
    with cloud_of(work / "cloud", services) as cloud:
        environment = cloud.app_environment()
        with environment_in_force(environment):
            settings = read_settings(environment)
            ports = dependencies(settings)
            endpoint = f"{cloud.azure['workspaceId']}/onlineEndpoints/{ENDPOINT}".lower()
            kinds = {"tableUrl": "table", "queueUrl": "queue", "blobUrl": "blob", "armUrl": "arm"}
            meter = Meter({str(cloud.azure[name]): kind for name, kind in kinds.items()})

            def load() -> Current | None:
                stored = ports.store.load(endpoint)
                return stored.current if stored else None

            service = RolloutService(ports, limits(settings))
            now = datetime.now(UTC)
            floor = now.replace(second=0, microsecond=0)
            yield Metered(service, load, meter, cloud, endpoint, now, floor), cloud


def _before_put(metered: Metered) -> list[Request]:
    current = metered.load()
    assert current is not None
    assert current.rollout is not None
    alert = AlertFired("id", "failures", current.rollout.candidate, None, "failures")
    position = len(metered.meter.requests)
    with metered.meter.attached():
        metered.service.alert(metered.endpoint, alert, metered.now)
    requests = metered.meter.since(position)
    put = next(index for index, one in enumerate(requests) if is_traffic_put(one))
    return requests[:put]


def _named(kind: str, before: Current | None, after: Current | None) -> tuple[str, int]:
    if kind != "pass" or before is None or after is None or after.rollout is None:
        return kind, 0
    if before.rollout is None or before.rollout.id != after.rollout.id:
        return "start", 0
    if before.phase in FINAL_PHASES:
        return "clean-up after the end", 0
    if after.phase in FINAL_PHASES:
        return "finish", 0
    if after.phase is not before.phase or after.rollout.stage != before.rollout.stage:
        return "transition", after.sequence - before.sequence
    return ("baking pass" if after.phase is Phase.BAKING else "waiting pass"), 0


def _ended(current: Current) -> bool:
    return current.phase in FINAL_PHASES and not current.offers and current.waiting is None


def _of(requests: Sequence[Request], kind: str) -> int:
    return sum(request.kind == kind for request in requests)


def _listed(requests: Sequence[Request]) -> int:
    """The summaries written."""
    return sum(one.kind == "table" and SUMMARY_MARK in one.path for one in requests)


def _print(console: Console, counts: Sequence[Count], whole: Sequence[Count]) -> bool:
    table = Table(title="(c) Storage transactions, counted on the wire", title_justify="left")
    for column in (
        "what",
        "seen",
        "median",
        "most",
        "target",
        "for the list",
        "queue calls",
        "ARM calls",
        "CPU ms, median",
    ):
        table.add_column(column, justify="left" if column == "what" else "right")
    met = True
    for kind in dict.fromkeys(count.kind for count in counts):
        same = [count for count in counts if count.kind == kind]
        per = [count.storage / max(1, count.transitions) for count in same]
        target = TARGETS.get(kind)
        met = met and (target is None or max(per) <= target)
        table.add_row(
            kind,
            str(len(same)),
            f"{statistics.median(per):.3g}",
            f"{max(per):.3g}",
            "" if target is None else f"<= {target}",
            f"{min(count.listed for count in same)}-{max(count.listed for count in same)}",
            str(max(_queue_calls(count) for count in same)),
            f"{min(count.arm for count in same)}-{max(count.arm for count in same)}",
            f"{cpus([count.took for count in same]).median:.0f}",
        )
    console.print(table)
    console.print(_beside_durable_functions(whole), soft_wrap=True)
    return met and set(TARGETS) <= {count.kind for count in counts}


def _queue_calls(count: Count) -> int:
    """Put, get and delete of the wake-ups it puts; a pass also gets one (put by tick or door)."""
    own = 0 if count.kind.startswith(DOORS) else 1
    return QUEUE_CALLS_A_MESSAGE * (count.queue_puts + own)


def _beside_durable_functions(whole: Sequence[Count]) -> str:
    storage = sum(count.storage + count.listed for count in whole)
    listed = sum(count.listed for count in whole)
    queue = sum(_queue_calls(count) for count in whole)
    stages = len(WEIGHTS)
    looks = sum(count.kind == "baking pass" for count in whole)
    around = 4 * ACTIVITY + 2 * TIMER
    theirs = stages * ACTIVITY + looks * (TIMER + ACTIVITY) + around
    return (
        f"A whole rollout of {stages} stages and {looks} baking passes: {storage} storage "
        f"transactions ({listed} of them for the list) and {queue} queue calls in {len(whole)} "
        f"calls of the service, {storage + queue} together. "
        f"The same in Durable Functions, derived from its source "
        f"({ACTIVITY} an activity, {TIMER} a timer, queues included): {stages} traffic changes x "
        f"{ACTIVITY} + {looks} looks x ({TIMER} + {ACTIVITY}) + create, validate, retire and "
        f"start with two waits ({around}) = {theirs}.\n"
    )
