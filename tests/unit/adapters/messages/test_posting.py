"""When a channel may be asked again, and what its answers mean."""

from datetime import UTC, datetime

import pytest

from rollout.adapters.messages.posting import MOST_WAIT_SECONDS, retry_after

NOW = datetime(2026, 1, 31, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1", 1.0),
        (" 30 ", 30.0),
        ("0", 0.0),
        ("99999999999999999999", MOST_WAIT_SECONDS),
        ("Sat, 31 Jan 2026 10:01:30 GMT", 90.0),
        ("Sat, 31 Jan 2026 10:01:30 -0000", 90.0),
        ("Sat, 31 Jan 2026 09:00:00 GMT", 0.0),
        ("Sat, 31 Jan 2099 10:01:30 GMT", MOST_WAIT_SECONDS),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("\u0661", None),
    ],
)
def test_retry_after_is_a_number_or_a_date(text: str, seconds: float | None) -> None:
    assert retry_after({"Retry-After": text}, NOW) == seconds


def test_without_the_header_nothing_is_asked() -> None:
    assert retry_after({}) is None
