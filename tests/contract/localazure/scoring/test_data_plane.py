"""The data plane over real sockets, in front of a small HTTP server that plays the model."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from multidict import CIMultiDictProxy

from localazure.collector.payload_log import PayloadLog
from localazure.collector.rows import CollectedRows
from localazure.monitor.recorder import Outcome, Recorder
from localazure.scoring.data_plane import DataPlane
from localazure.scoring.routing import DeploymentView, EndpointView

NOW = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)


@dataclass
class Model:
    """Answers as configured; `gate` holds requests back until it is set."""

    status: int = 200
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    arrived: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    seen: list[tuple[bytes, CIMultiDictProxy[str]]] = field(default_factory=list)

    async def score(self, request: web.Request) -> web.Response:
        self.seen.append((await request.read(), request.headers))
        self.arrived.release()
        await self.gate.wait()
        return web.Response(status=self.status, body=b"from the model", headers={"x-mine": "1"})


@dataclass
class World:
    """What the data plane needs from the rest: endpoints, and where containers listen."""

    view: EndpointView
    addresses: dict[str, str]

    def endpoint(self, name: str) -> EndpointView | None:
        return self.view if name == "e" else None

    def address(self, endpoint: str, deployment: str) -> str | None:
        assert endpoint == "e"
        return self.addresses.get(deployment)


class AnnouncingRecorder(Recorder):
    """Lets a test wait for records that are made after the caller has its answer."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        super().__init__(clock)
        self.recorded = asyncio.Semaphore(0)

    def record(
        self, endpoint: str, outcome: Outcome, duration_ms: float, at: datetime | None = None
    ) -> None:
        super().record(endpoint, outcome, duration_ms, at)
        self.recorded.release()


@dataclass
class Scene:
    world: World
    models: dict[str, Model]
    recorder: AnnouncingRecorder
    rows: CollectedRows
    clock: list[datetime]
    session: aiohttp.ClientSession
    url: str

    async def post(
        self, body: bytes = b"{}", key: str = "key-1", **headers: str
    ) -> tuple[int, bytes, Mapping[str, str]]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.session.post(
            f"{self.url}/e/score", data=body, headers={"Authorization": f"Bearer {key}"} | named
        ) as answer:
            return answer.status, await answer.read(), answer.headers

    def change(self, **changes: Any) -> None:
        self.world.view = replace(self.world.view, **changes)

    def recorded(self) -> Counter[Outcome]:
        total: Counter[Outcome] = Counter()
        self.clock[0] = LATER
        for minute in self.recorder.minutes("e", NOW, LATER):
            total.update(minute.counts)
        self.clock[0] = NOW
        return total


@asynccontextmanager
async def scene() -> AsyncIterator[Scene]:
    models = {"blue": Model(), "green": Model()}
    servers = []
    for model in models.values():
        model.gate.set()
        app = web.Application()
        app.router.add_post("/score", model.score)
        servers.append(TestServer(app, host="127.0.0.1"))
    for server in servers:
        await server.start_server()
    addresses = {
        name: f"http://127.0.0.1:{server.port}"
        for name, server in zip(models, servers, strict=True)
    }
    view = EndpointView(
        "e",
        "key",
        ("key-1", "key-2"),
        traffic={"blue": 100},
        deployments={name: DeploymentView(name) for name in ("blue", "green", "dead")},
    )
    world = World(view, addresses)
    clock = [NOW]
    recorder = AnnouncingRecorder(lambda: clock[0])
    chance = random.Random(7)  # noqa: S311 - a split that repeats is what these tests need
    rows = CollectedRows(chance)
    plane_of = DataPlane(world, world, recorder, chance, payloads=PayloadLog(rows))
    app = plane_of.application()
    async with TestServer(app, host="127.0.0.1") as plane, aiohttp.ClientSession() as session:
        url = f"http://127.0.0.1:{plane.port}"
        yield Scene(world, models, recorder, rows, clock, session, url)
    for server in servers:
        await server.close()


