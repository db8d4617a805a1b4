"""An entity of Table Storage: a record as JSON in it, its schema number, and the limits of a write.

An entity has a schema number, some columns for operators who browse the table, and the record as
JSON in `document`, `document1`, ... (`parts` says how many). The limits are Microsoft's
("Scalability targets for Table Storage", "Entity group transactions"); they are checked here
because Azurite 3.37.0 accepts larger ones.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from rollout.adapters.storage import value_codecs
from rollout.errors import RowTooLargeError, UnreadableRowError
from rollout.text.finite_json import read_finite

SCHEMA = 1
MAX_ROW_BYTES = 1024 * 1024
MAX_PROPERTIES = 255

UPGRADES: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""From a schema number to the function that makes its document one of the next number."""

DOCUMENT, PARTS, SCHEMA_COLUMN = "document", "parts", "schema"

Entity = dict[str, Any]


def document_entity(
    partition: str, row: str, columns: Mapping[str, Any], document: Mapping[str, Any]
) -> Entity:
    """Return an entity with a document.

    Raises:
        RowTooLargeError: Table Storage would refuse it.
    """
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
    check_size(entity)
    return entity


def _part(at: int) -> str:
    return f"{DOCUMENT}{at or ''}"


def is_part(name: str) -> bool:
    """Whether a property is a part of the document."""
    rest = name.removeprefix(DOCUMENT)
    return name == DOCUMENT or (rest != name and rest.isascii() and rest.isdigit())


def check_size(entity: Entity, spare: int = 0) -> None:
    """Check the limits of one row, of which `spare` bytes must stay free.

    Raises:
        RowTooLargeError: Table Storage would refuse it, or less would stay free.
    """
    size = size_of(entity) + spare
    if size > MAX_ROW_BYTES or len(entity) >= MAX_PROPERTIES:
        raise RowTooLargeError(
            f"row {entity['RowKey']} of {size} bytes ({spare} of them to spare) and {len(entity)} "
            f"properties exceeds Table Storage's {MAX_ROW_BYTES} bytes or {MAX_PROPERTIES} "
            "properties"
        )


def size_of(entity: Entity) -> int:
    """Return an entity's size by Microsoft's formula, numbers taken as 8 bytes."""
    size = 4
    for name, value in entity.items():
        units = len(value) if isinstance(value, str) else 0
        if name in ("PartitionKey", "RowKey"):
            size += 2 * units
        else:
            size += 8 + 2 * len(name) + (2 * units + 4 if isinstance(value, str) else 8)
    return size


def schema_of(entity: Mapping[str, Any]) -> int:
    """Return an entity's schema number.

    Raises:
        UnreadableRowError: It has none, or a newer one.
    """
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
    schema_of(entity)
    parts, row = entity.get(PARTS), entity.get("RowKey")
    if type(parts) is not int:
        raise UnreadableRowError(f"row {row} does not say how many parts its document has")
    try:
        return "".join(entity[_part(at)] for at in range(parts))
    except (KeyError, TypeError) as error:
        raise UnreadableRowError(f"row {row}: the document cannot be read: {error}") from error


def document_of(entity: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document, upgraded to today's schema.

    Raises:
        UnreadableRowError: Corrupt, or of a newer schema.
    """
    schema, row = schema_of(entity), entity.get("RowKey")
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
