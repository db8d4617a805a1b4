"""Which minutes the app itself asked in, in few characters."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.core.records.collected import SPAN, Collected, Lately

AT = datetime(2026, 11, 27, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def lately(*offsets: int) -> Lately:
    found = Lately()
    for offset in offsets:
        found = found.with_minute(AT + offset * MINUTE)
    return found


def test_before_anything_was_sent_no_minute_is_the_apps() -> None:
    assert AT not in Lately()


@given(st.lists(st.integers(0, 3 * SPAN), min_size=1, max_size=40))
def test_each_minute_is_known_in_whatever_order_it_came(offsets: list[int]) -> None:
    found, last = lately(*offsets), max(offsets)

    assert len(found.minutes) <= SPAN // 4
    for offset in range(last - SPAN + 1, last + 3):
        assert (AT + offset * MINUTE in found) == (offset in offsets), offset
    # What lies further back is not known: nobody's answers are taken for clients'.
    assert AT + (last - SPAN) * MINUTE in found


def test_minutes_that_are_no_number_make_no_record() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        Lately(AT, "no number")


def test_fewer_than_no_answers_make_no_record() -> None:
    with pytest.raises(ValueError, match="fewer than 0"):
        Collected(left_out=-1)


def test_what_impairs_is_one_sentences_part() -> None:
    assert Collected().impaired == ""
    assert Collected(silent="a", unequal="b").impaired == "a; b"
