"""How moments and durations stand in what HTTP doors answer."""

from datetime import UTC, datetime, timedelta


def moment_text(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC, to the second."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def seconds(duration: timedelta) -> int:
    """Whole seconds, rounded."""
    return round(duration.total_seconds())
