"""What a stored row may hold: unknown fields stay, damage is told, size is bounded."""

import json
from dataclasses import replace
from typing import Any

import pytest

from rollout.adapters.storage import table_keys
from rollout.core.records.offers import OfferState
from rollout.errors import RowTooLargeError, UnreadableRowError
from rollout.ports import Commit, RolloutStore
from tests.doubles.records import (
    CURRENT,
    ENDPOINT,
    OFFER,
    ROLLOUT,
    entry,
    offer_record,
)
from tests.support.contract.store_bench import Bench


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


def test_unknown_fields_of_an_offer_survive_a_newer_decision(bench: Bench) -> None:
    stored = bench.store.commit(Commit(CURRENT, None, offers=[offer_record("7")]))
    row = table_keys.offer_key(OFFER.model, "7")
    document = json.loads(bench.entity(row)["document"])
    document["newTop"], document["offer"]["newDeep"] = 1, "x"
    bench.plant({"document": json.dumps(document)}, row)
    decided = replace(offer_record("7"), state=OfferState.WAITING)
    bench.store.commit(Commit(replace(CURRENT, commit_id="c2"), stored, offers=[decided]))
    saved = json.loads(bench.entity(row)["document"])
    assert (saved["newTop"], saved["offer"]["newDeep"]) == (1, "x")
    assert bench.store.offer(ENDPOINT, OFFER.model, "7") == decided


def test_an_offer_that_cannot_be_read_is_not_written_over(bench: Bench) -> None:
    stored = bench.store.commit(Commit(CURRENT, None, offers=[offer_record("7")]))
    row = table_keys.offer_key(OFFER.model, "7")
    bench.plant({"schema": 2, "text": "of a newer app"}, row)
    after = replace(CURRENT, commit_id="c2")
    bench.store.commit(Commit(after, stored, offers=[offer_record("7"), offer_record("8")]))
    assert (bench.entity(row)["schema"], bench.entity(row)["text"]) == (2, "of a newer app")
    assert bench.store.offer(ENDPOINT, OFFER.model, "8") is not None
    loaded = bench.store.load(ENDPOINT)
    assert loaded is not None
    assert loaded.current == after


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
    with pytest.raises(UnreadableRowError):
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
    with pytest.raises(RowTooLargeError):
        store.commit(Commit(replace(CURRENT, service="x" * 40_000), None))
    with pytest.raises(RowTooLargeError):
        # Counted in UTF-16 units: these are two each.
        store.commit(Commit(CURRENT, None, history=[entry(1, text="🙂" * 20_000)]))
    assert store.load(ENDPOINT) is None


def test_a_row_over_one_mebibyte_is_refused(store: RolloutStore) -> None:
    many = tuple(replace(OFFER, version=str(n), reason="x" * 30_000) for n in range(20))
    with pytest.raises(RowTooLargeError):
        store.commit(Commit(replace(CURRENT, offers=many), None))
    assert store.load(ENDPOINT) is None


def test_more_than_a_hundred_rows_or_four_mebibytes_are_refused(store: RolloutStore) -> None:
    with pytest.raises(RowTooLargeError):
        store.commit(Commit(CURRENT, None, history=[entry(n) for n in range(100)]))
    with pytest.raises(RowTooLargeError):
        store.commit(
            Commit(CURRENT, None, history=[entry(n, text="x" * 30_000) for n in range(60)])
        )
    assert store.load(ENDPOINT) is None


def test_the_largest_allowed_transaction_is_stored(store: RolloutStore) -> None:
    store.commit(Commit(CURRENT, None, history=[entry(number) for number in range(1, 100)]))
    assert len(store.history(ENDPOINT, ROLLOUT.id, 200)) == 99


def test_a_row_that_is_another_endpoints_is_not_taken_for_this_ones(bench: Bench) -> None:
    bench.store.commit(Commit(CURRENT, None))
    document = json.loads(bench.entity()["document"]) | {"endpoint": f"{ENDPOINT}-copied"}
    bench.plant({"document": json.dumps(document)})
    with pytest.raises(UnreadableRowError, match="copied or changed by hand"):
        bench.store.load(ENDPOINT)
