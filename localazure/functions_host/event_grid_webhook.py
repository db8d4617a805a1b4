"""The Event Grid extension's webhook: `/runtime/webhooks/eventgrid?functionName=F&code=KEY`.

Answers as the extension does (Microsoft.Azure.WebJobs.Extensions.EventGrid): a validation
handshake, one call per event in parallel, 202 only if all succeeded. After a 500 Event Grid sends
the whole batch again, so handlers must tolerate repeats.
"""

import asyncio
import json
from typing import Any

from aiohttp import web

from localazure.functions_host.app_model import App, EventGridTrigger, Function
from localazure.functions_host.invoker import Invoker
from localazure.functions_host.keys import EVENT_GRID_SYSTEM_KEY, Keys, presented_key
from localazure.functions_host.messages import TypedData
from localazure.http_rules import parse_json

PATH = "/runtime/webhooks/eventgrid"
EVENT_TYPE_HEADER = "aeg-event-type"


def webhook_url(host_url: str, function_name: str, key: str) -> str:
    """Return the URL where Event Grid calls a function; `key` is the extension's system key."""
    return f"{host_url}{PATH}?functionName={function_name}&code={key}"


class EventGridWebhook:
    """Receives deliveries for the app's Event Grid functions."""

    def __init__(self, app: App, keys: Keys, invoker: Invoker) -> None:
        self._app = app
        self._keys = keys
        self._invoker = invoker

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one delivery: 202, 401, 404, 400 or 500 as in the module's description."""
        if not self._keys.opens_webhook(
            presented_key(request.headers, request.query), EVENT_GRID_SYSTEM_KEY
        ):
            return web.Response(status=401)
        name = request.query.get("functionName", "")
        function = self._app.find(name)
        if function is None or not isinstance(function.trigger, EventGridTrigger):
            return web.Response(status=404, text=f"cannot find function: '{name}'")
        if function.disabled:
            return web.Response(status=404, text=f"the function '{name}' is disabled")
        if request.method == "OPTIONS":
            origin = request.headers.get("WebHook-Request-Origin", "*")
            return web.Response(headers={"Webhook-Allowed-Origin": origin})
        return await self._dispatch(request, function)

    async def _dispatch(self, request: web.Request, function: Function) -> web.Response:
        match request.headers.get(EVENT_TYPE_HEADER, "").lower():
            case "subscriptionvalidation":
                return _validation(await _json(request))
            case "notification":
                return await self._notification(await _json(request), function)
            case "unsubscribe":
                return web.Response(status=202)
            case _:
                return web.Response(
                    status=400,
                    text=f"{EVENT_TYPE_HEADER} must be SubscriptionValidation, Notification "
                    "or Unsubscribe",
                )

    async def _notification(self, body: Any, function: Function) -> web.Response:
        events = body if isinstance(body, list) else [body]
        if not all(isinstance(event, dict) for event in events):
            return web.Response(status=400, text="each event must be a JSON object")
        outcomes = await asyncio.gather(
            *(self._invoker.invoke(function, TypedData(json=json.dumps(event))) for event in events)
        )
        errors = [outcome.error for outcome in outcomes if outcome.error is not None]
        if errors:
            return web.Response(status=500, text="\n".join(errors))
        return web.Response(status=202)


def _validation(body: Any) -> web.Response:
    try:
        code = body[0]["data"]["validationCode"]
    except (KeyError, IndexError, TypeError):
        return web.Response(status=400, text="[0].data.validationCode is missing")
    return web.json_response({"validationResponse": code})


async def _json(request: web.Request) -> Any:
    try:
        return parse_json(await request.read())
    except ValueError as error:
        raise web.HTTPBadRequest(text=f"the body is not JSON: {error}") from error
