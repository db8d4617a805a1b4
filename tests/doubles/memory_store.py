"""`RolloutStore` in memory: the rows, size limits and refusals of Table Storage."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from heapq import nsmallest
from typing import Any

from rollout.adapters.storage import live_rows, summary_rows, table_keys, table_rows
from rollout.core.records.history import HistoryEntry, MinuteRecord, entry_key
from rollout.core.records.offers import OfferRecord, OfferState
from rollout.core.records.rounds import Round
from rollout.core.records.suspensions import SuspensionOfAll
from rollout.errors import RowBeyondHeadError, StaleRowError
from rollout.ports import Clocks, Commit, LiveRow, Stored, SummaryRow, Version
from tests.doubles.seam import Seam


@dataclass
class _Row:
    """A stored entity; `value` is its decoded form, made at most once."""

    entity: dict[str, Any]
    version: Version
    value: Any = None


@dataclass
class MemoryStore:
    """Keeps entities as the real encoder makes them, so sizes and unknown fields count here too."""

    seam: Seam = field(default_factory=Seam)
    _partitions: dict[str, dict[str, _Row]] = field(default_factory=dict)
    _live: dict[str, _Row] = field(default_factory=dict)
    _tick: dict[str, Any] = field(default_factory=dict)
    _tick_version: Version | None = None
    _summaries: dict[str, _Row] = field(default_factory=dict)
    _suspension: _Row | None = None
    _writes: int = 0

    def load(self, endpoint: str) -> Stored | None:
        return self.seam.run("store.load", lambda: self._load(endpoint))

    def version(self, endpoint: str) -> Version | None:
        def read() -> Version | None:
            row = self._rows(endpoint).get(table_keys.CURRENT)
            return row.version if row else None

        return self.seam.run("store.version", read)

    def commit(self, commit: Commit) -> Stored:
        rows = self._rows(commit.current.endpoint)
        writes = table_rows.operations(commit, {key: row.entity for key, row in rows.items()})
        return self.seam.run("store.commit", lambda: self._commit(commit, writes))

    def offer(self, endpoint: str, model: str, version: str) -> OfferRecord | None:
        key = table_keys.offer_key(model, version)
        return self.seam.run(
            "store.offer",
            lambda: next(iter(self._records(OfferRecord, endpoint, lambda row: row == key)), None),
        )

    def offers(
        self,
        endpoint: str,
        *,
        after: tuple[str, str] | None = None,
        limit: int | None = None,
        states: Collection[OfferState] = (),
    ) -> Sequence[OfferRecord]:
        low, high = table_keys.range_of("offer")
        between = _between(low if after is None else table_keys.offer_key(*after), high)
        rows, columns = self._rows(endpoint), {state.value for state in states}

        def inside(key: str) -> bool:
            return between(key) and (not columns or rows[key].entity["state"] in columns)

        return self.seam.run(
            "store.offers", lambda: self._records(OfferRecord, endpoint, inside)[:limit]
        )

    def name_count(self, endpoint: str, slug: str) -> int:
        def read() -> int:
            row = self._rows(endpoint).get(table_keys.name_key(slug))
            return table_rows.read_count(row.entity) if row else 0

        return self.seam.run("store.name_count", read)

    def history(
        self, endpoint: str, rollout: str, limit: int, *, before: int | None = None
    ) -> Sequence[HistoryEntry]:
        low, high = table_keys.range_of("history", rollout)
        if before is not None:
            high = table_keys.history_key(entry_key(rollout, before))
        inside = _between(low, high)
        return self.seam.run(
            "store.history", lambda: self._records(HistoryEntry, endpoint, inside)[-limit:]
        )

    def history_after(self, endpoint: str, key: str, limit: int) -> Sequence[HistoryEntry]:
        inside = _between(table_keys.history_key(key), table_keys.range_of("history")[1])
        return self.seam.run(
            "store.history_after", lambda: self._records(HistoryEntry, endpoint, inside)[:limit]
        )

    def minutes(
        self,
        endpoint: str,
        rollout: str,
        *,
        after: datetime | None = None,
        limit: int | None = None,
    ) -> Sequence[MinuteRecord]:
        inside = _between(*table_keys.minutes_after(rollout, after))
        return self.seam.run(
            "store.minutes", lambda: self._records(MinuteRecord, endpoint, inside)[:limit]
        )

    def oldest_minutes(self, endpoint: str, limit: int) -> Sequence[MinuteRecord]:
        inside = _between(*table_keys.range_of("minute"))
        return self.seam.run(
            "store.oldest_minutes", lambda: self._records(MinuteRecord, endpoint, inside)[:limit]
        )

    def prune(
        self,
        endpoint: str,
        *,
        history: Sequence[HistoryEntry] = (),
        minutes: Sequence[MinuteRecord] = (),
        offers: Sequence[OfferRecord] = (),
    ) -> None:
        def delete() -> None:
            keys = table_keys.keys_of(history, minutes, offers)
            assert len(keys) <= table_rows.MAX_OPERATIONS
            for key in keys:
                self._rows(endpoint).pop(key, None)

        self.seam.run("store.prune", delete)

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
            self._live[entity["RowKey"]] = _Row(entity, self._next_version())
            self.written(entity["RowKey"])

        self.seam.run("store.put_live", write)

    def defer_live(self, row: LiveRow, due: datetime) -> bool:
        entity = live_rows.deferred_entity(row.endpoint, due)

        def write() -> bool:
            held = self._live.get(entity["RowKey"])
            if held is None or held.version != row.version:
                return False
            self._live[entity["RowKey"]] = _Row({**held.entity, **entity}, self._next_version())
            self.written(entity["RowKey"])
            return True

        return self.seam.run("store.defer_live", write)

    def plant_live(self, entity: dict[str, Any]) -> None:
        """Put a row past the encoder: what another version of the app, or damage, wrote."""
        self._live[entity["RowKey"]] = _Row(dict(entity), self._next_version())

    def drop_live(self, row: LiveRow) -> bool:
        key = table_keys.partition_key(row.endpoint)
        return self.seam.run("store.drop_live", lambda: self._drop(self._live, key, row.version))

    def summaries(self, service: str | None = None) -> Sequence[SummaryRow]:
        inside = _between("", "~") if service is None else _between(*table_keys.range_of(service))
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
            self._summaries[entity["RowKey"]] = _Row(entity, self._next_version())

        self.seam.run("store.put_summary", write)

    def mend_summary(self, row: SummaryRow) -> bool:
        entity = summary_rows.summary_entity(row)
        key = entity["RowKey"]

        def mend() -> bool:
            held = self._summaries.get(key)
            if (held.version if held else "") != row.version:
                return False
            self._summaries[key] = _Row(entity, self._next_version())
            return True

        return self.seam.run("store.mend_summary", mend)

    def drop_summary(self, row: SummaryRow) -> bool:
        key = table_keys.summary_key(row.service, row.endpoint)
        return self.seam.run(
            "store.drop_summary", lambda: self._drop(self._summaries, key, row.version)
        )

    def plant_summary(self, entity: dict[str, Any]) -> None:
        """Put a summary past the encoder: what another version of the app, or damage, wrote."""
        self._summaries[entity["RowKey"]] = _Row(dict(entity), self._next_version())

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
            self._suspension = _Row(entity, self._next_version())

        self.seam.run("store.put_suspension", write)

    def lose_rounds(self) -> None:
        """Where the rounds stand is lost: all begin with the next tick of a new process."""
        kept = {name: value for name, value in self._tick.items() if not name.startswith("round_")}
        self._tick = kept

    def spoil_suspension(self) -> None:
        """The order about all services cannot be read any more."""
        entity = live_rows.suspension_entity(SuspensionOfAll())
        self._suspension = _Row({**entity, "document": "{"}, self._next_version())

    def entity(self, endpoint: str, row_key: str = table_keys.CURRENT) -> dict[str, Any]:
        """Return a copy of an entity, as a browser of the table would see it."""
        return dict(self._rows(endpoint)[row_key].entity)

    def plant(self, entity: dict[str, Any]) -> None:
        """Put an entity past the encoder: what another version of the app, or damage, wrote."""
        partition = self._partitions.setdefault(entity["PartitionKey"], {})
        partition[entity["RowKey"]] = _Row(dict(entity), self._next_version())

    @staticmethod
    def _drop(rows: dict[str, _Row], key: str, version: Version) -> bool:
        if not version or (key in rows and rows[key].version != version):
            return False
        rows.pop(key, None)
        return True

    def _load(self, endpoint: str) -> Stored | None:
        row = self._rows(endpoint).get(table_keys.CURRENT)
        if row is None:
            return None
        if row.value is None:
            read = table_rows.read_current(row.entity)
            row.value = Stored(read.record, row.version, read.raw)
        stored: Stored = row.value
        return stored

    def _commit(self, commit: Commit, writes: Sequence[table_rows.Operation]) -> Stored:
        rows = self._partitions.setdefault(writes[0].entity["PartitionKey"], {})
        for write in writes:
            held = rows.get(write.entity["RowKey"])
            if write.verb == "create" and held is not None:
                if write is not writes[0]:
                    raise RowBeyondHeadError("a history row exists already")
                raise StaleRowError("the row exists already")
            if write.verb == "update" and (held is None or held.version != write.etag):
                raise StaleRowError("another writer saved this endpoint's row first")
        for write in writes:
            key = write.entity["RowKey"]
            before = rows[key].entity if write.verb == "upsert" and key in rows else {}
            rows[key] = _Row({**before, **write.entity}, self._next_version())
        owner = rows[table_keys.CURRENT]
        owner.value = stored = Stored(commit.current, owner.version, writes[0].raw)
        self.written(writes[0].entity["PartitionKey"])
        return stored

    def written(self, key: str) -> None:
        """A row of this endpoint was written, in either table; for whoever watches both."""

    def _rows(self, endpoint: str) -> dict[str, _Row]:
        return self._partitions.get(table_keys.partition_key(endpoint), {})

    def _records[Record](
        self, kind: type[Record], endpoint: str, wanted: Callable[[str], bool]
    ) -> list[Record]:
        rows = self._rows(endpoint)
        found: list[Record] = []
        for key in sorted(filter(wanted, rows)):
            row = rows[key]
            if row.value is None:
                row.value = table_rows.read_record(kind, row.entity)
            found.append(row.value)
        return found

    def _next_version(self) -> Version:
        self._writes += 1
        return Version(f'W/"memory-{self._writes}"')


def _first(rows: dict[str, _Row], after: str, limit: int) -> list[_Row]:
    """The first rows whose keys sort after `after`."""
    return [rows[key] for key in nsmallest(limit, (key for key in rows if key > after))]


def _between(low: str, high: str) -> Callable[[str], bool]:
    return lambda key: low < key < high
