"""Small texts that cross a border: the wake-up message, and foreign text made harmless."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.adapters.storage.wakeups import WakeUp, format_wake_up, parse_wake_up
from rollout.errors import InvalidInputError
from rollout.text.plain_text import REPLACEMENT, one_line
from tests.support.builders import ENDPOINT_ID, NOW

ZONES = st.integers(-12, 12).map(lambda hours: timezone(timedelta(hours=hours)))
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=ZONES)  # noqa: DTZ001


@given(st.none() | MOMENTS)
def test_a_wake_up_survives_its_message(ends: datetime | None) -> None:
    assert parse_wake_up(format_wake_up(WakeUp(ENDPOINT_ID, ends))) == WakeUp(ENDPOINT_ID, ends)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "[" * 100_000,
        "[]",
        "{}",
        '{"endpoint": 1}',
        '{"endpoint": ""}',
        '{"endpoint": "e", "chainEnds": 5}',
        '{"endpoint": "e", "chainEnds": "soon"}',
    ],
)
def test_what_is_no_wake_up_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError):
        parse_wake_up(text)


def test_a_wake_up_is_read_leniently_and_in_utc() -> None:
    text = '{"endpoint": "/E", "chainEnds": "2026-01-31T12:00:00", "more": 1}'
    assert parse_wake_up(text) == WakeUp("/e", NOW)
    assert NOW.tzinfo is UTC


@given(st.text(max_size=60), st.integers(4, 40))
def test_foreign_text_becomes_one_visible_line(text: str, longest: int) -> None:
    line = one_line(text, longest)
    assert len(line) <= longest
    assert line.isprintable()
    line.encode()


def test_what_could_fool_a_reader_is_replaced() -> None:
    assert one_line("a\nb\x1b[2Jc\u202ed", 40) == f"a{REPLACEMENT}b{REPLACEMENT}[2Jc{REPLACEMENT}d"
    assert one_line("abcdefgh", 6) == "abc..."
