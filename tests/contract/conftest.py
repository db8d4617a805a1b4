"""The real things under contract: Azurite, and the local Azure's services over https."""

import asyncio
import os
import ssl
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from azure.identity import ManagedIdentityCredential

from localazure.arm.application import arm_application
from localazure.azurite import Azurite
from localazure.identity import TokenEndpoint
from localazure.stack.instant_models import InstantModels
from localazure.stack.options import RuntimeKind, StackOptions
from localazure.stack.parts import Parts, make_parts, make_runtime
from localazure.tls import TlsFiles, issue, server_context
from rollout.adapters.arm import Arm

LOOP_SECONDS = 20
SECRET = "contract"
PRINCIPAL = "rollout-app"


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
    parts: Parts
    runtime: InstantModels
    topic_url: str
    topic_key: str


@pytest.fixture(scope="session")
def azurite() -> Iterator[Azurite]:
    with Azurite() as running:
        yield running


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


@pytest.fixture(scope="session")
def local_tls(tmp_path_factory: pytest.TempPathFactory) -> TlsFiles:
    return issue(tmp_path_factory.mktemp("contract-tls"))


@pytest.fixture(scope="session")
def local_azure(
    azurite: Azurite, local_tls: TlsFiles, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LocalAzure]:
    folder = tmp_path_factory.mktemp("contract-azure")
    options = StackOptions(work=folder, environments=folder, runtime=RuntimeKind.INSTANT, seed=1)
    with loop_in_thread() as loop:
        servers = Servers()
        session, found = run(loop, _start(options, azurite, local_tls, servers))
        try:
            yield found
        finally:
            run(loop, found.parts.delivery.close())
            run(loop, servers.close())
            run(loop, session.close())


async def _start(
    options: StackOptions, azurite: Azurite, tls: TlsFiles, servers: Servers
) -> tuple[aiohttp.ClientSession, LocalAzure]:
    session = aiohttp.ClientSession()
    runtime = make_runtime(options, azurite.account, tls)
    assert isinstance(runtime, InstantModels)
    parts = make_parts(options, azurite.account, tls.authority, runtime, session)
    runtime.url = await servers.serve(runtime.application(), None)
    context = server_context(tls)
    scoring = await servers.serve(parts.data_plane.application(), context)
    parts.world.scoring_uri_template = f"{scoring}/{{endpoint}}/score"
    management = arm_application(parts.arm)
    management.router.add_get("/msi", TokenEndpoint(parts.identity, {SECRET: PRINCIPAL}).handle)
    topics = web.Application()
    topics.add_routes(parts.topics.routes())
    events = await servers.serve(topics, context)
    (topic,) = parts.topics.topics.values()
    found = LocalAzure(
        url=await servers.serve(management, context),
        parts=parts,
        runtime=runtime,
        topic_url=f"{events}/topics/{topic.name}/api/events",
        topic_key=topic.key,
    )
    return session, found


@pytest.fixture
def azure_environment(
    local_azure: LocalAzure, local_tls: TlsFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Point every SDK at the local Azure, as an app's settings would."""
    for name in [name for name in os.environ if name.startswith(("AZURE", "IDENTITY_", "MSI_"))]:
        monkeypatch.delenv(name)
    settings = {
        **local_tls.client_environment(),
        "AZUREML_DEV_URL_MFE": local_azure.url,
        "IDENTITY_ENDPOINT": f"{local_azure.url}/msi",
        "IDENTITY_HEADER": SECRET,
        "NO_PROXY": "*",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def credential(azure_environment: None) -> Iterator[ManagedIdentityCredential]:
    with ManagedIdentityCredential() as found:
        yield found


@pytest.fixture
def arm(local_azure: LocalAzure, credential: ManagedIdentityCredential) -> Iterator[Arm]:
    client = Arm(credential, base_url=local_azure.url)
    yield client
    client.close()


@pytest.fixture
def services(tmp_path: Path) -> Path:
    """The example service's templates, in a folder of the test's own."""
    example = Path(__file__).parents[2] / "services" / "fraud-detection"
    folder = tmp_path / "fraud"
    for file in ("deployment.yml", "endpoint.yml", "src/score.py", "env/conda.yml"):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes((example / file).read_bytes())
    return folder
