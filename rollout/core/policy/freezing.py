"""When a policy's freeze windows are in force. Pure: the zones' rules are handed in.

A window is what a wall clock in its zone shows. Where clocks go forward, a time that is left out
stands for the moment they do; where they go back, a window begins with the first of two equal
times and ends with the second. So it never has a hole, and is in force whenever the clock on the
wall shows a time inside it.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from rollout.core.policy.freeze_model import Day, FreezeWindow, Frozen, Zones

A_DAY = timedelta(days=1)
A_WEEK = timedelta(days=7)
MOST_JOINED = timedelta(days=8)
"""No end is looked for beyond this: windows joined for a week have none."""

_DAYS_BACK = 2
"""A window begins at most a day before the moment it covers; zones' own jumps add less than one."""

_SECOND = timedelta(seconds=1)
_BEFORE, _AFTER = 0, 1
_REFERENCE_WEEKS = (datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 7, 6, tzinfo=UTC))
"""A Monday of each half of a year: no zone's summer time covers both."""


def frozen_at(windows: Sequence[FreezeWindow], now: datetime, zones: Zones) -> Frozen | None:
    """Say until when nothing may be raised; windows that meet or overlap are one.

    Args:
        windows: The policy's.
        now: The moment, in UTC.
        zones: The zones' rules. One that is not known freezes: nobody can say that it does not.

    Returns:
        None where no window is in force.
    """
    until, zone = now, ""
    while until - now < MOST_JOINED:
        ends = []
        for window in windows:
            rules = zones(window.zone)
            if rules is None:
                return Frozen(None, f"the zone {window.zone} is known to this app")
            ends += [(end, window.zone) for end in _ends(window, until, rules)]
        if not ends:
            break
        until, zone = max(ends)
    return Frozen(until, _shown(until, zone, zones)) if zone else None


def always_frozen(windows: Sequence[FreezeWindow], zones: Zones) -> bool:
    """Say whether the windows together leave no moment of a week open, in summer or in winter."""
    for monday in _REFERENCE_WEEKS:
        frozen = frozen_at(windows, monday, zones)
        if frozen is not None and frozen.until is not None and frozen.until - monday >= A_WEEK:
            return True
    return False


def _ends(window: FreezeWindow, now: datetime, zone: tzinfo) -> Iterator[datetime]:
    """The ends of this window's occurrences that cover `now`."""
    today = now.astimezone(zone).date()
    days = list(Day)
    for back in range(_DAYS_BACK + 1):
        day = today - back * A_DAY
        if days[day.weekday()] in window.days:
            start = _moment(day, window.start, zone, _BEFORE)
            last = day + A_DAY if window.crosses_midnight else day
            end = _moment(last, window.end, zone, _AFTER)
            if start <= now < end:
                yield end


def _moment(day: date, minutes: int, zone: tzinfo, which: int) -> datetime:
    """The moment at which the zone's clocks show this; `which` of two that they show twice."""
    wall = datetime.combine(day, time()) + timedelta(minutes=minutes)
    first, second = (
        wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (_BEFORE, _AFTER)
    )
    if first <= second:
        return second if which else first
    # Left out: before the jump this time had not come, after it it was over.
    return _jump(second, first, zone)


def _jump(before: datetime, after: datetime, zone: tzinfo) -> datetime:
    """The first moment with the offset that the zone has after it jumped, to the second."""
    new = after.astimezone(zone).utcoffset()
    while after - before > _SECOND:
        middle = before + (after - before) // 2
        if middle.astimezone(zone).utcoffset() == new:
            after = middle
        else:
            before = middle
    return after.replace(microsecond=0)


def _shown(until: datetime, zone: str, zones: Zones) -> str:
    return f"{until.astimezone(zones(zone)):%a %H:%M} {zone}"
