"""Several loopback servers that start and end together."""

import ssl
from contextlib import AsyncExitStack

from aiohttp import web

from localazure.http_rules import SERVER_OPTIONS, refuse_malformed

LOOPBACK = "127.0.0.1"
CLOSE_SECONDS = 0.5
"""How long a connection may stay open once its server closes."""


class Servers:
    """Starts aiohttp applications on loopback ports; `close` ends all of them."""

    def __init__(self) -> None:
        self._open = AsyncExitStack()

    async def serve(
        self, application: web.Application, *, tls: ssl.SSLContext | None = None, port: int = 0
    ) -> str:
        """Serve an application (port 0: any free one) and return its base URL."""
        application.middlewares.insert(0, refuse_malformed)
        runner = web.AppRunner(
            application,
            access_log=None,
            shutdown_timeout=CLOSE_SECONDS,
            handler_cancellation=False,
            **SERVER_OPTIONS,
        )
        await runner.setup()
        self._open.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, LOOPBACK, port, ssl_context=tls).start()
        scheme = "http" if tls is None else "https"
        return f"{scheme}://{LOOPBACK}:{runner.addresses[0][1]}"

    async def close(self) -> None:
        """Stop listening and close every connection, the last server first."""
        await self._open.aclose()
