"""`RolloutStore` in memory: the rows, size limits and refusals of Table Storage."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rollout.adapters.storage import table_keys, table_rows
from rollout.core.records.history import HistoryEntry, MinuteRecord, entry_key
from rollout.core.records.offers import OfferRecord, OfferState
from rollout.errors import RowBeyondHeadError, StaleRowError
from rollout.ports import Commit, Stored, Version
from tests.doubles.memory_live import MemoryLive, MemoryRow, between


@dataclass
class MemoryStore(MemoryLive):
    """Both tables; the other half is table `Rollouts`."""

    _partitions: dict[str, dict[str, MemoryRow]] = field(default_factory=dict)

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
        in_range = between(low if after is None else table_keys.offer_key(*after), high)
        rows, columns = self._rows(endpoint), {state.value for state in states}

        def inside(key: str) -> bool:
            return in_range(key) and (not columns or rows[key].entity["state"] in columns)

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
        inside = between(low, high)
        return self.seam.run(
            "store.history", lambda: self._records(HistoryEntry, endpoint, inside)[-limit:]
        )

    def history_after(self, endpoint: str, key: str, limit: int) -> Sequence[HistoryEntry]:
        inside = between(table_keys.history_key(key), table_keys.range_of("history")[1])
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
        inside = between(*table_keys.minutes_after(rollout, after))
        return self.seam.run(
            "store.minutes", lambda: self._records(MinuteRecord, endpoint, inside)[:limit]
        )

    def oldest_minutes(self, endpoint: str, limit: int) -> Sequence[MinuteRecord]:
        inside = between(*table_keys.range_of("minute"))
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

    def entity(self, endpoint: str, row_key: str = table_keys.CURRENT) -> dict[str, Any]:
        """Return a copy of an entity, as a browser of the table would see it."""
        return dict(self._rows(endpoint)[row_key].entity)

    def plant(self, entity: dict[str, Any]) -> None:
        """Put an entity past the encoder: what another version of the app, or damage, wrote."""
        partition = self._partitions.setdefault(entity["PartitionKey"], {})
        partition[entity["RowKey"]] = MemoryRow(dict(entity), self._next_version())

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
            rows[key] = MemoryRow({**before, **write.entity}, self._next_version())
        owner = rows[table_keys.CURRENT]
        owner.value = stored = Stored(commit.current, owner.version, writes[0].raw)
        self.written(writes[0].entity["PartitionKey"])
        return stored

    def _rows(self, endpoint: str) -> dict[str, MemoryRow]:
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
