"""`RolloutStore` on Table Storage: one transaction to load, one to commit.

Writes are never retried: the repetition of one that had succeeded would be refused with 412. The
caller re-reads whenever in doubt, and knows its own commit by the commit id.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from azure.core.exceptions import HttpResponseError
from azure.data.tables import TableClient, TableEntity, UpdateMode

from rollout.adapters.storage import table_keys, table_rows
from rollout.adapters.storage.live_table import LiveTable
from rollout.adapters.storage.storage_faults import error_code, reading, writing
from rollout.adapters.storage.table_calls import (
    NOT_FOUND,
    found_row,
    if_still,
    query,
    replace_row,
    version_of,
)
from rollout.core.records.history import MAX_SEQUENCE, HistoryEntry, MinuteRecord, entry_key
from rollout.core.records.offers import OfferRecord, OfferState
from rollout.ports import Commit, Stored, Version


class TableStore(LiveTable):
    """The two tables, by their clients (`storage_clients.table_client` makes them)."""

    def __init__(self, rollouts: TableClient, live: TableClient) -> None:
        super().__init__(live)
        self._rollouts = rollouts

    def load(self, endpoint: str) -> Stored | None:
        entity = self._get(endpoint, table_keys.CURRENT)
        if entity is None:
            return None
        row = table_rows.read_current(entity)
        return Stored(row.record, version_of(entity.metadata), row.raw)

    def version(self, endpoint: str) -> Version | None:
        entity = self._get(endpoint, table_keys.CURRENT, select=["PartitionKey"])
        return None if entity is None else version_of(entity.metadata)

    def commit(self, commit: Commit) -> Stored:
        writes = table_rows.operations(commit, self._held_offers(commit))
        with writing():
            if len(writes) == 1:
                answer = self._write_owner(writes[0])
            else:
                answer = self._rollouts.submit_transaction(map(_operation, writes))[0]
        # A load would return what was written: no second read is needed.
        return Stored(commit.current, version_of(answer), writes[0].raw)

    def offer(self, endpoint: str, model: str, version: str) -> OfferRecord | None:
        entity = self._get(endpoint, table_keys.offer_key(model, version))
        return None if entity is None else table_rows.read_record(OfferRecord, entity)

    def offers(
        self,
        endpoint: str,
        *,
        after: tuple[str, str] | None = None,
        limit: int | None = None,
        states: Collection[OfferState] = (),
    ) -> Sequence[OfferRecord]:
        low, high = table_keys.range_of("offer")
        if after is not None:
            low = table_keys.offer_key(*after)
        # The store leaves out the others: an endpoint has hundreds of offers, most of them old.
        also = " or ".join(f"state eq '{state.value}'" for state in states)
        return self._records(OfferRecord, endpoint, low, high, limit, also=also)

    def name_count(self, endpoint: str, slug: str) -> int:
        entity = self._get(endpoint, table_keys.name_key(slug))
        return 0 if entity is None else table_rows.read_count(entity)

    def history(
        self, endpoint: str, rollout: str, limit: int, *, before: int | None = None
    ) -> Sequence[HistoryEntry]:
        # Numbered without gaps: the end of a long history is a short range of keys.
        end = self._history_end(endpoint, rollout) if before is None else before
        last_left_out = table_keys.history_key(entry_key(rollout, max(0, end - limit - 1)))
        _, high = table_keys.range_of("history", rollout)
        if end < MAX_SEQUENCE:
            high = table_keys.history_key(entry_key(rollout, end))
        return self._records(HistoryEntry, endpoint, last_left_out, high, limit)

    def history_after(self, endpoint: str, key: str, limit: int) -> Sequence[HistoryEntry]:
        _, high = table_keys.range_of("history")
        return self._records(HistoryEntry, endpoint, table_keys.history_key(key), high, limit)

    def minutes(
        self,
        endpoint: str,
        rollout: str,
        *,
        after: datetime | None = None,
        limit: int | None = None,
    ) -> Sequence[MinuteRecord]:
        low, high = table_keys.minutes_after(rollout, after)
        return self._records(MinuteRecord, endpoint, low, high, limit)

    def oldest_minutes(self, endpoint: str, limit: int) -> Sequence[MinuteRecord]:
        return self._records(MinuteRecord, endpoint, *table_keys.range_of("minute"), limit)

    def prune(
        self,
        endpoint: str,
        *,
        history: Sequence[HistoryEntry] = (),
        minutes: Sequence[MinuteRecord] = (),
        offers: Sequence[OfferRecord] = (),
    ) -> None:
        partition = table_keys.partition_key(endpoint)
        keys = table_keys.keys_of(history, minutes, offers)
        rows = [{"PartitionKey": partition, "RowKey": key} for key in keys]
        if not rows:
            return
        with (
            reading()
        ):  # deleting again changes nothing: an unknown outcome is as good as a failure
            try:
                self._rollouts.submit_transaction([("delete", row) for row in rows])
            except HttpResponseError as error:
                if error.status_code != NOT_FOUND or error_code(error) == "TableNotFound":
                    raise
                # Another sweep had begun with the same rows: what it left is deleted next time.

    def _held_offers(self, commit: Commit) -> Mapping[str, TableEntity]:
        keys = {
            table_keys.offer_key(each.offer.model, each.offer.version) for each in commit.offers
        }
        found = {key: self._get(commit.current.endpoint, key) for key in keys}
        return {key: entity for key, entity in found.items() if entity is not None}

    def _write_owner(self, write: table_rows.Operation) -> Mapping[str, Any]:
        return replace_row(self._rollouts, write.entity, write.etag)

    def _get(
        self, endpoint: str, row_key: str, select: list[str] | None = None
    ) -> TableEntity | None:
        return found_row(self._rollouts, table_keys.partition_key(endpoint), row_key, select)

    def _history_end(self, endpoint: str, rollout: str) -> int:
        """The number after the last row of a rollout: doubling, then halving."""

        def exists(sequence: int) -> bool:
            key = table_keys.history_key(entry_key(rollout, sequence))
            return self._get(endpoint, key, select=["PartitionKey"]) is not None

        beyond = 1
        while beyond < MAX_SEQUENCE and exists(beyond):
            beyond *= 2
        return bisect_left(range(beyond), True, lo=beyond // 2, key=lambda at: not exists(at))

    def _records[Record](
        self,
        kind: type[Record],
        endpoint: str,
        low: str,
        high: str,
        limit: int | None = None,
        *,
        also: str = "",
    ) -> Sequence[Record]:
        with reading():
            found = list(islice(self._range(endpoint, low, high, limit, also), limit))
        return [table_rows.read_record(kind, entity) for entity in found]

    def _range(
        self, endpoint: str, low: str, high: str, page: int | None, also: str
    ) -> Iterable[TableEntity]:
        inside = "PartitionKey eq @partition and RowKey gt @low and RowKey lt @high"
        return query(
            self._rollouts,
            f"{inside} and ({also})" if also else inside,
            parameters={
                "partition": table_keys.partition_key(endpoint),
                "low": low,
                "high": high,
            },
            results_per_page=page,
        )


def _operation(write: table_rows.Operation) -> Any:
    match write.verb:
        case "create":
            return ("create", write.entity)
        case "update":
            condition = {"mode": UpdateMode.REPLACE, **if_still(write.etag)}
            return ("update", write.entity, condition)
        case "upsert":
            # Merging keeps columns that a newer app may have added.
            return ("upsert", write.entity, {"mode": UpdateMode.MERGE})
