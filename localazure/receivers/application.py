"""The receivers as they are called, and their part of the control surface.

- Teams: `POST /workflows/<any>/invoke?sig=<secret>`: 202 with an empty body, whatever the card is
  like; 401 without the signature; 413 above 28 KB; 429 above four calls a second.
- Slack: `POST /services/T000/B000/<secret>`: 200 `ok`; 400 `invalid_payload`, `no_text` or
  `invalid_blocks`; 404 `no_service`; 429 with `Retry-After: 1` above one call a second.
- Any other: `POST /hook/<secret>` takes a CloudEvent in structured mode: 200; 404; 415; 400.
"""

import secrets
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from aiohttp import web

from localazure.http_rules import parse_json
from localazure.receivers.adaptive_card import problems_of_card
from localazure.receivers.inbox import Inbox, Receiver, Throttle, Trouble
from localazure.receivers.slack_blocks import problems_of_blocks

MAX_TEAMS_BYTES = 28 * 1024
MAX_BODY_BYTES = 1024 * 1024
CLOUD_EVENT = "application/cloudevents+json"
_REQUIRED = ("id", "source", "type", "specversion")
_TEAMS_PATH, _SLACK_PATH, _HOOK_PATH = "/workflows/people/invoke", "/services/T000/B000", "/hook"


class Receivers:
    """All three, with one secret for each run and one inbox."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.inbox = Inbox()
        self._secret = secrets.token_urlsafe(24)
        self._clock = clock
        self.forget()

    def forget(self) -> None:
        """Forget what arrived, what was planned, and who was fast."""
        self.inbox.clear()
        self._teams = Throttle(4, 1.0, self._clock)
        self._slack = Throttle(1, 1.0, self._clock)

    def urls(self, base: str) -> dict[str, str]:
        """Return the secret address of each receiver, by its name."""
        return {
            Receiver.TEAMS.value: f"{base}{_TEAMS_PATH}?sig={self._secret}",
            Receiver.SLACK.value: f"{base}{_SLACK_PATH}/{self._secret}",
            Receiver.HOOK.value: f"{base}{_HOOK_PATH}/{self._secret}",
        }

    def application(self) -> web.Application:
        """Return the application to serve."""
        application = web.Application(client_max_size=MAX_BODY_BYTES)
        application.add_routes(
            [
                web.post(_TEAMS_PATH, self.teams),
                web.post(f"{_SLACK_PATH}/{{secret}}", self.slack),
                web.post(f"{_HOOK_PATH}/{{secret}}", self.hook),
            ]
        )
        return application

    def control_routes(self) -> list[web.RouteDef]:
        """Routes of the control surface."""
        return [
            web.get("/messages", self.messages),
            web.delete("/messages", self.clear),
            web.post("/messages/trouble", self.add_trouble),
        ]

    async def teams(self, request: web.Request) -> web.StreamResponse:
        """Take a message as a Workflow does."""
        if not _same(request.query.get("sig", ""), self._secret):
            return web.Response(status=HTTPStatus.UNAUTHORIZED)
        if (planned := await self.inbox.trouble_for(Receiver.TEAMS, request)) is not None:
            return planned
        content = await request.read()
        if self._teams.refuses():
            return await self._answer(Receiver.TEAMS, request, HTTPStatus.TOO_MANY_REQUESTS)
        if len(content) > MAX_TEAMS_BYTES:
            return await self._answer(Receiver.TEAMS, request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        body = _json(content)
        if body is None:
            return await self._answer(Receiver.TEAMS, request, HTTPStatus.BAD_REQUEST)
        # The flow runs later: its caller never hears of a card that cannot be shown.
        problems = list(problems_of_card(body))
        return await self._answer(Receiver.TEAMS, request, HTTPStatus.ACCEPTED, problems)

    async def slack(self, request: web.Request) -> web.StreamResponse:
        """Take a message as an incoming webhook does."""
        if not _same(request.match_info["secret"], self._secret):
            return web.Response(status=HTTPStatus.NOT_FOUND, text="no_service")
        if (planned := await self.inbox.trouble_for(Receiver.SLACK, request)) is not None:
            return planned
        if self._slack.refuses():
            return await self._answer(
                Receiver.SLACK, request, HTTPStatus.TOO_MANY_REQUESTS, text="rate_limited", wait="1"
            )
        body = _json(await request.read())
        problems: list[str] = []
        text = "ok"
        if not isinstance(body, dict):
            text = "invalid_payload"
        elif not body.get("text") and not body.get("blocks"):
            text = "no_text"
        else:
            problems = list(problems_of_blocks(body))
            text = "invalid_blocks" if problems else "ok"
        status = HTTPStatus.OK if text == "ok" else HTTPStatus.BAD_REQUEST
        return await self._answer(Receiver.SLACK, request, status, problems, text=text)

    async def hook(self, request: web.Request) -> web.StreamResponse:
        """Take a CloudEvent in structured mode."""
        if not _same(request.match_info["secret"], self._secret):
            return web.Response(status=HTTPStatus.NOT_FOUND)
        if (planned := await self.inbox.trouble_for(Receiver.HOOK, request)) is not None:
            return planned
        if request.content_type != CLOUD_EVENT:
            return await self._answer(Receiver.HOOK, request, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        body = _json(await request.read())
        missing = [name for name in _REQUIRED if not isinstance(body, dict) or not body.get(name)]
        status = HTTPStatus.BAD_REQUEST if missing else HTTPStatus.OK
        problems = [f"no {name}" for name in missing]
        return await self._answer(Receiver.HOOK, request, status, problems)

    async def messages(self, _request: web.Request) -> web.Response:
        """Messages that arrived at the local Teams, Slack and hook, oldest first, with what was
        wrong with each.
        """
        return web.json_response([each.document() for each in self.inbox.arrived])

    async def clear(self, _request: web.Request) -> web.Response:
        """Forget messages and planned trouble."""
        self.forget()
        return web.Response(status=204)

    async def add_trouble(self, request: web.Request) -> web.Response:
        """`{"receiver": "slack", "status": 503, "times": 1, "retryAfter": "", "seconds": 0}`: what
        the next messages are answered; status 0 ends the connection, `"kept": true` as if the
        answer had been lost.
        """
        body = parse_json(await request.read())
        if not isinstance(body, dict):
            raise TypeError("the body must be a JSON object")
        trouble = Trouble(
            int(body["status"]),
            str(body.get("retryAfter", "")),
            float(body.get("seconds", 0)),
            kept=bool(body.get("kept", False)),
        )
        self.inbox.plan(Receiver(body["receiver"]), trouble, int(body.get("times", 1)))
        return web.Response(status=204)

    async def _answer(
        self,
        receiver: Receiver,
        request: web.Request,
        status: HTTPStatus,
        problems: list[str] | None = None,
        *,
        text: str = "",
        wait: str = "",
    ) -> web.Response:
        await self.inbox.keep(receiver, request, status, problems or [])
        headers = {"Retry-After": wait} if wait else {}
        return web.Response(status=status, text=text, headers=headers)


def _same(given: str, secret: str) -> bool:
    return secrets.compare_digest(given.encode(), secret.encode())


def _json(content: bytes) -> Any:
    try:
        return parse_json(content)
    except ValueError:
        return None
