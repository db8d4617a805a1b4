"""The host's own API under `/admin`: status, ping, the list of functions, running one by hand.

Shapes from azure-functions-host 4.1037 (HostController, FunctionsController). Only what tools and
operators use is here; drain, resume, restart and synctriggers are not.
"""

import asyncio
import socket
import time
from collections.abc import Callable
from typing import Any

from aiohttp import web

from localazure.functions_host.app_model import (
    App,
    EventGridTrigger,
    Function,
    HttpTrigger,
    QueueTrigger,
    TimerTrigger,
)
from localazure.functions_host.invoker import Invoker
from localazure.functions_host.keys import AuthLevel, Keys, presented_key
from localazure.functions_host.messages import RpcHttp, TypedData
from localazure.functions_host.worker import library_version
from localazure.http_rules import parse_json

PREFIX = "/admin"


class AdminApi:
    """Answers `/admin/...`. `timer_info` returns the argument for a timer function run by hand."""

    def __init__(
        self,
        app: App,
        keys: Keys,
        invoker: Invoker,
        instance_id: str,
        timer_info: Callable[[Function], TypedData],
    ) -> None:
        self._app = app
        self._keys = keys
        self._invoker = invoker
        self._instance_id = instance_id
        self._timer_info = timer_info
        self._started = time.monotonic()
        self._background: set[asyncio.Task[Any]] = set()

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one request; everything but the ping needs the master key."""
        parts = request.path.strip("/").split("/")[1:]
        if parts == ["host", "ping"] and request.method in {"GET", "POST"}:
            return web.Response()
        level = self._keys.level_of(presented_key(request.headers, request.query))
        if level < AuthLevel.ADMIN:
            return web.Response(status=401)
        match request.method, parts:
            case "GET", ["host", "status"]:
                return web.json_response(self._status())
            case "GET", ["functions"]:
                return web.json_response([_described(each) for each in self._app.functions])
            case "GET", ["functions", name]:
                return self._described_function(name)
            case "GET", ["functions", name, "status"]:
                found = self._app.find(name) is not None
                return web.json_response({}) if found else web.Response(status=404)
            case "POST", ["functions", name]:
                return self._run(name, await request.read())
        return web.Response(status=404)

    def _status(self) -> dict[str, Any]:
        return {
            "id": self._instance_id,
            "state": "Running",
            "version": f"localazure (worker library {library_version()})",
            "versionDetails": f"localazure (worker library {library_version()})",
            "platformVersion": "",
            "instanceId": self._instance_id,
            "computerName": socket.gethostname(),
            "processUptime": int((time.monotonic() - self._started) * 1000),
            "functionAppContentEditingState": "NotAllowed",
            "extensionBundle": None,
            "errors": list(self._app.errors),
        }

    def _described_function(self, name: str) -> web.Response:
        function = self._app.find(name)
        if function is None:
            return web.Response(status=404)
        return web.json_response(_described(function))

    def _run(self, name: str, body: bytes) -> web.Response:
        function = self._app.find(name)
        if function is None:
            return web.Response(status=404)
        try:
            content = parse_json(body)
            text = content.get("input") or ""
            argument = self._argument(function, text)
        except (ValueError, AttributeError) as error:
            return web.Response(status=400, text=f'send {{"input": "text"}}: {error}')
        # The caller does not wait for the call; the set keeps the task from being collected.
        task = asyncio.create_task(self._invoker.invoke(function, argument))
        self._background.add(task)
        task.add_done_callback(self._background.discard)
        return web.Response(status=202)

    def _argument(self, function: Function, text: str) -> TypedData:
        match function.trigger:
            case TimerTrigger():
                return self._timer_info(function)
            case QueueTrigger():
                return TypedData(string=text)
            case EventGridTrigger():
                parse_json(text)
                return TypedData(json=text)
            case HttpTrigger() as trigger:
                body = TypedData(bytes=text.encode())
                method = "POST" if trigger.serves("POST") else min(trigger.methods)
                url = f"http://localhost/{trigger.template.text}"
                return TypedData(http=RpcHttp(method=method, url=url, body=body))


def _described(function: Function) -> dict[str, Any]:
    kinds = {
        HttpTrigger: "httpTrigger",
        TimerTrigger: "timerTrigger",
        QueueTrigger: "queueTrigger",
        EventGridTrigger: "eventGridTrigger",
    }
    described: dict[str, Any] = {
        "name": function.name,
        "isDisabled": function.disabled,
        "language": "python",
        "config": {
            "bindings": [{"type": kinds[type(function.trigger)], "name": function.parameter}]
        },
    }
    if isinstance(function.trigger, HttpTrigger):
        described["invoke_url_template"] = f"/{function.trigger.template.text}"
    return described
