"""What `Retry-After` asks for, whatever a server or a proxy wrote there."""

from datetime import UTC, datetime

import pytest

from rollout.text.retry_after import seconds_asked

NOW = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7),
        (" 7 ", 7),
        ("9" * 5000, 120),
        ("Mon, 05 Jan 2026 10:00:30 GMT", 30),
        ("Mon, 05 Jan 2026 11:00:00 GMT", 120),
        ("Mon, 05 Jan 2026 09:00:00 GMT", 0),
        ("", None),
        ("1.5", None),
        ("-3", None),
        ("soon", None),
        ("Fri, 99999999999999999999 Jan 2020 00:00:00 GMT", None),
        ("Mon, 31 Feb 2026 10:00:00 GMT", None),
        ("Mon, 05 Jan 2026 10:00:00 +999999", None),
    ],
)
def test_it_is_a_bounded_number_of_seconds_or_nothing(text: str, seconds: float | None) -> None:
    assert seconds_asked(text, 120, NOW) == seconds
