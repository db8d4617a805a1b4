"""Calls of Table Storage that both tables make."""

from collections.abc import Iterable, Mapping
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.data.tables import TableClient, TableEntity, UpdateMode

from rollout.adapters.storage.entities import Entity
from rollout.adapters.storage.storage_clients import ONE_MORE_READ
from rollout.adapters.storage.storage_faults import error_code, reading
from rollout.errors import StoreUnavailableError
from rollout.ports import Version

PRECONDITION_FAILED = 412
NOT_FOUND = 404
_CONFLICT = 409


def query(table: TableClient, asked: str, **options: Any) -> Iterable[TableEntity]:
    """Ask for rows, once more where the connection breaks."""
    return table.query_entities(asked, **options, **ONE_MORE_READ)


def replace_row(table: TableClient, entity: Entity, expected: Version | None) -> Mapping[str, Any]:
    """Write an entity in the place of the version that is expected; None: of none."""
    if expected is None:
        return table.create_entity(entity)
    return table.update_entity(entity, mode=UpdateMode.REPLACE, **if_still(expected))


def found_row(
    table: TableClient, partition: str, row_key: str, select: list[str] | None = None
) -> TableEntity | None:
    """Return a row; None where there is none.

    Raises:
        StoreUnavailableError: Nobody can say, or there is no table.
    """
    with reading():
        try:
            return table.get_entity(partition, row_key, select=select, **ONE_MORE_READ)
        except ResourceNotFoundError as error:
            if error_code(error) == "TableNotFound":
                raise
            return None


def if_still(version: Version | None) -> dict[str, Any]:
    """Return the options of a write that only replaces this version."""
    return {"etag": version, "match_condition": MatchConditions.IfNotModified}


def has_moved(error: HttpResponseError) -> bool:
    """Another writer changed the row, made it, or took it away; not: there is no table."""
    gone = error.status_code == NOT_FOUND and error_code(error) != "TableNotFound"
    return gone or error.status_code in (PRECONDITION_FAILED, _CONFLICT)


def version_of(metadata: Mapping[str, Any]) -> Version:
    """Return the version that an answer tells of.

    Raises:
        StoreUnavailableError: It tells of none.
    """
    etag = metadata.get("etag")
    if not etag:
        raise StoreUnavailableError("Table Storage answered without an ETag")
    return Version(str(etag))
