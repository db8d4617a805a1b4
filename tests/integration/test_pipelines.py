"""The GitHub Action and the Azure Pipelines template, run as their hosts run them."""

import json
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from rollout.cli.exits import ExitCode
from rollout.cli.pipelines.markdown import text
from tests.support.integration import SERVICE, RunningProduct
from tests.support.paths import PROJECT
from tests.support.pipelines import azure_agent, github_runner
from tests.support.pipelines.azure_agent import Agent
from tests.support.pipelines.github_api import TOKEN, Api, github_api
from tests.support.pipelines.github_runner import Runner

ACTION = PROJECT / "action.yml"
TEMPLATE = PROJECT / "pipelines" / "rollout.yml"
REPOSITORY, NUMBER = "ann/models", 7
NOBODY = "http://127.0.0.1:9"

type Act = Callable[..., github_runner.Run]
type Work = Callable[..., azure_agent.Run]


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A `rollout` that is installed already: this tree's."""
    return an_executable(
        tmp_path_factory.mktemp("command") / "rollout",
        f'PYTHONPATH="{PROJECT}" exec "{sys.executable}" -m rollout.cli "$@"',
    )


def an_executable(file: Path, script: str) -> str:
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(stat.S_IRWXU)
    return str(file)


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


def break_policy(workspace: Path) -> int:
    """Give a field a value that it cannot have; return its line."""
    policy = workspace / "services" / SERVICE / "rollout.yaml"
    lines = policy.read_text().splitlines()
    (number,) = [at for at, line in enumerate(lines) if line.startswith("keep:")]
    lines[number] = "keep: forever"
    policy.write_text("\n".join(lines) + "\n")
    return number + 1


# -- lint


def test_github_shows_each_fault_beside_its_line(act: Act, workspace: Path) -> None:
    line = break_policy(workspace)

    run = act(mode="lint")

    assert run.code == ExitCode.NOT_GOOD
    errors = [each for each in run.annotations if each[0] == "error"]
    ((_, place, text),) = errors
    assert place == {"file": f"services/{SERVICE}/rollout.yaml", "line": str(line)}
    assert text.startswith("keep: ")
    assert run.outputs["outcome"] == "faults"
    assert run.outputs["exit-code"] == "1"
    assert f"rollout.yaml&#58;{line}" in run.summary


def test_azure_lists_each_fault_with_its_line(work: Work, workspace: Path) -> None:
    line = break_policy(workspace)

    run = work(mode="lint")

    assert run.code == ExitCode.NOT_GOOD
    ((_, place, text),) = [each for each in run.issues if each[0] == "error"]
    assert place == {
        "sourcepath": f"services/{SERVICE}/rollout.yaml",
        "linenumber": str(line),
    }
    assert text.startswith("keep: ")
    assert run.variables["rollout.rolloutOutcome"] == "faults"
    assert run.variables["rollout.rolloutExitCode"] == "1"
    assert f"rollout.yaml&#58;{line}" in run.summary


def test_clean_services_pass_without_an_annotation(act: Act) -> None:
    run = act(mode="lint")

    assert (run.code, run.annotations, run.outputs["outcome"]) == (0, [], "clean")
    assert "1 service(s), 0 fault(s)" in run.summary


def test_an_input_is_text_and_never_a_script(act: Act, work: Work, tmp_path: Path) -> None:
    spoilt = tmp_path / "spoilt"
    hostile = f'"; touch {spoilt}; echo "$(touch {spoilt})`touch {spoilt}`'

    github = act(mode="lint", services=hostile, reason=hostile, version=hostile)
    azure = work(mode="lint", services=hostile, reason=hostile, version=hostile)

    assert (github.code, azure.code) == (ExitCode.NOT_GOOD, ExitCode.NOT_GOOD)
    assert not spoilt.exists()


# -- plan


@pytest.fixture
def minutes(workspace: Path) -> str:
    """Two hours of stable's minutes, many requests in each."""
    rows = [
        f"2026-03-01T{at // 60:02d}:{at % 60:02d}:00Z,stable,6000,30,10,30,40,60"
        for at in range(120)
    ]
    head = "minute,side,requests,failures,p50,p90,p95,p99"
    file = workspace / "minutes.csv"
    file.write_text("\n".join([head, *rows]) + "\n")
    return file.name


