"""A simulated day of 1,000 services with nothing to do, every storage request counted on the wire.

The app's own service ticks 1,440 times against Azurite, at simulated minutes, after some hours in
which its rounds settled. Reads of Resource Manager are counted where the service makes them: its
answers, tens of thousands in a day, are made up (one deployment has all the traffic). Nothing is
extrapolated but the month.
"""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

from rich.console import Console

from dev.bench.local_place import LocalPlace, local_place
from dev.bench.many_services import baking, names, write_bundle
from dev.bench.timing import Took, timed
from rollout.core.records.observation import DeploymentSeen, EndpointSeen, ProvisioningState
from rollout.core.records.phases import Phase
from rollout.ports import Commit, Endpoints
from rollout.service import RolloutService
from rollout.settings import read_settings
from rollout.wiring import dependencies, limits

SERVICES, SERVICES_ONCE = 1_000, 10
DAY, DAY_ONCE = timedelta(days=1), timedelta(hours=1)
SETTLING, SETTLING_ONCE = timedelta(hours=3), timedelta(minutes=5)
"""The first rounds make what was never there, such as the list's rows."""
ENDED = timedelta(days=7)
"""How long ago the last rollout of each service ended."""
MINUTE = timedelta(minutes=1)
STABLE = "blue-6"
WRITERS = 8
DAYS_A_MONTH = 30
TARGET_TABLE = 20_000
"""Table transactions a day."""
DELETES_AND_WRITES = ("PUT", "POST", "PATCH", "MERGE", "DELETE")


class Serving:
    """As much of the port of endpoints as an idle service asks: one deployment has everything."""

    def __init__(self) -> None:
        self.asked = 0

    def endpoint(self, _endpoint: str, *, timeout: float, shared: bool = False) -> EndpointSeen:
        """Return what is live."""
        del timeout, shared
        self.asked += 1
        return EndpointSeen(ProvisioningState.SUCCEEDED, {STABLE: 100}, {}, None)

    def deployments(self, _endpoint: str, *, timeout: float) -> Mapping[str, DeploymentSeen]:
        """Return the one that serves."""
        del timeout
        self.asked += 1
        return {STABLE: DeploymentSeen(STABLE, ProvisioningState.SUCCEEDED)}


@dataclass(frozen=True)
class Day:
    """What the ticks of a day took, and their requests by kind and whether they write."""

    ticks: int
    took: Took
    requests: Mapping[str, int]
    asked: int
    """Reads of Resource Manager."""

    def of(self, kind: str) -> int:
        return sum(count for name, count in self.requests.items() if name.startswith(kind))


def report(console: Console, *, once: bool) -> bool:
    """Count and print; return whether the target is met."""
    count, day, settling = (
        (SERVICES_ONCE, DAY_ONCE, SETTLING_ONCE) if once else (SERVICES, DAY, SETTLING)
    )
    serving = Serving()
    with idle_services(count, serving) as (place, started):
        service = started()
        begin = datetime.now(UTC)
        for minute in range(settling // MINUTE):
            service.tick(begin + minute * MINUTE)
        meter, before = place.meter(), serving.asked
        start = begin + settling
        with meter.attached():
            took, _ = timed(
                lambda: [service.tick(start + minute * MINUTE) for minute in range(day // MINUTE)]
            )
        requests = Counter(
            f"{one.kind} {'writes' if one.method in DELETES_AND_WRITES else 'reads'}"
            for one in meter.requests
        )
    return _print(console, count, Day(day // MINUTE, took, requests, serving.asked - before))


@contextmanager
def idle_services(
    count: int, serving: Serving
) -> Iterator[tuple[LocalPlace, Callable[[], RolloutService]]]:
    """Make so many services with nothing to do; give the place, and what starts an instance."""
    with tempfile.TemporaryDirectory() as folder:
        bundle = write_bundle(Path(folder) / "services", count)
        with local_place(Path(folder), bundle) as place:
            settings = read_settings(place.environment)
            ports = replace(dependencies(settings), endpoints=cast("Endpoints", serving))
            at = datetime.now(UTC) - ENDED
            rows = [baking(settings, name, at) for name in names(count)]

            def store(number: int) -> None:
                current = rows[number]
                assert current.rollout is not None
                ended = replace(current.rollout, phase=Phase.SUCCEEDED, ended_at=at)
                ports.store.commit(Commit(replace(current, rollout=ended), None))

            store(0)  # the first one creates the tables
            with ThreadPoolExecutor(WRITERS) as writers:
                list(writers.map(store, range(1, count)))
            yield place, lambda: RolloutService(ports, limits(settings))


def _print(console: Console, count: int, day: Day) -> bool:
    said = ", ".join(f"{number:,} {name}" for name, number in sorted(day.requests.items()))
    table, month = day.of("table"), DAYS_A_MONTH * day.of("table")
    console.print(
        f"(j) {day.ticks:,} ticks of {count:,} idle services: {table:,} table transactions "
        f"(target: at most {TARGET_TABLE:,} a day), {day.of('queue'):,} queue operations and "
        f"{day.asked:,} reads of Resource Manager; {said}. {day.took.cpu:.0f} s of CPU in all, "
        f"{day.took.wall:.0f} s by the clock. A month of {DAYS_A_MONTH} such days: {month:,} table "
        f"transactions, {DAYS_A_MONTH * day.asked:,} reads of Resource Manager\n",
        soft_wrap=True,
    )
    return table <= TARGET_TABLE
