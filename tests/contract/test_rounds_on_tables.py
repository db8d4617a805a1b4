"""Rounds over real tables: what each call costs on the wire, and slices with calls in parallel."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from unittest import mock
from uuid import uuid4

import pytest
from azure.core.pipeline.transport import RequestsTransport

from localazure.azurite import Azurite
from rollout.adapters.storage.delivery_rows import TableDeliveries
from rollout.adapters.storage.storage_clients import StorageAccount, ensure_created, table_client
from rollout.adapters.storage.table_store import TableStore
from rollout.core.records.rounds import Round, RoundKind
from rollout.ports import Commit, LiveRow, SummaryRow
from rollout.service.timer import Timer
from tests.doubles.records import AT, CURRENT, ENDPOINT, entry, minute, offer_record
from tests.support.stories.farm import MINUTE, Farm

SERVICES = 120
"""More than a page of summaries."""


class Tables:
    """The app's two tables, with nothing in them."""

    def __init__(self, azurite: Azurite) -> None:
        account = StorageAccount(azurite.account.connection_string)
        number = uuid4().hex
        self.rollouts = table_client(account, f"Rollouts{number}")
        self.live = table_client(account, f"Live{number}")
        ensure_created(self.rollouts, self.live)
        self.store = TableStore(self.rollouts, self.live)
        self.deliveries = TableDeliveries(self.rollouts)


def requests_of(act: Callable[[], Any]) -> int:
    """How many requests an action sends."""
    sent, send = 0, RequestsTransport.send

    def counted(transport: RequestsTransport, request: Any, **options: Any) -> Any:
        nonlocal sent
        sent += 1
        return send(transport, request, **options)

    with mock.patch.object(RequestsTransport, "send", counted):
        act()
    return sent


@pytest.fixture
def tables(azurite: Azurite) -> Tables:
    return Tables(azurite)


def test_each_call_of_an_idle_day_is_one_transaction(tables: Tables) -> None:
    store = tables.store
    store.put_live(LiveRow(ENDPOINT, "fraud", AT))
    for number in range(SERVICES):
        store.put_summary(
            SummaryRow(f"s{number}", ENDPOINT, "stands", 1, AT, AT, live=True, text="{}")
        )
    rows = [entry(1), entry(2)]
    store.commit(Commit(CURRENT, None, rows, [minute()], [offer_record()]))
    rounds = [Round(kind, AT, AT, AT) for kind in RoundKind]
    store.mark_tick(AT)
    version = store.clocks().version
    calls: dict[str, Callable[[], Any]] = {
        "store.live_due": lambda: list(store.live_due(AT)),
        "store.live_page": lambda: store.live_page("", 100),
        "store.live_row": lambda: store.live_row(ENDPOINT),
        "store.live_summaries": store.live_summaries,
        "store.summary_page": lambda: store.summary_page("", 100),
        "store.load": lambda: store.load(ENDPOINT),
        "store.rounds": store.rounds,
        "store.mark_tick": lambda: store.mark_tick(AT, rounds),
        "store.clocks": store.clocks,
        "store.second_tick": lambda: store.second_tick(AT, version),
        "store.history_after": lambda: store.history_after(ENDPOINT, "", 100),
        "store.oldest_minutes": lambda: store.oldest_minutes(ENDPOINT, 100),
        "store.offers": lambda: store.offers(ENDPOINT, limit=100),
        "deliveries.prune": lambda: tables.deliveries.prune(ENDPOINT, AT, 100),
    }
    assert {name: requests_of(call) for name, call in calls.items()} == dict.fromkeys(calls, 1)


def test_a_few_ticks_sweep_and_prune_all_side_by_side(tables: Tables) -> None:
    farm = Farm(SERVICES, at_once=8)
    memory, farm.store = farm.store, tables.store  # type: ignore[assignment]  # the farm's helpers use the port
    farm.ports = replace(farm.ports, store=tables.store, deliveries=tables.deliveries)
    farm.restart()
    farm.finished(farm.names[:100])
    farm.baking(farm.names[100:110])
    farm.live(farm.names[100:105])
    for _ in range(30):
        farm.tick()
        under_way = {each.kind for each in tables.store.rounds() if not each.over}
        if under_way == {RoundKind.LEFTOVERS}:
            break
    assert {row.service for row in tables.store.live()} == set(farm.names[100:110])
    found = {row.service: row.live for row in tables.store.summaries()}
    assert found == {name: name in farm.names[100:110] for name in farm.names}
    assert not memory.summaries()


def test_the_place_in_a_damaged_row_begins_again(tables: Tables) -> None:
    farm = Farm(3)
    farm.ports = replace(farm.ports, store=tables.store, deliveries=tables.deliveries)
    farm.restart()
    farm.tick()
    farm.tick()
    row = {"PartitionKey": "tick", "RowKey": "tick", "round_all": "{", "round_live": 7}
    tables.live.upsert_entity(row)
    assert {each.kind for each in tables.store.rounds()} == {
        RoundKind.LEFTOVERS,
        RoundKind.RETENTION,
    }
    Timer(farm.ports, farm.limits, farm.directory).tick(farm.clock.now + MINUTE)
    assert {each.kind for each in tables.store.rounds()} == set(RoundKind)
