"""What holds for every HTTP server of this package, whatever it serves.

Azure's front ends refuse a malformed request before a handler sees it; so does the middleware here.
They also leave a compressed body as it is: pass `SERVER_OPTIONS` to each `web.AppRunner`.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web

SERVER_OPTIONS: Mapping[str, Any] = {"auto_decompress": False}
LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def refuse_malformed(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer 400 to a header that is not UTF-8, as Kestrel and Azure's gateways do."""
    for name, value in request.headers.items():
        # aiohttp keeps bytes that are not UTF-8 as lone surrogates.
        if any("\ud800" <= character <= "\udfff" for character in value):
            return web.Response(status=400, text=f"the header {name} is not UTF-8")
    return await handler(request)


@web.middleware
async def refuse_foreign_hosts(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer 403 to a name other than this machine's own.

    For servers without a key: a page in a developer's browser can make its own name resolve to
    127.0.0.1, but cannot change the Host header that the browser then sends.
    """
    if _host_name(request.host) not in LOOPBACK_NAMES:
        text = f"the Host header is {request.host!r}: use 127.0.0.1 or localhost"
        return web.json_response({"error": text}, status=403)
    return await handler(request)


def parse_json(content: bytes | str) -> Any:
    """Return what a JSON text says.

    Raises:
        ValueError: it is not JSON, or nested too deeply to be read.
    """
    try:
        return json.loads(content)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


async def read_object(request: web.Request) -> dict[str, Any]:
    """Return the JSON object that a request brings.

    Raises:
        ValueError: Its body is not JSON.
        TypeError: It is JSON, and not an object.
    """
    body = parse_json(await request.read())
    if not isinstance(body, dict):
        raise TypeError("the body must be a JSON object")
    return body


def _host_name(host: str) -> str:
    name = host.lower()
    if name.startswith("["):
        return name[1:].partition("]")[0]
    return name.partition(":")[0]
