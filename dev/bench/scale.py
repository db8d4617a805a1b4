"""What a tick costs beside many live endpoints, of which few or all are due, against Azurite.

The app ticks in a process of its own, so that its memory is its own. Beside each row stand raw puts
into the same queue in the same run, one message for each endpoint that is due: the least that a
tick without grouping could do. Table `Live` has the row and the summary of each endpoint, the other
table the owner rows of the first 2,000, more than the rounds of these ticks come to; on the local
Resource Manager these endpoints do not exist.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import batched
from pathlib import Path
from typing import TYPE_CHECKING, Any

from azure.data.tables import TableClient, UpdateMode
from rich.console import Console
from rich.table import Table

from dev.bench.json_child import JsonChild
from dev.bench.local_place import LocalPlace, local_place
from dev.bench.many_services import baking, names, summary
from dev.bench.metering import services_in
from dev.bench.timing import MS, Spread, Took, spread, timed, walls
from rollout.adapters.storage import live_rows
from rollout.adapters.storage.storage_clients import ensure_created, queue_client, table_client
from rollout.adapters.storage.summary_rows import summary_entity
from rollout.adapters.storage.table_store import TableStore
from rollout.adapters.storage.wakeups import WakeUp, format_wake_up
from rollout.ports import Commit, LiveRow
from rollout.settings import Settings, read_settings

if TYPE_CHECKING:
    from azure.storage.queue import QueueClient

SIZES, SIZES_ONCE = (100, 1_000, 10_000), (30,)
SHARES = (0.0, 0.01, 0.05, 1.0)
TICKS, TICKS_ONCE = 3, 1
PUTS = 50
"""Raw puts timed before each tick and after it; as many as are due are computed from them."""
RAW_QUEUE = "raw-puts"
WRITERS = 8
A_TRANSACTION = 100
NOT_DUE = timedelta(minutes=10)
NOTHING_TO_JUDGE = timedelta(hours=12)
"""Until then a pass over a row ends after one read."""
MINUTE = timedelta(minutes=1)
STEP = timedelta(seconds=20)
"""From one tick to the next, so that what is not due stays so."""
TICKS_A_MONTH = 30 * 24 * 60
OWNER_ROWS = 2_000
TRIES = 3
PASSES = 50
"""Made after the last tick, so that the memory is that of an app that works."""
TARGET_SECONDS = {(1_000, 0.05): 1.0, (10_000, 0.01): 2.0}
TARGET_RATIO = {(10_000, 1.0): 1.3}
TARGET_MIB = {10_000: 120.0}


@dataclass(frozen=True)
class Ticked:
    """One tick: seconds by the clock and of CPU, endpoints woken, requests by kind."""

    wall: float
    cpu: float
    woken: int
    requests: Mapping[str, int]
    raw: Took
    """What one raw put took just before and after it."""


@dataclass
class Row:
    """The ticks beside `live` endpoints of which `due` are due."""

    live: int
    due: int
    share: float
    ticks: list[Ticked] = field(default_factory=list)

    @property
    def walls(self) -> Spread:
        return spread(one.wall for one in self.ticks)

    def sent(self, kind: str) -> float:
        """Return the median of a tick's requests to tables or to the queue."""
        return spread(
            sum(count for name, count in one.requests.items() if name.startswith(kind))
            for one in self.ticks
        ).median

    @property
    def ratio(self) -> Spread:
        """To as many raw puts as endpoints are due, one after another."""
        return spread(one.wall / (one.raw.wall * self.due) for one in self.ticks)

    @property
    def cpu_ratio(self) -> Spread:
        """The same in CPU seconds of the process that puts."""
        return spread(one.cpu / (one.raw.cpu * self.due) for one in self.ticks)


