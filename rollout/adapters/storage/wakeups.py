"""The wake-up message: which endpoint to look at, and when its chain of rechecks ends.

Plain JSON text, `{"endpoint": ..., "chainEnds": ..., "suspended": true, "waitsSince": ...}`; all
but the first may be left out. The Functions host reads the keys `Id` and `InsertionTime` of a queue
message itself, so the message must not use them.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from rollout.errors import InvalidInputError
from rollout.text.finite_json import read_finite
from rollout.text.moments import read_moment

ENDPOINT, CHAIN_ENDS, SUSPENDED = "endpoint", "chainEnds", "suspended"
WAITS_SINCE = "waitsSince"


@dataclass(frozen=True)
class WakeUp:
    """`endpoint` is an ARM id in lower case; `chain_ends` None: this wake-up begins a chain.

    `suspended`: an order about all services was seen, so that the pass must read it. `waits_since`
    is when it first asked for its turn at Resource Manager, None: it has not.
    """

    endpoint: str
    chain_ends: datetime | None = None
    suspended: bool = False
    waits_since: datetime | None = None


def format_wake_up(wake_up: WakeUp) -> str:
    """Return the message's text."""
    message: dict[str, str | bool] = {ENDPOINT: wake_up.endpoint}
    if wake_up.chain_ends is not None:
        message[CHAIN_ENDS] = wake_up.chain_ends.astimezone(UTC).isoformat()
    if wake_up.suspended:
        message[SUSPENDED] = True
    if wake_up.waits_since is not None:
        message[WAITS_SINCE] = wake_up.waits_since.astimezone(UTC).isoformat()
    return json.dumps(message)


def parse_wake_up(text: str) -> WakeUp:
    """Return what a message says; unknown keys are ignored.

    Raises:
        InvalidInputError: It is not a wake-up.
    """
    try:
        message = read_finite(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(f"the wake-up is not JSON: {error}") from error
    endpoint = message.get(ENDPOINT) if isinstance(message, dict) else None
    if not isinstance(endpoint, str) or not endpoint:
        raise InvalidInputError(f'the wake-up has no text "{ENDPOINT}" with an endpoint\'s ARM id')
    if any("\ud800" <= each <= "\udfff" for each in endpoint):
        raise InvalidInputError(f'"{ENDPOINT}" holds half of a surrogate pair, no character')
    # Whatever is written there makes the pass look.
    suspended = bool(message.get(SUSPENDED))
    return WakeUp(
        endpoint.lower(), _moment(message, CHAIN_ENDS), suspended, _moment(message, WAITS_SINCE)
    )


def _moment(message: Mapping[str, object], key: str) -> datetime | None:
    value = message.get(key)
    if value is None:
        return None
    try:
        return read_moment(value if isinstance(value, str) else "")
    except ValueError as error:
        raise InvalidInputError(f'"{key}" must be a moment, not {value!r}') from error
