"""Marks are made beside messages, and stop none."""

from dataclasses import dataclass, field

import pytest

from rollout.core.messages import Annotation, Happened
from rollout.core.records.phases import Phase
from rollout.errors import AccessDeniedError, MessageDelayedError
from rollout.service.annotating import TIMEOUT, Annotator
from tests.support.happenings import AT, a_happening
from tests.support.stories.surroundings import SilentLog

PROMOTED = a_happening("PhaseChanged", Phase.PROMOTED)


@dataclass
class Chart:
    fault: Exception | None = None
    marks: list[Annotation] = field(default_factory=list)
    timeouts: list[float] = field(default_factory=list)

    def put(self, annotation: Annotation, *, timeout: float) -> None:
        self.timeouts.append(timeout)
        if self.fault is not None:
            raise self.fault
        self.marks.append(annotation)


def told(annotator: Annotator, happened: Happened = PROMOTED) -> list[Happened]:
    taken: list[Happened] = []
    annotator.before(lambda each, _event, _now: taken.append(each))(happened, {}, AT)
    return taken


def test_a_change_is_marked_and_handed_on() -> None:
    chart = Chart()
    assert told(Annotator(chart, SilentLog())) == [PROMOTED]
    assert [mark.name for mark in chart.marks] == ["fraud: promoted"]
    assert chart.timeouts == [TIMEOUT.total_seconds()]


def test_without_a_component_and_of_other_events_nothing_is_marked() -> None:
    chart = Chart()
    assert told(Annotator(None, SilentLog())) == [PROMOTED]
    assert told(Annotator(chart, SilentLog()), a_happening())
    assert chart.marks == []


def test_a_mark_that_is_refused_is_logged_and_stops_no_message() -> None:
    log = SilentLog()
    assert told(Annotator(Chart(AccessDeniedError("no right")), log)) == [PROMOTED]
    assert len(log.lines) == 1
    assert "no right" in log.lines[0]


def test_a_message_that_is_delayed_comes_again_after_the_mark() -> None:
    chart = Chart()

    def delayed(*_: object) -> None:
        raise MessageDelayedError("later")

    take = Annotator(chart, SilentLog()).before(delayed)
    with pytest.raises(MessageDelayedError):
        take(PROMOTED, {}, AT)
    assert len(chart.marks) == 1
