"""A simulated year of one service with a rollout every day: what is stored, and what it costs then.

The rows are those that rollouts of the example's policy leave behind, written month by month with
simulated times; the app's own ticks then delete what is too old, at simulated times too. Each
figure stands beside a bare point read of the same moment.
"""

import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import batched
from pathlib import Path

from rich.console import Console
from rich.table import Table

from demo.places import MODEL, SERVICE
from dev.bench.local_place import LocalPlace, local_place
from dev.bench.many_services import baking, endpoint_of
from dev.bench.metering import Meter, services_in
from dev.bench.timing import Took, cpus, timed, walls
from rollout.adapters.storage.storage_clients import table_client
from rollout.core.records.history import HistoryEntry, MinuteRecord
from rollout.core.records.offers import Offer, OfferRecord, OfferSource, OfferState
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Current
from rollout.ports import Commit, RolloutStore, Stored
from rollout.service import RolloutService
from rollout.settings import read_settings
from rollout.wiring import dependencies, limits

MONTH = timedelta(days=30)
MONTHS, MONTHS_ONCE = (1, 3, 6, 12), (1,)
ROLLOUTS, ROLLOUTS_ONCE = 30, 2
"""In a month."""
HISTORY, MINUTES, OFFERS = 15, 100, 2
"""Rows of one rollout: three stages, 90 minutes of bake, and a version that was not taken."""
TEXT, DATA = "t" * 120, {"numbers": "n" * 900}
A_TRANSACTION = 90
REPEATS, REPEATS_ONCE = 9, 1
QUIET_TICKS, MOST_TICKS = 4, 400
"""Ticks in a row that delete nothing end a clean-up; it must not take more than so many."""
BATCH = "$batch"
TICK = timedelta(minutes=1)
TARGET_GROWTH = 1.5
"""A view and a pass take at most so many times the CPU of the first month: noise, and no growth."""


@dataclass(frozen=True)
class Sample:
    """After so many months: rows by kind, what a view, a pass and a point read took, and how many
    table transactions the month's clean-up made in how many ticks.
    """

    months: int
    rows: Mapping[str, int]
    shown: Sequence[Took]
    passed: Sequence[Took]
    read: Sequence[Took]
    transactions: int
    ticks: int


