"""Custom topics: `POST /topics/{name}/api/events`, where azure-eventgrid 4.22.1 publishes.

Subscriptions get what is published as CloudEvents, unchanged.

The client sends an array: CloudEvents as `application/cloudevents-batch+json`, Event Grid schema
as `application/json`; its key in `aeg-sas-key`, or a bearer token. What arrives is kept for
inspection at `GET /topics/{name}/events`, which belongs on a control surface, not beside the topic.
"""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from localazure.bearer import bearer_token, has_token_shape
from localazure.event_grid.events import from_cloud_event
from localazure.http_rules import parse_json

MAX_PAYLOAD_BYTES = 1024 * 1024
"""The largest body of a publishing call (Event Grid's quotas)."""

KEY_HEADER = "aeg-sas-key"
CLOUD_EVENT_BATCH = "application/cloudevents-batch+json"
CLOUD_EVENT = "application/cloudevents+json"
_REQUIRED_CLOUD = ("id", "source", "type", "specversion")
_REQUIRED_EVENT_GRID = ("id", "subject", "eventType", "eventTime", "data", "dataVersion")


@dataclass
class Topic:
    """A topic: its key, what it received in order, and whether it is down (a dial)."""

    name: str
    key: str
    down: bool = False
    events: list[dict[str, Any]] = field(default_factory=list)

    @property
    def path(self) -> str:
        """What subscriptions name the topic by."""
        return f"topics/{self.name}"


class CustomTopics:
    """The topics of this local Azure, by name in lower case."""

    def __init__(
        self, *topics: Topic, deliver: Callable[[Mapping[str, Any]], None] | None = None
    ) -> None:
        """`deliver` takes each CloudEvent to the topics' subscriptions; None: there are none."""
        self.topics = {topic.name.lower(): topic for topic in topics}
        self._deliver = deliver

    def routes(self) -> list[web.RouteDef]:
        """Routes of the data plane: publishing."""
        return [web.post("/topics/{name}/api/events", self.publish)]

    def control_routes(self) -> list[web.RouteDef]:
        """Routes of the control surface: what arrived, and the dial `{"down": true}`."""
        return [
            web.get("/topics/{name}/events", self.inspect),
            web.put("/topics/{name}/dials", self.turn),
        ]

    async def publish(self, request: web.Request) -> web.Response:
        """Accept a batch: 200, or 401, 400, 404, 413; 503 while the topic is down."""
        topic = self.topics.get(request.match_info["name"].lower())
        if topic is None:
            return _refusal(404, "There is no topic with this name.")
        if topic.down:
            return _refusal(503, "The topic is down.")
        if not _may_publish(topic, request.headers):
            return _refusal(401, f"Send the topic's key in {KEY_HEADER}, or a bearer token.")
        if (request.content_length or 0) > MAX_PAYLOAD_BYTES:
            return _refusal(413, f"The payload is larger than {MAX_PAYLOAD_BYTES} bytes.")
        try:
            events = _parse(await request.read(), request.content_type)
        except ValueError as error:
            return _refusal(400, str(error))
        topic.events += events
        if self._deliver is not None:
            for event in events:
                if "specversion" in event:
                    self._deliver(from_cloud_event(topic.path, event))
        return web.Response(status=200)

    async def inspect(self, request: web.Request) -> web.Response:
        """Return `{"down": ..., "events": [...]}`."""
        topic = self.topics.get(request.match_info["name"].lower())
        if topic is None:
            return _refusal(404, "There is no topic with this name.")
        return web.json_response({"down": topic.down, "events": topic.events})

    async def turn(self, request: web.Request) -> web.Response:
        """Set the dial: 200 with what `inspect` returns, 400 for anything but a boolean."""
        topic = self.topics.get(request.match_info["name"].lower())
        if topic is None:
            return _refusal(404, "There is no topic with this name.")
        try:
            body = parse_json(await request.read())
        except ValueError:
            body = None
        match body:
            case {"down": bool(down)}:
                topic.down = down
                return await self.inspect(request)
            case _:
                return _refusal(400, 'Send {"down": true} or {"down": false}.')


def _may_publish(topic: Topic, headers: Mapping[str, str]) -> bool:
    key = headers.get(KEY_HEADER)
    if key is not None:
        return hmac.compare_digest(key.encode(), topic.key.encode())
    token = bearer_token(headers.get("Authorization", ""))
    return token is not None and has_token_shape(token)


def _parse(body: bytes, content_type: str) -> list[dict[str, Any]]:
    try:
        document = parse_json(body)
    except ValueError as error:
        raise ValueError(f"The body is not JSON: {error}") from error
    if content_type == CLOUD_EVENT:
        document = [document]
    if not isinstance(document, list) or not all(isinstance(one, dict) for one in document):
        raise ValueError("The body must be an array of events.")
    cloud = content_type in (CLOUD_EVENT, CLOUD_EVENT_BATCH)
    for index, event in enumerate(document):
        missing = [
            name
            for name in (_REQUIRED_CLOUD if cloud else _REQUIRED_EVENT_GRID)
            if name not in event
        ]
        if missing:
            raise ValueError(f"Event {index} has no {', '.join(missing)}.")
    return document


def _refusal(status: int, message: str) -> web.Response:
    return web.json_response(
        {"error": {"code": str(status), "message": message, "details": []}}, status=status
    )
