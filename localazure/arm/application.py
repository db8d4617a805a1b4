"""The control plane as an aiohttp application; faults that hang or drop happen here."""

import asyncio
import logging

from aiohttp import web

from localazure.arm.arm import Arm
from localazure.arm.messages import MAX_BODY_BYTES, ArmRequest, ArmResponse

LOGGER = logging.getLogger("localazure.arm")


def arm_application(arm: Arm) -> web.Application:
    """Return the application that serves `arm` on every path that has no route of its own.

    Run it under TLS (`localazure.tls.server_context`): without it the SDKs send no token. Calls are
    handled one at a time on the event loop; only calls that a fault rule lets hang overlap.
    """
    # A little more than the limit is read, so that the client gets the 413 from `Arm`.
    application = web.Application(client_max_size=2 * MAX_BODY_BYTES)

    async def serve(request: web.Request) -> web.StreamResponse:
        answer = await _after_hang(arm.handle(await _read(request)))
        LOGGER.debug("%s %s -> %s", request.method, request.path_qs, answer.status)
        if answer.drops_connection:
            _close(request)
        return web.Response(
            status=answer.status or web.HTTPInternalServerError.status_code,
            body=answer.body,
            headers=answer.headers,
        )

    application.router.add_route("*", "/{path:.*}", serve)
    return application


async def _read(request: web.Request) -> ArmRequest:
    return ArmRequest(
        method=request.method,
        path=request.path,
        query=request.query,
        headers={name.lower(): value for name, value in request.headers.items()},
        body=await request.read(),
        base_url=f"{request.scheme}://{request.host}",
    )


async def _after_hang(answer: ArmResponse) -> ArmResponse:
    # A client that gives up does not cancel this: a late write takes effect all the same.
    await asyncio.sleep(answer.hang_seconds)
    return answer if answer.late is None else answer.late()


def _close(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()
