from datetime import UTC, datetime, timedelta

import pytest

from localazure.functions_host.schedule import Schedule, ScheduleError

MONDAY = datetime(2026, 11, 23, 10, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0 * * * * *", MONDAY + timedelta(minutes=1)),
        ("*/5 * * * * *", MONDAY + timedelta(seconds=5)),
        ("0 */5 * * * *", MONDAY + timedelta(minutes=5)),
        ("5/20 * * * * *", MONDAY + timedelta(seconds=5)),
        ("59/5 * * * * *", MONDAY + timedelta(seconds=59)),
        ("0 30 9-17 * * Mon-Friday", MONDAY + timedelta(minutes=30)),
        ("0 0 0 1 jan,jul *", datetime(2027, 1, 1, tzinfo=UTC)),
        ("00:05:00", MONDAY + timedelta(minutes=5)),
        ("1.00:00:00", MONDAY + timedelta(days=1)),
    ],
)
def test_the_next_time_follows_the_schedule(text: str, expected: datetime) -> None:
    assert Schedule.parse(text).next_after(MONDAY) == expected


def test_day_of_month_and_day_of_week_must_both_match() -> None:
    friday_the_thirteenth = Schedule.parse("0 0 0 13 * FRI").next_after(MONDAY)
    assert friday_the_thirteenth == datetime(2027, 8, 13, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "* * * * *",
        "0 * * * * * *",
        "@daily",
        "0 0 0 L * *",
        "0 0 0 ? * MON",
        "0 0 0 * * 1#2",
        "0 0 0 * * 7",
        "60 * * * * *",
        "0 0 0 0 * *",
        "0 0 22-2 * * *",
        "0 */0 * * * *",
        "0 0 0 31 2 *",
        "0 0 0 * * someday",
        "00:00:00",
        "00:61:00",
        "",
    ],
)
def test_a_schedule_that_the_host_refuses_is_refused(text: str) -> None:
    with pytest.raises(ScheduleError):
        Schedule.parse(text)


@pytest.mark.parametrize(
    ("text", "monitored"),
    [("0 * * * * *", True), ("00:01:00", True), ("*/30 * * * * *", False), ("00:00:05", False)],
)
def test_only_a_timer_that_fires_once_a_minute_or_less_is_monitored(
    *, text: str, monitored: bool
) -> None:
    assert Schedule.parse(text).is_monitored(MONDAY) is monitored
