"""The channels of the settings: what each kind is sent, and under which content type."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from rollout.adapters.messages.slack import slack_body
from rollout.adapters.messages.teams import teams_body
from rollout.core.messages import Message

JSON = "application/json; charset=utf-8"
CLOUD_EVENT = "application/cloudevents+json; charset=utf-8"

Body = Callable[[Message, str | None], bytes]


class Poster(Protocol):
    """What `posting.Posting` does."""

    def post(self, body: bytes, content_type: str, seconds: float) -> None:
        """Send it within so many seconds."""


class ChatChannel:
    """A `Channel` whose receiver shows messages; `body` is `teams_body` or `slack_body`."""

    def __init__(self, poster: Poster, body: Body, console: str | None) -> None:
        self._poster = poster
        self._body = body
        self._console = console

    def post(self, message: Message, event: Mapping[str, Any], seconds: float) -> None:
        """Send the message; see `Channel`."""
        del event
        self._poster.post(self._body(message, self._console), JSON, seconds)


class EventChannel:
    """A `Channel` that takes the CloudEvent itself, in structured mode."""

    def __init__(self, poster: Poster) -> None:
        self._poster = poster

    def post(self, message: Message, event: Mapping[str, Any], seconds: float) -> None:
        """Send the event; see `Channel`."""
        del message
        self._poster.post(json.dumps(event, ensure_ascii=False).encode(), CLOUD_EVENT, seconds)


def channel_of(kind: str, poster: Poster, console: str | None) -> ChatChannel | EventChannel:
    """Return the channel of a kind: `teams`, `slack` or `event`.

    Raises:
        ValueError: There is no such kind. A bug: the settings know all.
    """
    match kind:
        case "teams":
            return ChatChannel(poster, teams_body, console)
        case "slack":
            return ChatChannel(poster, slack_body, console)
        case "event":
            return EventChannel(poster)
        case _:
            raise ValueError(f"there is no kind of channel {kind!r}")
