"""`rollout plan` with settings from the environment and stable's traffic from Azure."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from localazure.monitor.recorder import Outcome
from localazure.world import DeploymentSpec, EndpointSpec, World, make_split
from rollout.cli import main
from tests.support.contract.local_azure import LocalAzure

ENDPOINT = "planned"
MINUTE = timedelta(minutes=1)
HISTORY_MINUTES = 30
PER_MINUTE = 60


def split(world: World, **percents: int) -> None:
    world.endpoints.put(ENDPOINT, EndpointSpec("westeurope", split=make_split(percents, {})))


def _at(moment: datetime) -> datetime:
    return moment


@pytest.fixture
def world(
    local_azure: LocalAzure, azure_environment: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    """An endpoint whose `blue` answered 60 requests in each of the last minutes, one of them badly.

    Its latencies differ, so that its percentiles do.
    """
    found = local_azure.parts.world
    found.endpoints.put(ENDPOINT, EndpointSpec("westeurope"))
    found.deployments.put(ENDPOINT, "blue", DeploymentSpec("westeurope"))
    found.deployments.put(ENDPOINT, "green-7", DeploymentSpec("westeurope"))
    split(found, blue=100)
    settings = {
        "AZUREML_WORKSPACE_ID": found.workspace.path,
        "ARM_ENDPOINT": local_azure.url,
        "AzureWebJobsStorage": "UseDevelopmentStorage=true",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    recorder = local_azure.parts.recorder
    real_clock, now = recorder.clock, datetime.now(UTC).replace(second=0, microsecond=0)
    recorder.forget(ENDPOINT)
    for ago in range(HISTORY_MINUTES, 0, -1):
        recorder.clock = partial(_at, now - ago * MINUTE)
        for number in range(PER_MINUTE):
            status = 424 if number == 0 else 200
            recorder.record(ENDPOINT, Outcome("blue", status, status), 20.0 + number)
    recorder.clock = real_clock
    yield found
    recorder.forget(ENDPOINT)
    found.endpoints.delete(ENDPOINT)


@pytest.fixture
def services(tmp_path: Path) -> Path:
    folder = tmp_path / "services" / "fraud"
    folder.mkdir(parents=True)
    (folder / "deployment.yml").write_text("$schema: x\n")
    (folder / "rollout.yaml").write_text(f"endpoint: {ENDPOINT}\nmodel: {{name: fraud}}\n")
    return folder.parent


def test_a_plan_is_made_from_what_the_endpoints_stable_answered(
    world: World, services: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", "fraud", "--services", str(services)]) == 0
    told = capsys.readouterr()
    assert told.err == ""
    assert told.out.startswith("stable: 60.0 requests a minute, 1.67% failed, 0.5 h known\n")
    # Its percentiles were read too, or no slowdown could be told.
    assert told.out.splitlines()[2].rstrip().endswith(" x")


def test_where_nobody_has_all_traffic_stable_must_be_named(
    world: World, services: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world.endpoints.put(
        ENDPOINT,
        EndpointSpec("westeurope", split=make_split({"blue": 90, "green-7": 10}, {})),
    )
    arguments = ["plan", "fraud", "--services", str(services)]
    assert main(arguments) == 64
    assert "no deployment of planned has all its traffic (blue 90 %" in capsys.readouterr().err
    assert main([*arguments, "--stable", "Blue"]) == 0
    assert capsys.readouterr().out.startswith("stable: 60.0 requests a minute")


def test_an_endpoint_that_is_not_there_cannot_be_planned_for(
    world: World, services: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = services / "fraud" / "rollout.yaml"
    policy.write_text("endpoint: elsewhere\nmodel: {name: fraud}\n")
    assert main(["plan", "fraud", "--services", str(services)]) == 64
    assert "there is no endpoint elsewhere yet" in capsys.readouterr().err
