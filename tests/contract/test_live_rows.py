"""When a row of `Live` is due: the same facts of the in-memory double and of Table Storage."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from rollout.adapters.storage import entities, live_rows, table_rows
from rollout.ports import DUE_AT_ONCE, FURTHEST_DUE, LiveRow, RolloutStore, Version
from tests.doubles.records import AT, ENDPOINT
from tests.support.contract.store_bench import Bench

SECOND = timedelta(seconds=1)
PAGE = 1000
"""Table Storage answers with at most so many rows at once."""


def named(number: int) -> str:
    return ENDPOINT.replace("fraud", f"fraud-{number:04d}")


def written(endpoint: str, **columns: Any) -> dict[str, Any]:
    """A row as this app writes it, with other columns; None takes one away."""
    entity = {**live_rows.live_entity(LiveRow(endpoint, "fraud", AT)), **columns}
    return {name: value for name, value in entity.items() if value is not None}


def due(store: RolloutStore, now: datetime | None = AT) -> list[str]:
    return [row.endpoint for row in store.live_due(now)]


def the_row(store: RolloutStore) -> LiveRow:
    row = store.live_row(ENDPOINT)
    assert row is not None
    return row


def test_a_row_is_due_at_once_and_again_whenever_it_is_put(store: RolloutStore) -> None:
    later = AT + 5 * SECOND
    store.put_live(LiveRow(ENDPOINT, "fraud", AT, due=later))
    assert the_row(store).due == DUE_AT_ONCE
    assert store.defer_live(the_row(store), later)
    assert (the_row(store).due, due(store)) == (later, [])
    store.put_live(LiveRow(ENDPOINT, "fraud", AT))
    assert due(store) == [ENDPOINT]


def test_a_deferred_row_is_due_from_its_moment_on(store: RolloutStore) -> None:
    later = AT + timedelta(minutes=5)
    store.put_live(LiveRow(ENDPOINT, "fraud", AT))
    assert store.defer_live(the_row(store), later)
    found = the_row(store)
    assert (found.service, found.since, found.fault) == ("fraud", AT, "")
    assert due(store, later - SECOND) == []
    assert due(store, later) == [ENDPOINT]
    assert due(store, later + timedelta(days=400)) == [ENDPOINT]
    assert due(store, None) == [ENDPOINT]


def test_a_row_that_was_put_meanwhile_is_not_deferred(store: RolloutStore) -> None:
    store.put_live(LiveRow(ENDPOINT, "fraud", AT))
    read = the_row(store)
    store.put_live(LiveRow(ENDPOINT, "fraud", AT))
    assert not store.defer_live(read, AT + 5 * SECOND)
    assert due(store) == [ENDPOINT]


def test_a_row_that_was_dropped_meanwhile_does_not_come_back(store: RolloutStore) -> None:
    store.put_live(LiveRow(ENDPOINT, "fraud", AT))
    read = the_row(store)
    assert store.drop_live(read)
    assert not store.defer_live(read, AT + 5 * SECOND)
    assert store.live_row(ENDPOINT) is None


def test_a_row_that_was_never_read_is_not_deferred(store: RolloutStore) -> None:
    store.put_live(LiveRow(ENDPOINT, "fraud", AT))
    assert not store.defer_live(LiveRow(ENDPOINT, "fraud", AT, Version("")), AT + SECOND)
    assert due(store) == [ENDPOINT]


@pytest.mark.parametrize(
    "column",
    [
        None,
        "",
        "soon",
        7,
        AT,
        live_rows.due_text(AT),
        live_rows.due_text(AT - SECOND),
        live_rows.due_text(AT + FURTHEST_DUE),
        "9999-12-31T23:59:59Z",
    ],
    ids=str,
)
def test_a_row_without_a_moment_that_can_be_meant_is_due(bench: Bench, column: object) -> None:
    bench.plant_live([written(ENDPOINT, due=column)])
    assert due(bench.store) == [ENDPOINT]
    (row,) = bench.store.live_due(None)
    assert row.is_due(AT)
    assert not row.fault


@pytest.mark.parametrize("ahead", [SECOND, timedelta(minutes=5), FURTHEST_DUE - SECOND], ids=str)
def test_a_row_whose_moment_is_to_come_is_not_due(bench: Bench, ahead: timedelta) -> None:
    bench.plant_live([written(ENDPOINT, due=live_rows.due_text(AT + ahead))])
    assert due(bench.store) == []
    (row,) = bench.store.live_due(None)
    assert not row.is_due(AT)


def test_a_row_of_an_older_app_has_no_moment(bench: Bench) -> None:
    bench.plant_live([written(ENDPOINT, due=None)])
    (row,) = bench.store.live_due(AT)
    assert (row.due, row.service, row.fault) == (None, "fraud", "")
    assert bench.store.defer_live(row, DUE_AT_ONCE)
    assert the_row(bench.store).due == DUE_AT_ONCE


def test_a_row_of_a_newer_app_that_cannot_be_read_is_due_when_it_says(bench: Bench) -> None:
    text = live_rows.due_text(AT + SECOND)
    bench.plant_live([written(ENDPOINT, due=text, **{entities.SCHEMA_COLUMN: 99})])
    assert due(bench.store) == []
    (row,) = bench.store.live_due(AT + SECOND)
    assert (row.endpoint, row.service) == (ENDPOINT, "")
    assert row.fault


def test_rows_beside_the_live_ones_are_never_due(store: RolloutStore) -> None:
    store.mark_tick(AT)
    assert due(store) == due(store, None) == []


def test_more_due_rows_than_one_answer_holds_all_come(bench: Bench) -> None:
    numbers = range(PAGE + 50)
    later = live_rows.due_text(AT + SECOND)
    for first in range(0, len(numbers), table_rows.MAX_OPERATIONS):
        some = numbers[first : first + table_rows.MAX_OPERATIONS]
        bench.plant_live(
            [written(named(each), **({} if each % 21 else {"due": later})) for each in some]
        )
    found = due(bench.store)
    assert found == [named(each) for each in numbers if each % 21]
