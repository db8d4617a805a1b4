"""Lifecycle events that come back from the topic: what they say, and which are dropped."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.core.messages import Happened
from rollout.core.records.phases import Phase
from rollout.errors import InvalidInputError, MessageDelayedError
from rollout.inbound.announced import (
    MAX_DETAIL_CHARACTERS,
    AnnouncedEvents,
    cloud_event_of,
    parse_announced,
)
from tests.doubles.records import ENDPOINT, ROLLOUT, entry
from tests.support.happenings import delivered

NOW = datetime(2026, 1, 31, 10, 1, tzinfo=UTC)
ENTRY = replace(
    entry(7), kind="Notice", data={"cause": "gate", "weight": 10, "stable": {"env": "x"}}
)
EVENT = cloud_event_of(delivered(ENTRY))


@dataclass
class Heard:
    """Stands for the notifier and the log."""

    fault: Exception | None = None
    happened: list[Happened] = field(default_factory=list)
    events: list[Mapping[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def notify(self, happened: Happened, event: Mapping[str, Any], _now: datetime) -> None:
        if self.fault is not None:
            raise self.fault
        self.happened.append(happened)
        self.events.append(event)

    def info(self, text: str, **_fields: object) -> None:
        raise AssertionError(text)

    def attention(self, text: str, **_fields: object) -> None:
        self.asked.append(text)

    def notice(self, text: str, **_fields: object) -> None:
        raise AssertionError(text)

    def decided(self, line: Mapping[str, Any]) -> None:
        raise AssertionError(line)

    @property
    def door(self) -> AnnouncedEvents:
        return AnnouncedEvents(self.notify, self)


def changed(**changes: object) -> dict[str, Any]:
    return {**EVENT, **changes}


def with_data(**changes: object) -> dict[str, Any]:
    return changed(data={**EVENT["data"], **changes})


def test_an_event_says_again_what_the_history_row_said() -> None:
    heard = Heard()
    heard.door.take(delivered(ENTRY), NOW)
    assert heard.happened == [
        Happened(
            id=f"fraud-endpoint/{ROLLOUT.id}/00000007",
            endpoint=ENDPOINT,
            service="fraud",
            rollout=ROLLOUT.id,
            sequence=7,
            kind="Notice",
            phase=ENTRY.phase,
            stage=ENTRY.stage,
            at=ENTRY.at,
            text=ENTRY.text,
            actor=ENTRY.actor,
            details={"cause": "gate"},
        )
    ]


def test_the_event_is_handed_on_as_it_was_on_the_wire() -> None:
    heard = Heard()
    heard.door.take(delivered(ENTRY), NOW)
    (event,) = heard.events
    assert set(event) == {
        "specversion",
        "id",
        "source",
        "type",
        "subject",
        "time",
        "sequence",
        "data",
    }
    assert (event["sequence"], event["specversion"]) == ("00000007", "1.0")
    assert event["data"]["details"] == {"cause": "gate", "weight": 10}


def test_what_the_notifier_cannot_do_now_is_left_to_event_grid() -> None:
    heard = Heard(MessageDelayedError("later"))
    with pytest.raises(MessageDelayedError):
        heard.door.take(delivered(ENTRY), NOW)


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (changed(data=None), "no data"),
        (changed(data=[1]), "no data"),
        (changed(type="Microsoft.Storage.BlobCreated"), "type does not begin"),
        (changed(type=None), "type does not begin"),
        (changed(source="/subscriptions/x"), "not an online endpoint"),
        (changed(source=f"{ENDPOINT}/more"), "not an online endpoint"),
        (changed(source=ENDPOINT.replace("fraud-endpoint", "a--b")), "not an online endpoint"),
        (changed(id="another"), "does not name its endpoint"),
        (changed(time="soon"), "no usable time"),
        (changed(time=None), "no usable time"),
        (with_data(service="A/B"), "no usable service"),
        (with_data(service=None), "no usable service"),
        (with_data(rollout="a|b"), "no usable rollout"),
        (with_data(sequence=True), "sequence is not"),
        (with_data(sequence=-1), "sequence is not"),
        (with_data(sequence=10**8), "sequence is not"),
        (with_data(stage="1"), "stage is not"),
        (with_data(phase="DONE"), "phase is not"),
    ],
)
def test_an_event_that_contradicts_itself_is_dropped_once(
    event: dict[str, Any], words: str
) -> None:
    with pytest.raises(InvalidInputError, match=words):
        parse_announced(event)
    heard = Heard()
    heard.door.take(event, NOW)
    (line,) = heard.asked
    assert words in line
    assert heard.happened == []


def test_foreign_text_is_cut_and_made_visible() -> None:
    details = {"next": "a\nb" + "x" * 5000, "odd": 3}
    read = parse_announced(with_data(details=details, text="x\x1b[31m", actor=5))
    assert read.details["next"] == "a\ufffdb" + "x" * (MAX_DETAIL_CHARACTERS - 6) + "..."
    assert (set(read.details), read.text, read.actor) == ({"next"}, "x\ufffd[31m", "")


def test_an_event_without_details_is_read_all_the_same() -> None:
    assert parse_announced(with_data(details="none")).details == {}


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=5,
    ),
    st.sampled_from(("id", "source", "type", "time", "data", "extension_attrs", "subject")),
)
def test_no_event_makes_the_door_fail(value: object, key: str) -> None:
    heard = Heard()
    heard.door.take({**delivered(ENTRY), key: value}, NOW)
    assert len(heard.happened) + len(heard.asked) == 1


@pytest.mark.parametrize("phase", list(Phase))
def test_every_phase_is_read(phase: Phase) -> None:
    assert parse_announced(with_data(phase=phase.value)).phase is phase
