"""One running host: an app, its HTTP front, its timers and its queues."""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from localazure.functions_host import event_grid_webhook
from localazure.functions_host.admin_api import PREFIX as ADMIN_PREFIX
from localazure.functions_host.admin_api import AdminApi
from localazure.functions_host.app_model import App, Function, QueueTrigger, TimerTrigger
from localazure.functions_host.app_settings import AppSettings
from localazure.functions_host.event_grid_webhook import EventGridWebhook
from localazure.functions_host.host_json import HostJson
from localazure.functions_host.http_front import MAX_BODY_BYTES, HttpFront
from localazure.functions_host.invoker import Invoker
from localazure.functions_host.keys import Keys
from localazure.functions_host.messages import TypedData
from localazure.functions_host.timer_listener import TimerListener, timer_info
from localazure.functions_host.timer_status import TimerStatusFolder
from localazure.functions_host.worker import Worker
from localazure.http_rules import SERVER_OPTIONS, refuse_malformed

LOGGER = logging.getLogger("localazure.functions_host")
STOP_GRACE_SECONDS = 8.0
"""How long running calls may take to end after a stop."""

CONNECTION_CLOSE_SECONDS = 0.5
"""How long an HTTP connection may stay open after the last call has ended."""


@dataclass(frozen=True)
class HostParts:
    """The parts of a host, all read and checked before it starts."""

    worker: Worker
    app: App
    host_json: HostJson
    settings: AppSettings
    keys: Keys
    state_folder: Path


class Host:
    """Call `start` once, then `stop` once."""

    def __init__(self, parts: HostParts) -> None:
        self._parts = parts
        self._invoker = Invoker(parts.worker, parts.host_json.function_timeout)
        self._statuses = TimerStatusFolder(parts.state_folder / "timers")
        self._timers: dict[str, TimerListener] = {}
        self._listeners: list[asyncio.Task[None]] = []
        self._stopping = asyncio.Event()
        self._site: web.TCPSite | None = None
        self._closing = contextlib.AsyncExitStack()

    async def start(self, port: int) -> int:
        """Listen on the loopback `port` (0: any free one), start the listeners, return the port."""
        runner = web.AppRunner(
            self._application(),
            access_log=None,
            shutdown_timeout=CONNECTION_CLOSE_SECONDS,
            **SERVER_OPTIONS,
        )
        await runner.setup()
        self._closing.push_async_callback(runner.cleanup)
        self._site = web.TCPSite(runner, "127.0.0.1", port)
        await self._site.start()
        self._start_timers()
        await self._start_queues()
        bound: int = runner.addresses[0][1]
        return bound

    async def stop(self) -> bool:
        """Take no more work, let running calls end, close everything.

        Returns False when calls still run after `STOP_GRACE_SECONDS`; their queue messages
        reappear when their visibility time-out ends, as after a crash.
        """
        self._stopping.set()
        if self._site is not None:
            await self._site.stop()
        ended = await self._invoker.wait_until_idle(STOP_GRACE_SECONDS)
        if ended:
            await asyncio.gather(*self._listeners)
        await self._closing.aclose()
        return ended

    def _listen(self, listening: Coroutine[None, None, None], name: str) -> None:
        task = asyncio.create_task(listening, name=name)
        task.add_done_callback(_report_end)
        self._listeners.append(task)

    def _application(self) -> web.Application:
        parts = self._parts
        front = HttpFront(parts.app.functions, parts.keys, parts.settings, self._invoker)
        webhook = EventGridWebhook(parts.app, parts.keys, self._invoker)
        admin = AdminApi(
            parts.app, parts.keys, self._invoker, secrets.token_hex(16), self._timer_info
        )
        application = web.Application(
            client_max_size=MAX_BODY_BYTES, middlewares=[refuse_malformed]
        )
        application.router.add_route("*", event_grid_webhook.PATH, webhook.handle)
        application.router.add_route("*", f"{ADMIN_PREFIX}/{{rest:.*}}", admin.handle)
        application.router.add_route("*", "/{rest:.*}", front.handle)
        return application

    def _start_timers(self) -> None:
        for function in self._parts.app.functions:
            if isinstance(function.trigger, TimerTrigger):
                listener = TimerListener(
                    function, function.trigger, self._statuses, self._invoker, self._stopping
                )
                self._timers[function.name] = listener
                if not function.disabled:
                    self._listen(listener.run(), function.name)

    async def _start_queues(self) -> None:
        wanted = [
            (function, function.trigger)
            for function in self._parts.app.functions
            if isinstance(function.trigger, QueueTrigger) and not function.disabled
        ]
        if not wanted:
            return
        # Imported here: an app without queues need not pay for the storage SDK at start.
        from localazure.functions_host.queue_clients import QueueServices  # noqa: PLC0415
        from localazure.functions_host.queue_listener import QueueListener  # noqa: PLC0415

        services = QueueServices()
        self._closing.push_async_callback(services.close)
        for function, trigger in wanted:
            connection = self._parts.settings.queue_connection(trigger.connection)
            listener = QueueListener(
                function,
                trigger.queue_name,
                await services.service(connection),
                self._parts.host_json.queues,
                invoker=self._invoker,
                stopping=self._stopping,
            )
            self._listen(listener.run(), function.name)

    def _timer_info(self, function: Function) -> TypedData:
        listener = self._timers.get(function.name)
        if listener is None:
            return timer_info(None, past_due=False)
        return listener.current_info()


def _report_end(task: asyncio.Task[None]) -> None:
    # Otherwise a listener that fails would leave its function silently dead.
    if not task.cancelled() and (error := task.exception()) is not None:
        LOGGER.critical("the listener of %s has ended", task.get_name(), exc_info=error)
