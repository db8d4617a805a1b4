"""Serves the parts of a local Azure and runs what belongs beside them."""

import asyncio
import logging
import secrets
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any

import aiohttp
from aiohttp import web

from localazure import tls
from localazure.arm.application import arm_application
from localazure.azurite import Azurite, StorageAccount
from localazure.event_grid.topic import CustomTopics
from localazure.identity import TokenEndpoint
from localazure.scoring.process_runtime import ProcessRuntime
from localazure.stack.addresses import Addresses
from localazure.stack.control import PREFIX as CONTROL_PREFIX
from localazure.stack.control import Control
from localazure.stack.instant_models import InstantModels
from localazure.stack.options import StackOptions
from localazure.stack.parts import Parts, make_parts, make_rows, make_runtime, make_writer
from localazure.stack.servers import Servers
from localazure.stack.subscriptions import asked_for, subscribe_when_ready

LOGGER = logging.getLogger("localazure.stack")
TOKEN_PATH = "/msi/token"  # noqa: S105 - a path
DEVELOPER = "developer"
"""The principal of developers and pipelines."""

FUNCTION_APP = "function-app"
"""The principal of the function app, so that its rights can be restricted alone."""


class Stack:
    """A local Azure: `async with Stack(options) as addresses:` runs it.

    Enter it in the main thread: Azurite is started from here and dies with the starting thread.
    """

    def __init__(self, options: StackOptions) -> None:
        self._options = options
        self._open = AsyncExitStack()
        self._servers = Servers()

    async def __aenter__(self) -> Addresses:
        try:
            return await self._start()
        except BaseException:
            await self._open.aclose()
            raise

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._open.aclose()

    async def _start(self) -> Addresses:
        options = self._options
        files = tls.issue(options.work / "tls")
        # Blocking on purpose: started from a helper thread, Azurite would die with that thread.
        storage = self._open.enter_context(Azurite(files, options.storage)).account
        rows = make_rows(options)
        runtime = make_runtime(options, storage, files, rows)
        writer = make_writer(rows, storage, files)
        writer.start()
        self._open.callback(writer.stop)
        if isinstance(runtime, ProcessRuntime):
            self._open.callback(runtime.close)
        connector = aiohttp.TCPConnector(ssl=tls.client_context(files), limit=0)
        session = await self._open.enter_async_context(aiohttp.ClientSession(connector=connector))
        parts = make_parts(options, storage, files.authority, runtime, session, rows=rows)
        self._open.push_async_callback(parts.delivery.close)
        self._open.push_async_callback(self._servers.close)
        control = Control(parts, options.retry_scale)
        addresses = await self._serve(parts, storage, files, control)
        control.document = addresses.document()
        self._run_beside(parts.alerts.run(parts.groups.send))
        wanted = asked_for(options, parts.destinations)
        self._run_beside(subscribe_when_ready(parts.delivery, wanted))
        return addresses

    async def _serve(
        self, parts: Parts, storage: StorageAccount, files: tls.TlsFiles, control: Control
    ) -> Addresses:
        context = tls.server_context(files)
        if isinstance(parts.runtime, InstantModels):
            parts.runtime.url = await self._servers.serve(parts.runtime.application())
        scoring = await self._servers.serve(parts.data_plane.application(), tls=context)
        parts.world.scoring_uri_template = f"{scoring}/{{endpoint}}/score"
        identities = {name: secrets.token_urlsafe(24) for name in (DEVELOPER, FUNCTION_APP)}
        tokens = TokenEndpoint(parts.identity, {key: name for name, key in identities.items()})
        management = arm_application(parts.arm)
        management.router.add_get(TOKEN_PATH, tokens.handle)
        arm = await self._servers.serve(management, tls=context)
        events = await self._servers.serve(_topics_application(parts.topics), tls=context)
        receivers = await self._servers.serve(parts.receivers.application(), tls=context)
        logs = await self._servers.serve(parts.logs.application(), tls=context)
        surface = await self._servers.serve(control.application(), port=self._options.control_port)
        topic = parts.topics.topics[self._options.topic.lower()]
        return Addresses(
            arm=arm,
            scoring=scoring,
            logs=logs,
            topic=f"{events}/topics/{topic.name}/api/events",
            topic_key=topic.key,
            receivers=parts.receivers.urls(receivers),
            token_endpoint=f"{arm}{TOKEN_PATH}",
            control=f"{surface}{CONTROL_PREFIX}",
            identities=identities,
            workspace=parts.world.workspace,
            storage=storage,
            tls=files,
        )

    def _run_beside(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        task.add_done_callback(_report_error)

        async def end() -> None:
            task.cancel()
            await asyncio.wait([task])

        self._open.push_async_callback(end)


def _report_error(task: asyncio.Task[None]) -> None:
    # Without this, the evaluation of alerts could stop unnoticed.
    if not task.cancelled() and (error := task.exception()) is not None:
        LOGGER.critical("a part of the local Azure has ended", exc_info=error)


def _topics_application(topics: CustomTopics) -> web.Application:
    application = web.Application()
    application.add_routes(topics.routes())
    return application
