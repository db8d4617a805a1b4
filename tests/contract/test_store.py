"""`RolloutStore`: the same facts of the in-memory double and of Table Storage (Azurite)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from rollout.core.records.offers import RETRYABLE, OfferState
from rollout.core.records.rounds import Round, RoundKind, Troubles, trouble
from rollout.core.records.suspensions import OrderForAll, SuspensionOfAll
from rollout.errors import (
    RowBeyondHeadError,
    RowTooLargeError,
    StaleRowError,
    UnknownOutcomeError,
)
from rollout.ports import Clocks, Commit, LiveRow, RolloutStore, Version
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
    with pytest.raises(StaleRowError):
        store.commit(Commit(replace(CURRENT, commit_id="c2"), None, history=[entry(1)]))
    with pytest.raises(StaleRowError):
        store.commit(Commit(replace(CURRENT, commit_id="c2"), None))


@pytest.mark.parametrize("history", [[], [entry(1)]], ids=["alone", "with history"])
def test_the_second_of_two_writers_is_refused_and_nothing_of_it_stays(
    store: RolloutStore, history: list[Any]
) -> None:
    first = store.commit(Commit(CURRENT, None))
    second = store.commit(Commit(replace(CURRENT, commit_id="c2"), first))
    lost = Commit(replace(CURRENT, commit_id="c3"), first, history=history)
    with pytest.raises(StaleRowError):
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


def test_a_look_at_collected_answers_lies_beside_its_minute(store: RolloutStore) -> None:
    look = replace(minute(), data={"predictions": {}}, answers=True)
    probes = replace(minute(), data={"probes": {}}, pair=20)
    store.commit(Commit(CURRENT, None, minutes=[minute(), probes, look]))

    found = list(store.minutes(ENDPOINT, ROLLOUT.id))
    assert sorted(found, key=lambda each: each.answers) == [minute(), probes, look]


def test_a_pass_of_probes_lies_beside_its_minute(store: RolloutStore) -> None:
    passes = [replace(minute(), data={"probes": {}}, pair=pair) for pair in (20, 140)]
    store.commit(Commit(CURRENT, None, minutes=[*reversed(passes), minute()]))
    assert list(store.minutes(ENDPOINT, ROLLOUT.id)) == [minute(), *passes]


def test_a_history_row_is_never_written_twice(store: RolloutStore) -> None:
    first = store.commit(Commit(CURRENT, None, history=[entry(1, text="the truth")]))
    changed = replace(CURRENT, commit_id="c2")
    with pytest.raises(RowBeyondHeadError):
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


def a_round(kind: RoundKind = RoundKind.LIVE, **changes: Any) -> Round:
    """A round with as much in it as it can have."""
    worst = sum((trouble('stuck: "\N{PILE OF POO}' * 40) for _ in range(30)), Troubles())
    made = Round(kind, AT, AT + timedelta(minutes=5), AT, ENDPOINT, found=worst, troubles=worst)
    return replace(made, **changes)


def test_where_the_rounds_stand_is_beside_the_mark_of_the_tick(store: RolloutStore) -> None:
    assert list(store.rounds()) == []
    store.mark_tick(AT)
    assert list(store.rounds()) == []
    first, second = a_round(), a_round(RoundKind.ALL, after=None, late=True, lines=7)
    later = AT + timedelta(minutes=1)
    store.mark_tick(later, [first, second])
    assert store.clocks().tick == later
    assert list(store.rounds()) == [first, second]
    moved = a_round(after="", found=Troubles())
    store.mark_tick(later, [moved])
    store.mark_tick(later)
    assert list(store.rounds()) == [moved, second], "rounds of other kinds stay as they are"
    assert (first.found.count, len(first.found.texts)) == (30, 20)
    assert not store.live()
    assert not store.summaries()


def test_room_that_must_stay_free_is_not_taken(store: RolloutStore) -> None:
    store.commit(Commit(CURRENT, None, spare=100_000))
    grown = replace(CURRENT, offers=tuple(replace(OFFER, reason="r" * 999) for _ in range(400)))
    with pytest.raises(RowTooLargeError):
        store.commit(Commit(grown, store.load(ENDPOINT), spare=100_000))
    store.commit(Commit(grown, store.load(ENDPOINT)))


def test_old_rows_are_read_first_and_deleted_by_key(store: RolloutStore) -> None:
    times = [AT + timedelta(minutes=at) for at in range(3)]
    later = replace(minute(), rollout="20990101T000000Z-1")
    rows = [minute(at) for at in times]
    history = [entry(at) for at in range(1, 4)]
    records = [offer_record("7"), offer_record("8")]
    first = Commit(
        CURRENT, None, history=history, minutes=[*rows, later], offers=records, names={"7": 2}
    )
    store.commit(first)
    assert list(store.oldest_minutes(ENDPOINT, 2)) == rows[:2]
    store.prune(ENDPOINT, history=history[:2], minutes=rows[:2], offers=records[:1])
    store.prune(ENDPOINT, history=history[:2])  # gone already
    store.prune(ENDPOINT)
    assert list(store.history_after(ENDPOINT, "", 9)) == history[2:]
    assert list(store.oldest_minutes(ENDPOINT, 9)) == [rows[2], later]
    assert list(store.offers(ENDPOINT)) == records[1:]
    assert store.name_count(ENDPOINT, "7") == 2


@pytest.mark.parametrize("rows", [0, 1, 2, 3, 8, 9, 50])
def test_the_end_of_a_history_is_found_whatever_its_length(store: RolloutStore, rows: int) -> None:
    store.commit(Commit(CURRENT, None, history=[entry(at) for at in range(1, rows + 1)]))
    numbers = [each.sequence for each in store.history(ENDPOINT, ROLLOUT.id, 3)]
    assert numbers == list(range(max(1, rows - 2), rows + 1))


def test_history_is_paged_from_its_end_to_its_beginning(store: RolloutStore) -> None:
    store.commit(Commit(CURRENT, None, history=[entry(at) for at in range(1, 8)]))
    before: int | None = 8
    pages = []
    while before is not None and before > 1:
        page = [each.sequence for each in store.history(ENDPOINT, ROLLOUT.id, 3, before=before)]
        pages.append(page)
        before = page[0] if page else None
    assert pages == [[5, 6, 7], [2, 3, 4], [1]]


def test_offers_are_paged_by_key(store: RolloutStore) -> None:
    records = [offer_record(str(version)) for version in range(1, 6)]
    store.commit(Commit(CURRENT, None, offers=records))
    assert list(store.offers(ENDPOINT, limit=2)) == records[:2]
    assert list(store.offers(ENDPOINT, after=("fraud-model", "2"), limit=2)) == records[2:4]
    assert list(store.offers(ENDPOINT, after=("fraud-model", "5"), limit=2)) == []


def test_offers_are_read_by_what_became_of_them(store: RolloutStore) -> None:
    states = [OfferState.SUPERSEDED, OfferState.REJECTED, OfferState.LIVE, OfferState.QUARANTINED]
    records = [
        replace(offer_record(str(version)), state=state) for version, state in enumerate(states, 1)
    ]
    store.commit(Commit(CURRENT, None, offers=records))
    assert list(store.offers(ENDPOINT, states=RETRYABLE)) == [records[1], records[3]]
    assert list(store.offers(ENDPOINT, states=RETRYABLE, limit=1)) == [records[1]]
    assert list(store.offers(ENDPOINT, after=("fraud-model", "2"), states=RETRYABLE)) == [
        records[3]
    ]
    assert list(store.offers(ENDPOINT, states={OfferState.WAITING})) == []


def test_one_commit_can_be_recognised_by_its_commit_id_after_a_lost_answer() -> None:
    store = MemoryStore()
    store.seam.once_after("store.commit", raising(UnknownOutcomeError("lost")))
    with pytest.raises(UnknownOutcomeError):
        store.commit(Commit(CURRENT, None))
    found = store.load(ENDPOINT)
    assert found is not None
    assert found.current.commit_id == CURRENT.commit_id


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


def test_one_row_of_the_live_table_is_read_by_its_endpoint(store: RolloutStore) -> None:
    assert store.live_row(ENDPOINT) is None
    store.put_live(LiveRow(ENDPOINT, "fraud", AT))
    store.put_live(LiveRow(ENDPOINT.replace("fraud", "churn"), "churn", AT))
    row = store.live_row(ENDPOINT.upper())
    assert row is not None
    assert row in store.live()
    assert (row.endpoint, row.service, row.since) == (ENDPOINT, "fraud", AT)
    assert store.drop_live(row)
    assert store.live_row(ENDPOINT) is None


@pytest.mark.parametrize("service", ["fraud", "it's", "a b", ""])
def test_the_live_rows_of_one_service_are_read_alone(store: RolloutStore, service: str) -> None:
    assert list(store.live_of(service)) == []
    others = [f"{service}x", f"x{service}", "churn"]
    store.put_live(LiveRow(ENDPOINT, service, AT))
    for number, name in enumerate(others):
        store.put_live(LiveRow(f"{ENDPOINT}-{number}", name, AT))
    (row,) = store.live_of(service)
    assert row == store.live_row(ENDPOINT)


def test_the_order_about_all_services_is_a_row_that_one_writer_changes(
    store: RolloutStore,
) -> None:
    assert store.suspension() == (SuspensionOfAll(), None)
    first = SuspensionOfAll().after(OrderForAll(AT, "ann", "an incident", suspends=True))
    store.put_suspension(first, None)
    found, version = store.suspension()
    assert (found, version is not None) == (first, True)
    with pytest.raises(StaleRowError):
        store.put_suspension(first, None)
    second = first.after(OrderForAll(AT, "bob", "over", suspends=False))
    store.put_suspension(second, version)
    with pytest.raises(StaleRowError):
        store.put_suspension(first, version)
    assert store.suspension()[0] == second
    store.mark_tick(AT)
    assert store.suspension()[0] == second
    assert list(store.live()) == []


def test_the_last_tick_is_remembered_beside_the_live_rows(store: RolloutStore) -> None:
    assert store.clocks() == Clocks()
    store.mark_tick(AT)
    store.mark_tick(AT + timedelta(minutes=1), quiet=True)
    found = store.clocks()
    assert found == Clocks(AT + timedelta(minutes=1), quiet=True, version=found.version)
    store.mark_tick(AT + timedelta(minutes=2))
    assert not store.clocks().quiet
    assert list(store.live()) == []


@pytest.mark.parametrize("marked", [True, False])
def test_of_two_that_saw_the_same_row_one_ticks_in_the_timers_place(
    store: RolloutStore,
    marked: bool,  # noqa: FBT001 - a case
) -> None:
    if marked:
        store.mark_tick(AT, [a_round()])
    seen, later = store.clocks(), AT + timedelta(minutes=3)
    assert store.second_tick(later, seen.version)
    assert not store.second_tick(later + timedelta(seconds=1), seen.version)
    found = store.clocks()
    assert (found.tick, found.second) == (seen.tick, later), "the timer's mark stays as it is"
    assert list(store.rounds()) == ([a_round()] if marked else [])
    assert list(store.live()) == []


def test_a_tick_of_the_timer_comes_before_whoever_saw_the_row_as_it_was(
    store: RolloutStore,
) -> None:
    store.mark_tick(AT)
    seen = store.clocks()
    store.mark_tick(AT + timedelta(minutes=3))
    assert not store.second_tick(AT + timedelta(minutes=3), seen.version)
    assert store.clocks().second is None


def test_where_rounds_stand_is_written_without_a_mark(store: RolloutStore) -> None:
    store.put_rounds([a_round()])
    assert list(store.rounds()) == [a_round()]
    assert store.clocks().tick is None
    store.mark_tick(AT, [a_round(RoundKind.ALL)])
    store.put_rounds([a_round(after="")])
    assert list(store.rounds()) == [a_round(after=""), a_round(RoundKind.ALL)]
    assert store.clocks().tick == AT


def test_minutes_are_paged_by_their_time(store: RolloutStore) -> None:
    times = [AT + timedelta(minutes=at) for at in range(4)]
    rows = [minute(at) for at in times]
    probes = replace(minute(times[1]), data={"probes": {}}, pair=20)
    look = replace(minute(times[1]), data={"predictions": {}}, answers=True)
    store.commit(Commit(CURRENT, None, minutes=[*rows, probes, look]))
    assert list(store.minutes(ENDPOINT, ROLLOUT.id, limit=1)) == rows[:1]
    of_one = list(store.minutes(ENDPOINT, ROLLOUT.id, after=times[0], limit=3))
    assert of_one == [rows[1], look, probes]
    assert list(store.minutes(ENDPOINT, ROLLOUT.id, after=times[1])) == rows[2:]
    assert list(store.minutes(ENDPOINT, ROLLOUT.id, after=times[3])) == []


def test_rows_of_live_are_paged_in_the_order_of_keys(store: RolloutStore) -> None:
    endpoints = [ENDPOINT.replace("fraud", name) for name in ("b", "a", "a-b", "c")]
    for endpoint in endpoints:
        store.put_live(LiveRow(endpoint, "fraud", AT))
    found: list[str] = []
    after = ""
    while page := store.live_page(after, 3):
        assert len(page) == min(3, 4 - len(found))
        found += [row.endpoint for row in page]
        after = page[-1].endpoint
    assert sorted(found) == sorted(endpoints)
    assert found == [row.endpoint for row in store.live()]
