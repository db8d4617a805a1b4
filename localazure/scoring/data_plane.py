"""The scoring address of every endpoint: `POST /{endpoint}/score`.

What a caller sees when a model fails is taken from Microsoft's troubleshooting page (404, 408, 424,
429) and from the settings of its inference router: any container answer other than 200 becomes
424 with `ms-azureml-model-error-reason: model_error` and the container's status in
`ms-azureml-model-error-statuscode`; a container that cannot be reached is `model_not_ready`.
"""

import asyncio
import logging
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

import aiohttp
from aiohttp import web

from localazure.collector.payload_log import Exchange, PayloadLog
from localazure.monitor.recorder import Outcome, Recorder
from localazure.scoring.routing import (
    DEPLOYMENT_HEADER,
    Containers,
    DeploymentView,
    Endpoints,
    EndpointView,
    RefusedError,
    TokenCheck,
    any_token,
    choose_deployment,
    choose_mirrors,
    may_score,
)

REASON_HEADER = "ms-azureml-model-error-reason"
STATUS_HEADER = "ms-azureml-model-error-statuscode"
MODEL_TIME_HEADER = "ms-azureml-model-time"
"""Milliseconds that the container took, as the front end saw it (its Lua)."""
REQUEST_ID_HEADER = "x-request-id"
CLIENT_REQUEST_ID_HEADER = "x-ms-client-request-id"
MAX_BODY_BYTES = 10 * 1024 * 1024
MODEL_OK = 200
MODEL_ERROR = 424
MODEL_UNREACHABLE = 503
"""The model status that the router records when no container answers."""

_PLAIN = ("Content-Type", "text/plain")
"""Of what the front end answers itself."""

_LOG = logging.getLogger("localazure.data_plane")
_NOT_PASSED_ON = frozenset(
    {
        "authorization",
        "connection",
        "content-length",
        "date",
        "host",
        "keep-alive",
        "server",
        "te",
        "transfer-encoding",
        "upgrade",
        DEPLOYMENT_HEADER,
        REQUEST_ID_HEADER,
    }
)


@dataclass(frozen=True)
class _Reply:
    """`answered`: the body is the container's own."""

    status: int
    model_status: int | None
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    answered: bool = False


@dataclass(frozen=True)
class _Request:
    id: str
    path: str
    body: bytes
    content_type: str | None
    headers: tuple[tuple[str, str], ...]


