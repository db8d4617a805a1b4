"""The local Azure's services, served over https from a thread of their own."""

import asyncio
import ssl
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp import web

from localazure.arm.application import arm_application
from localazure.azurite import Azurite
from localazure.identity import TokenEndpoint
from localazure.stack.instant_models import InstantModels
from localazure.stack.options import StackOptions
from localazure.stack.parts import Parts, make_parts, make_rows, make_runtime
from localazure.tls import TlsFiles, server_context
from tests.doubles.wire import APP
from tests.support.role import GRANTED

LOOP_SECONDS = 20
SECRET = "contract"


class Servers:
    """Loopback servers with one life."""

    def __init__(self) -> None:
        self._started: list[tuple[asyncio.Server, web.AppRunner]] = []

    async def serve(self, application: web.Application, context: ssl.SSLContext | None) -> str:
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        assert runner.server is not None
        loop = asyncio.get_running_loop()
        server = await loop.create_server(runner.server, "127.0.0.1", 0, ssl=context)
        self._started.append((server, runner))
        scheme = "http" if context is None else "https"
        return f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        for server, runner in reversed(self._started):
            server.close()
            # Clients keep connections open; without this each would be waited for.
            server.abort_clients()
            await server.wait_closed()
            await runner.cleanup()


@dataclass(frozen=True)
class LocalAzure:
    """The running services, and their insides."""

    url: str
    logs_url: str
    parts: Parts
    runtime: InstantModels
    topic_url: str
    topic_key: str


@contextmanager
def loop_in_thread() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=LOOP_SECONDS)
        loop.close()


def run[Result](loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, Result]) -> Result:
    return asyncio.run_coroutine_threadsafe(work, loop).result(timeout=LOOP_SECONDS)


async def start(
    options: StackOptions, azurite: Azurite, tls: TlsFiles, servers: Servers
) -> tuple[aiohttp.ClientSession, LocalAzure]:
    session = aiohttp.ClientSession()
    rows = make_rows(options)
    runtime = make_runtime(options, azurite.account, tls, rows)
    assert isinstance(runtime, InstantModels)
    parts = make_parts(options, azurite.account, tls.authority, runtime, session, rows=rows)
    runtime.url = await servers.serve(runtime.application(), None)
    context = server_context(tls)
    scoring = await servers.serve(parts.data_plane.application(), context)
    parts.world.scoring_uri_template = f"{scoring}/{{endpoint}}/score"
    parts.arm.access.allow_only(APP, GRANTED)
    management = arm_application(parts.arm)
    management.router.add_get("/msi", TokenEndpoint(parts.identity, {SECRET: APP}).handle)
    topics = web.Application()
    topics.add_routes(parts.topics.routes())
    events = await servers.serve(topics, context)
    (topic,) = parts.topics.topics.values()
    found = LocalAzure(
        url=await servers.serve(management, context),
        logs_url=await servers.serve(parts.logs.application(), context),
        parts=parts,
        runtime=runtime,
        topic_url=f"{events}/topics/{topic.name}/api/events",
        topic_key=topic.key,
    )
    return session, found
