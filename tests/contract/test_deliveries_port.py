"""`Deliveries`: the double, and rows in Azurite."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from rollout.adapters.storage.delivery_rows import TableDeliveries
from rollout.adapters.storage.storage_clients import StorageAccount, ensure_created, table_client
from rollout.errors import StoreUnavailableError
from rollout.ports import ClaimId, Deliveries, Delivery, Settled, Waiting
from tests.doubles.memory_messages import MemoryDeliveries
from tests.doubles.records import ENDPOINT

if TYPE_CHECKING:
    from azure.data.tables import TableClient

    from localazure.azurite import Azurite

NOW = datetime(2026, 1, 31, 10, 0, 0, 500, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
ONE = Delivery(ENDPOINT, "20260131t100000-1a2b", 7, "on-call")


@pytest.fixture
def table(azurite: "Azurite") -> Iterator["TableClient"]:
    account = StorageAccount(azurite.account.connection_string)
    with table_client(account, f"Rollouts{uuid4().hex}") as client:
        ensure_created(client)
        yield client


@pytest.fixture(params=["double", "azurite"])
def deliveries(request: pytest.FixtureRequest) -> Deliveries:
    if request.param == "double":
        return MemoryDeliveries()
    return TableDeliveries(request.getfixturevalue("table"))


def claimed(deliveries: Deliveries, delivery: Delivery = ONE, now: datetime = NOW) -> ClaimId:
    claim = deliveries.claim(delivery, now, now + MINUTE)
    assert isinstance(claim, str)
    return claim


def test_a_delivery_is_claimed_by_one_call(deliveries: Deliveries) -> None:
    claimed(deliveries)
    assert deliveries.claim(ONE, NOW + SECOND, NOW + MINUTE) == Waiting(NOW + MINUTE)


@pytest.mark.parametrize("how", list(Settled))
def test_what_is_settled_stays_so(deliveries: Deliveries, how: Settled) -> None:
    deliveries.settle(ONE, claimed(deliveries), how)
    assert deliveries.claim(ONE, NOW + 5 * MINUTE, NOW + 6 * MINUTE) is how


def test_a_claim_that_ran_out_is_taken_again_and_is_another(deliveries: Deliveries) -> None:
    first = claimed(deliveries)
    second = claimed(deliveries, now=NOW + MINUTE)
    assert second != first
    deliveries.put_off(ONE, first, NOW)
    assert deliveries.claim(ONE, NOW + MINUTE + SECOND, NOW) == Waiting(NOW + 2 * MINUTE)


def test_what_is_put_off_can_be_claimed_from_then_on(deliveries: Deliveries) -> None:
    deliveries.put_off(ONE, claimed(deliveries), NOW + 10 * SECOND)
    assert deliveries.claim(ONE, NOW + 9 * SECOND, NOW) == Waiting(NOW + 10 * SECOND)
    claimed(deliveries, now=NOW + 10 * SECOND)


def test_who_claimed_it_before_may_still_say_that_it_was_sent(deliveries: Deliveries) -> None:
    first = claimed(deliveries)
    claimed(deliveries, now=NOW + MINUTE)
    deliveries.settle(ONE, first, Settled.SENT)
    assert deliveries.claim(ONE, NOW + 5 * MINUTE, NOW) is Settled.SENT


@pytest.mark.parametrize(
    "other",
    [
        replace(ONE, channel="team"),
        replace(ONE, sequence=8),
        replace(ONE, rollout="other"),
        replace(ONE, endpoint=ENDPOINT.replace("fraud", "churn")),
    ],
)
def test_every_channel_of_every_event_has_a_row_of_its_own(
    deliveries: Deliveries, other: Delivery
) -> None:
    deliveries.settle(ONE, claimed(deliveries), Settled.SENT)
    claimed(deliveries, other)


def test_old_rows_are_deleted_a_slice_at_a_time(deliveries: Deliveries) -> None:
    for number in range(1, 6):
        claimed(deliveries, replace(ONE, sequence=number), NOW + number * SECOND)
    before = NOW + 5 * SECOND
    assert deliveries.prune(ENDPOINT, before, 3) == 3
    assert deliveries.prune(ENDPOINT, before, 3) == 1
    assert deliveries.prune(ENDPOINT, before, 3) == 0
    assert isinstance(deliveries.claim(replace(ONE, sequence=5), NOW, NOW), Waiting)
    claimed(deliveries, replace(ONE, sequence=1))


def test_of_many_at_once_one_gets_the_claim(table: "TableClient") -> None:
    port = TableDeliveries(table)

    def ask(_: int) -> ClaimId | Settled | Waiting:
        return port.claim(ONE, NOW, NOW + MINUTE)

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(ask, range(8)))
    assert len([each for each in found if isinstance(each, str)]) == 1


def test_of_many_at_once_one_takes_a_claim_that_ran_out(table: "TableClient") -> None:
    port = TableDeliveries(table)
    claimed(port)

    def ask(_: int) -> ClaimId | Settled | Waiting:
        return port.claim(ONE, NOW + MINUTE, NOW + 2 * MINUTE)

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(ask, range(8)))
    assert len([each for each in found if isinstance(each, str)]) == 1


def test_messages_touch_no_row_of_a_rollout(table: "TableClient") -> None:
    port = TableDeliveries(table)
    port.settle(ONE, claimed(port), Settled.SENT)
    (row,) = table.list_entities()
    assert row["RowKey"] == "message|20260131t100000-1a2b|00000007|on-call"
    assert (row["state"], row["claimedAt"]) == ("sent", "2026-01-31T10:00:00.000500Z")


def test_a_row_whose_time_cannot_be_read_is_free(table: "TableClient") -> None:
    port = TableDeliveries(table)
    claimed(port)
    (row,) = table.list_entities()
    row["until"] = "soon"
    table.update_entity(row)
    claimed(port)


def test_a_table_that_cannot_be_reached_is_unavailable() -> None:
    url = "http://127.0.0.1:1/devstoreaccount1"
    account = StorageAccount(
        f"DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=a2V5;"
        f"TableEndpoint={url};QueueEndpoint={url};"
    )
    with table_client(account, "Rollouts") as client:
        port = TableDeliveries(client)
        calls: list[Any] = [
            lambda: port.claim(ONE, NOW, NOW),
            lambda: port.settle(ONE, ClaimId("e"), Settled.SENT),
            lambda: port.put_off(ONE, ClaimId("e"), NOW),
            lambda: port.prune(ENDPOINT, NOW, 1),
        ]
        for call in calls:
            with pytest.raises(StoreUnavailableError):
                call()
