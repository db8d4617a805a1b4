"""Jobs of both hosts, each with a checkout of its own."""

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.paths import PROJECT
from tests.support.pipelines import azure_agent, github_runner
from tests.support.pipelines.azure_agent import Agent
from tests.support.pipelines.github_api import TOKEN, Api, github_api
from tests.support.pipelines.github_runner import Runner
from tests.support.pipelines.jobs import (
    ACTION,
    NUMBER,
    REPOSITORY,
    TEMPLATE,
    Act,
    Work,
    an_executable,
)


@pytest.fixture(scope="session")
def command(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A `rollout` that is installed already: this tree's."""
    return an_executable(
        tmp_path_factory.mktemp("command") / "rollout",
        f'PYTHONPATH="{PROJECT}" exec "{sys.executable}" -m rollout.cli "$@"',
    )


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A checkout of somebody's services."""
    place = tmp_path / "checkout"
    shutil.copytree(PROJECT / "services", place / "services")
    return place


@pytest.fixture
def api() -> Iterator[Api]:
    with github_api() as running:
        yield running


@pytest.fixture
def act(tmp_path: Path, workspace: Path, command: str, api: Api) -> Act:
    """Run the action in a workflow about a pull request."""
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": NUMBER}}))
    context = {"token": TOKEN, "actor": "ann"}

    def run(environment: dict[str, str] | None = None, **inputs: str) -> github_runner.Run:
        work = tmp_path / f"job-{len(list(tmp_path.glob('job-*')))}"
        work.mkdir()
        set_by_github = {
            "GITHUB_API_URL": api.url,
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_SERVER_URL": "https://github.example",
            "GITHUB_RUN_ID": "5",
        }
        runner = Runner(
            work, workspace, sys.executable, context, {**set_by_github, **(environment or {})}
        )
        named = {name.replace("_", "-"): value for name, value in inputs.items()}
        return runner.run(ACTION, {"command": command, **named})

    return run


@pytest.fixture
def work(tmp_path: Path, workspace: Path, command: str) -> Work:
    """Run the template in a job of Azure Pipelines."""

    def run(environment: dict[str, str] | None = None, **given: Any) -> azure_agent.Run:
        place = tmp_path / f"agent-{len(list(tmp_path.glob('agent-*')))}"
        place.mkdir()
        variables = {"Build.RequestedFor": "Ann"}
        set_by_azure = {
            "SYSTEM_COLLECTIONURI": "https://dev.azure.example/o/",
            "SYSTEM_TEAMPROJECT": "p",
            "BUILD_BUILDID": "5",
        }
        agent = Agent(place, workspace, variables, {**set_by_azure, **(environment or {})})
        return agent.run(TEMPLATE, {"command": command, **given})

    return run
