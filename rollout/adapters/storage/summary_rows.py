"""Summaries <-> entities of table `Live`, in a partition of their own, by service and endpoint.

The view is kept as the text it is sent as: a list of a thousand services parses none of them.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from rollout.adapters.storage import record_codec, table_keys
from rollout.adapters.storage.entities import Entity, document_text, text_entity
from rollout.errors import UnreadableRowError
from rollout.ports import UNREADABLE, SummaryRow, Version

_MOMENT = record_codec.codec_of(datetime)
_TEXT, _NUMBER, _FLAG = (record_codec.codec_of(kind) for kind in (str, int, bool))
COLUMNS = ["PartitionKey", "RowKey", "standing", "form", "madeAt", "savedAt", "live", "until"]
"""All of a summary but its text."""

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def summary_entity(row: SummaryRow) -> Entity:
    """Return the row of table `Live`.

    Raises:
        RowTooLargeError: Table Storage would refuse it.
    """
    columns: dict[str, Any] = {
        "standing": row.standing,
        "form": row.form,
        "madeAt": _MOMENT.encode(row.made_at),
        "live": row.live,
    }
    if row.saved_at is not None:
        columns["savedAt"] = _MOMENT.encode(row.saved_at)
    if row.until is not None:
        columns["until"] = _MOMENT.encode(row.until)
    key = table_keys.summary_key(row.service, row.endpoint)
    return text_entity(table_keys.SUMMARY_PARTITION, key, columns, row.text)


def read_summary(entity: Mapping[str, Any], version: Version) -> SummaryRow:
    """Return a summary; one that is corrupt or of a newer schema is `UNREADABLE`."""
    return _read(entity, version, document_text)


def read_bare_summary(entity: Mapping[str, Any], version: Version) -> SummaryRow:
    """Return a summary of which only `COLUMNS` were asked for: it has no text."""
    return _read(entity, version, lambda _: "")


def _read(
    entity: Mapping[str, Any], version: Version, text: Callable[[Mapping[str, Any]], str]
) -> SummaryRow:
    service, endpoint = table_keys.summary_of(str(entity["RowKey"]))
    try:
        saved_at, until = entity.get("savedAt"), entity.get("until")
        return SummaryRow(
            service,
            endpoint,
            _TEXT.decode(entity.get("standing"), "standing"),
            _NUMBER.decode(entity.get("form"), "form"),
            _MOMENT.decode(entity.get("madeAt"), "madeAt"),
            None if saved_at is None else _MOMENT.decode(saved_at, "savedAt"),
            _FLAG.decode(entity.get("live"), "live"),
            text(entity),
            version,
            None if until is None else _MOMENT.decode(until, "until"),
        )
    except UnreadableRowError:
        # `live` is not known, so that whoever is asked for the service looks for itself.
        return SummaryRow(
            service, endpoint, "", UNREADABLE, _LONG_AGO, None, live=False, text="", version=version
        )
