"""The GitHub Action and the Azure Pipelines template: what they install, and what they pass on."""

from pathlib import Path

import yaml

from tests.support.paths import PROJECT
from tests.support.pipelines.azure_agent import Agent
from tests.support.pipelines.github_runner import Runner
from tests.support.pipelines.jobs import ACTION, TEMPLATE, Work, an_executable


def a_python(tmp_path: Path, command: str, calls: Path) -> str:
    """A Python that makes an environment whose pip installs this tree's command, and says so."""
    return an_executable(
        tmp_path / "python",
        f'echo "$@" >> "{calls}"\n'
        'mkdir -p "$3/bin"\n'
        f'printf \'#!/bin/sh\\necho pip "$@" >> "{calls}"\\n\' > "$3/bin/pip"\n'
        f'cp "{command}" "$3/bin/rollout"\n'
        'chmod 700 "$3/bin/pip" "$3/bin/rollout"',
    )


def test_the_action_installs_what_it_lies_beside_once_for_a_job(
    tmp_path: Path, workspace: Path, command: str
) -> None:
    calls, job = tmp_path / "calls", tmp_path / "job"
    python = a_python(tmp_path, command, calls)
    job.mkdir()
    runner = Runner(job, workspace, python, {"token": "", "actor": "ann"}, {})

    first, second = (runner.run(ACTION, {"mode": "start"}) for _ in range(2))

    # It ran, and a start needs more.
    assert first.outputs["outcome"] == second.outputs["outcome"] == "usage", first.log
    (used,) = first.used
    assert len(used.partition("@")[2]) == 40
    venv, pip = calls.read_text().splitlines()
    assert venv == f"-m venv {job}/rollout"
    assert pip.endswith(f"{PROJECT}[cli]")


def test_the_template_installs_what_it_is_told_to_once_for_a_job(
    tmp_path: Path, workspace: Path, command: str
) -> None:
    calls, job = tmp_path / "calls", tmp_path / "job"
    a_python(tmp_path, command, calls)
    job.mkdir()
    path = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    agent = Agent(job, workspace, {"Build.RequestedFor": "Ann"}, path)

    first, second = (agent.run(TEMPLATE, {"mode": "start"}) for _ in range(2))

    assert first.tasks == ["UsePythonVersion@0", "Bash@3", "Bash@3"]
    assert first.variables == second.variables
    assert second.variables["rollout.rolloutOutcome"] == "usage"
    venv, pip = calls.read_text().splitlines()
    assert venv == f"-m venv {job}/rollout"
    assert pip.endswith("install --quiet --disable-pip-version-check .[cli]")


def test_the_template_signs_in_where_it_has_a_connection(work: Work) -> None:
    plain, signed_in = work(mode="start"), work(mode="start", serviceConnection="a", name="go")

    assert (plain.tasks, signed_in.tasks) == (["Bash@3"], ["AzureCLI@2"])
    assert signed_in.variables["go.rolloutOutcome"] == "usage"


def test_the_templates_two_ways_are_the_same_but_for_signing_in() -> None:
    without, signed = yaml.safe_load(TEMPLATE.read_text())["steps"][1:]
    ((plain,),) = without.values()
    ((task,),) = signed.values()

    # A rollout lasts longer than a sign-in: the task's own can be had again with this.
    token = {"SYSTEM_ACCESSTOKEN": "$(System.AccessToken)"}
    assert {**plain["env"], **token} == task["env"]
    assert plain["bash"] == task["inputs"]["inlineScript"]


def test_both_take_the_same_inputs() -> None:
    action = yaml.safe_load(ACTION.read_text())["runs"]["steps"][-1]["env"]
    template = yaml.safe_load(TEMPLATE.read_text())["steps"][1:]
    (step,) = next(iter(template[0].values()))

    # Azure Pipelines has no comments, and no token for one.
    assert action.keys() - step["env"].keys() == {"ROLLOUT_COMMENT", "GITHUB_TOKEN"}
    assert step["env"].keys() <= action.keys()
