"""Event delivery to a webhook over real sockets."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from localazure.event_grid.delivery import EventDelivery
from localazure.event_grid.events import model_registered_event
from localazure.event_grid.retries import RetryRules
from localazure.event_grid.subscription import (
    DeliverySchema,
    EventSubscription,
    ValidationFailedError,
)
from localazure.event_grid.webhook import Webhook

TOPIC = "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"
START = datetime(2026, 1, 1, tzinfo=UTC)


class WaitingClock:
    """A clock that waiting moves, not real time."""

    def __init__(self) -> None:
        self.now = START
        self.waits: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += timedelta(seconds=seconds)


@dataclass
class Hook:
    """A webhook that validates as configured and answers with `statuses`, then 202."""

    statuses: list[int] = field(default_factory=list)
    echoes: bool = True
    origin: str = "eventgrid.azure.net"
    bodies: list[Any] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    queries: list[str] = field(default_factory=list)

    async def post(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.queries.append(request.rel_url.raw_query_string)
        if request.headers["aeg-event-type"] == "SubscriptionValidation":
            code = body[0]["data"]["validationCode"] if self.echoes else "another"
            return web.json_response({"validationResponse": code})
        self.bodies.append(body)
        self.headers.append(dict(request.headers))
        return web.Response(status=self.statuses.pop(0) if self.statuses else 202)

    async def options(self, request: web.Request) -> web.Response:
        assert request.headers["WebHook-Request-Origin"] == "eventgrid.azure.net"
        return web.Response(headers={"WebHook-Allowed-Origin": self.origin})

    def subjects(self) -> list[str]:
        return [(body[0] if isinstance(body, list) else body)["subject"] for body in self.bodies]


@dataclass(frozen=True)
class Scene:
    hook: Hook
    delivery: EventDelivery
    clock: WaitingClock
    webhook: Webhook
    session: aiohttp.ClientSession

    def subscription(
        self,
        schema: DeliverySchema = DeliverySchema.EVENT_GRID,
        retry: RetryRules | None = None,
    ) -> EventSubscription:
        rules = retry or RetryRules()
        return EventSubscription("rollout", TOPIC, self.webhook, schema=schema, retry=rules)

    def publish(self, *versions: str) -> None:
        for version in versions:
            event = model_registered_event(TOPIC, "m", version, moment=START, event_id=version)
            self.delivery.publish(event)


@asynccontextmanager
async def scene(hook: Hook) -> AsyncIterator[Scene]:
    clock = WaitingClock()
    app = web.Application()
    app.router.add_post("/webhook", hook.post)
    app.router.add_route("OPTIONS", "/webhook", hook.options)
    async with TestServer(app, host="127.0.0.1") as server, aiohttp.ClientSession() as session:
        delivery = EventDelivery(sleep=clock.sleep, clock=lambda: clock.now)
        url = f"http://127.0.0.1:{server.port}/webhook?functionName=f&code=k%2F%3D"
        yield Scene(hook, delivery, clock, Webhook(session, url), session)
        await delivery.close()


def in_scene(play: Callable[[Scene], Awaitable[None]], hook: Hook | None = None) -> None:
    async def run() -> None:
        async with scene(hook or Hook()) as one:
            await play(one)

    asyncio.run(run())


def test_a_validated_webhook_gets_each_event_in_an_array_with_its_headers() -> None:
    async def play(one: Scene) -> None:
        await one.delivery.subscribe(one.subscription())
        one.publish("7")
        await one.delivery.settle()
        ((event,),) = one.hook.bodies
        assert (event["subject"], event["data"]["ModelVersion"]) == ("models/m:7", 7)
        assert one.hook.headers[0]["aeg-event-type"] == "Notification"
        assert one.hook.headers[0]["aeg-subscription-name"] == "ROLLOUT"
        assert one.hook.headers[0]["aeg-delivery-count"] == "0"
        assert set(one.hook.queries) == {"functionName=f&code=k%2F%3D"}
        assert one.delivery.delivered[0].attempts == 1

    in_scene(play)


def test_a_cloud_event_is_one_object_after_consent_by_options() -> None:
    async def play(one: Scene) -> None:
        await one.delivery.subscribe(one.subscription(DeliverySchema.CLOUD_EVENTS))
        one.publish("7")
        await one.delivery.settle()
        assert one.hook.bodies[0]["specversion"] == "1.0"
        content_type = one.hook.headers[0]["Content-Type"]
        assert content_type == "application/cloudevents+json; charset=utf-8"

    in_scene(play)


@pytest.mark.parametrize(
    ("hook", "schema"),
    [
        (Hook(echoes=False), DeliverySchema.EVENT_GRID),
        (Hook(origin="elsewhere"), DeliverySchema.CLOUD_EVENTS),
    ],
)
def test_a_webhook_that_fails_validation_gets_nothing(hook: Hook, schema: DeliverySchema) -> None:
    async def play(one: Scene) -> None:
        with pytest.raises(ValidationFailedError, match="must answer"):
            await one.delivery.subscribe(one.subscription(schema))
        one.publish("7")
        await one.delivery.settle()
        assert one.hook.bodies == []

    in_scene(play, hook)


def test_an_unreachable_webhook_fails_the_subscription() -> None:
    async def play(one: Scene) -> None:
        unreachable = Webhook(one.session, "http://127.0.0.1:1/nothing")
        away = EventSubscription("rollout", TOPIC, unreachable)
        with pytest.raises(ValidationFailedError, match="does not answer"):
            await one.delivery.subscribe(away)

    in_scene(play)


def test_failures_are_retried_on_schedule_and_counted_in_a_header() -> None:
    async def play(one: Scene) -> None:
        await one.delivery.subscribe(one.subscription())
        one.publish("7")
        await one.delivery.settle()
        assert one.clock.waits == [10, 30, 300]
        counts = [headers["aeg-delivery-count"] for headers in one.hook.headers]
        assert counts == ["0", "1", "2", "3"]
        assert one.delivery.delivered[0].attempts == 4

    in_scene(play, Hook([500, 503, 404]))


@pytest.mark.parametrize(
    ("statuses", "retry", "reason", "outcome"),
    [
        ([400], RetryRules(), "UndeliverableDueToClientError", "BadRequest"),
        ([500, 500], RetryRules(max_attempts=2), "MaxDeliveryAttemptsExceeded", None),
        (
            [503, 503],
            RetryRules(time_to_live=timedelta(seconds=20)),
            "TimeToLiveExceeded",
            "ServiceUnavailable",
        ),
    ],
)
def test_an_event_that_is_given_up_on_becomes_a_dead_letter(
    statuses: Sequence[int], retry: RetryRules, reason: str, outcome: str | None
) -> None:
    async def play(one: Scene) -> None:
        await one.delivery.subscribe(one.subscription(retry=retry))
        one.publish("7")
        await one.delivery.settle()
        (letter,) = one.delivery.dead_letters
        assert letter["deadLetterReason"] == reason
        assert letter["deliveryAttempts"] == len(statuses)
        assert letter["lastDeliveryOutcome"] == (outcome or "InternalServerError")
        assert letter["publishTime"] == "2026-01-01T00:00:00.0000000Z"
        assert letter["id"] == "7"
        assert one.delivery.delivered == []

    in_scene(play, Hook(list(statuses)))


def test_the_dial_delivers_duplicates_with_the_same_id() -> None:
    async def play(one: Scene) -> None:
        await one.delivery.subscribe(one.subscription())
        one.delivery.duplicates = 2
        one.publish("7")
        await one.delivery.settle()
        assert one.hook.subjects() == ["models/m:7"] * 3
        assert {body[0]["id"] for body in one.hook.bodies} == {"7"}

    in_scene(play)


def test_held_events_come_out_newest_first_or_in_order() -> None:
    async def play(one: Scene) -> None:
        await one.delivery.subscribe(one.subscription())
        one.delivery.hold()
        one.publish("1", "2", "3")
        await one.delivery.settle()
        assert one.hook.bodies == []
        await one.delivery.release()
        assert one.hook.subjects() == ["models/m:3", "models/m:2", "models/m:1"]
        one.delivery.hold()
        one.publish("4", "5")
        await one.delivery.release(newest_first=False)
        assert one.hook.subjects()[3:] == ["models/m:4", "models/m:5"]

    in_scene(play)


def test_after_unsubscribing_no_more_events_arrive() -> None:
    async def play(one: Scene) -> None:
        await one.delivery.subscribe(one.subscription())
        one.delivery.unsubscribe("ROLLOUT")
        one.publish("1")
        await one.delivery.settle()
        assert one.hook.bodies == []

    in_scene(play)
