"""`rollout init` against a workspace: what it writes, and what it skips."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from localazure.monitor.recorder import Outcome
from localazure.world import DeploymentSpec, EndpointSpec, World, make_split
from rollout.adapters.bundle.files import read_bundle
from rollout.cli import main
from tests.support.contract.local_azure import LocalAzure

MINUTE = timedelta(minutes=1)
HISTORY_MINUTES = 30
PER_MINUTE = 120
SERVED = "served"
NAMES = (SERVED, "split", "silent", "Written")
SPLITS: dict[str, dict[str, int]] = {"split": {"blue": 90, "green": 10}, "silent": {}}


def _at(moment: datetime) -> datetime:
    return moment


def serve(world: World, name: str, split: dict[str, int]) -> None:
    world.endpoints.put(name, EndpointSpec("westeurope"))
    model = f"{name.lower()}-model"
    world.models.put(model, "3", {"modelUri": "azureml://3", "tags": {}, "properties": {}})
    asset = world.workspace.asset("models", model, "3")
    body = {"endpointComputeType": "Managed", "model": asset}
    spec = DeploymentSpec("westeurope", model_id=asset, body=body)
    for deployment in ("blue", "green"):
        world.deployments.put(name, deployment, spec)
    world.endpoints.put(name, EndpointSpec("westeurope", split=make_split(split, {})))


@pytest.fixture
def world(
    local_azure: LocalAzure, azure_environment: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    """Four endpoints; `blue` of the first answered in each of the last minutes."""
    found = local_azure.parts.world
    for name in NAMES:
        serve(found, name, SPLITS.get(name, {"blue": 100}))
    settings = {
        "AZUREML_WORKSPACE_ID": found.workspace.path,
        "ARM_ENDPOINT": local_azure.url,
        "AzureWebJobsStorage": "UseDevelopmentStorage=true",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    recorder = local_azure.parts.recorder
    real_clock, now = recorder.clock, datetime.now(UTC).replace(second=0, microsecond=0)
    recorder.forget(SERVED)
    for ago in range(HISTORY_MINUTES, 0, -1):
        recorder.clock = partial(_at, now - ago * MINUTE)
        for number in range(PER_MINUTE):
            recorder.record(SERVED, Outcome("blue", 200, 200), 20.0 + number)
    recorder.clock = real_clock
    yield found
    recorder.forget(SERVED)
    for name in NAMES:
        found.endpoints.delete(name)


@pytest.fixture
def services(tmp_path: Path) -> Path:
    return tmp_path / "services"


def init(services: Path, *words: str) -> int:
    return main(["init", *words, "--services", str(services)])


def told(services: Path, capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    capsys.readouterr()
    init(services, *words, "--json")
    return {line["endpoint"]: line for line in json.loads(capsys.readouterr().out)}


def test_each_endpoint_of_the_workspace_is_ready_or_skipped_and_why(
    world: World, services: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = told(services, capsys)

    states = {name: line["state"] for name, line in found.items()}
    assert states == {SERVED: "ready", "split": "skipped", "silent": "skipped", "Written": "ready"}
    assert "120 requests a minute" in found[SERVED]["text"]
    assert "blue 90 %, green 10 %" in found["split"]["text"]
    assert "no deployment has traffic" in found["silent"]["text"]


def test_what_is_written_has_no_fault_and_names_what_is_served(
    world: World, services: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert init(services) == 0

    assert "ready    served" in capsys.readouterr().out
    bundle = read_bundle(services, None)
    assert bundle.faults == {}
    policies = bundle.comparable
    assert {name: policy.model for name, policy in policies.items()} == {
        "served": "served-model",
        "written": "written-model",
    }


def test_nothing_is_overwritten_and_an_endpoint_has_one_service(
    world: World, services: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other, own = services / "other", services / "written"
    for folder, text in ((other, f"endpoint: {SERVED}\nmodel: {{name: m}}\n"), (own, "mine")):
        folder.mkdir(parents=True)
        (folder / "rollout.yaml").write_text(text)

    found = told(services, capsys, SERVED, "Written")

    assert "the service other has it" in found[SERVED]["text"]
    assert "is there already" in found["written"]["text"]
    assert (own / "rollout.yaml").read_text() == "mine"
    assert init(services, SERVED) == 1


def test_nothing_on_azure_is_changed(world: World, services: Path) -> None:
    before = world.log.since(0)

    init(services)

    assert world.log.since(0) == before


def test_an_endpoint_that_is_not_there_is_skipped(
    world: World, services: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert init(services, "nowhere") == 1
    assert "skipped  nowhere: there is no such endpoint" in capsys.readouterr().out
    assert not services.exists()


def test_the_workspace_may_be_named(
    world: World, services: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AZUREML_WORKSPACE_ID")

    assert init(services, SERVED) == 64
    assert init(services, SERVED, "--workspace", world.workspace.path) == 0
    assert init(services, SERVED, "--workspace", "/subscriptions/x") == 64
