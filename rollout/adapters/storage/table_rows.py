"""Rows of the tables `Rollouts` and `Live`: records <-> entities, and the limits of a write.

An entity has a schema number, some columns for operators who browse the table, and the record as
JSON in `document`, `document1`, ... (`parts` says how many). The limits are Microsoft's
("Scalability targets for Table Storage", "Entity group transactions"); they are checked here
because Azurite 3.37.0 accepts larger ones.
"""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal

from rollout.adapters.storage import record_codec, table_keys, value_codecs
from rollout.core.records.history import HistoryEntry, MinuteRecord
from rollout.core.records.offers import OfferRecord
from rollout.core.records.rollout import Current
from rollout.core.records.rounds import Round, RoundKind
from rollout.core.records.suspensions import SuspensionOfAll
from rollout.errors import RowTooLargeError, UnreadableRowError
from rollout.ports import DUE_AT_ONCE, Clocks, Commit, LiveRow, Version
from rollout.text.finite_json import read_finite
from rollout.text.moments import read_moment

SCHEMA = 1
MAX_ROW_BYTES = 1024 * 1024
MAX_TRANSACTION_BYTES = 4 * 1024 * 1024
MAX_OPERATIONS = 100
MAX_PROPERTIES = 255

UPGRADES: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""From a schema number to the function that makes its document one of the next number."""

DUE = "due"
_DUE_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
_TICK, _QUIET, _SECOND = "at", "quiet", "second"
_MOMENT = record_codec.codec_of(datetime)

DOCUMENT, PARTS, SCHEMA_COLUMN = "document", "parts", "schema"
_SYSTEM = frozenset({"PartitionKey", "RowKey", "Timestamp", "etag"})

Entity = dict[str, Any]
_LOG = logging.getLogger("rollout.store")
_UNKNOWN = datetime.min.replace(tzinfo=UTC)


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
    entity = _entity(
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
    document = _document(entity)
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
        and not _is_part(name)
        and not name.startswith("odata.")
    }
    return Row(current, {DOCUMENT: document, "columns": columns})


def read_record[Record](kind: type[Record], entity: Mapping[str, Any]) -> Record:
    """Return a history, minute or offer row.

    Raises:
        UnreadableRowError: Corrupt, or of a newer schema.
    """
    return record_codec.decode(kind, _document(entity))


def read_count(entity: Mapping[str, Any]) -> int:
    """Return the count of a `name|<slug>` row.

    Raises:
        UnreadableRowError: It does not hold a count.
    """
    count = entity.get("count")
    if type(count) is not int:
        raise UnreadableRowError(f"{entity.get('RowKey')}: count must be a whole number")
    return count


def live_entity(row: LiveRow) -> Entity:
    """Return the row of table `Live`, due at once."""
    entity = {
        "PartitionKey": table_keys.LIVE_PARTITION,
        "RowKey": table_keys.partition_key(row.endpoint),
        SCHEMA_COLUMN: SCHEMA,
        "service": value_codecs.checked_text(row.service),
        "since": record_codec.codec_of(datetime).encode(row.since),
        DUE: due_text(DUE_AT_ONCE),
    }
    _check_size(entity)
    return entity


def deferred_entity(endpoint: str, due: datetime) -> Entity:
    """Return what is merged into a row of table `Live` that is due at another moment."""
    return {
        "PartitionKey": table_keys.LIVE_PARTITION,
        "RowKey": table_keys.partition_key(endpoint),
        DUE: due_text(due),
    }


def due_text(moment: datetime) -> str:
    """Return a moment as the column has it: whole seconds, rounded down, that sort as text."""
    return moment.astimezone(UTC).strftime(_DUE_FORMAT)


def read_live(entity: Mapping[str, Any], version: Version) -> LiveRow:
    """Return a row of table `Live`; one that is corrupt or of a newer schema has a `fault`."""
    endpoint, due = table_keys.endpoint_of(str(entity["RowKey"])), _due(entity.get(DUE))
    try:
        _schema(entity)
        service = record_codec.codec_of(str).decode(entity.get("service"), "service")
        since = record_codec.codec_of(datetime).decode(entity.get("since"), "since")
    except UnreadableRowError as error:
        fault = f"a row of Live is left alone: {error}"
        return LiveRow(endpoint, "", _UNKNOWN, version, fault, due=due)
    return LiveRow(endpoint, service, since, version, due=due)


def _due(value: object) -> datetime | None:
    """A column that is missing or damaged says nothing: the row is due."""
    try:
        return read_moment(value if isinstance(value, str) else "")
    except ValueError:
        return None


def tick_entity(at: datetime, rounds: Sequence[Round] = (), *, quiet: bool = False) -> Entity:
    """Return what is merged into the tick's row when the timer's tick ran."""
    return rounds_entity(rounds) | {_TICK: _MOMENT.encode(at), _QUIET: quiet}


def rounds_entity(rounds: Sequence[Round]) -> Entity:
    """Return what is merged into the tick's row to say where rounds stand, and nothing else."""
    entity = {
        "PartitionKey": table_keys.TICK_PARTITION,
        "RowKey": table_keys.TICK_ROW,
        SCHEMA_COLUMN: SCHEMA,
    }
    return entity | {_round_column(each.kind): _round_text(each) for each in rounds}


