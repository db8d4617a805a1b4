"""A local control plane over real https, and the unmodified SDK pointed at it."""

import asyncio
import importlib
import os
import threading
import warnings
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from azure.identity import DefaultAzureCredential

from localazure.arm.application import arm_application
from localazure.arm.arm import Arm
from localazure.arm.azurite_blobs import AzuriteBlobStore
from localazure.azurite import ACCOUNT_KEY, ACCOUNT_NAME, Azurite
from localazure.identity import TokenAuthority, TokenEndpoint
from localazure.tls import TlsFiles, issue, server_context
from localazure.world import Datastore, World

LOOP_TIMEOUT_SECONDS = 10
POLL_DELAY = timedelta(milliseconds=50)
PRINCIPAL = "sdk-user"
SECRET = "local"
DATASTORE = "workspaceblobstore"


@dataclass(frozen=True)
class LocalArm:
    """A running control plane and everything a test may look at."""

    url: str
    arm: Arm
    world: World
    blobs: AzuriteBlobStore
    identity: TokenAuthority


@contextmanager
def served_over_tls(application: web.Application, tls: TlsFiles) -> Iterator[int]:
    """Serve on a free loopback port in its own thread; yield the port."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    runner = web.AppRunner(application, access_log=None)

    def run[Result](work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, loop).result(timeout=LOOP_TIMEOUT_SECONDS)

    async def start() -> asyncio.Server:
        await runner.setup()
        assert runner.server is not None
        return await loop.create_server(runner.server, "127.0.0.1", 0, ssl=server_context(tls))

    async def stop(server: asyncio.Server) -> None:
        server.close()
        # Clients keep connections open; without this, shutdown would wait for each.
        server.abort_clients()
        await server.wait_closed()
        await runner.cleanup()

    try:
        server = run(start())
        yield server.sockets[0].getsockname()[1]
        run(stop(server))
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=LOOP_TIMEOUT_SECONDS)
        loop.close()


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> TlsFiles:
    return issue(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="session")
def blobs(tls: TlsFiles) -> Iterator[AzuriteBlobStore]:
    with Azurite(tls) as azurite:
        store = AzuriteBlobStore(azurite.account.blob_url, ACCOUNT_NAME, ACCOUNT_KEY, tls.authority)
        store.ensure_container(DATASTORE)
        yield store


@pytest.fixture(scope="session")
def local_arm(tls: TlsFiles, blobs: AzuriteBlobStore) -> Iterator[LocalArm]:
    world, identity = World(), TokenAuthority()
    world.datastores[DATASTORE] = Datastore(DATASTORE, blobs.account_name, DATASTORE)
    arm = Arm(world, blobs=blobs, identity=identity, poll_delay=POLL_DELAY)
    application = arm_application(arm)
    application.router.add_get("/msi", TokenEndpoint(identity, {SECRET: PRINCIPAL}).handle)
    with served_over_tls(application, tls) as port:
        yield LocalArm(f"https://127.0.0.1:{port}", arm, world, blobs, identity)


@pytest.fixture(scope="session")
def azure_settings(local_arm: LocalArm, tls: TlsFiles) -> dict[str, str]:
    """Everything that points the SDKs to the local Azure: environment variables, nothing else."""
    return {
        **tls.client_environment(),
        "AZUREML_DEV_URL_MFE": local_arm.url,
        "IDENTITY_ENDPOINT": f"{local_arm.url}/msi",
        "IDENTITY_HEADER": SECRET,
        "NO_PROXY": "*",
    }


@contextmanager
def environment(settings: dict[str, str]) -> Iterator[None]:
    """Set `settings` and nothing else of Azure; afterwards restore the environment."""
    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith(("AZURE", "IDENTITY_", "MSI_"))]:
        del os.environ[name]
    os.environ.update(settings)
    try:
        yield
    finally:
        # MLClient's constructor writes to the environment as well.
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture
def azure_environment(azure_settings: dict[str, str]) -> Iterator[dict[str, str]]:
    """The settings, in force during one test only: other suites share this process."""
    with environment(azure_settings):
        yield azure_settings


@pytest.fixture(scope="session")
def azure_ai_ml() -> Any:
    """The SDK's package; imported here because that takes two seconds and warns."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module("azure.ai.ml")


@pytest.fixture(scope="session")
def entities(azure_ai_ml: Any) -> Any:
    """The module of the SDK's entities: `Model`, `ManagedOnlineEndpoint`, ..."""
    return azure_ai_ml.entities


@pytest.fixture(scope="session")
def shared_ml_client(
    local_arm: LocalArm, azure_settings: dict[str, str], azure_ai_ml: Any
) -> Iterator[Any]:
    """A plain MLClient, as any application makes it; only retries are off, so faults show."""
    workspace = local_arm.world.workspace
    with environment(azure_settings):
        credential = DefaultAzureCredential()
        client = azure_ai_ml.MLClient(
            credential,
            workspace.subscription,
            workspace.resource_group,
            workspace.name,
            retry_total=0,
        )
    yield client
    credential.close()
    # MLClient cannot be closed; its service clients keep their connections open.
    for part in vars(client).values():
        if hasattr(part, "close"):
            part.close()


@pytest.fixture
def ml_client(shared_ml_client: Any, azure_environment: dict[str, str]) -> Any:
    """The session's client, with the environment it was made in."""
    return shared_ml_client


@pytest.fixture(scope="session")
def unique_name() -> Callable[[str], str]:
    """Names that no other test of the session uses."""
    used: dict[str, int] = {}

    def name(stem: str) -> str:
        used[stem] = used.get(stem, 0) + 1
        return f"{stem}-{used[stem]}"

    return name


@pytest.fixture
def model_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "weights.txt").write_text("1 2 3")
    return folder
