"""The real things under contract: Azurite, and the local Azure's services over https."""

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from azure.identity import ManagedIdentityCredential

from localazure.azurite import Azurite
from localazure.stack.options import RuntimeKind, StackOptions
from localazure.tls import TlsFiles, issue
from localazure.world import EndpointSpec, World
from rollout.adapters.azure_ml.arm import Arm
from rollout.adapters.azure_ml.creation import TemplateCreator
from rollout.adapters.azure_ml.endpoints import ArmEndpoints
from rollout.adapters.azure_ml.models import ArmModels
from rollout.adapters.azure_ml.scoring import DirectScoring
from rollout.adapters.metrics.azure_metrics import AzureMetrics
from rollout.adapters.metrics.log_analytics import LogAnalytics
from rollout.adapters.metrics.log_queries import LogCounts
from rollout.adapters.storage.storage_clients import StorageAccount, ensure_created, table_client
from rollout.adapters.storage.table_store import TableStore
from rollout.ports import RolloutStore
from tests.doubles.memory_store import MemoryStore
from tests.doubles.wire import APP
from tests.doubles.world_predictions import WorldPredictions
from tests.support.contract.collected import Collected, in_blobs, in_memory
from tests.support.contract.local_azure import (
    SECRET,
    LocalAzure,
    Servers,
    loop_in_thread,
    run,
    start,
)
from tests.support.contract.ports import Ports, double_ports, ports_on, wire_to
from tests.support.contract.store_bench import Bench
from tests.support.paths import PROJECT
from tests.support.role import GRANTED


@pytest.fixture(scope="session")
def azurite() -> Iterator[Azurite]:
    with Azurite() as running:
        yield running


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
        session, found = run(loop, start(options, azurite, local_tls, servers))
        try:
            yield found
        finally:
            run(loop, found.parts.delivery.close())
            run(loop, servers.close())
            run(loop, session.close())


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
def metrics(
    local_azure: LocalAzure, arm: Arm, credential: ManagedIdentityCredential
) -> Iterator[AzureMetrics]:
    logs = LogAnalytics(credential, base_url=local_azure.logs_url)
    yield AzureMetrics(arm, LogCounts(logs))
    logs.close()


@pytest.fixture
def services(tmp_path: Path) -> Path:
    """The example service's templates, in a folder of the test's own."""
    example = PROJECT / "services" / "fraud-detection"
    folder = tmp_path / "fraud"
    for file in ("deployment.yml", "endpoint.yml", "src/score.py", "env/conda.yml"):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes((example / file).read_bytes())
    return folder


@pytest.fixture(params=["memory", "azurite"])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    if request.param == "memory":
        yield Bench(MemoryStore())
        return
    azurite: Azurite = request.getfixturevalue("azurite")
    account = StorageAccount(azurite.account.connection_string)
    number = uuid4().hex
    with (
        table_client(account, f"Rollouts{number}") as rollouts,
        table_client(account, f"Live{number}") as live,
    ):
        ensure_created(rollouts, live)
        yield Bench(TableStore(rollouts, live), rollouts, live)


@pytest.fixture
def store(bench: Bench) -> RolloutStore:
    return bench.store


@pytest.fixture(params=["double", "arm"])
def ports(request: pytest.FixtureRequest) -> Iterator[Ports]:
    if request.param == "double":
        yield double_ports()
        return
    local: LocalAzure = request.getfixturevalue("local_azure")
    arm: Arm = request.getfixturevalue("arm")
    credential: ManagedIdentityCredential = request.getfixturevalue("credential")
    metrics: AzureMetrics = request.getfixturevalue("metrics")
    services: Path = request.getfixturevalue("services")
    creator = TemplateCreator(credential, lambda _service: services)
    scoring = DirectScoring(arm, credential)
    yield Ports(
        local.parts.world,
        local.parts.arm.faults,
        ArmEndpoints(arm),
        ArmModels(arm),
        metrics,
        creator,
        scoring,
        local.runtime.fail_version,
        local.parts.arm.access,
        local.parts.arm.governance,
    )
    local.parts.arm.faults.clear()
    local.parts.arm.governance.clear()
    local.parts.arm.access.allow_only(APP, GRANTED)
    creator.close()
    scoring.close()


@pytest.fixture
def blue(ports: Ports) -> Ports:
    """An endpoint with everything on blue, which serves version 6 with three instances."""
    ports.given_endpoint(
        EndpointSpec(
            location="westeurope",
            tags={"team": "risk"},
            description="fraud scores",
            identity={"type": "SystemAssigned"},
        )
    )
    ports.given_deployment("blue", "6", instances=3)
    ports.given_split(blue=100)
    return ports


@pytest.fixture(params=["double", "blobs"])
def collected(request: pytest.FixtureRequest) -> Iterator[Collected]:
    if request.param == "double":
        wire = wire_to(World())
        yield in_memory(ports_on(wire), WorldPredictions(wire))
        return
    local: LocalAzure = request.getfixturevalue("local_azure")
    azurite: Azurite = request.getfixturevalue("azurite")
    arm: Arm = request.getfixturevalue("arm")
    wire = wire_to(local.parts.world)
    ports = ports_on(wire, access=local.parts.arm.access)
    yield in_blobs(ports, arm, azurite.account.blob_url, azurite.account.connection_string)
    local.parts.arm.access.allow_only(APP, GRANTED)
