"""Requests that nobody sent are counted in the past, within bounds."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from localazure.monitor.recorder import Outcome, Recorder
from localazure.stack.past_requests import count_requests

NOW = datetime(2026, 11, 27, 10, 0, 30, tzinfo=UTC)
BODY = {
    "endpoint": "Fraud",
    "deployment": "blue",
    "perMinute": 30,
    "from": "2026-11-27T09:57:20Z",
    "until": "2026-11-27T10:00:00Z",
}


def recorder() -> Recorder:
    return Recorder(lambda: NOW)


def test_each_whole_minute_has_so_many_requests() -> None:
    found = recorder()
    assert count_requests(found, BODY) == 90
    minutes = list(found.minutes("fraud", NOW - timedelta(minutes=4), NOW))
    answered = Outcome("blue", 200, 200)
    counts = [minute.counts.get(answered, 0) for minute in minutes]
    assert counts == [0, 30, 30, 30, 0]
    assert minutes[1].durations == {"blue": [12.0] * 30}


def test_the_present_may_lie_ahead_of_the_clock() -> None:
    found = recorder()
    later = {**BODY, "from": "2026-11-27T12:00:00Z", "until": "2026-11-27T12:01:00Z"}
    with pytest.raises(ValueError, match="in order"):
        count_requests(found, later)
    found.ahead = timedelta(hours=3)
    assert count_requests(found, {**later, "status": 503}) == 30
    start = NOW + timedelta(hours=2)
    (minute,) = found.minutes("fraud", start, start + timedelta(seconds=30))
    assert minute.counts == {Outcome("blue", 503, 503): 30}


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"from": "2026-11-27T09:57:20"}, "offset"),
        ({"until": "2026-11-27T09:00:00Z"}, "in order"),
        ({"from": "2026-11-20T09:00:00Z"}, "in order"),
        ({"perMinute": 0}, "perMinute"),
        ({"perMinute": 10_001}, "perMinute"),
        ({"from": "2026-11-27T00:00:00Z", "perMinute": 10_000}, "fewer minutes"),
    ],
)
def test_what_is_out_of_range_counts_nothing(changed: dict[str, Any], why: str) -> None:
    found = recorder()
    with pytest.raises(ValueError, match=why):
        count_requests(found, {**BODY, **changed})
    start = NOW - timedelta(hours=1)
    assert not any(minute.counts for minute in found.minutes("fraud", start, NOW))
