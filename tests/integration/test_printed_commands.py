"""What `make up` prints works as printed: every line is run, in order, in one shell each time."""

import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from demo.acts import first_version
from demo.instructions import commands, instructions, own_commands
from demo.local_cloud import AZURE_OPTIONS
from demo.machine import measured
from demo.places import SERVICE
from demo.playing import scene_in
from demo.policies import demo_changes
from demo.scene import Scene
from demo.screens import PlainScreen
from demo.staying_up import shell_environment, write_environment
from tests.support.integration import eventually
from tests.support.paths import PROJECT
from tests.support.pipelines.github_runner import Runner

LINE_SECONDS = 240
REFUSED_FAILS = 'curl() { command curl --fail-with-body "$@"; }'
"""As printed, but an answer of 400 or more fails."""
INTERRUPTED = "timeout --foreground --preserve-status --signal INT 10"
"""Presses Ctrl-C, once, in what lasts until then: its good end."""
METRICS_LATE = timedelta(seconds=5)
ANSWER = {"predictions": [0], "probabilities": [[0.9, 0.1]]}
LIVE = {"CREATING", "VALIDATING", "SHIFTING", "BAKING"}


class Shell:
    """Runs lines as a person would: whatever earlier lines set is still set."""

    def __init__(self, first: str) -> None:
        self._first = first

    def run(self, line: str) -> str:
        # Nothing of this process's environment but the path: the printed lines must suffice.
        done = subprocess.run(
            ["/bin/bash", "-euc", f"{REFUSED_FAILS}\n{self._first}\n{line}"],
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent"},
            capture_output=True,
            text=True,
            timeout=LINE_SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        return done.stdout


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """The example's first version serving, on a local Azure without model processes."""
    work = tmp_path_factory.mktemp("up") / "work"
    machine = measured()
    options = (*AZURE_OPTIONS, "--runtime", "instant")
    with (
        PlainScreen(Console()) as screen,
        scene_in(work, demo_changes(machine=machine), screen, machine, options) as scene,
    ):
        for version in ("1", "2"):
            answer = {"status": 200, "body": ANSWER}
            scene.cloud.control("PUT", f"models/{version}", answer).expect(204)
        assert first_version(scene, alert=False).as_told
        yield scene


@pytest.fixture(scope="module")
def env_file(scene: Scene) -> Path:
    file = scene.cloud.work / "azure.env"
    write_environment(file, shell_environment(scene.cloud))
    return file


def phase(scene: Scene) -> str:
    return str(scene.cloud.rollouts().expect(200)["phase"])


def bakes_first_stage(scene: Scene) -> bool:
    view = scene.cloud.rollouts().expect(200)
    return bool(view["phase"] == "BAKING" and view["rollout"]["stage"] == 0)


def ready_for(verb: str, scene: Scene, began: datetime) -> bool:
    """Whether the rollout has come as far as the printed text says."""
    match verb:
        case "pause":
            return phase(scene) in LIVE
        case "advance":
            return bakes_first_stage(scene)
        case "retry":
            return phase(scene) == "ROLLED_BACK"
        case "plan":
            return has_a_whole_minute(began)
        case _:
            return True


def has_a_whole_minute(since: datetime) -> bool:
    """Whether traffic from then on has filled a minute, and metrics have shown it."""
    begins = since.replace(second=0, microsecond=0) + timedelta(minutes=1)
    return datetime.now(UTC) >= begins + timedelta(minutes=1) + METRICS_LATE


def test_every_printed_line_works_from_top_to_bottom(scene: Scene, env_file: Path) -> None:
    (first, *rest) = commands(scene.cloud, scene.cloud.work / "services", env_file)
    shell = Shell(first.lines[0])
    began = datetime.now(UTC)
    printed: dict[str, str] = {}

    for step in rest:
        for line in step.lines:
            verb = verb_of(line)
            eventually(partial(ready_for, verb, scene, began))
            printed[verb] = shell.run(f"{INTERRUPTED} {line}" if step.endless else line)

    orders = ("pause", "resume", "advance", "rollback", "retry")
    assert [verb for verb in orders if not printed[verb].strip()] == []
    assert "version" in printed["watch"]
    assert eventually(lambda: phase(scene) in LIVE)


def verb_of(line: str) -> str:
    """What a line of `rollout` does; another line is its own verb."""
    words = line.split()
    return words[1] if words[0].endswith("/rollout") else line


def test_the_lines_for_own_services_work_too(scene: Scene, env_file: Path) -> None:
    (first, *rest) = own_commands(scene.cloud, scene.cloud.work / "services", env_file)
    shell = Shell(first.lines[0])

    for line in (line for step in rest for line in step.lines):
        shell.run(line)


def test_the_printed_text_shows_every_line_and_the_watched_folder(
    scene: Scene, env_file: Path
) -> None:
    services = scene.cloud.work / "services"
    steps = commands(scene.cloud, services, env_file)

    shown = instructions(scene.cloud, services, steps, [])

    assert [f"  {line}" for step in steps for line in step.lines] == [
        line for line in shown if line.startswith("  ") and not line.startswith("   ")
    ]
    assert f"services         {services}" in shown


def test_traffic_that_goes_back_while_the_app_is_dead_stays_back(
    scene: Scene, env_file: Path
) -> None:
    answer = {"status": 200, "body": ANSWER}
    scene.cloud.control("PUT", "models/3", answer).expect(204)
    scene.register("3", model_of="2")
    view = eventually(partial(bakes, scene, "3"))
    stable, candidate = view["rollout"]["stable"], view["rollout"]["candidate"]
    shell = Shell(commands(scene.cloud, scene.cloud.work / "services", env_file)[0].lines[0])
    services = scene.cloud.work / "services"
    scene.cloud.kill_app()
    shell.run(
        f".venv/bin/rollout rollback {SERVICE} --direct --to {stable} --services {services} "
        '--yes --reason "the app is dead"'
    )
    assert dict(scene.traffic()) == {stable: 100}

    scene.cloud.restart_app()

    ended = eventually(partial(ended_as, scene, "ROLLED_BACK"))
    assert ended["rollout"]["cause"] == "foreign rollback"
    assert "the app is dead" in ended["rollout"]["causeText"]
    assert scene.weights_of(candidate)[-1] == 0


def test_a_pipelines_step_starts_a_version_and_shows_how_far_it_has_come(
    scene: Scene, tmp_path: Path
) -> None:
    answer = {"status": 200, "body": ANSWER}
    scene.cloud.control("PUT", "models/4", answer).expect(204)
    command = tmp_path / "rollout"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m rollout.cli "$@"\n')
    command.chmod(stat.S_IRWXU)
    runner = Runner(tmp_path, PROJECT, sys.executable, {"actor": "ann", "token": ""}, {})
    app = scene.cloud.app
    scene.register("4", model_of="2")

    run = runner.run(
        PROJECT / "action.yml",
        {
            "mode": "start",
            "service": SERVICE,
            "version": "4",
            "wait": "stage",
            "timeout": "4m",
            "app": app["url"],
            "key": app["functionKey"],
            "command": str(command),
        },
    )

    assert (run.code, run.outputs["outcome"], run.outputs["phase"]) == (0, "stage", "BAKING"), run
    assert run.outputs["rollout"] == scene.cloud.rollouts().expect(200)["rollout"]["id"]
    assert "SHIFTING" in run.summary
    assert run.annotations == []


def bakes(scene: Scene, version: str) -> dict[str, Any]:
    """The view while a version bakes with traffic; else nothing."""
    view: dict[str, Any] = scene.cloud.rollouts().expect(200)
    rollout = view["rollout"]
    return view if rollout["version"] == version and view["phase"] == "BAKING" else {}


def ended_as(scene: Scene, phase_name: str) -> dict[str, Any]:
    """The view once the rollout has ended so; else nothing."""
    view: dict[str, Any] = scene.cloud.rollouts().expect(200)
    return view if view["phase"] == phase_name else {}


def test_the_environment_file_is_readable_by_its_user_only(env_file: Path) -> None:
    assert stat.S_IMODE(env_file.stat().st_mode) == 0o600
