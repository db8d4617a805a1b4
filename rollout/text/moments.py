"""Moments from outside, in UTC, with room to count with them."""

from datetime import UTC, datetime

EARLIEST, LATEST = datetime(1, 1, 3, tzinfo=UTC), datetime(9000, 1, 3, tzinfo=UTC)
"""Beyond these a change of zone, or some hours more or less, would leave what Python can hold."""


def read_moment(text: str) -> datetime:
    """Return the moment of an ISO 8601 text, in UTC; without a zone it is UTC.

    Raises:
        ValueError: It is no moment, or beyond `EARLIEST` or `LATEST`.
    """
    return in_utc(datetime.fromisoformat(text))


def in_utc(moment: datetime) -> datetime:
    """Return a moment in UTC; without a zone it is UTC.

    Raises:
        ValueError: It lies beyond `EARLIEST` or `LATEST`.
    """
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    # Compared as they are: to convert such a moment would overflow.
    if not EARLIEST <= aware <= LATEST:
        raise ValueError(f"{moment.isoformat()} is not a moment of our time")
    return aware.astimezone(UTC)
