"""Rows of the table `Rollouts`: records <-> entities, and the writes of a commit."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from rollout.adapters.storage import entities, record_codec, table_keys
from rollout.adapters.storage.entities import (
    DOCUMENT,
    PARTS,
    SCHEMA_COLUMN,
    Entity,
    check_size,
    document_entity,
    document_of,
    is_part,
    size_of,
)
from rollout.core.records.history import HistoryEntry, MinuteRecord
from rollout.core.records.offers import OfferRecord
from rollout.core.records.rollout import Current
from rollout.errors import RowTooLargeError, UnreadableRowError
from rollout.ports import Commit, Version

MAX_TRANSACTION_BYTES = 4 * 1024 * 1024
MAX_OPERATIONS = 100

_SYSTEM = frozenset({"PartitionKey", "RowKey", "Timestamp", "etag"})
_LOG = logging.getLogger("rollout.store")


@dataclass(frozen=True)
class Operation:
    """One write of a transaction. `verb` is create, update (`etag` must hold) or upsert (merge).

    `raw` is, for the owner row, what reading it back would give as `Row.raw`.
    """

    verb: Literal["create", "update", "upsert"]
    entity: Entity
    etag: Version | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Row[Record]:
    """A decoded row; `raw` lets `current_entity` keep fields that this version does not know."""

    record: Record
    raw: Mapping[str, Any] = field(default_factory=dict)


def current_entity(current: Current, raw: Mapping[str, Any]) -> tuple[Entity, Mapping[str, Any]]:
    """Return the owner row, and the `raw` of reading it back.

    `raw` is `Stored.raw` of the row it replaces, or empty.

    Raises:
        RowTooLargeError: Table Storage would refuse it.
    """
    document = record_codec.carry(Current, raw.get(DOCUMENT, {}), record_codec.encode(current))
    rollout = current.rollout
    columns = {
        "service": current.service,
        "phase": current.phase.value,
        "rollout": current.rollout_id,
        "candidate": rollout.candidate if rollout else "",
        "savedAt": document["saved_at"],
    }
    foreign = raw.get("columns", {})
    entity = document_entity(
        table_keys.partition_key(current.endpoint),
        table_keys.CURRENT,
        {**foreign, **columns},
        document,
    )
    return entity, {DOCUMENT: document, "columns": foreign}


def read_current(entity: Mapping[str, Any]) -> Row[Current]:
    """Return the owner row, and all of it that this version does not know.

    Raises:
        UnreadableRowError: Corrupt, of a newer schema, or another endpoint's.
    """
    document = document_of(entity)
    current = record_codec.decode(Current, document)
    partition = entity.get("PartitionKey")
    if partition != table_keys.partition_key(current.endpoint):
        raise UnreadableRowError(
            f"the row of {partition} says that it is {current.endpoint}'s: it was copied or "
            "changed by hand. Restore it, or delete it."
        )
    own = {"service", "phase", "rollout", "candidate", "savedAt"}
    columns = {
        name: value
        for name, value in entity.items()
        if name not in _SYSTEM | own | {PARTS, SCHEMA_COLUMN}
        and not is_part(name)
        and not name.startswith("odata.")
    }
    return Row(current, {DOCUMENT: document, "columns": columns})


def read_record[Record](kind: type[Record], entity: Mapping[str, Any]) -> Record:
    """Return a history, minute or offer row.

    Raises:
        UnreadableRowError: Corrupt, or of a newer schema.
    """
    return record_codec.decode(kind, document_of(entity))


def read_count(entity: Mapping[str, Any]) -> int:
    """Return the count of a `name|<slug>` row.

    Raises:
        UnreadableRowError: It does not hold a count.
    """
    count = entity.get("count")
    if type(count) is not int:
        raise UnreadableRowError(f"{entity.get('RowKey')}: count must be a whole number")
    return count


def operations(commit: Commit, held: Mapping[str, Mapping[str, Any]]) -> Sequence[Operation]:
    """Return the writes of a commit, the owner row first: it alone can lose a race.

    `held` are the offer rows that the commit overwrites, by RowKey: fields that this version does
    not know are kept, and a row that cannot be read is left as it is.

    Raises:
        RowTooLargeError: A row or the whole transaction exceeds Table Storage's limits.
    """
    partition = table_keys.partition_key(commit.current.endpoint)
    expected = commit.expected
    owner, raw = current_entity(commit.current, expected.raw if expected else {})
    if commit.spare:
        check_size(owner, commit.spare)
    writes = [
        Operation("update", owner, expected.version, raw)
        if expected
        else Operation("create", owner, raw=raw)
    ]
    writes += (Operation("create", _history_entity(partition, each)) for each in commit.history)
    writes += (Operation("upsert", _minute_entity(partition, each)) for each in commit.minutes)
    offers = (_offer_entity(partition, each, held) for each in commit.offers)
    writes += (Operation("upsert", each) for each in offers if each is not None)
    writes += (Operation("upsert", _name_entity(partition, *each)) for each in commit.names.items())
    if len(writes) > MAX_OPERATIONS:
        raise RowTooLargeError(
            f"{len(writes)} rows in one transaction exceed Table Storage's {MAX_OPERATIONS}"
        )
    size = sum(size_of(write.entity) for write in writes)
    if size > MAX_TRANSACTION_BYTES:
        raise RowTooLargeError(
            f"a transaction of {size} bytes exceeds Table Storage's {MAX_TRANSACTION_BYTES}"
        )
    return writes


def _history_entity(partition: str, entry: HistoryEntry) -> Entity:
    columns = {"kind": entry.kind, "phase": entry.phase.value, "text": entry.text}
    return document_entity(
        partition, table_keys.history_key(entry.key), columns, record_codec.encode(entry)
    )


def _minute_entity(partition: str, record: MinuteRecord) -> Entity:
    key = table_keys.minute_key(record.rollout, record.minute, record.pair, answers=record.answers)
    return document_entity(partition, key, {}, record_codec.encode(record))


def _offer_entity(
    partition: str, record: OfferRecord, held: Mapping[str, Mapping[str, Any]]
) -> Entity | None:
    key = table_keys.offer_key(record.offer.model, record.offer.version)
    columns = {"state": record.state.value, "text": record.text}
    document = record_codec.encode(record)
    if key in held:
        try:
            document = record_codec.carry(OfferRecord, document_of(held[key]), document)
        except UnreadableRowError as error:
            _LOG.warning("An offer is not overwritten: %s", error)
            return None
    return document_entity(partition, key, columns, document)


def _name_entity(partition: str, slug: str, count: int) -> Entity:
    return {
        "PartitionKey": partition,
        "RowKey": table_keys.name_key(slug),
        SCHEMA_COLUMN: entities.SCHEMA,
        "count": count,
    }
