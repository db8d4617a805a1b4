"""Messages as Event Grid puts them into a Storage queue, and when a failed one comes again."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.core.records.signals import Registered
from rollout.errors import InvalidInputError
from rollout.inbound.event_grid import parse_model_registered
from rollout.inbound.queued_events import (
    GIVEN_UP_AFTER,
    MAX_WAIT,
    MIN_WAIT,
    read_queued_event,
    redelivery_wait,
)
from tests.support.inbound_samples import CLOUD_EVENT, EVENT_GRID_EVENT, OWN

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
EVENT_KEYS = ("eventTime", "time")


def text(event: Any) -> bytes:
    return json.dumps(event).encode()


@pytest.mark.parametrize("event", [EVENT_GRID_EVENT, CLOUD_EVENT])
def test_both_schemas_give_what_the_trigger_gets_whatever_the_encoding(
    event: dict[str, Any],
) -> None:
    plain = text(event)
    forms = [plain, b"\n " + plain, text([event]), base64.b64encode(plain)]

    assert [read_queued_event(form) for form in forms] == [event] * 4
    assert isinstance(parse_model_registered(read_queued_event(forms[-1]), OWN), Registered)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"no wake-up", "neither JSON nor base64"),
        (b"{", "not JSON"),
        (base64.b64encode(b"text"), "not JSON"),
        (base64.b64encode(b"\xff\xfe"), "not UTF-8"),
        (base64.b64encode(base64.b64encode(b"{}")), "not JSON"),
        (base64.b64encode(b"7"), "one event"),
        (b"[]", "one event"),
        (text([EVENT_GRID_EVENT, EVENT_GRID_EVENT]), "one event"),
        (b'["x"]', "one event"),
        (b'{"id": 1, "id": 2}', "twice"),
        (b"A" * 300_000, "256 KiB"),
    ],
)
def test_anything_else_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(InvalidInputError, match=words):
        read_queued_event(content)


@given(st.binary(max_size=300))
def test_no_bytes_make_the_reader_fail_otherwise(content: bytes) -> None:
    for form in (content, base64.b64encode(content)):
        try:
            assert isinstance(read_queued_event(form), dict)
        except InvalidInputError as error:
            assert str(error)  # noqa: PT017 - either outcome is right


@pytest.mark.parametrize(
    ("age", "wait"),
    [
        (timedelta(0), timedelta(seconds=10)),
        (timedelta(seconds=-30), timedelta(seconds=10)),
        (timedelta(seconds=25), timedelta(seconds=25)),
        (timedelta(minutes=20), timedelta(minutes=20)),
        (timedelta(hours=5), timedelta(hours=1)),
        (timedelta(hours=24), None),
        (timedelta(minutes=-6), None),
    ],
)
def test_the_wait_is_the_events_age_within_bounds(age: timedelta, wait: timedelta | None) -> None:
    for key in EVENT_KEYS:
        assert redelivery_wait({key: (NOW - age).isoformat()}, NOW) == wait


@pytest.mark.parametrize("moment", [None, 7, "", "soon", "0001-01-01T00:00:00+23:59"])
def test_an_event_without_a_usable_time_is_given_up(moment: Any) -> None:
    assert redelivery_wait({"eventTime": moment}, NOW) is None
    assert redelivery_wait({}, NOW) is None


def test_a_time_without_a_zone_is_utc() -> None:
    stamp = (NOW - timedelta(minutes=1)).replace(tzinfo=None).isoformat()

    assert redelivery_wait({"eventTime": stamp}, NOW) == timedelta(minutes=1)


@given(st.timedeltas(timedelta(0), timedelta(minutes=5)))
def test_an_event_that_always_fails_is_tried_for_a_day_and_then_given_up(lag: timedelta) -> None:
    """Each try begins `lag` after the message becomes visible again."""
    event = {"eventTime": NOW.isoformat()}
    now, tries = NOW + lag, 0
    while (wait := redelivery_wait(event, now)) is not None:
        assert MIN_WAIT <= wait <= MAX_WAIT
        now += wait + lag
        tries += 1

    assert GIVEN_UP_AFTER <= now - NOW < GIVEN_UP_AFTER + MAX_WAIT + 2 * lag
    assert 20 < tries < 50
