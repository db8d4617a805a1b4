"""`RolloutStore`: the same facts of the in-memory double and of Table Storage (Azurite)."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from azure.data.tables import TableClient

from rollout.adapters import table_keys
from rollout.adapters.storage_clients import StorageAccount, ensure_created, table_client
from rollout.adapters.table_store import TableStore
from rollout.errors import (
    RecordTooLargeError,
    StaleRecordError,
    UnknownOutcomeError,
    UnreadableRecordError,
)
from rollout.ports import Commit, LiveRow, RolloutStore, Version
from tests.doubles.memory_store import MemoryStore
from tests.doubles.records import (
    AT,
    CURRENT,
    ENDPOINT,
    OFFER,
    ROLLOUT,
    entry,
    minute,
    offer_record,
)
from tests.doubles.seam import raising

if TYPE_CHECKING:
    from localazure.azurite import Azurite


class Bench:
    """A store under test, and a way past its encoder."""

    def __init__(self, store: RolloutStore, table: TableClient | None = None) -> None:
        self.store = store
        self._table = table

    def entity(self) -> dict[str, Any]:
        if self._table is None:
            assert isinstance(self.store, MemoryStore)
            return self.store.entity(ENDPOINT)
        partition = table_keys.partition_key(ENDPOINT)
        return dict(self._table.get_entity(partition, table_keys.CURRENT))

    def plant(self, changes: Mapping[str, Any]) -> None:
        entity = {**self.entity(), **changes}
        if self._table is None:
            assert isinstance(self.store, MemoryStore)
            self.store.plant(entity)
        else:
            self._table.upsert_entity(entity)


@pytest.fixture(params=["memory", "azurite"])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    if request.param == "memory":
        yield Bench(MemoryStore())
        return
    azurite: Azurite = request.getfixturevalue("azurite")
    account = StorageAccount(azurite.account.connection_string)
    number = uuid4().hex
    with (
        table_client(account, f"Rollouts{number}") as rollouts,
        table_client(account, f"Live{number}") as live,
    ):
        ensure_created(rollouts, live)
        yield Bench(TableStore(rollouts, live), rollouts)


@pytest.fixture
def store(bench: Bench) -> RolloutStore:
    return bench.store


def test_a_row_that_was_never_saved_is_none(store: RolloutStore) -> None:
    assert store.load(ENDPOINT) is None
    assert store.version(ENDPOINT) is None
    assert store.offer(ENDPOINT, "fraud-model", "7") is None
    assert store.name_count(ENDPOINT, "7") == 0
    assert list(store.history(ENDPOINT, ROLLOUT.id, 5)) == []


def test_what_is_saved_is_loaded(store: RolloutStore) -> None:
    committed = store.commit(Commit(CURRENT, None))
    loaded = store.load(ENDPOINT)
    assert loaded == committed
    assert loaded is not None
    assert loaded.current == CURRENT
    assert store.version(ENDPOINT) == loaded.version
    assert loaded.raw == committed.raw


def test_the_endpoints_case_does_not_matter(store: RolloutStore) -> None:
    store.commit(Commit(CURRENT, None))
    assert store.load(ENDPOINT.upper()) is not None


def test_the_second_of_two_first_writers_is_refused(store: RolloutStore) -> None:
    store.commit(Commit(CURRENT, None))
    with pytest.raises(StaleRecordError):
        store.commit(Commit(replace(CURRENT, commit_id="c2"), None, history=[entry(1)]))
    with pytest.raises(StaleRecordError):
        store.commit(Commit(replace(CURRENT, commit_id="c2"), None))


@pytest.mark.parametrize("history", [[], [entry(1)]], ids=["alone", "with history"])
def test_the_second_of_two_writers_is_refused_and_nothing_of_it_stays(
    store: RolloutStore, history: list[Any]
) -> None:
    first = store.commit(Commit(CURRENT, None))
    second = store.commit(Commit(replace(CURRENT, commit_id="c2"), first))
    lost = Commit(replace(CURRENT, commit_id="c3"), first, history=history)
    with pytest.raises(StaleRecordError):
        store.commit(lost)
    assert store.load(ENDPOINT) == second
    assert list(store.history(ENDPOINT, ROLLOUT.id, 5)) == []


def test_a_commit_stores_all_of_its_rows(store: RolloutStore) -> None:
    store.commit(
        Commit(
            CURRENT,
            None,
            history=[entry(1), entry(2)],
            minutes=[minute(), minute(AT + timedelta(minutes=1))],
            offers=[offer_record("7"), offer_record("8")],
            names={"7": 2},
        )
    )
    assert [each.sequence for each in store.history(ENDPOINT, ROLLOUT.id, 5)] == [1, 2]
    assert list(store.minutes(ENDPOINT, ROLLOUT.id)) == [
        minute(),
        minute(AT + timedelta(minutes=1)),
    ]
    assert store.offer(ENDPOINT, "fraud-model", "8") == offer_record("8")
    assert list(store.offers(ENDPOINT)) == [offer_record("7"), offer_record("8")]
    assert store.name_count(ENDPOINT, "7") == 2


def test_minutes_offers_and_names_are_replaced_by_key(store: RolloutStore) -> None:
    first = store.commit(
        Commit(CURRENT, None, minutes=[minute()], offers=[offer_record()], names={"7": 1})
    )
    again = replace(offer_record(), text="shorter")
    store.commit(
        Commit(
            replace(CURRENT, commit_id="c2"),
            first,
            minutes=[replace(minute(), data={"requests": 13})],
            offers=[again],
            names={"7": 2},
        )
    )
    assert [each.data for each in store.minutes(ENDPOINT, ROLLOUT.id)] == [{"requests": 13}]
    assert store.offer(ENDPOINT, "fraud-model", "7") == again
    assert store.name_count(ENDPOINT, "7") == 2


def test_a_history_row_is_never_written_twice(store: RolloutStore) -> None:
    first = store.commit(Commit(CURRENT, None, history=[entry(1, text="the truth")]))
    changed = replace(CURRENT, commit_id="c2")
    with pytest.raises(StaleRecordError):
        store.commit(Commit(changed, first, history=[entry(1, text="another")]))
    assert store.load(ENDPOINT) == first
    assert [each.text for each in store.history(ENDPOINT, ROLLOUT.id, 5)] == ["the truth"]


def test_history_is_read_from_its_end_and_after_a_key(store: RolloutStore) -> None:
    rows = [entry(1, "0"), *(entry(number) for number in range(1, 6)), entry(1, "20270101T0-9")]
    store.commit(Commit(CURRENT, None, history=rows))
    assert [each.sequence for each in store.history(ENDPOINT, ROLLOUT.id, 2)] == [4, 5]
    assert [each.key for each in store.history_after(ENDPOINT, "", 3)] == [
        each.key for each in rows[:3]
    ]
    assert [each.key for each in store.history_after(ENDPOINT, rows[4].key, 9)] == [
        each.key for each in rows[5:]
    ]


def test_one_commit_can_be_recognised_by_its_commit_id_after_a_lost_answer() -> None:
    store = MemoryStore()
    store.seam.once_after("store.commit", raising(UnknownOutcomeError("lost")))
    with pytest.raises(UnknownOutcomeError):
        store.commit(Commit(CURRENT, None))
    found = store.load(ENDPOINT)
    assert found is not None
    assert found.current.commit_id == CURRENT.commit_id


def test_unknown_fields_and_columns_survive_load_and_commit(bench: Bench) -> None:
    bench.store.commit(Commit(CURRENT, None))
    document = json.loads(bench.entity()["document"])
    document["newTop"] = {"a": 1}
    document["rollout"]["policy"]["stages"][0]["newDeep"] = "x"
    document["offers"][1]["newInList"] = [1]
    bench.plant({"document": json.dumps(document), "newColumn": "kept"})
    loaded = bench.store.load(ENDPOINT)
    assert loaded is not None
    assert loaded.current == CURRENT
    # The first offer goes, so the second one moves.
    after = replace(CURRENT, offers=CURRENT.offers[1:], commit_id="c2")
    bench.store.commit(Commit(after, loaded, history=[entry(1)]))
    saved = json.loads(bench.entity()["document"])
    assert bench.entity()["newColumn"] == "kept"
    assert saved["newTop"] == {"a": 1}
    assert saved["rollout"]["policy"]["stages"][0]["newDeep"] == "x"
    assert saved["offers"][0]["newInList"] == [1]
    assert saved["commit_id"] == "c2"


def test_another_rollout_inherits_no_unknown_fields(bench: Bench) -> None:
    bench.store.commit(Commit(CURRENT, None))
    document = json.loads(bench.entity()["document"])
    document["rollout"]["newDeep"] = "of the old one"
    bench.plant({"document": json.dumps(document)})
    loaded = bench.store.load(ENDPOINT)
    bench.store.commit(Commit(replace(CURRENT, rollout=replace(ROLLOUT, id="another")), loaded))
    assert "newDeep" not in json.loads(bench.entity()["document"])["rollout"]


@pytest.mark.parametrize(
    "damage",
    [
        {"schema": 2},
        {"schema": "1"},
        {"parts": 9},
        {"parts": "one"},
        {"document": "{"},
        {"document": "[]"},
        {"document": "{}"},
    ],
    ids=str,
)
def test_a_damaged_or_newer_row_is_reported_and_not_guessed(
    bench: Bench, damage: dict[str, Any]
) -> None:
    bench.store.commit(Commit(CURRENT, None))
    bench.plant(damage)
    with pytest.raises(UnreadableRecordError):
        bench.store.load(ENDPOINT)


def test_a_large_row_is_stored_in_several_properties(bench: Bench) -> None:
    many = tuple(replace(OFFER, version=str(number), reason="ü" * 1000) for number in range(20))
    committed = bench.store.commit(Commit(replace(CURRENT, offers=many), None))
    assert bench.entity()["parts"] > 1
    loaded = bench.store.load(ENDPOINT)
    assert loaded is not None
    assert loaded.current.offers == many
    # A smaller row leaves nothing of the larger one behind.
    bench.store.commit(Commit(CURRENT, committed))
    assert bench.store.load(ENDPOINT) is not None
    assert "document1" not in bench.entity()


def test_a_text_of_forty_thousand_characters_is_refused(store: RolloutStore) -> None:
    with pytest.raises(RecordTooLargeError):
        store.commit(Commit(replace(CURRENT, service="x" * 40_000), None))
    with pytest.raises(RecordTooLargeError):
        # Counted in UTF-16 units: these are two each.
        store.commit(Commit(CURRENT, None, history=[entry(1, text="🙂" * 20_000)]))
    assert store.load(ENDPOINT) is None


def test_a_row_over_one_mebibyte_is_refused(store: RolloutStore) -> None:
    many = tuple(replace(OFFER, version=str(n), reason="x" * 30_000) for n in range(20))
    with pytest.raises(RecordTooLargeError):
        store.commit(Commit(replace(CURRENT, offers=many), None))
    assert store.load(ENDPOINT) is None


def test_more_than_a_hundred_rows_or_four_mebibytes_are_refused(store: RolloutStore) -> None:
    with pytest.raises(RecordTooLargeError):
        store.commit(Commit(CURRENT, None, history=[entry(n) for n in range(100)]))
    with pytest.raises(RecordTooLargeError):
        store.commit(
            Commit(CURRENT, None, history=[entry(n, text="x" * 30_000) for n in range(60)])
        )
    assert store.load(ENDPOINT) is None


def test_the_largest_allowed_transaction_is_stored(store: RolloutStore) -> None:
    store.commit(Commit(CURRENT, None, history=[entry(number) for number in range(1, 100)]))
    assert len(store.history(ENDPOINT, ROLLOUT.id, 200)) == 99


def test_live_rows_are_listed_touched_and_dropped_by_version(store: RolloutStore) -> None:
    other = ENDPOINT.replace("fraud", "churn")
    store.put_live(LiveRow(ENDPOINT, "fraud", AT))
    store.put_live(LiveRow(other, "churn", AT))
    churn, fraud = store.live()
    assert (fraud.endpoint, fraud.service, fraud.since) == (ENDPOINT, "fraud", AT)
    store.put_live(LiveRow(ENDPOINT, "fraud", AT))
    assert not store.drop_live(fraud)
    assert store.drop_live(churn)
    assert store.drop_live(churn)
    (left,) = store.live()
    assert not store.drop_live(replace(left, version=Version("")))
    assert store.drop_live(left)
    assert list(store.live()) == []


def test_the_last_tick_is_remembered_beside_the_live_rows(store: RolloutStore) -> None:
    assert store.last_tick() is None
    store.mark_tick(AT)
    store.mark_tick(AT + timedelta(minutes=1))
    assert store.last_tick() == AT + timedelta(minutes=1)
    assert list(store.live()) == []
