"""A lifecycle event of the product's own topic, on its way to people.

Event Grid delivers what the app itself announced (docs/lifecycle-events.md), at least once and in
any order. Whoever has the webhook's key could send anything, so it is read like any other input.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from rollout.addresses import ENDPOINTS, WORKSPACE_ID
from rollout.core.messages import Happened
from rollout.core.policy.azure_names import ENDPOINT_NAME, SERVICE_NAME
from rollout.core.records.history import MAX_SEQUENCE
from rollout.core.records.phases import Phase
from rollout.errors import InvalidInputError
from rollout.ports import Log
from rollout.text.moments import read_moment
from rollout.text.plain_text import visible_line

TYPE_PREFIX = "AzureML.Rollout."
MAX_ID_CHARACTERS = 300
MAX_TEXT_CHARACTERS = 4000
MAX_DETAIL_CHARACTERS = 1000
_ENDPOINT = re.compile(f"{WORKSPACE_ID}{ENDPOINTS}(?P<endpoint>[^/]+)", re.IGNORECASE)
_ROLLOUT = re.compile(r"[A-Za-z0-9._-]{1,64}")
_ATTRIBUTES = ("specversion", "id", "source", "type", "subject", "time")
_OPTIONAL = ("datacontenttype", "dataschema")


class AnnouncedEvents:
    """Takes events of the lifecycle topic.

    Args:
        notify: Sends the message about one, given what happened, the event itself, and now.
        log: An attention line for each event that can never be used.
    """

    def __init__(
        self, notify: Callable[[Happened, Mapping[str, Any], datetime], None], log: Log
    ) -> None:
        self._notify = notify
        self._log = log

    def take(self, event: Mapping[str, Any], now: datetime) -> None:
        """Send the message about one event, given as the trigger's `to_dict()`.

        Raises: as `notify` does; the event must come again.
        """
        whole = cloud_event_of(event)
        try:
            happened = parse_announced(whole)
        except InvalidInputError as error:
            self._log.attention(f"A lifecycle event was dropped: {error}", event=whole.get("id"))
            return
        self._notify(happened, whole, now)


def cloud_event_of(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the CloudEvent as it was on the wire: extensions beside the other attributes.

    The library sets extensions apart (`extension_attrs`), and gives None for what there is not.
    """
    named = {key: given.get(key) for key in (*_ATTRIBUTES, *_OPTIONAL)}
    extensions = given.get("extension_attrs")
    if isinstance(extensions, Mapping):
        named |= extensions
    return {key: value for key, value in named.items() if value is not None} | {
        "data": given.get("data")
    }


def parse_announced(event: Mapping[str, Any]) -> Happened:
    """Read a lifecycle event.

    Raises:
        InvalidInputError: It is none, or contradicts itself.
    """
    data = event.get("data")
    if not isinstance(data, Mapping):
        raise InvalidInputError("The event has no data.")
    kind = _text(event, "type", MAX_ID_CHARACTERS)
    if not kind.startswith(TYPE_PREFIX):
        raise InvalidInputError(f"The event's type does not begin with {TYPE_PREFIX}.")
    endpoint = _text(event, "source", MAX_TEXT_CHARACTERS).lower()
    found = _ENDPOINT.fullmatch(endpoint)
    if found is None or not ENDPOINT_NAME.accepts(found["endpoint"]):
        raise InvalidInputError("The event's source is not an online endpoint.")
    service = _text(data, "service", MAX_ID_CHARACTERS)
    if not SERVICE_NAME.accepts(service):
        raise InvalidInputError(f"The event has no usable service: it needs {SERVICE_NAME.text}.")
    rollout = _text(data, "rollout", MAX_ID_CHARACTERS)
    if not _ROLLOUT.fullmatch(rollout):
        raise InvalidInputError("The event has no usable rollout.")
    sequence = _whole(data, "sequence", MAX_SEQUENCE)
    identity = _text(event, "id", MAX_ID_CHARACTERS)
    if identity != f"{found['endpoint']}/{rollout}/{sequence:08d}":
        raise InvalidInputError("The event's id does not name its endpoint, rollout and number.")
    details = data.get("details")
    return Happened(
        id=identity,
        endpoint=endpoint,
        service=service,
        rollout=rollout,
        sequence=sequence,
        kind=kind.removeprefix(TYPE_PREFIX),
        phase=_phase(data.get("phase")),
        stage=_whole(data, "stage", MAX_SEQUENCE),
        at=_moment(event.get("time")),
        text=_text(data, "text", MAX_TEXT_CHARACTERS),
        actor=_text(data, "actor", MAX_DETAIL_CHARACTERS),
        details={
            str(key): visible_line(value, MAX_DETAIL_CHARACTERS)
            for key, value in (details.items() if isinstance(details, Mapping) else ())
            if isinstance(value, str)
        },
    )


def _text(mapping: Mapping[str, Any], key: str, longest: int) -> str:
    value = mapping.get(key)
    return visible_line(value, longest) if isinstance(value, str) else ""


def _whole(mapping: Mapping[str, Any], key: str, most: int) -> int:
    value = mapping.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < most:
        raise InvalidInputError(f"The event's {key} is not a whole number of this size.")
    return value


def _phase(value: object) -> Phase:
    try:
        return Phase(str(value))
    except ValueError as error:
        raise InvalidInputError("The event's phase is not one of ours.") from error


def _moment(value: object) -> datetime:
    try:
        return read_moment(value if isinstance(value, str) else "")
    except ValueError as error:
        raise InvalidInputError("The event has no usable time.") from error
