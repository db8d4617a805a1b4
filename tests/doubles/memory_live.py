"""The half of `RolloutStore` in memory that lies in table `Live`, as in the real store."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from heapq import nsmallest
from typing import Any

from rollout.adapters.storage import live_rows, summary_rows, table_keys, table_rows
from rollout.core.records.rounds import Round
from rollout.core.records.suspensions import SuspensionOfAll
from rollout.errors import StaleRowError
from rollout.ports import Clocks, LiveRow, SummaryRow, Version
from tests.doubles.seam import Seam


@dataclass
class MemoryRow:
    """A stored entity; `value` is its decoded form, made at most once."""

    entity: dict[str, Any]
    version: Version
    value: Any = None


@dataclass
class MemoryLive:
    """Keeps entities as the real encoder makes them, so sizes and unknown fields count here too."""

    seam: Seam = field(default_factory=Seam)
    _live: dict[str, MemoryRow] = field(default_factory=dict)
    _tick: dict[str, Any] = field(default_factory=dict)
    _tick_version: Version | None = None
    _summaries: dict[str, MemoryRow] = field(default_factory=dict)
    _suspension: MemoryRow | None = None
    _writes: int = 0

    def live(self) -> Sequence[LiveRow]:
        return self.seam.run(
            "store.live",
            lambda: [
                live_rows.read_live(row.entity, row.version)
                for _, row in sorted(self._live.items())
            ],
        )

    def live_due(self, now: datetime | None) -> Iterator[LiveRow]:
        rows = self.seam.run(
            "store.live_due",
            lambda: [
                live_rows.read_live(row.entity, row.version)
                for _, row in sorted(self._live.items())
            ],
        )
        yield from (row for row in rows if now is None or row.is_due(now))

    def live_row(self, endpoint: str) -> LiveRow | None:
        def read() -> LiveRow | None:
            row = self._live.get(table_keys.partition_key(endpoint))
            return None if row is None else live_rows.read_live(row.entity, row.version)

        return self.seam.run("store.live_row", read)

    def live_page(self, after: str, limit: int) -> Sequence[LiveRow]:
        low = table_keys.partition_key(after) if after else ""
        return self.seam.run(
            "store.live_page",
            lambda: [
                live_rows.read_live(row.entity, row.version)
                for row in _first(self._live, low, limit)
            ],
        )

    def live_of(self, service: str) -> Sequence[LiveRow]:
        def read() -> Sequence[LiveRow]:
            held = [row for _, row in sorted(self._live.items())]
            named = [row for row in held if row.entity.get("service") == service]
            rows = [live_rows.read_live(row.entity, row.version) for row in named]
            return [row for row in rows if not row.fault]

        return self.seam.run("store.live_of", read)

    def put_live(self, row: LiveRow) -> None:
        def write() -> None:
            entity = live_rows.live_entity(row)
            self._live[entity["RowKey"]] = MemoryRow(entity, self._next_version())
            self.written(entity["RowKey"])

        self.seam.run("store.put_live", write)

    def defer_live(self, row: LiveRow, due: datetime) -> bool:
        entity = live_rows.deferred_entity(row.endpoint, due)

        def write() -> bool:
            held = self._live.get(entity["RowKey"])
            if held is None or held.version != row.version:
                return False
            self._live[entity["RowKey"]] = MemoryRow(
                {**held.entity, **entity}, self._next_version()
            )
            self.written(entity["RowKey"])
            return True

        return self.seam.run("store.defer_live", write)

    def plant_live(self, entity: dict[str, Any]) -> None:
        """Put a row past the encoder: what another version of the app, or damage, wrote."""
        self._live[entity["RowKey"]] = MemoryRow(dict(entity), self._next_version())

    def drop_live(self, row: LiveRow) -> bool:
        key = table_keys.partition_key(row.endpoint)
        return self.seam.run("store.drop_live", lambda: self._drop(self._live, key, row.version))

    def summaries(self, service: str | None = None) -> Sequence[SummaryRow]:
        inside = between("", "~") if service is None else between(*table_keys.range_of(service))
        return self.seam.run(
            "store.summaries",
            lambda: [
                summary_rows.read_summary(row.entity, row.version)
                for key, row in sorted(self._summaries.items())
                if inside(key)
            ],
        )

    def summary_page(self, after: str, limit: int) -> Sequence[SummaryRow]:
        return self.seam.run(
            "store.summary_page",
            lambda: [
                summary_rows.read_summary(row.entity, row.version)
                for row in _first(self._summaries, after, limit)
            ],
        )

    def summary_place(self, service: str, endpoint: str) -> str:
        return table_keys.summary_key(service, endpoint)

    def live_summaries(self) -> Sequence[SummaryRow]:
        return self.seam.run(
            "store.live_summaries",
            lambda: [
                summary_rows.read_bare_summary(row.entity, row.version)
                for _, row in sorted(self._summaries.items())
                if row.entity.get("live") is True
            ],
        )

    def put_summary(self, row: SummaryRow) -> None:
        entity = summary_rows.summary_entity(row)

        def write() -> None:
            self._summaries[entity["RowKey"]] = MemoryRow(entity, self._next_version())

        self.seam.run("store.put_summary", write)

    def mend_summary(self, row: SummaryRow) -> bool:
        entity = summary_rows.summary_entity(row)
        key = entity["RowKey"]

        def mend() -> bool:
            held = self._summaries.get(key)
            if (held.version if held else "") != row.version:
                return False
            self._summaries[key] = MemoryRow(entity, self._next_version())
            return True

        return self.seam.run("store.mend_summary", mend)

    def drop_summary(self, row: SummaryRow) -> bool:
        key = table_keys.summary_key(row.service, row.endpoint)
        return self.seam.run(
            "store.drop_summary", lambda: self._drop(self._summaries, key, row.version)
        )

    def plant_summary(self, entity: dict[str, Any]) -> None:
        """Put a summary past the encoder: what another version of the app, or damage, wrote."""
        self._summaries[entity["RowKey"]] = MemoryRow(dict(entity), self._next_version())

    def mark_tick(self, at: datetime, rounds: Sequence[Round] = (), *, quiet: bool = False) -> None:
        entity = live_rows.tick_entity(at, rounds, quiet=quiet)
        self.seam.run("store.mark_tick", lambda: self._merge_tick(entity))

    def put_rounds(self, rounds: Sequence[Round]) -> None:
        entity = live_rows.rounds_entity(rounds)
        self.seam.run("store.put_rounds", lambda: self._merge_tick(entity))

    def _merge_tick(self, entity: dict[str, Any]) -> None:
        self._tick = {**self._tick, **entity}
        self._tick_version = self._next_version()

    def clocks(self) -> Clocks:
        def read() -> Clocks:
            version = self._tick_version
            return live_rows.read_clocks(self._tick, version) if version else Clocks()

        return self.seam.run("store.clocks", read)

    def second_tick(self, at: datetime, expected: Version | None) -> bool:
        def write() -> bool:
            if expected != self._tick_version:
                return False
            self._merge_tick(live_rows.second_tick_entity(at))
            return True

        return self.seam.run("store.second_tick", write)

    def rounds(self) -> Sequence[Round]:
        return self.seam.run("store.rounds", lambda: live_rows.read_rounds(self._tick))

    def suspension(self) -> tuple[SuspensionOfAll, Version | None]:
        def read() -> tuple[SuspensionOfAll, Version | None]:
            row = self._suspension
            if row is None:
                return SuspensionOfAll(), None
            return table_rows.read_record(SuspensionOfAll, row.entity), row.version

        return self.seam.run("store.suspension", read)

    def put_suspension(self, row: SuspensionOfAll, expected: Version | None) -> None:
        entity = live_rows.suspension_entity(row)

        def write() -> None:
            held = self._suspension
            if (held.version if held is not None else None) != expected:
                raise StaleRowError("another order was first")
            self._suspension = MemoryRow(entity, self._next_version())

        self.seam.run("store.put_suspension", write)

    def lose_rounds(self) -> None:
        """Where the rounds stand is lost: all begin with the next tick of a new process."""
        kept = {name: value for name, value in self._tick.items() if not name.startswith("round_")}
        self._tick = kept

    def spoil_suspension(self) -> None:
        """The order about all services cannot be read any more."""
        entity = live_rows.suspension_entity(SuspensionOfAll())
        self._suspension = MemoryRow({**entity, "document": "{"}, self._next_version())

    def written(self, key: str) -> None:
        """A row of this endpoint was written, in either table; for whoever watches both."""

    @staticmethod
    def _drop(rows: dict[str, MemoryRow], key: str, version: Version) -> bool:
        if not version or (key in rows and rows[key].version != version):
            return False
        rows.pop(key, None)
        return True

    def _next_version(self) -> Version:
        self._writes += 1
        return Version(f'W/"memory-{self._writes}"')


def _first(rows: dict[str, MemoryRow], after: str, limit: int) -> list[MemoryRow]:
    """The first rows whose keys sort after `after`."""
    return [rows[key] for key in nsmallest(limit, (key for key in rows if key > after))]


def between(low: str, high: str) -> Callable[[str], bool]:
    return lambda key: low < key < high