def second_tick_entity(at: datetime) -> Entity:
    """Return what is merged into the tick's row when the second clock asks for a tick."""
    return rounds_entity(()) | {_SECOND: _MOMENT.encode(at)}


def read_clocks(entity: Mapping[str, Any], version: Version) -> Clocks:
    """Return who ticked last.

    An app that did not write `quiet` marked an idle tick as any other: it counts as one.

    Raises:
        UnreadableRowError: Corrupt, or of a newer schema.
    """
    _schema(entity)
    quiet = entity.get(_QUIET) is not False
    return Clocks(_moment(entity, _TICK), quiet, _moment(entity, _SECOND), version)


def _moment(entity: Mapping[str, Any], column: str) -> datetime | None:
    """A column that is not there was never written: each clock writes its own."""
    value = entity.get(column)
    return None if value is None else _MOMENT.decode(value, column)


def read_rounds(entity: Mapping[str, Any]) -> Sequence[Round]:
    """Return the rounds in the tick's row; one that cannot be read is left out: it begins again."""
    return [found for kind in RoundKind if (found := _read_round(entity, kind)) is not None]


def _read_round(entity: Mapping[str, Any], kind: RoundKind) -> Round | None:
    text = entity.get(_round_column(kind))
    if text is None:
        return None
    try:
        _schema(entity)
        return replace(record_codec.decode(Round, read_finite(str(text))), kind=kind)
    except (UnreadableRowError, ValueError, RecursionError) as error:
        _LOG.warning("The round %s begins again: %s", kind, error)
        return None


def _round_column(kind: RoundKind) -> str:
    return f"round_{kind.value}"


def _round_text(found: Round) -> str:
    # Not in ASCII: escaped, the longest troubles would not fit in one property.
    return json.dumps(record_codec.encode(found), separators=(",", ":"), ensure_ascii=False)


def suspension_entity(row: SuspensionOfAll) -> Entity:
    """Return the row of table `Live` with the order about all services.

    Raises:
        RowTooLargeError: Table Storage would refuse it.
    """
    key = table_keys.SUSPENSION_ROW
    return _entity(table_keys.TICK_PARTITION, key, {}, record_codec.encode(row))


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
        _check_size(owner, commit.spare)
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
    size = sum(_size(write.entity) for write in writes)
    if size > MAX_TRANSACTION_BYTES:
        raise RowTooLargeError(
            f"a transaction of {size} bytes exceeds Table Storage's {MAX_TRANSACTION_BYTES}"
        )
    return writes


def _history_entity(partition: str, entry: HistoryEntry) -> Entity:
    columns = {"kind": entry.kind, "phase": entry.phase.value, "text": entry.text}
    return _entity(
        partition, table_keys.history_key(entry.key), columns, record_codec.encode(entry)
    )


def _minute_entity(partition: str, record: MinuteRecord) -> Entity:
    key = table_keys.minute_key(record.rollout, record.minute, record.pair, answers=record.answers)
    return _entity(partition, key, {}, record_codec.encode(record))


def _offer_entity(
    partition: str, record: OfferRecord, held: Mapping[str, Mapping[str, Any]]
) -> Entity | None:
    key = table_keys.offer_key(record.offer.model, record.offer.version)
    columns = {"state": record.state.value, "text": record.text}
    document = record_codec.encode(record)
    if key in held:
        try:
            document = record_codec.carry(OfferRecord, _document(held[key]), document)
        except UnreadableRowError as error:
            _LOG.warning("An offer is not overwritten: %s", error)
            return None
    return _entity(partition, key, columns, document)