class Place:
    """The storage with its rows, and the app's settings there."""

    def __init__(self, place: LocalPlace) -> None:
        self.environment = place.environment
        self.settings: Settings = read_settings(self.environment)
        account = place.account()
        self.rollouts: TableClient = table_client(account, self.settings.rollouts_table)
        self.live: TableClient = table_client(account, self.settings.live_table)
        self.queue: QueueClient = queue_client(account, self.settings.work_queue)
        ensure_created(self.rollouts, self.live, self.queue)
        self.endpoints: list[str] = []
        self.due: set[str] = set()

    def fill(self, count: int, now: datetime) -> None:
        """Add rows until so many endpoints are live."""
        store = TableStore(self.rollouts, self.live)
        before = len(self.endpoints)
        new = names(count)[before:]
        rows = [baking(self.settings, name, now, next_look=now + NOTHING_TO_JUDGE) for name in new]
        with ThreadPoolExecutor(WRITERS) as writers:
            owned = rows[: max(0, OWNER_ROWS - before)]
            list(writers.map(lambda row: store.commit(Commit(row, None)), owned))
        entities = [live_rows.live_entity(LiveRow(one.endpoint, one.service, now)) for one in rows]
        self._write([("upsert", entity) for entity in entities])
        listed = [summary_entity(summary(self.settings, name, now)) for name in new]
        self._write([("upsert", entity) for entity in listed])
        self.endpoints += [row.endpoint for row in rows]
        self.due.update(row.endpoint for row in rows)

    def let_be_due(self, count: int, now: datetime) -> None:
        """Let so many of them be due at once, evenly spread, and the others in ten minutes.

        Only rows that change are written.
        """
        total = len(self.endpoints)
        chosen = {self.endpoints[(number * total) // count] for number in range(count)}
        moments = {
            **dict.fromkeys(chosen - self.due, now - MINUTE),
            **dict.fromkeys(self.due - chosen, now + NOT_DUE),
        }
        self._write(
            [
                ("update", live_rows.deferred_entity(endpoint, due), {"mode": UpdateMode.MERGE})
                for endpoint, due in moments.items()
            ]
        )
        self.due = chosen

    def raw_puts(self) -> Took:
        """Put some messages, one after another."""
        text = format_wake_up(WakeUp((self.endpoints[0],)))
        took, _ = timed(lambda: [self.queue.send_message(text) for _ in range(PUTS)])
        return took

    def _write(self, writes: Sequence[Any]) -> None:
        for some in batched(writes, A_TRANSACTION, strict=False):
            self.live.submit_transaction(some)


class App:
    """The app, in a process that ticks when it is told to."""

    def __init__(self, place: Place) -> None:
        self._child = JsonChild(("dev.bench.tick_app",), place.environment)
        self.failures: list[str] = []
        self.began = self._child.began

    def tick(self, now: datetime, endpoints: Sequence[str] = ()) -> Mapping[str, Any]:
        """Tick at a moment, and then make a pass over each of the endpoints.

        A tick that storage failed is counted and made again.
        """
        asked = {"now": now.isoformat(), "endpoints": endpoints}
        for _ in range(TRIES):
            said = self._child.ask(asked)
            if "error" not in said:
                return said
            self.failures.append(str(said["error"]))
        raise RuntimeError(f"{TRIES} ticks in a row failed: {self.failures[-1]}")

    def end(self) -> None:
        """Let it end by itself."""
        self._child.end()


def report(console: Console, *, once: bool) -> bool:
    """Measure and print, size by size; return whether every target is met."""
    sizes, ticks = (SIZES_ONCE, TICKS_ONCE) if once else (SIZES, TICKS)
    met = True
    with _place() as place:
        for live in sizes:
            now = datetime.now(UTC)
            place.fill(live, now)
            rows, memory = _measured(place, ticks, now)
            met = _print(console, rows) and met
            met = _print_memory(console, live, memory) and met
    return met


@contextmanager
def _place() -> Iterator[Place]:
    with tempfile.TemporaryDirectory() as folder:
        services = services_in(Path(folder) / "services")
        with local_place(Path(folder), services) as local:
            place = Place(local)
            with place.rollouts, place.live, place.queue:
                yield place


def _measured(place: Place, ticks: int, now: datetime) -> tuple[list[Row], Mapping[str, float]]:
    """Tick so often beside each share of due endpoints, in turns; return rows and the memory."""
    live = len(place.endpoints)
    dues = {round(live * share): share for share in SHARES}
    rows = [Row(live, due, share) for due, share in dues.items()]
    app = App(place)
    try:
        place.let_be_due(0, now)
        app.tick(now)  # the first one imports, connects, and begins every round of the jobs
        for turn in range(ticks):
            # There and back: few rows change from one tick to the next.
            for row in rows if turn % 2 == 0 else rows[::-1]:
                now += STEP
                place.let_be_due(row.due, now)
                before = place.raw_puts()
                said = app.tick(now)
                raw = _mean(before, place.raw_puts())
                tick = Ticked(said["wall"], said["cpu"], said["woken"], said["requests"], raw)
                row.ticks.append(tick)
        worked = app.tick(now + STEP, place.endpoints[:PASSES])
        failed = float(len(app.failures))
        memory = {"begin": app.began["rss"], "rss": worked["rss"], "peak": worked["peak"]}
        return rows, {**memory, "failed": failed}
    finally:
        app.end()


def _mean(before: Took, after: Took) -> Took:
    """Of one put, from the puts before a tick and after it."""
    count = 2 * PUTS
    return Took((before.wall + after.wall) / count, (before.cpu + after.cpu) / count)


def _print(console: Console, rows: Sequence[Row]) -> bool:
    title = f"(h) A tick beside {rows[0].live:,} live endpoints; median (least-most)"
    table = Table(title=title, title_justify="left")
    columns = (
        "live",
        "due",
        "seconds",
        "target",
        "CPU ms",
        "table",
        "queue",
        "times raw puts",
        "in CPU",
    )
    for column in (*columns, "a month, millions"):
        table.add_column(column, justify="right")
    met = True
    for row in rows:
        most, times = (
            TARGET_SECONDS.get((row.live, row.share)),
            TARGET_RATIO.get((row.live, row.share)),
        )
        met = met and (most is None or row.walls.median < most)
        met = met and (times is None or row.ratio.median <= times)
        table.add_row(
            f"{row.live:,}",
            f"{row.due:,}",
            str(row.walls),
            (f"< {most:g} s" if most else "") + (f"<= {times:g} x" if times else ""),
            str(spread(one.cpu * MS for one in row.ticks)),
            f"{row.sent('table'):,.0f}",
            f"{row.sent('queue'):,.0f}",
            str(row.ratio) if row.due else "",
            str(row.cpu_ratio) if row.due else "",
            f"{TICKS_A_MONTH * (row.sent('table') + row.sent('queue')) / 1e6:.2g}",
        )
    console.print(table)
    raws = walls([one.raw for row in rows for one in row.ticks])
    console.print(
        f"One raw put took {raws} ms by the clock ({PUTS} before and after each tick, one after "
        "another). A month: the tick's own table and queue requests, if all ticks of 30 days were "
        "like this; the passes come on top.",
        soft_wrap=True,
    )
    return met


def _print_memory(console: Console, live: int, mib: Mapping[str, float]) -> bool:
    target = TARGET_MIB.get(live)
    said = f" (target: at most {target:.0f})" if target else ""
    console.print(
        f"Memory of the process: {mib['rss']:.0f} MiB, {mib['peak']:.0f} at its peak{said}; "
        f"{mib['begin']:.0f} before its first tick; {mib['failed']:.0f} ticks failed and were "
        "made again\n"
    )
    return target is None or mib["peak"] <= target
