"""Moments and durations as people say them."""

from datetime import UTC, datetime, timedelta

_UNITS = ((86400, "d"), (3600, "h"), (60, "m"), (1, "s"))
_CLOCK_ENDS = 86400
"""A countdown longer than this in seconds is told in days."""


def moment(text: str | None) -> datetime | None:
    """Read a view's moment (ISO 8601); None where the view has none, or something else."""
    try:
        found = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return found if found is None or found.tzinfo else found.replace(tzinfo=UTC)


def short(seconds: float) -> str:
    """Return a duration in one unit, rounded down: `42m`, `3h`, `2d`."""
    whole = max(0, int(seconds))
    for size, unit in _UNITS:
        if whole >= size:
            return f"{whole // size}{unit}"
    return "0s"


def clock(seconds: float) -> str:
    """Return a duration as a clock shows it: `6:12`, `1:06:12`; from a day on as `short`."""
    whole = max(0, int(seconds))
    if whole >= _CLOCK_ENDS:
        return short(whole)
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute}:{second:02d}"


def since(text: str | None, now: datetime) -> str:
    """Return how long ago a moment was; `-` where it is not known."""
    at = moment(text)
    return short((now - at) / timedelta(seconds=1)) if at else "-"


def until(text: str | None, now: datetime) -> str:
    """Return the countdown to a moment: "" where there is none or it has passed."""
    at = moment(text)
    left = (at - now) / timedelta(seconds=1) if at else 0
    return clock(left) if left > 0 else ""
