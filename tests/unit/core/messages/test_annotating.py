"""Which phase changes make a mark, and that a repeat makes the same one."""

from dataclasses import replace

import pytest

from rollout.core.messages import annotation_of
from rollout.core.messages.annotating import ANNOTATED_KINDS, FELT
from rollout.core.records.lifecycle_events import LIFECYCLE_EVENTS
from rollout.core.records.phases import Phase
from tests.support.happenings import a_happening

PROMOTED = a_happening("PhaseChanged", Phase.PROMOTED)


@pytest.mark.parametrize("phase", Phase)
def test_only_what_clients_feel_is_marked(phase: Phase) -> None:
    found = annotation_of(a_happening("PhaseChanged", phase))
    assert (found is not None) == (phase in FELT)


@pytest.mark.parametrize("kind", sorted(set(LIFECYCLE_EVENTS) - set(ANNOTATED_KINDS)))
def test_no_other_event_makes_a_mark(kind: str) -> None:
    assert annotation_of(a_happening(kind, Phase.PROMOTED)) is None


def test_the_id_follows_from_the_history_row() -> None:
    first, other = annotation_of(PROMOTED), annotation_of(replace(PROMOTED, sequence=8))
    assert first is not None
    assert other is not None
    again = annotation_of(replace(PROMOTED, text="said otherwise"))
    assert again is not None
    assert first.id == again.id != other.id


def test_a_mark_says_which_service_and_stage() -> None:
    found = annotation_of(replace(PROMOTED, stage=2, text="x" * 5000))
    assert found is not None
    assert found.name == "fraud: promoted"
    assert (found.properties["stage"], found.properties["rollout"]) == ("3", "r-1")
    assert len(found.properties["text"]) == 1000
