"""When freeze windows are in force: weekly, by a wall clock, across midnight and clock changes."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.adapters.zones import zone_named
from rollout.core.policy.freeze_model import Day, FreezeWindow, Frozen
from rollout.core.policy.freezing import A_WEEK, MOST_JOINED, always_frozen, frozen_at

BERLIN = "Europe/Berlin"
MINUTE = timedelta(minutes=1)
WEEKEND = FreezeWindow(0, 1440, BERLIN, (Day.SAT, Day.SUN))
NIGHTS = FreezeWindow(22 * 60, 8 * 60, BERLIN)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def until(windows: Sequence[FreezeWindow], text: str) -> str | None:
    frozen = frozen_at(windows, at(text), zone_named)
    return None if frozen is None else frozen.text


@pytest.mark.parametrize(
    ("moment", "found"),
    [
        ("2026-01-09T21:59:59+01:00", None),
        ("2026-01-09T22:00:00+01:00", "Mon 08:00 Europe/Berlin"),
        ("2026-01-11T12:00:00+01:00", "Mon 08:00 Europe/Berlin"),
        ("2026-01-12T07:59:59+01:00", "Mon 08:00 Europe/Berlin"),
        ("2026-01-12T08:00:00+01:00", None),
        ("2026-01-12T23:30:00+01:00", "Tue 08:00 Europe/Berlin"),
    ],
)
def test_windows_that_meet_or_overlap_are_one(moment: str, found: str | None) -> None:
    assert until((WEEKEND, NIGHTS), moment) == found


def test_a_window_on_some_days_crosses_midnight_into_another_day() -> None:
    friday = (FreezeWindow(18 * 60, 6 * 60, "UTC", (Day.FRI,)),)
    assert until(friday, "2026-01-09T18:00:00Z") == "Sat 06:00 UTC"
    assert until(friday, "2026-01-10T05:59:00Z") == "Sat 06:00 UTC"
    assert until(friday, "2026-01-10T18:00:00Z") is None
    assert until(friday, "2026-01-09T05:00:00Z") is None


def test_the_end_is_told_by_the_clock_of_the_window_that_ends_last() -> None:
    both = (FreezeWindow(0, 600, "UTC"), FreezeWindow(540, 720, "America/New_York"))
    assert until(both, "2026-01-09T05:00:00Z") == "Fri 10:00 UTC"
    wider = (*both, FreezeWindow(590, 860, "UTC"))
    assert until(wider, "2026-01-09T05:00:00Z") == "Fri 12:00 America/New_York"


def test_without_windows_nothing_is_frozen() -> None:
    assert frozen_at((), at("2026-01-09T18:00:00Z"), zone_named) is None


def test_a_zone_that_is_not_known_freezes_without_an_end() -> None:
    lost = (FreezeWindow(0, 1, "Mars/Olympus"),)
    found = frozen_at(lost, at("2026-01-09T18:00:00Z"), zone_named)
    assert found == Frozen(None, "the zone Mars/Olympus is known to this app")
    assert found.lasts(at("2030-01-01T00:00:00Z"))


# Berlin's clocks: 2026-03-29 02:00 -> 03:00 (01:00 UTC), 2026-10-25 03:00 -> 02:00 (01:00 UTC).
@pytest.mark.parametrize(
    ("start", "end", "first", "last"),
    [
        # A start, an end, and both, at times that the clocks leave out.
        ("02:30", "05:00", "2026-03-29T01:00Z", "2026-03-29T03:00Z"),
        ("01:00", "02:30", "2026-03-29T00:00Z", "2026-03-29T01:00Z"),
        ("01:30", "03:30", "2026-03-29T00:30Z", "2026-03-29T01:30Z"),
        # At times that they show twice: from the first to the second.
        ("02:30", "05:00", "2026-10-25T00:30Z", "2026-10-25T04:00Z"),
        ("01:00", "02:30", "2026-10-24T23:00Z", "2026-10-25T01:30Z"),
        ("02:15", "02:45", "2026-10-25T00:15Z", "2026-10-25T01:45Z"),
    ],
)
def test_when_clocks_change_a_window_never_has_a_hole(
    start: str, end: str, first: str, last: str
) -> None:
    window = (FreezeWindow(_minutes(start), _minutes(end), BERLIN, (Day.SUN,)),)
    begins, ends = at(first), at(last)
    assert frozen_at(window, begins - MINUTE, zone_named) is None
    found = frozen_at(window, begins, zone_named)
    assert found is not None
    assert found.until == ends
    assert frozen_at(window, ends, zone_named) is None


def test_a_window_inside_the_hour_that_is_left_out_is_no_time_at_all() -> None:
    window = (FreezeWindow(130, 160, BERLIN, (Day.SUN,)),)
    for minutes in range(-90, 90):
        moment = at("2026-03-29T01:00Z") + minutes * MINUTE
        assert frozen_at(window, moment, zone_named) is None


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


ZONES = ("UTC", BERLIN, "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Asia/Tehran")
CHANGES = ("2026-03-29", "2026-10-25", "2026-03-08", "2026-11-01", "2026-04-05", "2026-10-04")

a_window = st.builds(
    FreezeWindow,
    st.integers(0, 1439),
    st.integers(0, 1440),
    st.sampled_from(ZONES),
    st.lists(st.sampled_from(list(Day)), min_size=1, unique=True).map(tuple),
).filter(lambda window: window.start != window.end)
near_a_change = st.builds(
    lambda day, minutes: datetime.fromisoformat(f"{day}T00:00Z") + minutes * MINUTE,
    st.sampled_from(CHANGES),
    st.integers(-36 * 60, 60 * 60),
)


def shows(window: FreezeWindow, moment: datetime) -> bool:
    """The clock on the wall shows a time of the window; written apart from the product."""
    wall = moment.astimezone(ZoneInfo(window.zone))
    minutes, day = wall.hour * 60 + wall.minute, list(Day)[wall.weekday()]
    before = list(Day)[(wall.weekday() - 1) % 7]
    if window.end > window.start:
        return day in window.days and window.start <= minutes < window.end
    late = day in window.days and minutes >= window.start
    return late or (before in window.days and minutes < window.end)


@given(a_window, near_a_change)
def test_whatever_the_wall_clock_shows_inside_a_window_is_frozen(
    window: FreezeWindow, moment: datetime
) -> None:
    frozen = frozen_at((window,), moment, zone_named)
    if shows(window, moment):
        assert frozen is not None
    elif frozen is not None:
        # Only between two equal times: an hour before or after, the clock shows it.
        hour = timedelta(hours=1)
        assert any(shows(window, moment + shift) for shift in (-hour, hour, -hour / 2, hour / 2))


@given(st.lists(a_window, min_size=1, max_size=4), near_a_change)
def test_a_freeze_lasts_to_its_end_and_no_longer(
    windows: list[FreezeWindow], moment: datetime
) -> None:
    frozen = frozen_at(windows, moment, zone_named)
    if frozen is None or frozen.until is None or frozen.until - moment >= MOST_JOINED:
        return
    assert moment < frozen.until
    assert frozen_at(windows, frozen.until, zone_named) is None
    for share in (0.25, 0.5, 0.99):
        between = moment + share * (frozen.until - moment)
        assert frozen_at(windows, between, zone_named) == frozen


def test_windows_that_leave_nothing_open_are_told() -> None:
    every_day = FreezeWindow(0, 1440, BERLIN)
    assert always_frozen((every_day,), zone_named)
    assert always_frozen((NIGHTS, FreezeWindow(8 * 60, 22 * 60, BERLIN)), zone_named)
    assert not always_frozen((NIGHTS, FreezeWindow(8 * 60, 22 * 60 - 1, BERLIN)), zone_named)
    assert not always_frozen((WEEKEND,), zone_named)
    assert not always_frozen((), zone_named)


def test_windows_of_two_zones_may_meet_in_summer_only() -> None:
    # 08:00 to 22:00 in Berlin is 07:00 to 21:00 UTC in winter, and 06:00 to 20:00 in summer.
    both = (FreezeWindow(8 * 60, 22 * 60, BERLIN), FreezeWindow(20 * 60, 6 * 60, "UTC"))
    assert always_frozen(both, zone_named)
    assert frozen_at(both, at("2026-01-05T06:30:00Z"), zone_named) is None


def test_no_end_is_looked_for_beyond_a_week() -> None:
    found = frozen_at((FreezeWindow(0, 1440, "UTC"),), at("2026-01-05T10:00:00Z"), zone_named)
    assert found is not None
    assert found.until is not None
    assert found.until - at("2026-01-05T10:00:00Z") >= A_WEEK


@pytest.mark.parametrize(("start", "end"), [(-1, 5), (1440, 5), (0, 1441), (5, -1)])
def test_a_day_has_no_other_minutes(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="minutes"):
        FreezeWindow(start, end, "UTC")
