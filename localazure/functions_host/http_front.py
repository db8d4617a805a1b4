"""Requests to the app's HTTP functions: match, authenticate, run, answer.

In the host's order: the first match in alphabetical order of function names; then the key (401
with an empty body); then a disabled function (404 unless the master key is shown); then the call
(a failed one is 500 with an empty body). No match is 404, never 405.
"""

import logging
from collections.abc import Iterable

from aiohttp import web

from localazure.functions_host.app_model import Function, HttpTrigger
from localazure.functions_host.app_settings import AppSettings
from localazure.functions_host.http_messages import from_worker, to_worker
from localazure.functions_host.invoker import Invoker
from localazure.functions_host.keys import AuthLevel, Keys, presented_key
from localazure.functions_host.routes import split_path

LOGGER = logging.getLogger("localazure.functions_host")
MAX_BODY_BYTES = 100 * 1024 * 1024
"""The default of FUNCTIONS_REQUEST_BODY_SIZE_LIMIT; above it the answer is 413."""

HOME_PAGE = (
    "<html><title>Functions host</title><p>Your Functions host is up and running.</p></html>"
)


class HttpFront:
    """Answers everything outside `/admin` and `/runtime`."""

    def __init__(
        self, functions: Iterable[Function], keys: Keys, settings: AppSettings, invoker: Invoker
    ) -> None:
        self._routes = [
            (function, function.trigger)
            for function in functions
            if isinstance(function.trigger, HttpTrigger)
        ]
        self._keys = keys
        self._invoker = invoker
        self._home_page_off = settings.is_true("AzureWebJobsDisableHomepage")

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one request."""
        path = split_path(request.rel_url.raw_path)
        for function, trigger in self._routes:
            values = trigger.template.match(path) if trigger.serves(request.method) else None
            if values is not None:
                return await self._call(request, function, trigger, values)
        if not path and request.method == "GET":
            return self._home_page()
        return web.Response(status=404)

    async def _call(
        self,
        request: web.Request,
        function: Function,
        trigger: HttpTrigger,
        route_values: dict[str, str],
    ) -> web.Response:
        level = self._keys.level_of(presented_key(request.headers, request.query), function.name)
        if level < trigger.level:
            return web.Response(status=401)
        if function.disabled and level < AuthLevel.ADMIN:
            return web.Response(status=404)
        if request.can_read_body and request.content_length is None:
            LOGGER.warning(
                "%s gets an empty body: the request is chunked. Send Content-Length; "
                "the Functions host drops bodies without it.",
                function.name,
            )
        outcome = await self._invoker.invoke(function, await to_worker(request, route_values))
        if not outcome.succeeded:
            return web.Response(status=500)
        return from_worker(outcome.returned)

    def _home_page(self) -> web.Response:
        if self._home_page_off:
            return web.Response(status=204)
        return web.Response(text=HOME_PAGE, content_type="text/html")
