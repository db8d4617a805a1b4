"""The wake-up message: what goes in comes out, and what is not one is refused."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.adapters.storage.wakeups import WakeUp, format_wake_up, parse_wake_up
from rollout.errors import InvalidInputError
from tests.doubles.records import ENDPOINT

ZONES = st.integers(-12, 12).map(lambda hours: timezone(timedelta(hours=hours)))
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=ZONES)  # noqa: DTZ001


NAMES = st.lists(st.sampled_from([ENDPOINT, "/e", "/ü"]), min_size=1).map(tuple)


@given(NAMES, st.none() | MOMENTS, st.booleans(), st.none() | MOMENTS)
def test_a_wake_up_survives_its_message(
    names: tuple[str, ...],
    ends: datetime | None,
    suspended: bool,  # noqa: FBT001 - drawn
    waits: datetime | None,
) -> None:
    wake_up = WakeUp(names, ends, suspended, waits)
    assert parse_wake_up(format_wake_up(wake_up)) == wake_up


def test_a_wake_up_of_an_older_app_says_nothing_of_suspensions() -> None:
    assert parse_wake_up('{"endpoint": "/e"}') == WakeUp(("/e",))


def test_one_endpoint_is_written_as_an_older_app_reads_it() -> None:
    assert format_wake_up(WakeUp(("/e",))) == '{"endpoint": "/e"}'
    assert format_wake_up(WakeUp(("/e", "/f"))) == '{"endpoints": ["/e", "/f"]}'
    assert parse_wake_up('{"endpoints": ["/E", "/F"]}') == WakeUp(("/e", "/f"))


def test_a_wake_up_that_names_nobody_is_for_what_is_due() -> None:
    assert parse_wake_up(format_wake_up(WakeUp(()))) == WakeUp(())


def test_a_wake_up_has_no_key_that_the_host_reads_itself() -> None:
    text = format_wake_up(WakeUp((ENDPOINT,), datetime(2026, 1, 31, tzinfo=UTC)))
    assert not {"id", "insertiontime"} & {word.lower() for word in text.split('"')}


def test_a_wake_up_without_a_zone_is_utc_and_unknown_keys_are_ignored() -> None:
    text = '{"endpoint": "/E", "chainEnds": "2026-01-31T10:00:00", "more": 1}'
    wake_up = parse_wake_up(text)
    assert wake_up == WakeUp(("/e",), datetime(2026, 1, 31, 10, tzinfo=UTC))
    assert wake_up.chain_ends is not None
    assert wake_up.chain_ends.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "[]",
        "{}",
        "{",
        '{"endpoint": 1}',
        '{"endpoint": ""}',
        "[" * 100_000,
        '{"endpoint": "e", "chainEnds": "soon"}',
        '{"endpoint": "e", "chainEnds": 1}',
        '{"endpoint": "e", "chainEnds": "9999-12-31T23:59:59-12:00"}',
        '{"endpoint": "e", "chainEnds": "0001-01-01T00:00:00+12:00"}',
        '{"endpoint": "e\\ud800"}',
        '{"endpoint": "e", "more": NaN}',
        '{"endpoints": []}',
        '{"due": false}',
        '{"endpoints": "e"}',
        '{"endpoints": ["e", ""]}',
        '{"endpoints": ["e", 1]}',
        '{"endpoints": ["e", "e\\ud800"]}',
    ],
    ids=range(20),
)
def test_what_is_no_wake_up_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError):
        parse_wake_up(text)