def _name_entity(partition: str, slug: str, count: int) -> Entity:
    return {
        "PartitionKey": partition,
        "RowKey": table_keys.name_key(slug),
        SCHEMA_COLUMN: SCHEMA,
        "count": count,
    }


def _entity(
    partition: str, row: str, columns: Mapping[str, Any], document: Mapping[str, Any]
) -> Entity:
    # Plain ASCII: one character is one UTF-16 unit, and a cut never splits a surrogate pair.
    text = json.dumps(document, separators=(",", ":"), allow_nan=False)
    return text_entity(partition, row, columns, text)


def text_entity(partition: str, row: str, columns: Mapping[str, Any], text: str) -> Entity:
    """Return an entity with a document that is JSON text already, in ASCII.

    Raises:
        RowTooLargeError: Table Storage would refuse it.
    """
    limit = value_codecs.MAX_STRING_UNITS
    parts = [text[at : at + limit] for at in range(0, len(text), limit)]
    entity: Entity = {
        "PartitionKey": partition,
        "RowKey": row,
        **columns,
        SCHEMA_COLUMN: SCHEMA,
        PARTS: len(parts),
    }
    entity |= {_part(at): part for at, part in enumerate(parts)}
    for value in columns.values():
        if isinstance(value, str):
            value_codecs.checked_text(value)
    _check_size(entity)
    return entity


def _part(at: int) -> str:
    return f"{DOCUMENT}{at or ''}"


def _is_part(name: str) -> bool:
    rest = name.removeprefix(DOCUMENT)
    return name == DOCUMENT or (rest != name and rest.isascii() and rest.isdigit())


def _check_size(entity: Entity, spare: int = 0) -> None:
    size = _size(entity) + spare
    if size > MAX_ROW_BYTES or len(entity) >= MAX_PROPERTIES:
        raise RowTooLargeError(
            f"row {entity['RowKey']} of {size} bytes ({spare} of them to spare) and {len(entity)} "
            f"properties exceeds Table Storage's {MAX_ROW_BYTES} bytes or {MAX_PROPERTIES} "
            "properties"
        )


def _size(entity: Entity) -> int:
    """Return an entity's size by Microsoft's formula, numbers taken as 8 bytes."""
    size = 4
    for name, value in entity.items():
        units = len(value) if isinstance(value, str) else 0
        if name in ("PartitionKey", "RowKey"):
            size += 2 * units
        else:
            size += 8 + 2 * len(name) + (2 * units + 4 if isinstance(value, str) else 8)
    return size


def _schema(entity: Mapping[str, Any]) -> int:
    schema = entity.get(SCHEMA_COLUMN)
    if type(schema) is not int or schema < 1:
        raise UnreadableRowError(f"row {entity.get('RowKey')} has no schema number")
    if schema > SCHEMA:
        raise UnreadableRowError(
            f"row {entity.get('RowKey')} has schema {schema}; this app reads up to {SCHEMA}. "
            "Deploy the newer app again."
        )
    return schema


def document_text(entity: Mapping[str, Any]) -> str:
    """Return a document's text as it was written, unread.

    Raises:
        UnreadableRowError: A part is missing, or the row is of a newer schema.
    """
    _schema(entity)
    parts, row = entity.get(PARTS), entity.get("RowKey")
    if type(parts) is not int:
        raise UnreadableRowError(f"row {row} does not say how many parts its document has")
    try:
        return "".join(entity[_part(at)] for at in range(parts))
    except (KeyError, TypeError) as error:
        raise UnreadableRowError(f"row {row}: the document cannot be read: {error}") from error


def _document(entity: Mapping[str, Any]) -> dict[str, Any]:
    schema, row = _schema(entity), entity.get("RowKey")
    try:
        document: Any = read_finite(document_text(entity))
    except (ValueError, RecursionError) as error:
        raise UnreadableRowError(f"row {row}: the document cannot be read: {error}") from error
    if not isinstance(document, dict):
        raise UnreadableRowError(f"row {row}: the document is not an object")
    upgraded: dict[str, Any] = document
    for older in range(schema, SCHEMA):
        upgraded = UPGRADES[older](upgraded)
    return upgraded