def in_scene(play: Callable[[Scene], Awaitable[None]]) -> None:
    async def run() -> None:
        async with scene() as one:
            await play(one)

    asyncio.run(run())


def test_an_answer_names_its_deployment_and_has_a_request_id_of_the_platform() -> None:
    async def play(one: Scene) -> None:
        status, body, headers = await one.post(
            b'{"features": []}',
            x_request_id="mine",
            x_ms_client_request_id="client-1",
            Content_Type="application/json",
        )
        assert (status, body) == (200, b"from the model")
        assert headers["azureml-model-deployment"] == "blue"
        assert headers["x-request-id"] != "mine"
        assert headers["x-ms-client-request-id"] == "client-1"
        assert headers["x-mine"] == "1"
        assert headers["ms-azureml-model-time"].isdecimal()
        ((received, passed_on),) = one.models["blue"].seen
        assert received == b'{"features": []}'
        assert passed_on["Content-Type"] == "application/json"
        assert passed_on["x-request-id"] == headers["x-request-id"]
        assert "Authorization" not in passed_on
        assert one.recorded() == {Outcome("blue", 200, 200): 1}

    in_scene(play)


def test_live_traffic_follows_the_split_of_the_moment() -> None:
    async def play(one: Scene) -> None:
        one.change(traffic={"blue": 50, "green": 50})
        for _ in range(40):
            assert (await one.post())[0] == 200
        assert min(len(model.seen) for model in one.models.values()) > 10
        one.change(traffic={"green": 100})
        before = len(one.models["blue"].seen)
        for _ in range(10):
            await one.post()
        assert len(one.models["blue"].seen) == before

    in_scene(play)


def test_a_failing_model_is_424_and_its_own_status_is_in_a_header() -> None:
    async def play(one: Scene) -> None:
        one.models["blue"].status = 500
        status, body, headers = await one.post()
        assert (status, body) == (424, b"from the model")
        assert headers["ms-azureml-model-error-statuscode"] == "500"
        assert headers["ms-azureml-model-error-reason"] == "model_error"
        assert headers["azureml-model-deployment"] == "blue"
        assert one.recorded() == {Outcome("blue", 424, 500): 1}

    in_scene(play)


def test_any_answer_but_200_is_a_model_error() -> None:
    async def play(one: Scene) -> None:
        one.models["blue"].status = 201
        status, _, headers = await one.post()
        assert (status, headers["ms-azureml-model-error-statuscode"]) == (424, "201")

    in_scene(play)


def test_a_container_that_is_not_ready_or_has_died_is_424() -> None:
    async def play(one: Scene) -> None:
        one.world.addresses["green"] = "http://127.0.0.1:1"
        for deployment in ("dead", "green"):
            status, _, headers = await one.post(azureml_model_deployment=deployment)
            assert status == 424
            assert headers["ms-azureml-model-error-reason"] == "model_not_ready"
            assert "ms-azureml-model-time" not in headers
        assert one.recorded() == {
            Outcome("dead", 424, 503): 1,
            Outcome("green", 424, 503): 1,
        }

    in_scene(play)


def test_the_header_reaches_a_deployment_without_weight_and_is_not_mirrored() -> None:
    async def play(one: Scene) -> None:
        one.change(mirror={"green": 100})
        status, _, headers = await one.post(azureml_model_deployment="green")
        assert (status, headers["azureml-model-deployment"]) == (200, "green")
        assert len(one.models["green"].seen) == 1
        assert (await one.post(azureml_model_deployment="red"))[0] == 404

    in_scene(play)


@pytest.mark.parametrize("counted", [True, False])
def test_a_request_that_names_its_deployment_is_counted_as_the_dial_says(
    counted: bool,  # noqa: FBT001 - a table's column
) -> None:
    async def play(one: Scene) -> None:
        one.recorder.addressed_counted = counted
        await one.post(azureml_model_deployment="green")
        await one.post()
        named = {Outcome("green", 200, 200): 1} if counted else {}
        assert one.recorded() == {Outcome("blue", 200, 200): 1, **named}

    in_scene(play)


