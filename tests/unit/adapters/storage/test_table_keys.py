"""Keys of rows: any text fits, order is kept, what is too long is refused."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.adapters.storage import table_keys
from rollout.errors import RowTooLargeError
from tests.doubles.records import ENDPOINT, entry

FORBIDDEN = set("/\\#?") | {chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))}


@given(st.text())
def test_any_text_fits_into_a_key_and_comes_back(text: str) -> None:
    part = table_keys.escape(text)
    assert not FORBIDDEN & set(part)
    assert table_keys.SEPARATOR not in part
    assert table_keys.unescape(part) == text


def test_a_partition_names_its_endpoint() -> None:
    key = table_keys.partition_key(ENDPOINT.upper())
    assert key.startswith("!2fsubscriptions!2f")
    assert table_keys.endpoint_of(key) == ENDPOINT


def test_a_key_that_is_too_long_is_refused() -> None:
    with pytest.raises(RowTooLargeError):
        table_keys.partition_key("/" + "x" * 600)


def test_history_keys_sort_by_rollout_and_sequence() -> None:
    keys = [table_keys.history_key(key) for key in ("", entry(2, "0").key, entry(1, "20").key)]
    keys += [table_keys.history_key(entry(10, "20").key)]
    assert keys == sorted(keys)


def test_minutes_are_keyed_in_utc() -> None:
    at = datetime(2026, 1, 31, 12, 5, tzinfo=timezone(timedelta(hours=2)))
    assert table_keys.minute_key("r", at) == "minute|r|20260131T1005Z"
    assert table_keys.minute_key("r", at, 40) == "minute|r|20260131T1005Z|probes|00000040"
