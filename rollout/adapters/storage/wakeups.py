"""The wake-up message: which endpoints to look at, and when their chain of rechecks ends.

Plain JSON text, `{"endpoint": ..., "chainEnds": ..., "suspended": true, "waitsSince": ...}`, or a
list under `endpoints` where it wakes several; the others may be left out. `{"due": true}` names no
endpoint: whatever is due is to be woken. The Functions host reads the keys `Id` and `InsertionTime`
of a queue message itself, so the message must not use them.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from rollout.errors import InvalidInputError
from rollout.text.finite_json import read_finite
from rollout.text.moments import read_moment

ENDPOINT, ENDPOINTS = "endpoint", "endpoints"
CHAIN_ENDS, SUSPENDED, WAITS_SINCE = "chainEnds", "suspended", "waitsSince"
DUE = "due"


@dataclass(frozen=True)
class WakeUp:
    """`endpoints` are ARM ids in lower case, looked at one after another.

    None at all: the second clock's tick (ADR 43), for whatever is due; nothing else is then said.

    `chain_ends` None: this wake-up begins a chain.

    `suspended`: an order about all services was seen, so that the pass must read it. `waits_since`
    is when it first asked for its turn at Resource Manager, None: it has not.
    """

    endpoints: tuple[str, ...]
    chain_ends: datetime | None = None
    suspended: bool = False
    waits_since: datetime | None = None


def format_wake_up(wake_up: WakeUp) -> str:
    """Return the message's text; one endpoint is written as every app reads it."""
    if not wake_up.endpoints:
        return json.dumps({DUE: True})
    message: dict[str, str | bool | list[str]] = (
        {ENDPOINT: wake_up.endpoints[0]}
        if len(wake_up.endpoints) == 1
        else {ENDPOINTS: list(wake_up.endpoints)}
    )
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
    if not isinstance(message, dict):
        raise InvalidInputError("the wake-up is no JSON object")
    if message.get(DUE) is True:
        return WakeUp(())
    several = message.get(ENDPOINTS)
    found = several if isinstance(several, list) and several else [message.get(ENDPOINT)]
    # Whatever is written there makes the pass look.
    suspended = bool(message.get(SUSPENDED))
    endpoints = tuple(_endpoint(each) for each in found)
    chain_ends, waits_since = _moment(message, CHAIN_ENDS), _moment(message, WAITS_SINCE)
    return WakeUp(endpoints, chain_ends, suspended, waits_since)


def _endpoint(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise InvalidInputError(f'the wake-up has no text "{ENDPOINT}" with an endpoint\'s ARM id')
    if any("\ud800" <= each <= "\udfff" for each in value):
        raise InvalidInputError(f'"{ENDPOINT}" holds half of a surrogate pair, no character')
    return value.lower()


def _moment(message: Mapping[str, object], key: str) -> datetime | None:
    value = message.get(key)
    if value is None:
        return None
    try:
        return read_moment(value if isinstance(value, str) else "")
    except ValueError as error:
        raise InvalidInputError(f'"{key}" must be a moment, not {value!r}') from error
