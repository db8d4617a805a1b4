"""Summaries in `RolloutStore`: the same facts of the in-memory double and of Table Storage."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from rollout.ports import RolloutStore, SummaryRow, Version
from tests.doubles.records import (
    AT,
    ENDPOINT,
)


def a_summary(service: str = "fraud", endpoint: str = ENDPOINT, **changes: Any) -> SummaryRow:
    row = SummaryRow(service, endpoint, "stands", 1, AT, AT, live=True, text='{"says":"x"}')
    return replace(row, **changes)


def test_summaries_are_read_in_one_query_and_by_service(store: RolloutStore) -> None:
    assert list(store.summaries()) == []
    other = ENDPOINT.replace("fraud", "churn")
    rows = [
        a_summary("a", other),
        a_summary("a", ENDPOINT, saved_at=None, live=False),
        a_summary("a-b", text='"' + "x" * 70_000 + '"'),
    ]
    for row in rows:
        store.put_summary(row)
    found = store.summaries()
    assert all(row.version for row in found)
    assert sorted(_plain(row) for row in found) == sorted(_plain(row) for row in rows)
    assert {row.endpoint for row in store.summaries("a")} == {other, ENDPOINT}
    assert [row.service for row in store.summaries("a-b")] == ["a-b"]
    assert list(store.summaries("b")) == []
    assert list(store.live()) == []


def _plain(row: SummaryRow) -> str:
    return str(replace(row, version=Version("")))


def test_a_summary_is_mended_only_if_nobody_wrote_it_meanwhile(store: RolloutStore) -> None:
    assert store.mend_summary(a_summary())
    assert not store.mend_summary(a_summary(standing="another")), "it is there already"
    (first,) = store.summaries()
    store.put_summary(a_summary(standing="newer"))
    assert not store.mend_summary(replace(first, standing="older"))
    assert not store.drop_summary(first)
    (second,) = store.summaries()
    assert second.standing == "newer"
    assert store.mend_summary(replace(second, standing="mended"))
    (third,) = store.summaries()
    assert third.standing == "mended"
    assert not store.drop_summary(replace(third, version=Version("")))
    assert store.drop_summary(third)
    assert list(store.summaries()) == []
    assert not store.mend_summary(third), "it is gone"


def test_summaries_are_paged_in_the_order_of_their_places(store: RolloutStore) -> None:
    pairs = [
        (name, ENDPOINT.replace("fraud", end)) for name in ["a", "a-b", "ab", "a/b"] for end in "yx"
    ]
    for service, endpoint in pairs:
        store.put_summary(a_summary(service, endpoint))
    found: list[tuple[str, str]] = []
    after = ""
    while page := store.summary_page(after, 3):
        found += [(row.service, row.endpoint) for row in page]
        after = store.summary_place(*found[-1])
    assert found == sorted(pairs, key=lambda pair: store.summary_place(*pair))
    assert store.summary_page("", 1)[0].text == a_summary().text


def test_summaries_of_what_is_live_are_found_without_their_texts(store: RolloutStore) -> None:
    later = AT + timedelta(hours=1)
    store.put_summary(a_summary("a", text='"' + "x" * 70_000 + '"', until=later))
    store.put_summary(a_summary("b", live=False))
    (found,) = store.live_summaries()
    (whole,) = store.summaries("a")
    assert found == replace(whole, text="")
    assert found.until == later
    assert store.mend_summary(replace(found, live=False, text="{}"))
    assert list(store.live_summaries()) == []
