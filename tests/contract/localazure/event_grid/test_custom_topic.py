"""The custom topic, with the real azure-eventgrid client as publisher."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.core.messaging import CloudEvent
from azure.eventgrid import EventGridEvent, EventGridPublisherClient

from localazure.event_grid.delivery import EventDelivery
from localazure.event_grid.subscription import DeliverySchema, EventSubscription
from localazure.event_grid.topic import CustomTopics, Topic

KEY = "topic-key"
CLOUD_BATCH = "application/cloudevents-batch+json"
EVENT = {"id": "1", "source": "s", "type": "t", "specversion": "1.0"}


def publisher(url: str, key: str = KEY) -> EventGridPublisherClient:
    endpoint = f"{url}/topics/lifecycle/api/events"
    return EventGridPublisherClient(endpoint, AzureKeyCredential(key), retry_total=0)


def with_topic(play: Callable[[str, Topic], Awaitable[None]]) -> None:
    async def run() -> None:
        topic = Topic("Lifecycle", KEY)
        topics = CustomTopics(topic)
        app = web.Application()
        app.add_routes([*topics.routes(), *topics.control_routes()])
        async with TestServer(app, host="127.0.0.1") as server:
            await play(f"http://127.0.0.1:{server.port}", topic)

    asyncio.run(run())


async def call(method: str, url: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    data = None if body is None else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, url, data=data, headers=named) as answer,
    ):
        text = await answer.text()
        return answer.status, json.loads(text) if text else None


def test_the_real_client_publishes_cloud_events_in_order() -> None:
    async def play(url: str, topic: Topic) -> None:
        events = [
            CloudEvent(source="/rollouts/e", type="Rollout.Started", data={"n": n}, id=str(n))
            for n in range(3)
        ]
        with publisher(url) as client:
            await asyncio.to_thread(client.send, events)
        assert [event["id"] for event in topic.events] == ["0", "1", "2"]
        status, seen = await call("GET", f"{url}/topics/lifecycle/events")
        assert (status, seen) == (200, {"down": False, "events": topic.events})
        assert seen["events"][0]["data"] == {"n": 0}

    with_topic(play)


def test_the_real_client_publishes_event_grid_events() -> None:
    async def play(url: str, topic: Topic) -> None:
        event = EventGridEvent("subject", "Type", {"a": 1}, "1.0")
        event.event_time = datetime(2026, 1, 1, tzinfo=UTC)
        with publisher(url) as client:
            await asyncio.to_thread(client.send, event)
        assert topic.events[0]["eventType"] == "Type"

    with_topic(play)


def test_a_wrong_key_is_refused_and_nothing_is_kept() -> None:
    async def play(url: str, topic: Topic) -> None:
        event = CloudEvent[Any](source="s", type="t")
        with publisher(url, "wrong") as client, pytest.raises(ClientAuthenticationError):
            await asyncio.to_thread(client.send, event)
        assert topic.events == []

    with_topic(play)


def test_while_it_is_down_the_topic_answers_503() -> None:
    async def play(url: str, topic: Topic) -> None:
        dials = f"{url}/topics/lifecycle/dials"
        assert (await call("PUT", dials, {"down": True}))[0] == 200
        with publisher(url) as client, pytest.raises(HttpResponseError) as refusal:
            await asyncio.to_thread(client.send, CloudEvent(source="s", type="t"))
        assert refusal.value.status_code == 503
        assert topic.events == []
        assert (await call("PUT", dials, {"down": False}))[0] == 200
        with publisher(url) as client:
            await asyncio.to_thread(client.send, CloudEvent(source="s", type="t"))
        assert len(topic.events) == 1

    with_topic(play)


def test_a_bearer_token_may_publish_and_an_opaque_one_may_not() -> None:
    async def play(url: str, topic: Topic) -> None:
        publish = f"{url}/topics/LIFECYCLE/api/events"
        status, _ = await call(
            "POST", publish, [EVENT], Authorization="Bearer a.b.c", Content_Type=CLOUD_BATCH
        )
        assert (status, len(topic.events)) == (200, 1)
        for authorization in ("Bearer opaque", "Basic a.b.c", ""):
            status, _ = await call(
                "POST", publish, [EVENT], Authorization=authorization, Content_Type=CLOUD_BATCH
            )
            assert status == 401

    with_topic(play)


@pytest.mark.parametrize(
    ("body", "content_type", "says"),
    [
        ([{"id": "1"}], CLOUD_BATCH, "Event 0 has no source, type, specversion"),
        ([EVENT, {}], CLOUD_BATCH, "Event 1 has no id"),
        (EVENT, CLOUD_BATCH, "must be an array"),
        ([1], "application/json", "must be an array"),
        ([EVENT], "application/json", "Event 0 has no subject, eventType"),
    ],
)
def test_a_malformed_batch_is_400_and_nothing_of_it_is_kept(
    body: Any, content_type: str, says: str
) -> None:
    async def play(url: str, topic: Topic) -> None:
        publish = f"{url}/topics/lifecycle/api/events"
        status, answer = await call(
            "POST", publish, body, aeg_sas_key=KEY, Content_Type=content_type
        )
        assert status == 400
        assert says in answer["error"]["message"]
        assert topic.events == []

    with_topic(play)


def test_unknown_topics_are_404_and_bad_dials_400() -> None:
    async def play(url: str, _topic: Topic) -> None:
        assert (await call("POST", f"{url}/topics/other/api/events", []))[0] == 404
        assert (await call("GET", f"{url}/topics/other/events"))[0] == 404
        assert (await call("PUT", f"{url}/topics/other/dials", {"down": True}))[0] == 404
        for body in (None, {}, {"down": "yes"}):
            assert (await call("PUT", f"{url}/topics/lifecycle/dials", body))[0] == 400

    with_topic(play)


def test_subscribers_get_cloud_events_as_they_were_published() -> None:
    received: list[Mapping[str, Any]] = []

    class Kept:
        async def prove(self, subscription: EventSubscription) -> None:
            return None

        async def deliver(
            self, subscription: EventSubscription, event: Mapping[str, Any], attempt: int
        ) -> int | None:
            received.append(subscription.in_schema(event))
            return 200

    async def run() -> None:
        delivery = EventDelivery()
        topic = Topic("Lifecycle", KEY)
        topics = CustomTopics(topic, deliver=delivery.publish)
        app = web.Application()
        app.add_routes(topics.routes())
        cloud = DeliverySchema.CLOUD_EVENTS
        await delivery.subscribe(
            EventSubscription("wanted", topic.path, Kept(), ("Rollout.Started",), schema=cloud)
        )
        await delivery.subscribe(
            EventSubscription("elsewhere", "topics/other", Kept(), schema=cloud)
        )
        async with TestServer(app, host="127.0.0.1") as server:
            events: list[CloudEvent[Any]] = [
                CloudEvent(source="/e", type=kind, data={}, id=kind, extensions={"sequence": "7"})
                for kind in ("Rollout.Started", "Rollout.Other")
            ]
            with publisher(f"http://127.0.0.1:{server.port}") as client:
                await asyncio.to_thread(client.send, events)
            await delivery.settle()
        await delivery.close()
        assert received == [topic.events[0]]
        assert received[0]["sequence"] == "7"

    asyncio.run(run())