def test_a_plan_is_one_comment_that_the_next_run_replaces(act: Act, api: Api, minutes: str) -> None:
    for number in range(150):  # more than one page of them
        api.add(NUMBER, f"talk {number}", kind="User")
    first = act(mode="plan", service=SERVICE, minutes=minutes)
    second = act(mode="plan", service=SERVICE, minutes=minutes)

    assert (first.code, second.code) == (0, 0), first.log
    assert "a comment was written" in first.log
    assert "the comment was updated" in second.log
    assert len(api.comments) == 151
    assert f"#### {text(SERVICE)}" in api.comments[150]["body"]
    assert "requests/min" in api.comments[150]["body"]
    assert first.outputs["outcome"] == "feasible"
    assert "requests/min" in first.summary


def test_somebody_elses_comment_with_our_mark_is_left_alone(
    act: Act, api: Api, minutes: str
) -> None:
    act(mode="plan", service=SERVICE, minutes=minutes)
    forged = api.add(NUMBER, api.comments[0]["body"], kind="User")
    api.comments.reverse()
    before = dict(forged)

    act(mode="plan", service=SERVICE, minutes=minutes)

    assert forged == before
    assert len(api.comments) == 2


def test_a_token_that_may_not_comment_is_a_warning_and_the_plan_stands(
    act: Act, api: Api, minutes: str
) -> None:
    api.may_write = False

    run = act(mode="plan", service=SERVICE, minutes=minutes)

    assert run.code == ExitCode.GOOD
    ((level, _, text),) = run.annotations
    assert level == "warning"
    assert "pull-requests: write" in text
    assert "requests/min" in run.summary


def test_without_a_comment_nothing_is_asked(act: Act, api: Api, minutes: str) -> None:
    act(mode="plan", service=SERVICE, minutes=minutes, comment="false")

    assert api.calls == []


def test_a_service_that_cannot_be_planned_is_told(act: Act, work: Work, api: Api) -> None:
    github, azure = act(mode="plan"), work(mode="plan")

    assert (github.code, azure.code) == (ExitCode.USAGE, ExitCode.USAGE)
    assert "AZURE_SUBSCRIPTION_ID" in github.annotations[0][2]
    assert "AZURE_SUBSCRIPTION_ID" in azure.summary
    assert "AZURE_SUBSCRIPTION_ID" in api.comments[0]["body"]


def test_azure_shows_the_plan_with_the_run(work: Work, minutes: str) -> None:
    run = work(mode="plan", service=SERVICE, minutes=minutes)

    assert run.code == ExitCode.GOOD
    assert "requests/min" in run.summary
    assert run.variables["rollout.rolloutOutcome"] == "feasible"


# -- start, against the running app


@pytest.fixture(scope="module")
def app(product: RunningProduct) -> dict[str, str]:
    ready = product.app.ready
    return {"app": ready["url"], "key": ready["functionKey"]}


def test_a_version_that_fails_fails_the_job_and_the_run_is_the_reason(
    act: Act, app: dict[str, str], product: RunningProduct
) -> None:
    run = act(mode="start", service=SERVICE, version="990", timeout="90s", **app)

    assert run.code == ExitCode.FAILED, run.log
    assert run.outputs["outcome"] == "failed"
    assert run.outputs["exit-code"] == "4"
    ((level, _, text),) = run.annotations
    assert level == "error"
    assert "no such model version" in text
    assert "no such model version" in run.summary
    assert app["key"] not in run.log
    (offer,) = [each for each in product.show()["offers"] if each["version"] == "990"]
    assert offer["state"] == "rejected"
    assert "https://github.example/ann/models/actions/runs/5" in run.log


def test_azure_says_the_same(work: Work, app: dict[str, str]) -> None:
    run = work(mode="start", service=SERVICE, version="991", timeout="90s", **app)

    assert run.code == ExitCode.FAILED, run.log
    assert run.variables["rollout.rolloutOutcome"] == "failed"
    assert [level for level, _, _ in run.issues] == ["error"]
    assert "no such model version" in run.summary


