"""An event that Event Grid put into a Storage queue: how it is read, and when it comes again.

Event Grid writes one event a message, as base64 of its JSON, whatever schema was chosen (its page
on Storage queues as event handlers). `host.json` makes the host read every queue as plain text,
for the wake-ups' sake, so the encoding is undone here: JSON begins with a brace or a bracket, and
base64 has neither.
"""

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from rollout.errors import InvalidInputError
from rollout.inbound.strict_json import check_size, read_json
from rollout.text.moments import read_moment

MIN_WAIT = timedelta(seconds=10)
MAX_WAIT = timedelta(hours=1)
GIVEN_UP_AFTER = timedelta(hours=24)
"""Event Grid delivers to a function for a day, first after 10 s, at last every hour or more rarely
(its page on delivery and retry). The queue must do no less."""

CLOCK_ALLOWANCE = timedelta(minutes=5)
_JSON_BEGINS = (b"{", b"[")


def read_queued_event(content: bytes) -> Mapping[str, Any]:
    """Return the event of one message: base64 of JSON, or JSON; an object, or an array of one.

    Raises:
        InvalidInputError: It is neither.
    """
    check_size(content)
    text = content.strip()
    if not text.startswith(_JSON_BEGINS):
        try:
            text = base64.b64decode(text, validate=True)
        except binascii.Error as error:
            raise InvalidInputError("The message is neither JSON nor base64 of JSON.") from error
    event = read_json(text)
    if isinstance(event, list) and len(event) == 1:
        event = event[0]
    if not isinstance(event, dict):
        raise InvalidInputError("The message does not hold one event, a JSON object.")
    return event


def redelivery_wait(event: Mapping[str, Any], now: datetime) -> timedelta | None:
    """Return how long to wait before an event that failed is tried again; None: give it up.

    The wait is the event's age, within MIN_WAIT and MAX_WAIT, so that the times between tries
    double without a count being kept. An event without a usable time is given up at once: it would
    never grow old.
    """
    moment = _moment(event.get("eventTime") or event.get("time"))
    if moment is None:
        return None
    age = now - moment
    if age < -CLOCK_ALLOWANCE or age >= GIVEN_UP_AFTER:
        return None
    return min(max(age, MIN_WAIT), MAX_WAIT)


def _moment(value: object) -> datetime | None:
    try:
        return read_moment(value if isinstance(value, str) else "")
    except ValueError:
        return None