def test_a_mirror_gets_a_copy_that_the_caller_never_notices() -> None:
    async def play(one: Scene) -> None:
        one.change(mirror={"green": 100})
        one.models["green"].status = 500
        status, _, headers = await one.post(b"copied")
        assert (status, headers["azureml-model-deployment"]) == (200, "blue")
        await one.models["green"].arrived.acquire()
        assert one.models["green"].seen[0][0] == b"copied"
        for _ in range(2):
            await one.recorder.recorded.acquire()
        assert one.recorded() == {Outcome("blue", 200, 200): 1, Outcome("green", 424, 500): 1}

    in_scene(play)


def test_a_mirror_is_asked_only_after_the_caller_has_its_answer() -> None:
    async def play(one: Scene) -> None:
        one.change(mirror={"green": 100})
        one.models["blue"].gate.clear()
        asked = asyncio.create_task(one.post())
        await one.models["blue"].arrived.acquire()
        assert not one.models["green"].seen
        one.models["green"].gate.clear()
        one.models["blue"].gate.set()
        # The shadow hangs, and the caller does not.
        assert (await asked)[0] == 200
        await one.models["green"].arrived.acquire()
        one.models["green"].gate.set()

    in_scene(play)


@pytest.mark.parametrize("counted", [True, False])
def test_a_mirrored_request_is_counted_as_the_dial_says(
    counted: bool,  # noqa: FBT001 - a table's column
) -> None:
    async def play(one: Scene) -> None:
        one.recorder.mirrored_counted = counted
        one.change(mirror={"green": 100})
        await one.post()
        await one.models["green"].arrived.acquire()
        for _ in range(2 if counted else 1):
            await one.recorder.recorded.acquire()
        mirrored = {Outcome("green", 200, 200): 1} if counted else {}
        assert one.recorded() == {Outcome("blue", 200, 200): 1, **mirrored}

    in_scene(play)


def test_a_model_slower_than_its_timeout_is_408() -> None:
    async def play(one: Scene) -> None:
        one.models["blue"].gate.clear()
        one.change(deployments={"blue": DeploymentView("blue", request_timeout_ms=50)})
        status, _, headers = await one.post()
        assert (status, headers["azureml-model-deployment"]) == (408, "blue")
        one.models["blue"].gate.set()
        assert one.recorded() == {Outcome("blue", 408, None): 1}

    in_scene(play)


def test_more_requests_in_flight_than_allowed_are_429() -> None:
    async def play(one: Scene) -> None:
        model = one.models["blue"]
        model.gate.clear()
        waiting = [asyncio.create_task(one.post()) for _ in range(2)]
        for _ in waiting:
            await model.arrived.acquire()
        status, body, headers = await one.post()
        assert (status, body, headers["content-type"]) == (429, b"", "text/plain")
        assert headers["azureml-model-deployment"] == "blue"
        assert headers["ms-azureml-model-error-reason"] == "too_many_pending_request"
        model.gate.set()
        assert [status for status, _, _ in await asyncio.gather(*waiting)] == [200, 200]
        assert (await one.post())[0] == 200
        assert one.recorded()[Outcome("blue", 429, None)] == 1

    in_scene(play)


def test_unauthorised_callers_and_unknown_endpoints_reach_no_model_and_no_metric() -> None:
    async def play(one: Scene) -> None:
        status, body, headers = await one.post(key="wrong")
        assert status == 401
        assert b"auth mode 'key'" in body
        assert "x-request-id" in headers
        async with one.session.post(f"{one.url}/other/score") as answer:
            assert answer.status == 404
        one.change(traffic={})
        assert (await one.post())[0] == 404
        assert one.models["blue"].seen == []
        assert one.recorded() == {}

    in_scene(play)


def test_the_data_plane_reports_its_own_health() -> None:
    async def play(one: Scene) -> None:
        async with one.session.get(f"{one.url}/health") as answer:
            assert answer.status == 200

    in_scene(play)