class Year:
    """One service's rows, and the app that looks after them."""

    def __init__(self, place: LocalPlace, rollouts: int) -> None:
        self._settings = read_settings(place.environment)
        ports = dependencies(self._settings)
        self._store: RolloutStore = ports.store
        self._service = RolloutService(ports, limits(self._settings))
        self._place = place
        self._meter: Meter = place.meter()
        self._rollouts = rollouts
        self._endpoint = endpoint_of(self._settings, f"{SERVICE}-endpoint")
        self._stored: Stored | None = None
        self._version = 0

    def live_through(self, begin: datetime) -> None:
        """Write what the rollouts of a month leave behind."""
        for number in range(self._rollouts):
            self._roll_out(begin + number * MONTH / self._rollouts)

    def clean_up(self, now: datetime) -> tuple[int, int]:
        """Tick until nothing more is deleted; return the table transactions and the ticks."""
        quiet, ticks, position = 0, 0, len(self._meter.requests)
        with self._meter.attached():
            while quiet < QUIET_TICKS:
                before = len(self._meter.requests)
                self._service.tick(now + ticks * TICK)
                ticks += 1
                deleted = any(BATCH in one.path for one in self._meter.since(before))
                quiet = 0 if deleted else quiet + 1
                assert ticks < MOST_TICKS, "the clean-up does not end"
        sent = self._meter.since(position)
        return sum(one.kind == "table" for one in sent), ticks - QUIET_TICKS

    def sample(self, months: int, now: datetime, cleaned: tuple[int, int], repeats: int) -> Sample:
        """Count the rows and measure, in turns."""
        self._bake(now)
        shown: list[Took] = []
        passed: list[Took] = []
        read: list[Took] = []
        calls: Sequence[tuple[list[Took], Callable[[], object]]] = (
            (read, lambda: self._store.version(self._endpoint)),
            (shown, lambda: self._service.show(SERVICE)),
            (passed, lambda: self._service.work(self._endpoint, now, None)),
        )
        for _ in range(repeats + 1):
            for took, call in calls:
                took.append(timed(call)[0])
        # The first of each connects, and reads the services.
        return Sample(months, self._rows(), shown[1:], passed[1:], read[1:], *cleaned)

    def _bake(self, now: datetime) -> None:
        """Let the latest rollout bake, with nothing to judge for an hour."""
        assert self._stored is not None
        last = self._stored.current
        live = baking(self._settings, SERVICE, now).rollout
        assert live is not None
        live = replace(live, id=last.rollout_id)
        row = replace(last, saved_at=now, rollout=live, next_look=now + timedelta(hours=1))
        self._stored = self._store.commit(Commit(row, self._stored))

    def _rows(self) -> Mapping[str, int]:
        account = self._place.account()
        with table_client(account, self._settings.rollouts_table) as table:
            keys = [str(row["RowKey"]) for row in table.list_entities(select=["RowKey"])]
        return Counter(key.partition("|")[0] for key in keys)

    def _roll_out(self, at: datetime) -> None:
        self._version += 1
        current = baking(self._settings, SERVICE, at)
        assert current.rollout is not None
        rollout = replace(current.rollout, phase=Phase.SUCCEEDED, ended_at=at)
        history = [
            HistoryEntry(rollout.id, number, at, "PhaseChanged", Phase.BAKING, 0, TEXT, data=DATA)
            for number in range(1, HISTORY + 1)
        ]
        current = Current(
            self._endpoint,
            SERVICE,
            at,
            rollout,
            sequence=HISTORY,
            head=history[-1].key,
            published=history[-1].key,
        )
        minutes = [
            MinuteRecord(rollout.id, at + number * TICK, 0, DATA) for number in range(MINUTES)
        ]
        self._stored = self._store.commit(
            Commit(current, self._stored, history, offers=self._offers(at, rollout.id))
        )
        for some in batched(minutes, A_TRANSACTION, strict=False):
            self._stored = self._store.commit(Commit(current, self._stored, minutes=some))

    def _offers(self, at: datetime, rollout: str) -> Sequence[OfferRecord]:
        taken = (OfferState.ROLLOUT, OfferState.REJECTED)
        return [
            OfferRecord(
                Offer(MODEL, f"{OFFERS * self._version + number}", OfferSource.EVENT, at),
                state,
                at,
                TEXT,
                rollout,
            )
            for number, state in enumerate(taken)
        ]


def report(console: Console, *, once: bool) -> bool:
    """Measure and print; return whether view and pass cost at the end what they did at first."""
    months, rollouts, repeats = (
        (MONTHS_ONCE, ROLLOUTS_ONCE, REPEATS_ONCE) if once else (MONTHS, ROLLOUTS, REPEATS)
    )
    samples = []
    with tempfile.TemporaryDirectory() as folder:
        services = services_in(Path(folder) / "services")
        with local_place(Path(folder), services) as place:
            year = Year(place, rollouts)
            end = datetime.now(UTC)
            begin = end - months[-1] * MONTH
            for month in range(1, months[-1] + 1):
                now = begin + month * MONTH
                year.live_through(now - MONTH)
                cleaned = year.clean_up(now)
                if month in months:
                    samples.append(year.sample(month, now, cleaned, repeats))
    _print(console, samples, rollouts)
    first, last = samples[0], samples[-1]
    return all(
        cpus(then).median <= TARGET_GROWTH * cpus(before).median
        for before, then in ((first.shown, last.shown), (first.passed, last.passed))
    )


def _print(console: Console, samples: Sequence[Sample], rollouts: int) -> None:
    title = (
        f"(i) One service, {rollouts} rollouts a month, simulated; median (least-most), CPU ms of "
        "ours"
    )
    table = Table(title=title, title_justify="left")
    columns = ("months", "history", "minutes", "offers", "show", "pass", "point read")
    for column in (*columns, "show / read, by clock", "clean-up: table, ticks"):
        table.add_column(column, justify="right")
    for one in samples:
        ratio = walls(one.shown).median / walls(one.read).median
        table.add_row(
            str(one.months),
            *(f"{one.rows[kind]:,}" for kind in ("history", "minute", "offer")),
            *(str(cpus(took)) for took in (one.shown, one.passed, one.read)),
            f"{ratio:.1f}",
            f"{one.transactions:,}, {one.ticks}",
        )
    console.print(table)
    console.print(
        "a clean-up is that of the whole month; the app makes it day by day. Target: show and pass "
        f"take at most {TARGET_GROWTH:g} times the CPU of the first month\n",
        soft_wrap=True,
    )
