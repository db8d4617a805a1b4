"""What operators read: pages of a history and of offers, and what views hold back."""

from dataclasses import replace

import pytest

from rollout.core.records.history import HistoryEntry
from rollout.core.records.phases import Phase
from rollout.errors import InvalidInputError
from rollout.ports import Commit
from rollout.service.viewing import HISTORY_SHOWN
from tests.doubles.records import offer_record
from tests.support.stories.scenes import HOUR, on_trial
from tests.support.stories.stage import Story

SECRET = {"properties": {"environmentVariables": {"KEY": "s3cret"}}}


def write(story: Story, *rows: HistoryEntry, offers: int = 0) -> None:
    """Put rows behind the history, as a pass would."""
    for row in rows:
        stored = story.row
        assert stored is not None
        current = replace(stored.current, sequence=row.sequence, head=row.key)
        story.store.commit(Commit(current, stored, history=[row]))
    stored = story.row
    assert stored is not None
    records = [offer_record(f"{number:03d}") for number in range(offers)]
    if records:
        story.store.commit(Commit(stored.current, stored, offers=records))


def a_row(story: Story, number: int, **data: object) -> HistoryEntry:
    current = story.current
    sequence = current.sequence + number
    at, phase = current.saved_at, current.phase
    return HistoryEntry(current.rollout_id, sequence, at, "Held", phase, 0, "noise", data=data)


def test_no_number_of_rows_hides_how_a_rollout_began() -> None:
    story = on_trial(Phase.BAKING, 0)
    write(story, *(a_row(story, number) for number in range(1, 2 * HISTORY_SHOWN)))
    view = story.service.show("fraud")
    assert len(view.history) == HISTORY_SHOWN
    assert view.history[-1].sequence == story.current.sequence
    kinds = []
    before: int | None = view.history_before
    while before is not None:
        view = story.service.show("fraud", before=before)
        kinds = [entry.kind for entry in view.history]
        before = view.history_before
    assert "RolloutStarted" in kinds
    assert view.history[0].sequence == 1


def test_a_page_reads_no_more_rows_than_it_shows() -> None:
    story = on_trial(Phase.BAKING, 0)
    shown = story.service.show("fraud", limit=2, before=4)
    assert [entry.sequence for entry in shown.history] == [2, 3]
    assert shown.history_before == 2
    beyond = story.service.show("fraud", limit=2, before=10**6)
    assert beyond.history[-1].sequence == story.current.sequence


def test_offers_are_listed_page_by_page() -> None:
    story = on_trial(Phase.BAKING, 0)
    write(story, offers=90)
    after, seen = "", []
    for _ in range(9):
        view = story.service.show("fraud", after=after)
        assert len(view.offers) <= story.limits.offers_shown
        seen += [record.offer.version for record in view.offers]
        if view.offers_after is None:
            break
        after = view.offers_after
    assert len(seen) == len(set(seen)) == 91
    with pytest.raises(InvalidInputError, match="page before"):
        story.service.show("fraud", after="no such mark")


def test_logs_and_bodies_are_read_by_the_number_of_their_row() -> None:
    story = on_trial(Phase.BAKING, 0)
    write(story, a_row(story, 1, stable=SECRET, log="Traceback", finding="x"))
    (entry,) = story.service.show("fraud", limit=1).history
    found = story.service.bodies("fraud", entry.sequence)
    assert found.rollout == story.rollout.id
    assert found.data == {"stable": SECRET, "log": "Traceback"}
    assert entry.public == {"finding": "x"}
    assert story.service.bodies("fraud", 1).data == {}
    with pytest.raises(InvalidInputError, match="no row"):
        story.service.bodies("fraud", entry.sequence + 1)


def test_a_service_that_never_had_an_offer_has_no_bodies() -> None:
    story = Story()
    with pytest.raises(InvalidInputError, match="no row"):
        story.service.bodies("fraud", 1)
    story.pass_time(HOUR)
