"""The header `Retry-After`: seconds, or a moment as HTTP writes it (RFC 9110, 10.2.3)."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_MOST_DIGITS = 9


def seconds_asked(text: str, most: float, now: datetime | None = None) -> float | None:
    """Return the seconds that the header asks for, `most` at most; None: it says nothing usable.

    `now` None: the system's time.
    """
    text = text.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:_MOST_DIGITS]), most)
    try:
        moment = parsedate_to_datetime(text)
    # It reads whatever looks like a number: one of a hundred digits overflows.
    except (ValueError, OverflowError):
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    left = (aware - (now or datetime.now(UTC))).total_seconds()
    return min(max(left, 0.0), most)
