"""`ModelRegistered` events: what is offered, dropped, put back, and given up."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rollout.core.records.signals import Registered
from rollout.errors import InvalidInputError, StoreUnavailableError
from rollout.inbound.model_events import ModelEvents
from tests.support.inbound_samples import EVENT_GRID_EVENT, OWN

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@dataclass
class Heard:
    """Stands for the service, the queue and the log, and keeps what reached them."""

    fault: Exception | None = None
    offered: list[Registered] = field(default_factory=list)
    put: list[tuple[bytes, timedelta]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def offer(self, signal: Registered, _now: datetime) -> None:
        if self.fault is not None:
            raise self.fault
        self.offered.append(signal)

    def put_back(self, content: bytes, *, delay: timedelta) -> None:
        self.put.append((content, delay))

    def info(self, text: str, **_fields: object) -> None:
        self.lines.append(text)

    def attention(self, text: str, **_fields: object) -> None:
        self.asked.append(text)

    def notice(self, text: str, **_fields: object) -> None:
        raise AssertionError(f"an event says nothing of a rollout: {text}")

    def decided(self, line: Mapping[str, Any]) -> None:
        raise AssertionError(line)

    @property
    def door(self) -> ModelEvents:
        return ModelEvents(OWN, self.offer, self, self)


def message(**changes: Any) -> bytes:
    return base64.b64encode(json.dumps({**EVENT_GRID_EVENT, **changes}).encode())


def aged(age: timedelta) -> bytes:
    return message(eventTime=(NOW - age).isoformat())


def direct(door: ModelEvents, event: dict[str, Any]) -> None:
    door.take(event, NOW)


def queued(door: ModelEvents, event: dict[str, Any]) -> None:
    door.take_queued(message(**event), NOW)


@pytest.mark.parametrize("way", [direct, queued])
def test_both_ways_offer_the_version(way: Callable[[ModelEvents, dict[str, Any]], None]) -> None:
    heard = Heard()
    way(heard.door, EVENT_GRID_EVENT)

    assert [each.event_id for each in heard.offered] == [EVENT_GRID_EVENT["id"]]
    assert (heard.put, heard.asked) == ([], [])


@pytest.mark.parametrize("way", [direct, queued])
def test_an_event_that_names_no_version_is_dropped_for_an_operator_to_see(
    way: Callable[[ModelEvents, dict[str, Any]], None],
) -> None:
    heard = Heard()
    way(heard.door, {**EVENT_GRID_EVENT, "data": {}, "subject": "nonsense"})

    assert (heard.offered, heard.put) == ([], [])
    assert heard.asked[0].startswith("An event was dropped")


@pytest.mark.parametrize("way", [direct, queued])
def test_an_event_of_another_workspace_is_noted_and_taken(
    way: Callable[[ModelEvents, dict[str, Any]], None],
) -> None:
    heard = Heard()
    way(heard.door, {**EVENT_GRID_EVENT, "topic": "/subscriptions/other"})

    assert (heard.offered, heard.put, heard.asked) == ([], [], [])
    assert heard.lines == ["The event comes from another workspace."]


def test_event_grid_gets_the_failure_and_delivers_again() -> None:
    heard = Heard(StoreUnavailableError("down"))
    with pytest.raises(StoreUnavailableError):
        direct(heard.door, EVENT_GRID_EVENT)

    assert heard.put == []


def test_a_failed_message_is_put_back_unchanged_after_its_own_age() -> None:
    heard, content = Heard(StoreUnavailableError("down")), aged(timedelta(minutes=5))
    heard.door.take_queued(content, NOW)

    assert heard.put == [(content, timedelta(minutes=5))]
    assert heard.lines == ["an event failed and comes again"]


def test_a_message_that_failed_for_a_day_goes_to_the_poison_queue() -> None:
    heard = Heard(StoreUnavailableError("down"))
    with pytest.raises(StoreUnavailableError):
        heard.door.take_queued(aged(timedelta(hours=25)), NOW)

    assert heard.put == []
    assert heard.asked == ["An event goes to the poison queue: down"]


def test_a_message_without_an_event_goes_to_the_poison_queue() -> None:
    heard = Heard()
    with pytest.raises(InvalidInputError):
        heard.door.take_queued(b"no event", NOW)

    assert heard.asked[0].startswith("A message of the event queue goes to its poison queue")
