"""A simulated year of decisions: what is deleted, what is kept, on both stores."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from rollout.core.records.offers import OfferState
from rollout.core.records.phases import Phase
from rollout.core.records.retention import Retention
from rollout.core.records.rollout import NO_ROLLOUT
from rollout.core.records.rounds import Round, RoundKind
from rollout.ports import Commit, RolloutStore, Stored, SummaryRow
from rollout.service.dependencies import Limits
from rollout.service.directory import Directory
from rollout.service.retention import SLICE, Pruner
from rollout.service.rounds import Notes, Step, Then
from tests.doubles.records import CURRENT, ENDPOINT, ROLLOUT, entry, minute, offer_record
from tests.support.stories.stage import Story

START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
KEPT = Retention(decisions=180 * DAY, minutes=30 * DAY)
MINUTES_A_ROLLOUT = 5


def a_year(store: RolloutStore, every: timedelta = 7 * DAY) -> tuple[Stored, datetime]:
    """A rollout each week, with history, minutes, an offer and a name; the last has ended."""
    now = START
    store.commit(Commit(replace(CURRENT, rollout=None, offers=(), waiting=None), None))
    for number in range(365 // every.days):
        now = START + number * every
        identity = f"{now:%Y%m%dT%H%M%S%f}Z-0001"
        ended = replace(
            ROLLOUT, id=identity, phase=Phase.SUCCEEDED, hold=None, ended_at=now, started_at=now
        )
        rows = [replace(entry(at, identity), at=now) for at in range(1, 7)]
        minutes = [
            replace(minute(now + timedelta(minutes=at)), rollout=identity)
            for at in range(MINUTES_A_ROLLOUT)
        ]
        state = OfferState.QUARANTINED if number % 10 == 0 else OfferState.SUPERSEDED
        quarantined = ("d",) if state is OfferState.QUARANTINED else ()
        record = replace(
            offer_record(f"{number:03d}"),
            state=state,
            decided_at=now,
            quarantined=quarantined,
            rollout=identity,
        )
        current = replace(
            CURRENT,
            rollout=ended,
            offers=(),
            waiting=None,
            sequence=6,
            head=rows[-1].key,
            published=rows[-1].key,
        )
        stored = store.load(ENDPOINT)
        store.commit(Commit(current, stored, rows, minutes, [record], {f"v{number}": 1}))
    stored = store.load(ENDPOINT)
    assert stored is not None
    return stored, START + 365 * DAY


def pruned(store: RolloutStore, now: datetime, kept: Retention = KEPT) -> None:
    """One round over all that is known: the endpoint, and one without a row."""
    story = Story()
    story.bundle.policies["nobody"] = replace(story.policy, service="nobody", endpoint="nobody")
    limits = Limits(story.world.workspace.path, retention=kept)
    ports = replace(story.ports, store=store)
    store.put_summary(SummaryRow("fraud", ENDPOINT, "", 1, now, None, live=False, text="{}"))
    pruner = Pruner(ports, limits, Directory(ports, limits))
    notes = Notes(story.log, Round(RoundKind.RETENTION, now, now, now), now, now)
    step = Step("")
    for _ in range(40):
        step = pruner.step(step.after, notes, skip=False)
        if step.then is Then.OVER:
            return
    raise AssertionError("it never ends")


def test_a_year_leaves_what_is_young_enough_and_what_is_kept_for_ever(store: RolloutStore) -> None:
    stored, now = a_year(store)
    before = len(store.history_after(ENDPOINT, "", 1000))
    pruned(store, now)
    history = store.history_after(ENDPOINT, "", 1000)
    assert before > 2 * SLICE
    assert len(history) < before
    assert min(row.at for row in history) >= now - KEPT.decisions
    minutes = store.oldest_minutes(ENDPOINT, 1000)
    assert min(row.minute for row in minutes) >= now - KEPT.minutes
    assert len(minutes) >= MINUTES_A_ROLLOUT
    for record in store.offers(ENDPOINT):
        assert record.quarantined or record.decided_at >= now - KEPT.decisions
    assert sum(bool(record.quarantined) for record in store.offers(ENDPOINT)) == 6
    assert all(store.name_count(ENDPOINT, f"v{number}") == 1 for number in range(52))
    assert store.load(ENDPOINT) == stored


def test_the_latest_rollout_keeps_its_history_however_old(store: RolloutStore) -> None:
    stored, now = a_year(store)
    pruned(store, now + 5 * 365 * DAY)
    history = store.history_after(ENDPOINT, "", 1000)
    assert {row.rollout for row in history} == {stored.current.rollout_id}
    assert [row.sequence for row in history] == [1, 2, 3, 4, 5, 6]
    assert list(store.oldest_minutes(ENDPOINT, 10)) == []


def test_what_was_not_announced_yet_and_what_is_under_way_stays(store: RolloutStore) -> None:
    stored, now = a_year(store)
    live = replace(stored.current.owner, phase=Phase.BAKING, ended_at=None)
    store.commit(Commit(replace(stored.current, rollout=live, published=""), stored))
    pruned(store, now + 5 * 365 * DAY)
    assert len(store.history_after(ENDPOINT, "", 1000)) == 52 * 6
    minutes = store.oldest_minutes(ENDPOINT, 100)
    assert {row.rollout for row in minutes} == {live.id}


def test_rows_that_cannot_be_read_stop_no_other_endpoint() -> None:
    story = Story()
    story.adopt()
    story.register("2")
    story.until_quiet()
    entity = story.store.entity(story.endpoint)
    story.store.plant({**entity, "schema": 99})
    story.settings(retention=KEPT)
    story.pass_time(timedelta(hours=24))
    assert any(line.startswith("old rows stay") for line in story.log.lines)
    story.store.plant(entity)
    story.pass_time(400 * timedelta(hours=1))
    assert story.current.rollout_id != NO_ROLLOUT
    assert story.history()
