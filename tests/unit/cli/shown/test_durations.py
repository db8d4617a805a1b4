"""Durations as people say them."""

import pytest

from rollout.cli.shown.durations import clock, moment, short, since, until
from tests.support.builders import NOW


@pytest.mark.parametrize(
    ("seconds", "text"), [(-5, "0s"), (0, "0s"), (59, "59s"), (61, "1m"), (7300, "2h"), (2e5, "2d")]
)
def test_a_short_duration_has_one_unit(seconds: float, text: str) -> None:
    assert short(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(-1, "0:00"), (372, "6:12"), (3972, "1:06:12"), (172800, "2d")]
)
def test_a_countdown_reads_as_a_clock(seconds: float, text: str) -> None:
    assert clock(seconds) == text


def test_a_moment_that_is_not_known_has_no_duration() -> None:
    assert (since(None, NOW), until(None, NOW), moment("yesterday")) == ("-", "", None)
    assert until("2020-01-01T00:00:00Z", NOW) == ""
