"""The local Teams, Slack and hook: what they take, refuse, and keep."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from localazure.receivers.application import MAX_TEAMS_BYTES, Receivers
from localazure.receivers.slack_blocks import problems_of_blocks

CARD: dict[str, Any] = {
    "type": "message",
    "attachments": [
        {
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": None,
            "content": {
                "type": "AdaptiveCard",
                "version": "1.4",
                "body": [
                    {"type": "TextBlock", "text": "held", "wrap": True},
                    {"type": "FactSet", "facts": [{"title": "version", "value": "7"}]},
                ],
                "actions": [
                    {"type": "Action.OpenUrl", "title": "Open", "url": "https://a.example"}
                ],
            },
        }
    ],
}
BLOCKS = {
    "text": "held",
    "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "*x*"}}],
}
EVENT = {"specversion": "1.0", "id": "1", "source": "/s", "type": "t"}


class Place:
    """The receivers as a client and a developer see them; seconds pass on demand."""

    def __init__(self) -> None:
        self.now = 0.0
        self.receivers = Receivers(lambda: self.now)
        self.urls: dict[str, str] = {}
        self.control = ""
        self._session: aiohttp.ClientSession

    async def send(
        self, name: str, body: Any, *, kind: str = "application/json"
    ) -> tuple[int, str]:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": kind}
        async with self._session.post(
            self.urls[name], data=data, headers=headers, allow_redirects=False
        ) as answer:
            return answer.status, await answer.text()

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        async with self._session.request(method, f"{self.control}{path}", data=data) as answer:
            text = await answer.text()
            return json.loads(text) if text else answer.status


def play(act: Callable[[Place], Awaitable[None]]) -> None:
    async def run() -> None:
        place = Place()
        control = web.Application()
        control.add_routes(place.receivers.control_routes())
        async with (
            TestServer(place.receivers.application(), host="127.0.0.1") as served,
            TestServer(control, host="127.0.0.1") as surface,
            aiohttp.ClientSession() as session,
        ):
            place._session = session
            place.urls = place.receivers.urls(f"http://127.0.0.1:{served.port}")
            place.control = f"http://127.0.0.1:{surface.port}"
            await act(place)

    asyncio.run(run())


def test_each_takes_what_the_real_one_takes_and_keeps_it() -> None:
    async def act(place: Place) -> None:
        assert await place.send("teams", CARD) == (202, "")
        assert await place.send("slack", BLOCKS) == (200, "ok")
        kind = "application/cloudevents+json"
        assert await place.send("hook", EVENT, kind=kind) == (200, "")
        seen = await place.call("GET", "/messages")
        assert [each["receiver"] for each in seen] == ["teams", "slack", "hook"]
        assert [each["problems"] for each in seen] == [[], [], []]
        assert seen[0]["body"] == CARD
        assert await place.call("DELETE", "/messages") == 204
        assert await place.call("GET", "/messages") == []

    play(act)


def test_a_card_that_teams_cannot_show_is_accepted_and_its_problem_kept() -> None:
    async def act(place: Place) -> None:
        changes: list[dict[str, Any]] = [
            {"version": "1.6"},
            {"actions": [{"type": "Action.Submit", "title": "Approve"}]},
            {"body": [{"type": "TextBlock"}]},
            {"body": [{"type": "TextBlock", "text": "x", "colour": "red"}]},
            {"refresh": {}},
        ]
        for change in changes:
            content = {**CARD["attachments"][0]["content"], **change}
            attachment = {**CARD["attachments"][0], "content": content}
            assert await place.send("teams", {**CARD, "attachments": [attachment]}) == (202, "")
            place.now += 1
        seen = await place.call("GET", "/messages")
        assert all(each["problems"] for each in seen)

    play(act)


def test_teams_refuses_what_is_too_large_too_fast_or_unsigned() -> None:
    async def act(place: Place) -> None:
        for _ in range(4):
            assert (await place.send("teams", CARD))[0] == 202
        assert (await place.send("teams", CARD))[0] == 429
        place.now += 1
        assert (await place.send("teams", b" " * (MAX_TEAMS_BYTES + 1)))[0] == 413
        assert (await place.send("teams", b"{"))[0] == 400
        place.urls["teams"] = place.urls["teams"].partition("?")[0]
        assert (await place.send("teams", CARD))[0] == 401

    play(act)


def test_slack_says_in_a_word_what_is_wrong() -> None:
    async def act(place: Place) -> None:
        many = {"blocks": [{"type": "divider"}] * 51}
        for body, answer in (
            (b"text", (400, "invalid_payload")),
            ([], (400, "invalid_payload")),
            ({}, (400, "no_text")),
            (many, (400, "invalid_blocks")),
            (BLOCKS, (200, "ok")),
        ):
            assert await place.send("slack", body) == answer
            assert await place.send("slack", body) == (429, "rate_limited")
            place.now += 1
        place.urls["slack"] += "x"
        assert await place.send("slack", BLOCKS) == (404, "no_service")

    play(act)


def test_the_hook_takes_cloud_events_only() -> None:
    async def act(place: Place) -> None:
        kind = "application/cloudevents+json"
        assert (await place.send("hook", EVENT))[0] == 415
        assert (await place.send("hook", {**EVENT, "id": ""}, kind=kind))[0] == 400
        assert (await place.send("hook", [], kind=kind))[0] == 400
        place.urls["hook"] += "x"
        assert (await place.send("hook", EVENT, kind=kind))[0] == 404

    play(act)


def test_planned_trouble_meets_the_next_calls_only() -> None:
    async def act(place: Place) -> None:
        for name in ("teams", "slack", "hook"):
            trouble = {"receiver": name, "status": 503, "times": 2, "retryAfter": "7"}
            assert await place.call("POST", "/messages/trouble", trouble) == 204
        for name in ("teams", "slack", "hook"):
            assert [(await place.send(name, BLOCKS))[0] for _ in range(2)] == [503, 503]
        assert await place.send("slack", BLOCKS) == (200, "ok")
        await place.call("POST", "/messages/trouble", {"receiver": "slack", "status": 307})
        assert (await place.send("slack", BLOCKS))[0] == 307
        await place.call("POST", "/messages/trouble", {"receiver": "slack", "status": 0})
        with pytest.raises(aiohttp.ClientError):
            await place.send("slack", BLOCKS)

    play(act)


def text(length: int = 1, kind: str = "plain_text") -> dict[str, Any]:
    return {"type": kind, "text": "x" * length}


def button(**changes: Any) -> dict[str, Any]:
    return {"type": "button", "text": text(), "url": "https://a.example", **changes}


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ("x", "no object"),
        ({"type": "video"}, "no block of type"),
        ({"type": "header", "text": text(151)}, "from 1 to 150"),
        ({"type": "header", "text": text(kind="mrkdwn")}, "plain_text only"),
        ({"type": "header"}, "no text object"),
        ({"type": "section"}, "neither text nor fields"),
        ({"type": "section", "text": text(3001)}, "from 1 to 3000"),
        ({"type": "section", "text": text(0)}, "from 1 to 3000"),
        ({"type": "section", "fields": [text()] * 11}, "more than 10"),
        ({"type": "section", "fields": [text(2001)]}, "from 1 to 2000"),
        ({"type": "section", "text": {"type": "mrkdwn", "text": "<!channel>"}}, "markup"),
        ({"type": "actions", "elements": []}, "from 1 to 25"),
        ({"type": "actions", "elements": [button(type="select")]}, "no button"),
        ({"type": "actions", "elements": [button(text=text(76))]}, "from 1 to 75"),
        ({"type": "actions", "elements": [button(url="javascript:x")]}, "no address"),
        ({"type": "actions", "elements": [button(action_id="a")] * 2}, "not unique"),
    ],
)
def test_every_limit_of_a_block_is_one(block: Any, words: str) -> None:
    (problem,) = problems_of_blocks({"text": "x", "blocks": [block]})
    assert words in problem


@pytest.mark.parametrize("body", [{"text": "x" * 40_001}, {"text": "<@U1>"}, {"blocks": {}}])
def test_a_text_or_a_list_that_slack_would_not_show_is_found(body: dict[str, Any]) -> None:
    assert len(list(problems_of_blocks(body))) == 1
