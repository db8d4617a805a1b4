"""`rollout` against the running app: what it prints, and how it ends."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rollout.cli.exits import ExitCode
from tests.support.integration import ENDPOINT, SERVICE, RunningProduct
from tests.support.paths import PROJECT

SECONDS = 120
NOBODY = "http://127.0.0.1:9"
"""The discard port of this machine: nothing listens there."""


class Command:
    """Runs `rollout` as a process with nothing but what a pipeline sets."""

    def __init__(self, url: str, key: str) -> None:
        self.environment = {"ROLLOUT_APP": url, "ROLLOUT_KEY": key, "ROLLOUT_ACTOR": "pipeline"}

    def __call__(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "rollout.cli", *words],
            cwd=PROJECT,
            env={"PATH": os.defpath, "HOME": "/nonexistent", **self.environment, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )


@pytest.fixture(scope="module")
def command(product: RunningProduct) -> Command:
    ready = product.app.ready
    return Command(ready["url"], ready["functionKey"])


def test_every_service_is_listed_for_people_and_for_programs(command: Command) -> None:
    shown = command("list")
    assert (shown.returncode, shown.stderr) == (ExitCode.GOOD, "")
    assert SERVICE in shown.stdout
    assert "1 service" in shown.stdout
    (view,) = json.loads(command("list", "-o", "json").stdout)
    assert view["endpoint"].endswith(ENDPOINT)
    assert command("list", "-o", "name").stdout == f"{SERVICE}\n"


def test_whoami_says_which_app_and_how_it_was_found(command: Command) -> None:
    shown = command("whoami").stdout

    assert command.environment["ROLLOUT_APP"] in shown
    assert "(ROLLOUT_APP)" in shown
    assert "not proven" in shown


def test_a_service_that_is_not_there_is_refused_with_the_apps_words(command: Command) -> None:
    ended = command("get", "nobody")

    assert ended.returncode == ExitCode.NOT_GOOD
    assert SERVICE in ended.stderr


def test_an_order_that_can_do_nothing_says_so_and_sends_nothing(command: Command) -> None:
    ended = command("pause", SERVICE, "--reason", "x", "--yes")

    assert ended.returncode == ExitCode.NOT_GOOD
    assert "can do nothing now" in ended.stderr


def test_a_pipeline_must_say_yes(command: Command) -> None:
    ended = command("start", SERVICE, "--version", "1", "--reason", "x")

    assert ended.returncode == ExitCode.USAGE
    assert "--yes" in ended.stderr


def test_a_version_that_does_not_exist_fails_while_it_is_waited_for(command: Command) -> None:
    words = ("start", SERVICE, "--version", "999", "--reason", "x", "--yes", "--wait")
    ended = command(*words, "--timeout", "90s", "-o", "json")

    assert ended.returncode == ExitCode.FAILED
    assert json.loads(ended.stdout)["outcome"] == "failed"
    told = command("why", SERVICE, "999")
    assert "no such model version" in told.stdout
    assert f"rollout retry {SERVICE} --version 999" in told.stdout


def test_a_wrong_key_says_what_to_set_and_is_not_repeated(command: Command) -> None:
    ended = command("list", ROLLOUT_KEY="not-the-key")

    assert ended.returncode == ExitCode.NOT_GOOD
    assert "ROLLOUT_KEY" in ended.stderr
    assert "not-the-key" not in ended.stderr + ended.stdout


def test_an_app_that_is_dead_is_unreachable_and_a_rollback_names_the_way_without_it(
    command: Command,
) -> None:
    ended = command("rollback", SERVICE, "--reason", "x", "--yes", "--app", NOBODY)

    assert ended.returncode == ExitCode.UNREACHABLE
    assert f"rollout rollback {SERVICE} --direct" in ended.stderr


def test_without_an_app_the_command_says_where_it_looked(command: Command, tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "rollout.cli", "list"],
        cwd=tmp_path,
        env={"PATH": os.defpath, "PYTHONPATH": str(PROJECT), "HOME": "/nonexistent"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )

    assert ended.returncode == ExitCode.USAGE
    assert "ROLLOUT_APP" in ended.stderr


@pytest.mark.parametrize(("begun", "names"), [("", [SERVICE]), ("fr", [SERVICE]), ("x", [])])
def test_names_of_services_are_completed(command: Command, begun: str, names: list[str]) -> None:
    words = {"COMP_WORDS": f"rollout get {begun}", "COMP_CWORD": "2"}

    done = command(_ROLLOUT_COMPLETE="complete_bash", **words)

    assert (done.stdout.split(), done.stderr) == (names, "")