class DataPlane:
    """Routes scoring requests and records each: live ones always, addressed and mirrored by dials.

    `chance` decides splits; seed it to repeat a run. `check` checks callers' tokens. `payloads`
    logs what reached a container, where its deployment's collector asks for it. Requests refused
    before a deployment was chosen (401, 404) belong to no deployment and are not recorded.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        containers: Containers,
        recorder: Recorder,
        chance: random.Random | None = None,
        *,
        timer: Callable[[], float] = time.perf_counter,
        check: TokenCheck = any_token,
        payloads: PayloadLog | None = None,
    ) -> None:
        self._endpoints = endpoints
        self._check = check
        self._containers = containers
        self._recorder = recorder
        # Splitting traffic needs a fair coin, not an unpredictable one.
        self._chance = chance or random.Random()  # noqa: S311
        self._timer = timer
        self._payloads = payloads
        self._in_flight: Counter[tuple[str, str]] = Counter()
        self._mirroring: set[asyncio.Task[_Reply]] = set()
        self._session: aiohttp.ClientSession | None = None

    def application(self) -> web.Application:
        """Return the aiohttp application; its start-up and clean-up own the outgoing session."""
        app = web.Application(client_max_size=MAX_BODY_BYTES)
        app.router.add_get("/health", _health)
        app.router.add_post("/{endpoint}/score", self.score)
        app.cleanup_ctx.append(self._outgoing)
        return app

    async def score(self, request: web.Request) -> web.Response:
        """Answer one scoring request."""
        request_id = str(uuid4())
        try:
            endpoint = self._authorised(request)
            addressed = request.headers.get(DEPLOYMENT_HEADER)
            deployment = choose_deployment(endpoint, addressed, self._chance)
        except RefusedError as refusal:
            return web.json_response(
                {"error": {"code": str(refusal.status), "message": str(refusal)}},
                status=refusal.status,
                headers={REQUEST_ID_HEADER: request_id},
            )
        passed_on = _Request(
            request_id,
            f"/score?{request.query_string}" if request.query_string else "/score",
            await request.read(),
            request.headers.get("Content-Type"),
            _headers_for_model(request, request_id),
        )
        # Requests that name their deployment are not mirrored (the safe-rollout page).
        mirrors = choose_mirrors(endpoint, self._chance) if addressed is None else []
        counted = addressed is None or self._recorder.addressed_counted
        reply = await self._ask(endpoint, deployment, passed_on, counted=counted)
        for mirror in mirrors:
            self._mirror(endpoint, mirror, passed_on)
        answer = web.Response(status=reply.status, body=reply.body)
        for name, value in reply.headers:
            answer.headers[name] = value
        answer.headers[DEPLOYMENT_HEADER] = deployment.name
        answer.headers[REQUEST_ID_HEADER] = request_id
        if CLIENT_REQUEST_ID_HEADER in request.headers:
            answer.headers[CLIENT_REQUEST_ID_HEADER] = request.headers[CLIENT_REQUEST_ID_HEADER]
        return answer

    def _authorised(self, request: web.Request) -> EndpointView:
        name = request.match_info["endpoint"]
        endpoint = self._endpoints.endpoint(name)
        if endpoint is None:
            raise RefusedError(404, f"There is no endpoint called {name!r}.")
        if not may_score(endpoint, request.headers.get("Authorization", ""), self._check):
            # A caller without the score action gets a 401 too (the troubleshooting page).
            raise RefusedError(
                401,
                f"Send 'Authorization: Bearer ...' with what auth mode {endpoint.auth_mode!r} "
                "requires; a token's principal needs the score action.",
            )
        return endpoint

    def _mirror(self, endpoint: EndpointView, deployment: DeploymentView, what: _Request) -> None:
        """Send a copy once the client's answer is there; nobody waits for what comes back."""
        counted = self._recorder.mirrored_counted
        task = asyncio.create_task(self._ask(endpoint, deployment, what, counted=counted))
        # The loop itself keeps only weak references to tasks.
        self._mirroring.add(task)
        task.add_done_callback(self._mirroring.discard)

    async def _ask(
        self,
        endpoint: EndpointView,
        deployment: DeploymentView,
        what: _Request,
        *,
        counted: bool = True,
    ) -> _Reply:
        key = (endpoint.name, deployment.name)
        started = self._timer()
        if self._in_flight[key] >= deployment.in_flight_limit:
            headers = (_PLAIN, (REASON_HEADER, "too_many_pending_request"))
            reply = _Reply(429, None, b"", headers)
        else:
            self._in_flight[key] += 1
            try:
                reply = await self._call(endpoint, deployment, what)
            finally:
                self._in_flight[key] -= 1
            self._log_payloads(deployment, what, reply)
        if counted:
            self._recorder.record(
                endpoint.name,
                Outcome(deployment.name, reply.status, reply.model_status),
                (self._timer() - started) * 1000,
            )
        return reply

    def _log_payloads(self, deployment: DeploymentView, what: _Request, reply: _Reply) -> None:
        if self._payloads is None or deployment.collector is None:
            return
        exchange = Exchange(
            what.id,
            what.path,
            what.body,
            what.content_type,
            reply.body if reply.answered else None,
            next((v for n, v in reply.headers if n.lower() == "content-type"), None),
        )
        self._payloads.log(deployment.collector, exchange)

    async def _call(
        self, endpoint: EndpointView, deployment: DeploymentView, what: _Request
    ) -> _Reply:
        address = self._containers.address(endpoint.name, deployment.name)
        if address is None or self._session is None:
            return _unreachable()
        started = self._timer()
        try:
            async with self._session.post(
                f"{address}/score",
                data=what.body,
                headers=what.headers,
                timeout=aiohttp.ClientTimeout(total=deployment.request_timeout_ms / 1000),
            ) as answer:
                body = await answer.read()
                took = (MODEL_TIME_HEADER, str(int((self._timer() - started) * 1000)))
                return _from_model(answer.status, body, (*answer.headers.items(), took))
        except TimeoutError:
            return _Reply(408, None, b"upstream request timeout", (_PLAIN,))
        except aiohttp.ClientError as error:
            _LOG.info("%s/%s is not reachable: %s", endpoint.name, deployment.name, error)
            return _unreachable()

    @asynccontextmanager
    async def _outgoing(self, _app: web.Application) -> AsyncIterator[None]:
        # The scoring server closes each connection after its answer; one kept open here would be
        # found dead by the next request, which would look like a model failure.
        connector = aiohttp.TCPConnector(limit=0, force_close=True)
        async with aiohttp.ClientSession(connector=connector, auto_decompress=False) as session:
            self._session = session
            yield
            self._session = None
            mirroring = list(self._mirroring)
            for task in mirroring:
                task.cancel()
            await asyncio.gather(*mirroring, return_exceptions=True)


async def _health(_request: web.Request) -> web.Response:
    return web.json_response({"status": "Healthy"})


def _headers_for_model(request: web.Request, request_id: str) -> tuple[tuple[str, str], ...]:
    kept = [
        (name, value)
        for name, value in request.headers.items()
        if name.lower() not in _NOT_PASSED_ON
    ]
    return (*kept, (REQUEST_ID_HEADER, request_id))


def _from_model(status: int, body: bytes, headers: Iterable[tuple[str, str]]) -> _Reply:
    kept = tuple((n, v) for n, v in headers if n.lower() not in _NOT_PASSED_ON)
    if status == MODEL_OK:
        return _Reply(MODEL_OK, status, body, kept, answered=True)
    error = ((REASON_HEADER, "model_error"), (STATUS_HEADER, str(status)))
    return _Reply(MODEL_ERROR, status, body, (*kept, *error), answered=True)


def _unreachable() -> _Reply:
    error = (_PLAIN, (REASON_HEADER, "model_not_ready"), (STATUS_HEADER, str(MODEL_UNREACHABLE)))
    return _Reply(MODEL_ERROR, MODEL_UNREACHABLE, b"", error)
