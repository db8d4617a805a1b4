from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from localazure.functions_host.schedule import Schedule
from localazure.functions_host.timer_status import (
    TimerStatus,
    TimerStatusFolder,
    status_at_start,
)

EVERY_MINUTE = Schedule.parse("0 * * * * *")
NOW = datetime(2026, 11, 23, 10, 0, 30, tzinfo=UTC)
ZERO = timedelta(0)


def ran_at(moment: datetime) -> TimerStatus:
    return TimerStatus(moment, EVERY_MINUTE.next_after(moment), moment)


def test_the_first_start_waits_for_the_next_time() -> None:
    status, past_due = status_at_start(None, EVERY_MINUTE, NOW)
    assert (status.last, past_due) == (None, ZERO)
    assert status.next == datetime(2026, 11, 23, 10, 1, tzinfo=UTC)


def test_a_time_that_passed_while_no_host_ran_is_past_due() -> None:
    _, past_due = status_at_start(ran_at(NOW - timedelta(minutes=5)), EVERY_MINUTE, NOW)
    assert past_due == timedelta(minutes=4, seconds=30)


def test_a_restart_before_the_next_time_is_not_past_due() -> None:
    stored = ran_at(NOW - timedelta(seconds=10))
    assert status_at_start(stored, EVERY_MINUTE, NOW) == (stored, ZERO)


def test_a_changed_schedule_starts_afresh() -> None:
    stored = ran_at(NOW - timedelta(minutes=5))
    hourly = Schedule.parse("0 0 * * * *")
    status, past_due = status_at_start(stored, hourly, NOW)
    assert past_due == ZERO
    assert status.next == hourly.next_after(NOW)


def test_a_status_is_found_again(tmp_path: Path) -> None:
    folder = TimerStatusFolder(tmp_path / "timers")
    for status in (ran_at(NOW), TimerStatus(None, NOW, NOW)):
        folder.write("Tick", status)
        assert folder.read("tick") == status


@pytest.mark.parametrize("content", [None, "{", "{}", '{"Last": 1}', "[]"])
def test_an_unreadable_status_counts_as_none(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "tick.json").write_text(content)
    assert TimerStatusFolder(tmp_path).read("tick") is None
