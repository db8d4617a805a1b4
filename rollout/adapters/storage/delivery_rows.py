"""`Deliveries` on table `Rollouts`: one row for each message and channel, beside its history.

The key is `message|<rollout>|<number>|<channel>` in the endpoint's partition. It sorts by time as
history does, and no row of the endpoint's own is touched: messages cannot get in a rollout's way.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.data.tables import TableClient, UpdateMode

from rollout.adapters.storage import table_keys
from rollout.adapters.storage.storage_clients import ONE_MORE_READ
from rollout.adapters.storage.storage_faults import reading
from rollout.errors import StoreUnavailableError
from rollout.ports import ClaimId, Delivery, Settled, Waiting
from rollout.text.moments import read_moment

_PRECONDITION_FAILED, _NOT_FOUND = 412, 404
_STATE, _UNTIL, _CLAIMED = "state", "until", "claimedAt"
_OPEN = "open"
_SETTLED = {each.value: each for each in Settled}


class TableDeliveries:
    """The rows, by the client of table `Rollouts`."""

    def __init__(self, rollouts: TableClient) -> None:
        self._table = rollouts

    def claim(
        self, delivery: Delivery, now: datetime, until: datetime
    ) -> ClaimId | Settled | Waiting:
        row = {**_key(delivery), _STATE: _OPEN, _UNTIL: _text(until), _CLAIMED: _text(now)}
        with reading():  # a claim whose answer was lost stands until its time is over
            try:
                return _claim_id(self._table.create_entity(row))
            except ResourceExistsError:
                found = self._found(delivery)
            if found is None:
                return Waiting(now)  # it was pruned in between: the event comes again
            if settled := _SETTLED.get(str(found.get(_STATE))):
                return settled
            free = _moment(found.get(_UNTIL))
            if free > now:
                return Waiting(free)
            taken = self._replace(row, ClaimId(str(found.metadata["etag"])))
            return Waiting(until) if taken is None else taken

    def settle(self, delivery: Delivery, claim: ClaimId, how: Settled) -> None:
        del claim  # what was sent was sent, whoever has the claim now
        with reading():  # to write it again changes nothing
            self._table.upsert_entity(
                {**_key(delivery), _STATE: how.value}, mode=UpdateMode.MERGE, **ONE_MORE_READ
            )

    def put_off(self, delivery: Delivery, claim: ClaimId, until: datetime) -> None:
        with reading():
            self._replace({**_key(delivery), _UNTIL: _text(until)}, claim, UpdateMode.MERGE)

    def prune(self, endpoint: str, before: datetime, limit: int) -> int:
        low, high = table_keys.range_of("message")
        with reading():
            pages = self._table.query_entities(
                "PartitionKey eq @partition and RowKey gt @low and RowKey lt @high "
                f"and {_CLAIMED} lt @before",
                parameters={
                    "partition": table_keys.partition_key(endpoint),
                    "low": low,
                    "high": high,
                    "before": _text(before),
                },
                results_per_page=limit,
                select=["PartitionKey", "RowKey"],
            )
            old = next(iter(pages.by_page()), ())
            rows = [{"PartitionKey": row["PartitionKey"], "RowKey": row["RowKey"]} for row in old]
            if rows:
                self._delete(rows)
        return len(rows)

    def _delete(self, rows: list[dict[str, Any]]) -> None:
        try:
            self._table.submit_transaction([("delete", row) for row in rows])
        except HttpResponseError as error:
            if error.status_code != _NOT_FOUND:
                raise
            # Another sweep had begun with the same rows: what it left is deleted next time.

    def _found(self, delivery: Delivery) -> Any:
        key = _key(delivery)
        try:
            return self._table.get_entity(key["PartitionKey"], key["RowKey"])
        except ResourceNotFoundError:
            return None

    def _replace(
        self, row: Mapping[str, Any], claim: ClaimId, mode: UpdateMode = UpdateMode.REPLACE
    ) -> ClaimId | None:
        """Write the row if its version still is that of the claim; None: it has moved."""
        try:
            answer = self._table.update_entity(
                dict(row), mode=mode, etag=claim, match_condition=MatchConditions.IfNotModified
            )
        except HttpResponseError as error:
            if error.status_code in (_PRECONDITION_FAILED, _NOT_FOUND):
                return None
            raise
        return _claim_id(answer)


def _key(delivery: Delivery) -> dict[str, str]:
    return {
        "PartitionKey": table_keys.partition_key(delivery.endpoint),
        "RowKey": table_keys.message_key(delivery.rollout, delivery.sequence, delivery.channel),
    }


def _claim_id(answer: Mapping[str, Any]) -> ClaimId:
    etag = answer.get("etag")
    if not etag:
        raise StoreUnavailableError("Table Storage answered without an ETag")
    return ClaimId(str(etag))


def _text(moment: datetime) -> str:
    # Text of one length, so that it is compared as time is.
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _moment(value: object) -> datetime:
    """The moment of a row; one that cannot be read is long over, so that the message is sent."""
    try:
        return read_moment(str(value))
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
