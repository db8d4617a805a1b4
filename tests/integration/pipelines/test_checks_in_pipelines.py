"""A pull request is linted and planned, as both hosts run it."""

from pathlib import Path

import pytest

from rollout.cli.exits import ExitCode
from rollout.cli.pipelines.markdown import text
from tests.support.integration import SERVICE
from tests.support.pipelines.github_api import Api
from tests.support.pipelines.jobs import NUMBER, Act, Work


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
