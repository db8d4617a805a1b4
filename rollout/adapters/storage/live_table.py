"""The half of `RolloutStore` that lies in table `Live`: what is due, summaries, the tick's row."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice

from azure.core.exceptions import HttpResponseError
from azure.data.tables import TableClient, TableEntity, UpdateMode

from rollout.adapters.storage import live_rows, summary_rows, table_keys, table_rows
from rollout.adapters.storage.storage_faults import reading, writing
from rollout.adapters.storage.table_calls import (
    PRECONDITION_FAILED,
    found_row,
    has_moved,
    if_still,
    query,
    replace_row,
    version_of,
)
from rollout.core.records.rounds import Round
from rollout.core.records.suspensions import SuspensionOfAll
from rollout.ports import FURTHEST_DUE, Clocks, LiveRow, SummaryRow, Version


class LiveTable:
    """Table `Live`, by its client."""

    def __init__(self, live: TableClient) -> None:
        self._live = live

    def live(self) -> Sequence[LiveRow]:
        with reading():
            found = list(
                query(
                    self._live,
                    "PartitionKey eq @partition",
                    parameters={"partition": table_keys.LIVE_PARTITION},
                )
            )
        return [live_rows.read_live(entity, version_of(entity.metadata)) for entity in found]

    def live_due(self, now: datetime | None) -> Iterator[LiveRow]:
        asked, values = "PartitionKey eq @partition", {"partition": table_keys.LIVE_PARTITION}
        if now is not None:
            # The SDK finds a parameter by the spaces around it.
            asked += f" and not ({live_rows.DUE} gt @now and {live_rows.DUE} lt @furthest )"
            values["now"] = live_rows.due_text(now)
            values["furthest"] = live_rows.due_text(now + FURTHEST_DUE)
        with reading():
            for entity in query(self._live, asked, parameters=values):
                yield live_rows.read_live(entity, version_of(entity.metadata))

    def live_row(self, endpoint: str) -> LiveRow | None:
        key = table_keys.partition_key(endpoint)
        entity = found_row(self._live, table_keys.LIVE_PARTITION, key)
        return None if entity is None else live_rows.read_live(entity, version_of(entity.metadata))

    def live_page(self, after: str, limit: int) -> Sequence[LiveRow]:
        low = table_keys.partition_key(after) if after else ""
        found = self._page(table_keys.LIVE_PARTITION, low, limit)
        return [live_rows.read_live(entity, version_of(entity.metadata)) for entity in found]

    def live_of(self, service: str) -> Sequence[LiveRow]:
        with reading():
            found = list(
                query(
                    self._live,
                    "PartitionKey eq @partition and service eq @service",
                    parameters={"partition": table_keys.LIVE_PARTITION, "service": service},
                )
            )
        rows = [live_rows.read_live(entity, version_of(entity.metadata)) for entity in found]
        return [row for row in rows if not row.fault]

    def put_live(self, row: LiveRow) -> None:
        entity = live_rows.live_entity(row)
        with reading():  # the next pass asks again: an unknown outcome changes nothing
            self._live.upsert_entity(entity, mode=UpdateMode.MERGE)

    def defer_live(self, row: LiveRow, due: datetime) -> bool:
        if not row.version:
            return False  # never read, so nothing is known of the row that exists
        entity = live_rows.deferred_entity(row.endpoint, due)
        with reading():  # a lost answer is as good as a failure: the look comes earlier
            try:
                self._live.update_entity(entity, mode=UpdateMode.MERGE, **if_still(row.version))
            except HttpResponseError as error:
                if has_moved(error):
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
            found = list(query(self._live, asked, parameters=values))
        return [summary_rows.read_summary(each, version_of(each.metadata)) for each in found]

    def summary_page(self, after: str, limit: int) -> Sequence[SummaryRow]:
        found = self._page(table_keys.SUMMARY_PARTITION, after, limit)
        return [summary_rows.read_summary(each, version_of(each.metadata)) for each in found]

    def summary_place(self, service: str, endpoint: str) -> str:
        return table_keys.summary_key(service, endpoint)

    def live_summaries(self) -> Sequence[SummaryRow]:
        with reading():
            found = list(
                query(
                    self._live,
                    "PartitionKey eq @partition and live eq true",
                    parameters={"partition": table_keys.SUMMARY_PARTITION},
                    select=summary_rows.COLUMNS,
                )
            )
        return [summary_rows.read_bare_summary(each, version_of(each.metadata)) for each in found]

    def put_summary(self, row: SummaryRow) -> None:
        with reading():  # a sweep compares it with the owner row: it may be lost, or come late
            self._live.upsert_entity(summary_rows.summary_entity(row), mode=UpdateMode.REPLACE)

    def mend_summary(self, row: SummaryRow) -> bool:
        entity = summary_rows.summary_entity(row)
        with reading():
            try:
                replace_row(self._live, entity, row.version or None)
            except HttpResponseError as error:
                if has_moved(error):
                    return False
                raise
        return True

    def drop_summary(self, row: SummaryRow) -> bool:
        key = table_keys.summary_key(row.service, row.endpoint)
        return self._drop(table_keys.SUMMARY_PARTITION, key, row.version)

    def mark_tick(self, at: datetime, rounds: Sequence[Round] = (), *, quiet: bool = False) -> None:
        entity = live_rows.tick_entity(at, rounds, quiet=quiet)
        with reading():
            self._live.upsert_entity(entity, mode=UpdateMode.MERGE)

    def put_rounds(self, rounds: Sequence[Round]) -> None:
        with reading():
            self._live.upsert_entity(live_rows.rounds_entity(rounds), mode=UpdateMode.MERGE)

    def clocks(self) -> Clocks:
        entity = self._tick_row()
        if entity is None:
            return Clocks()
        return live_rows.read_clocks(entity, version_of(entity.metadata))

    def second_tick(self, at: datetime, expected: Version | None) -> bool:
        entity = live_rows.second_tick_entity(at)
        with reading():  # a lost answer is as good as a failure: the next one to look asks again
            try:
                if expected is None:
                    self._live.create_entity(entity)
                else:
                    self._live.update_entity(entity, mode=UpdateMode.MERGE, **if_still(expected))
            except HttpResponseError as error:
                if has_moved(error):
                    return False
                raise
        return True

    def rounds(self) -> Sequence[Round]:
        entity = self._tick_row()
        return [] if entity is None else live_rows.read_rounds(entity)

    def _tick_row(self) -> TableEntity | None:
        return found_row(self._live, table_keys.TICK_PARTITION, table_keys.TICK_ROW)

    def _drop(self, partition: str, key: str, version: Version) -> bool:
        """Delete a row of table `Live` that is still as it was read; what is gone is dropped."""
        if not version:
            return False  # never read, so nothing is known of the row that exists
        with reading():
            try:
                self._live.delete_entity(partition, key, **if_still(version))
            except HttpResponseError as error:
                if error.status_code == PRECONDITION_FAILED:
                    return False
                raise
        return True

    def suspension(self) -> tuple[SuspensionOfAll, Version | None]:
        entity = found_row(self._live, table_keys.TICK_PARTITION, table_keys.SUSPENSION_ROW)
        if entity is None:
            return SuspensionOfAll(), None
        return table_rows.read_record(SuspensionOfAll, entity), version_of(entity.metadata)

    def put_suspension(self, row: SuspensionOfAll, expected: Version | None) -> None:
        entity = live_rows.suspension_entity(row)
        with writing():
            replace_row(self._live, entity, expected)

    def _page(self, partition: str, after: str, limit: int) -> Sequence[TableEntity]:
        """The first rows of a partition of table `Live` after a key ("": from the first)."""
        with reading():
            found = query(
                self._live,
                "PartitionKey eq @partition and RowKey gt @after",
                parameters={"partition": partition, "after": after},
                results_per_page=limit,
            )
            return list(islice(found, limit))
