"""`RolloutStore` on Table Storage: one transaction to load, one to commit.

Writes are never retried: the repetition of one that had succeeded would be refused with 412. The
caller re-reads whenever in doubt, and knows its own commit by the commit id.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.data.tables import TableClient, TableEntity, UpdateMode

from rollout.adapters.storage import summary_rows, table_keys, table_rows
from rollout.adapters.storage.storage_clients import ONE_MORE_READ
from rollout.adapters.storage.storage_faults import error_code, reading, writing
from rollout.core.records.history import MAX_SEQUENCE, HistoryEntry, MinuteRecord, entry_key
from rollout.core.records.offers import OfferRecord, OfferState
from rollout.core.records.rounds import Round
from rollout.core.records.suspensions import SuspensionOfAll
from rollout.errors import StoreUnavailableError
from rollout.ports import FURTHEST_DUE, Clocks, Commit, LiveRow, Stored, SummaryRow, Version

_PRECONDITION_FAILED = 412
_NOT_FOUND = 404
_CONFLICT = 409


class TableStore:
    """The two tables, by their clients (`storage_clients.table_client` makes them)."""

    def __init__(self, rollouts: TableClient, live: TableClient) -> None:
        self._rollouts = rollouts
        self._live = live

    def load(self, endpoint: str) -> Stored | None:
        entity = self._get(endpoint, table_keys.CURRENT)
        if entity is None:
            return None
        row = table_rows.read_current(entity)
        return Stored(row.record, _version(entity.metadata), row.raw)

    def version(self, endpoint: str) -> Version | None:
        entity = self._get(endpoint, table_keys.CURRENT, select=["PartitionKey"])
        return None if entity is None else _version(entity.metadata)

    def commit(self, commit: Commit) -> Stored:
        writes = table_rows.operations(commit, self._held_offers(commit))
        with writing():
            if len(writes) == 1:
                answer = self._write_owner(writes[0])
            else:
                answer = self._rollouts.submit_transaction(map(_operation, writes))[0]
        # A load would return what was written: no second read is needed.
        return Stored(commit.current, _version(answer), writes[0].raw)

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
                if error.status_code != _NOT_FOUND or error_code(error) == "TableNotFound":
                    raise
                # Another sweep had begun with the same rows: what it left is deleted next time.

    def live(self) -> Sequence[LiveRow]:
        with reading():
            found = list(
                _query(
                    self._live,
                    "PartitionKey eq @partition",
                    parameters={"partition": table_keys.LIVE_PARTITION},
                )
            )
        return [table_rows.read_live(entity, _version(entity.metadata)) for entity in found]

    def live_due(self, now: datetime | None) -> Iterator[LiveRow]:
        asked, values = "PartitionKey eq @partition", {"partition": table_keys.LIVE_PARTITION}
        if now is not None:
            # The SDK finds a parameter by the spaces around it.
            asked += f" and not ({table_rows.DUE} gt @now and {table_rows.DUE} lt @furthest )"
            values["now"] = table_rows.due_text(now)
            values["furthest"] = table_rows.due_text(now + FURTHEST_DUE)
        with reading():
            for entity in _query(self._live, asked, parameters=values):
                yield table_rows.read_live(entity, _version(entity.metadata))

    def live_row(self, endpoint: str) -> LiveRow | None:
        key = table_keys.partition_key(endpoint)
        entity = _found(self._live, table_keys.LIVE_PARTITION, key)
        return None if entity is None else table_rows.read_live(entity, _version(entity.metadata))

    def live_page(self, after: str, limit: int) -> Sequence[LiveRow]:
        low = table_keys.partition_key(after) if after else ""
        found = self._page(table_keys.LIVE_PARTITION, low, limit)
        return [table_rows.read_live(entity, _version(entity.metadata)) for entity in found]

    def live_of(self, service: str) -> Sequence[LiveRow]:
        with reading():
            found = list(
                _query(
                    self._live,
                    "PartitionKey eq @partition and service eq @service",
                    parameters={"partition": table_keys.LIVE_PARTITION, "service": service},
                )
            )
        rows = [table_rows.read_live(entity, _version(entity.metadata)) for entity in found]
        return [row for row in rows if not row.fault]

    def put_live(self, row: LiveRow) -> None:
        entity = table_rows.live_entity(row)
        with reading():  # the next pass asks again: an unknown outcome changes nothing
            self._live.upsert_entity(entity, mode=UpdateMode.MERGE)

    def defer_live(self, row: LiveRow, due: datetime) -> bool:
        if not row.version:
            return False  # never read, so nothing is known of the row that exists
        entity = table_rows.deferred_entity(row.endpoint, due)
        with reading():  # a lost answer is as good as a failure: the look comes earlier
            try:
                self._live.update_entity(entity, mode=UpdateMode.MERGE, **_if_still(row.version))
            except HttpResponseError as error:
                if _moved(error):
                    return False
                raise
        return True

    def drop_live(self, row: LiveRow) -> bool:
        key = table_keys.partition_key(row.endpoint)
        return self._drop(table_keys.LIVE_PARTITION, key, row.version)

    def summaries(self, service: str | None = None) -> Sequence[SummaryRow]:
        asked, values = "PartitionKey eq @partition", {"partition": table_keys.SUMMARY_PARTITION}
        if service is not None:
            low, high = table_keys.range_of(service)
            asked += " and RowKey gt @low and RowKey lt @high"
            values |= {"low": low, "high": high}
        with reading():
            found = list(_query(self._live, asked, parameters=values))
        return [summary_rows.read_summary(each, _version(each.metadata)) for each in found]

    def summary_page(self, after: str, limit: int) -> Sequence[SummaryRow]:
        found = self._page(table_keys.SUMMARY_PARTITION, after, limit)
        return [summary_rows.read_summary(each, _version(each.metadata)) for each in found]

    def summary_place(self, service: str, endpoint: str) -> str:
        return table_keys.summary_key(service, endpoint)

    def live_summaries(self) -> Sequence[SummaryRow]:
        with reading():
            found = list(
                _query(
                    self._live,
                    "PartitionKey eq @partition and live eq true",
                    parameters={"partition": table_keys.SUMMARY_PARTITION},
                    select=summary_rows.COLUMNS,
                )
            )
        return [summary_rows.read_bare_summary(each, _version(each.metadata)) for each in found]

    def put_summary(self, row: SummaryRow) -> None:
        with reading():  # a sweep compares it with the owner row: it may be lost, or come late
            self._live.upsert_entity(summary_rows.summary_entity(row), mode=UpdateMode.REPLACE)

    def mend_summary(self, row: SummaryRow) -> bool:
        entity = summary_rows.summary_entity(row)
        with reading():
            try:
                _replace(self._live, entity, row.version or None)
            except HttpResponseError as error:
                if _moved(error):
                    return False
                raise
        return True

    def drop_summary(self, row: SummaryRow) -> bool:
        key = table_keys.summary_key(row.service, row.endpoint)
        return self._drop(table_keys.SUMMARY_PARTITION, key, row.version)

    def mark_tick(self, at: datetime, rounds: Sequence[Round] = (), *, quiet: bool = False) -> None:
        entity = table_rows.tick_entity(at, rounds, quiet=quiet)
        with reading():
            self._live.upsert_entity(entity, mode=UpdateMode.MERGE)

    def put_rounds(self, rounds: Sequence[Round]) -> None:
        with reading():
            self._live.upsert_entity(table_rows.rounds_entity(rounds), mode=UpdateMode.MERGE)

    def clocks(self) -> Clocks:
        entity = self._tick_row()
        if entity is None:
            return Clocks()
        return table_rows.read_clocks(entity, _version(entity.metadata))

    def second_tick(self, at: datetime, expected: Version | None) -> bool:
        entity = table_rows.second_tick_entity(at)
        with reading():  # a lost answer is as good as a failure: the next one to look asks again
            try:
                if expected is None:
                    self._live.create_entity(entity)
                else:
                    self._live.update_entity(entity, mode=UpdateMode.MERGE, **_if_still(expected))
            except HttpResponseError as error:
                if _moved(error):
                    return False
                raise
        return True

    def rounds(self) -> Sequence[Round]:
        entity = self._tick_row()
        return [] if entity is None else table_rows.read_rounds(entity)

    def _tick_row(self) -> TableEntity | None:
        return _found(self._live, table_keys.TICK_PARTITION, table_keys.TICK_ROW)

    def _drop(self, partition: str, key: str, version: Version) -> bool:
        """Delete a row of table `Live` that is still as it was read; what is gone is dropped."""
        if not version:
            return False  # never read, so nothing is known of the row that exists
        with reading():
            try:
                self._live.delete_entity(partition, key, **_if_still(version))
            except HttpResponseError as error:
                if error.status_code == _PRECONDITION_FAILED:
                    return False
                raise
        return True

    def suspension(self) -> tuple[SuspensionOfAll, Version | None]:
        entity = _found(self._live, table_keys.TICK_PARTITION, table_keys.SUSPENSION_ROW)
        if entity is None:
            return SuspensionOfAll(), None
        return table_rows.read_record(SuspensionOfAll, entity), _version(entity.metadata)

    def put_suspension(self, row: SuspensionOfAll, expected: Version | None) -> None:
        entity = table_rows.suspension_entity(row)
        with writing():
            _replace(self._live, entity, expected)

    def _page(self, partition: str, after: str, limit: int) -> Sequence[TableEntity]:
        """The first rows of a partition of table `Live` after a key ("": from the first)."""
        with reading():
            found = _query(
                self._live,
                "PartitionKey eq @partition and RowKey gt @after",
                parameters={"partition": partition, "after": after},
                results_per_page=limit,
            )
            return list(islice(found, limit))

    def _held_offers(self, commit: Commit) -> Mapping[str, TableEntity]:
        keys = {
            table_keys.offer_key(each.offer.model, each.offer.version) for each in commit.offers
        }
        found = {key: self._get(commit.current.endpoint, key) for key in keys}
        return {key: entity for key, entity in found.items() if entity is not None}

    def _write_owner(self, write: table_rows.Operation) -> Mapping[str, Any]:
        return _replace(self._rollouts, write.entity, write.etag)

    def _get(
        self, endpoint: str, row_key: str, select: list[str] | None = None
    ) -> TableEntity | None:
        return _found(self._rollouts, table_keys.partition_key(endpoint), row_key, select)

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
        return _query(
            self._rollouts,
            f"{inside} and ({also})" if also else inside,
            parameters={
                "partition": table_keys.partition_key(endpoint),
                "low": low,
                "high": high,
            },
            results_per_page=page,
        )


def _query(table: TableClient, asked: str, **options: Any) -> Iterable[TableEntity]:
    return table.query_entities(asked, **options, **ONE_MORE_READ)


def _replace(
    table: TableClient, entity: table_rows.Entity, expected: Version | None
) -> Mapping[str, Any]:
    """Write an entity in the place of the version that is expected; None: of none."""
    if expected is None:
        return table.create_entity(entity)
    return table.update_entity(entity, mode=UpdateMode.REPLACE, **_if_still(expected))


def _found(
    table: TableClient, partition: str, row_key: str, select: list[str] | None = None
) -> TableEntity | None:
    with reading():
        try:
            return table.get_entity(partition, row_key, select=select, **ONE_MORE_READ)
        except ResourceNotFoundError as error:
            if error_code(error) == "TableNotFound":
                raise
            return None


def _operation(write: table_rows.Operation) -> Any:
    match write.verb:
        case "create":
            return ("create", write.entity)
        case "update":
            condition = {"mode": UpdateMode.REPLACE, **_if_still(write.etag)}
            return ("update", write.entity, condition)
        case "upsert":
            # Merging keeps columns that a newer app may have added.
            return ("upsert", write.entity, {"mode": UpdateMode.MERGE})


def _if_still(version: Version | None) -> dict[str, Any]:
    return {"etag": version, "match_condition": MatchConditions.IfNotModified}


def _moved(error: HttpResponseError) -> bool:
    """Another writer changed the row, made it, or took it away; not: there is no table."""
    gone = error.status_code == _NOT_FOUND and error_code(error) != "TableNotFound"
    return gone or error.status_code in (_PRECONDITION_FAILED, _CONFLICT)


def _version(metadata: Mapping[str, Any]) -> Version:
    etag = metadata.get("etag")
    if not etag:
        raise StoreUnavailableError("Table Storage answered without an ETag")
    return Version(str(etag))
