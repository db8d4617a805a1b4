"""Rows of the table `Live` but for its summaries: live endpoints, the tick's row, a suspension."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from rollout.adapters.storage import record_codec, table_keys, value_codecs
from rollout.adapters.storage.entities import (
    SCHEMA,
    SCHEMA_COLUMN,
    Entity,
    check_size,
    document_entity,
    schema_of,
)
from rollout.core.records.rounds import Round, RoundKind
from rollout.core.records.suspensions import SuspensionOfAll
from rollout.errors import UnreadableRowError
from rollout.ports import DUE_AT_ONCE, Clocks, LiveRow, Version
from rollout.text.finite_json import read_finite
from rollout.text.moments import read_moment

DUE = "due"
_DUE_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
_TICK, _QUIET, _SECOND = "at", "quiet", "second"
_MOMENT = record_codec.codec_of(datetime)

_LOG = logging.getLogger("rollout.store")
_UNKNOWN = datetime.min.replace(tzinfo=UTC)


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
    check_size(entity)
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
        schema_of(entity)
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
    schema_of(entity)
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
        schema_of(entity)
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
    return document_entity(table_keys.TICK_PARTITION, key, {}, record_codec.encode(row))