def test_a_start_that_is_not_waited_for_ends_with_the_apps_answer(
    act: Act, app: dict[str, str]
) -> None:
    run = act(mode="start", service=SERVICE, version="992", wait="no", **app)

    assert (run.code, run.outputs["outcome"]) == (ExitCode.GOOD, "offered")


def test_the_jobs_own_variables_name_the_app_where_no_input_does(
    act: Act, app: dict[str, str]
) -> None:
    named = {"ROLLOUT_APP": app["app"], "ROLLOUT_KEY": app["key"]}

    run = act(named, mode="start", service="nobody", version="1")

    assert run.code == ExitCode.NOT_GOOD
    assert run.outputs["outcome"] == "refused"
    assert SERVICE in run.annotations[0][2]


def test_an_app_that_is_dead_is_told_apart(act: Act, work: Work) -> None:
    asked = {"mode": "start", "service": SERVICE, "version": "1", "app": NOBODY}
    github, azure = act(**asked), work(**asked)

    assert (github.code, azure.code) == (ExitCode.UNREACHABLE, ExitCode.UNREACHABLE)
    assert github.outputs["outcome"] == "unreachable"
    assert azure.variables["rollout.rolloutOutcome"] == "unreachable"


@pytest.mark.parametrize("lacking", ["service", "version"])
def test_what_a_start_lacks_is_named(act: Act, lacking: str) -> None:
    asked = {"service": SERVICE, "version": "1", "app": NOBODY, lacking: ""}

    run = act(mode="start", **asked)

    assert run.code == ExitCode.USAGE
    assert f"`{lacking}`" in run.annotations[0][2]


# -- what both are made of


def test_the_action_installs_what_it_lies_beside(
    tmp_path: Path, workspace: Path, command: str
) -> None:
    calls = tmp_path / "calls"
    python = an_executable(
        tmp_path / "python",
        f'echo "$@" >> "{calls}"\n'
        'mkdir -p "$3/bin"\n'
        f'printf \'#!/bin/sh\\necho pip "$@" >> "{calls}"\\n\' > "$3/bin/pip"\n'
        f'cp "{command}" "$3/bin/rollout"\n'
        'chmod 700 "$3/bin/pip" "$3/bin/rollout"',
    )
    work = tmp_path / "job"
    work.mkdir()
    run = Runner(work, workspace, python, {"token": "", "actor": "ann"}, {}).run(
        ACTION, {"mode": "start"}
    )

    # It ran, and a start needs more.
    assert run.outputs["outcome"] == "usage", run.log
    (used,) = run.used
    assert len(used.partition("@")[2]) == 40
    venv, pip = calls.read_text().splitlines()
    assert venv == f"-m venv {work}/rollout"
    assert pip.endswith(f"{PROJECT}[cli]")


def test_the_template_signs_in_where_it_has_a_connection(work: Work) -> None:
    plain, signed_in = work(mode="start"), work(mode="start", serviceConnection="a", name="go")

    assert (plain.tasks, signed_in.tasks) == (["Bash@3"], ["AzureCLI@2"])
    assert signed_in.variables["go.rolloutOutcome"] == "usage"


def test_the_templates_two_ways_are_the_same_but_for_signing_in() -> None:
    without, signed = yaml.safe_load(TEMPLATE.read_text())["steps"][1:]
    ((plain,),) = without.values()
    ((task,),) = signed.values()

    assert plain["env"] == task["env"]
    assert plain["bash"] == task["inputs"]["inlineScript"]


def test_both_take_the_same_inputs() -> None:
    action = yaml.safe_load(ACTION.read_text())["runs"]["steps"][-1]["env"]
    template = yaml.safe_load(TEMPLATE.read_text())["steps"][1:]
    (step,) = next(iter(template[0].values()))

    # Azure Pipelines has no comments, and no token for one.
    assert action.keys() - step["env"].keys() == {"ROLLOUT_COMMENT", "GITHUB_TOKEN"}
    assert step["env"].keys() <= action.keys()
