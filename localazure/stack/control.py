"""The control surface: dials, planned trouble and the witness, under `/_localazure` on plain http.

For developers, demonstrations and tests; Azure has nothing like it. It listens on loopback only and
asks for no key; the Host header must name this machine, so that no web page reaches it through a
name of its own. Bodies and answers are JSON; a 400 says what is wrong with a body.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from typing import Any

from aiohttp import web

from localazure.event_grid.events import Casing, model_registered_event
from localazure.event_grid.retries import RetryRules
from localazure.event_grid.subscription import (
    DeliverySchema,
    Destination,
    EventSubscription,
    ValidationFailedError,
)
from localazure.http_rules import read_object, refuse_foreign_hosts
from localazure.stack.control_dials import InvalidDialError, read_dials, turn_dials
from localazure.stack.control_governing import GoverningControl
from localazure.stack.instant_models import InstantModels, model_answer
from localazure.stack.parts import Parts
from localazure.stack.past_requests import count_requests
from localazure.world import Fault, OperationError, OperationKind, Write

PREFIX = "/_localazure"
_DEFAULT_SUBSCRIPTION = "subscription"
_REFUSALS = (ValueError, KeyError, TypeError, InvalidDialError, ValidationFailedError)


class Control:
    """Handlers of the control surface. `document` is what `GET info` returns."""

    def __init__(self, parts: Parts, retry_scale: float) -> None:
        self._parts = parts
        self._retry_scale = retry_scale
        self.document: Mapping[str, Any] = {}

    def application(self) -> web.Application:
        """Return the application; every path begins with `PREFIX`."""
        surface = web.Application(middlewares=[_explain])
        surface.add_routes(
            [
                web.get("/health", self.health),
                web.get("/info", self.info),
                web.get("/clock", self.clock),
                web.get("/dials", self.dials),
                web.put("/dials", self.turn),
                web.get("/writes", self.writes),
                web.post("/faults", self.add_fault),
                web.delete("/faults", self.clear_faults),
                web.post("/failures", self.add_failure),
                web.put("/access/{principal}", self.restrict),
                web.delete("/access/{principal}", self.lift),
                web.put("/subscriptions/{name}", self.subscribe),
                web.delete("/subscriptions/{name}", self.unsubscribe),
                web.get("/events", self.events),
                web.post("/events", self.publish),
                web.post("/events/hold", self.hold),
                web.post("/events/release", self.release),
                web.get("/alerts", self.alerts),
                web.put("/models/{version}", self.answer_as),
                web.post("/requests", self.count_past_requests),
                *GoverningControl(self._parts).routes(),
                *self._parts.topics.control_routes(),
                *self._parts.receivers.control_routes(),
            ]
        )
        application = web.Application(middlewares=[refuse_foreign_hosts])
        application.add_subapp(PREFIX, surface)
        return application

    async def health(self, _request: web.Request) -> web.Response:
        """200 while it runs."""
        return web.json_response({"status": "ok"})

    async def info(self, _request: web.Request) -> web.Response:
        """URLs, keys and the environment variables of each identity."""
        return web.json_response(self.document)

    async def clock(self, _request: web.Request) -> web.Response:
        """The world's time, and the ingestion delay of metrics."""
        delay = self._parts.recorder.ingestion_delay.total_seconds()
        now = self._parts.world.now().isoformat()
        return web.json_response({"now": now, "ingestionDelaySeconds": delay})

    async def dials(self, _request: web.Request) -> web.Response:
        """All dials; times in seconds."""
        return web.json_response(read_dials(self._parts))

    async def turn(self, request: web.Request) -> web.Response:
        """Change the dials named in the body: all of them or none."""
        turn_dials(self._parts, await read_object(request))
        return await self.dials(request)

    async def writes(self, request: web.Request) -> web.Response:
        """Changes to the world from number `?since=` (default 0) on, oldest first."""
        since = int(request.query.get("since", "0"))
        return web.json_response([_write(write) for write in self._parts.world.log.since(since)])

    async def add_fault(self, request: web.Request) -> web.Response:
        """`{"call": "endpoints.put", "fault": {"status": 409}, "nth": 1, "times": 1}`."""
        body = await read_object(request)
        self._parts.arm.faults.add(
            str(body["call"]),
            Fault.from_json(body["fault"]),
            nth=body.get("nth", 1),
            times=body.get("times", 1),
        )
        return web.Response(status=204)

    async def clear_faults(self, _request: web.Request) -> web.Response:
        """Forget every planned fault."""
        self._parts.arm.faults.clear()
        return web.Response(status=204)

    async def add_failure(self, request: web.Request) -> web.Response:
        """`{"kind": "deployments.create", "code": "OutOfQuota", "message": "..."}`: the next
        operation of this kind ends as Failed.
        """
        body = await read_object(request)
        error = OperationError(str(body["code"]), str(body["message"]))
        self._parts.world.fail_next(OperationKind(body["kind"]), error)
        return web.Response(status=204)

    async def restrict(self, request: web.Request) -> web.Response:
        """Restrict to `{"actions": ["Microsoft.MachineLearningServices/workspaces/*/read"]}`."""
        actions = (await read_object(request))["actions"]
        if not isinstance(actions, list):
            raise TypeError("actions must be a list")
        self._parts.arm.access.allow_only(request.match_info["principal"], map(str, actions))
        return web.Response(status=204)

    async def lift(self, request: web.Request) -> web.Response:
        """Lift a principal's restriction."""
        self._parts.arm.access.allow_everything(request.match_info["principal"])
        return web.Response(status=204)

    async def subscribe(self, request: web.Request) -> web.Response:
        """`{"url": ..., "schema": "EventGridSchema", "eventTypes": []}`: 400 when the webhook
        fails the handshake. With `"queue": <name>` in place of the URL, events go to that queue of
        the storage account; 400 when it does not exist. `"topic": <name>` subscribes to a custom
        topic, which has CloudEvents only, in place of the workspace.
        """
        body = await read_object(request)
        topic, schema = self._source(body)
        subscription = EventSubscription(
            name=request.match_info["name"],
            topic=topic,
            destination=self._destination(body),
            event_types=tuple(body.get("eventTypes", ())),
            schema=schema,
            retry=RetryRules(scale=self._retry_scale),
        )
        await self._parts.delivery.subscribe(subscription)
        return web.Response(status=204)

    def _source(self, body: Mapping[str, Any]) -> tuple[str, DeliverySchema]:
        if "topic" not in body:
            schema = DeliverySchema(body.get("schema", DeliverySchema.EVENT_GRID))
            return self._parts.world.workspace.path, schema
        topic = self._parts.topics.topics[str(body["topic"]).lower()]
        schema = DeliverySchema(body.get("schema", DeliverySchema.CLOUD_EVENTS))
        if schema is not DeliverySchema.CLOUD_EVENTS:
            raise ValueError("a topic that takes CloudEvents delivers CloudEvents only")
        return topic.path, schema

    def _destination(self, body: Mapping[str, Any]) -> Destination:
        if ("url" in body) == ("queue" in body):
            raise ValueError('name either a "url" or a "queue"')
        if "queue" in body:
            return self._parts.destinations.storage_queue(str(body["queue"]))
        return self._parts.destinations.webhook(str(body["url"]))

    async def unsubscribe(self, request: web.Request) -> web.Response:
        """Remove a subscription, if it exists."""
        self._parts.delivery.unsubscribe(request.match_info["name"])
        return web.Response(status=204)

    async def events(self, _request: web.Request) -> web.Response:
        """Events delivered to subscriptions, and those given up on."""
        delivery = self._parts.delivery
        return web.json_response(
            {
                "delivered": [asdict(one) for one in delivery.delivered],
                "deadLetters": delivery.dead_letters,
            }
        )

    async def publish(self, request: web.Request) -> web.Response:
        """Publish an event by hand: `{"event": {...}}` as it is, or `{"model": "m", "version":
        "3", "casing": "pascal", "id": ...}` for a `ModelRegistered`, registered or not.
        """
        body = await read_object(request)
        event = body.get("event") or model_registered_event(
            self._parts.world.workspace.path,
            str(body["model"]),
            str(body["version"]),
            moment=self._parts.world.now(),
            casing=Casing(body.get("casing", Casing.PASCAL)),
            event_id=body.get("id"),
        )
        self._parts.delivery.publish(event)
        return web.json_response(event, status=202)

    async def hold(self, _request: web.Request) -> web.Response:
        """Hold back what is published from now on."""
        self._parts.delivery.hold()
        return web.Response(status=204)

    async def release(self, request: web.Request) -> web.Response:
        """Deliver what was held, newest first unless `?order=oldest`; answers when settled."""
        oldest_first = request.query.get("order") == "oldest"
        await self._parts.delivery.release(newest_first=not oldest_first)
        return web.Response(status=204)

    async def alerts(self, _request: web.Request) -> web.Response:
        """What became of each notice to an action group's receivers."""
        return web.json_response([asdict(call) for call in self._parts.groups.calls])

    async def answer_as(self, request: web.Request) -> web.Response:
        """How a model version answers: `{"status", "body", "share", "seconds", "predicts"}`; needs
        the instant runtime.
        """
        runtime = self._parts.runtime
        if not isinstance(runtime, InstantModels):
            raise TypeError("models run as real processes here; start with --runtime instant")
        runtime.answers[request.match_info["version"]] = model_answer(await read_object(request))
        return web.Response(status=204)

    async def count_past_requests(self, request: web.Request) -> web.Response:
        """Count requests nobody sent: `{"endpoint", "deployment", "perMinute", "from", "until",
        "status", "milliseconds"}`, the times ISO 8601 and past; metrics and logs then show them.
        """
        counted = count_requests(self._parts.recorder, await read_object(request))
        return web.json_response({"counted": counted})


@web.middleware
async def _explain(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        return await handler(request)
    except _REFUSALS as error:
        text = f"missing: {error}" if isinstance(error, KeyError) else str(error)
        return web.json_response({"error": text}, status=400)


def _write(write: Write) -> dict[str, Any]:
    def look(side: Any) -> dict[str, Any]:
        split = side.split
        return {"state": side.state, "traffic": dict(split.live), "mirror": dict(split.mirror)}

    return {
        "sequence": write.sequence,
        "at": write.at.isoformat(),
        "principal": write.caller.principal,
        "userAgent": write.caller.user_agent,
        "operation": write.operation,
        "resource": write.resource,
        "before": look(write.before),
        "after": look(write.after),
        "tags": dict(write.tags),
        "detail": write.detail,
    }
