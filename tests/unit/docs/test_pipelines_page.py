"""What docs/pipelines.md shows of inputs, outputs, outcomes and workflows is what there is."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from rollout.cli.exits import ExitCode
from tests.support.paths import PROJECT

PAGE = (PROJECT / "docs" / "pipelines.md").read_text()
ACTION = yaml.safe_load((PROJECT / "action.yml").read_text())
TEMPLATE = yaml.safe_load((PROJECT / "pipelines" / "rollout.yml").read_text())
PARAMETERS = {each["name"]: each for each in TEMPLATE["parameters"]}
SHOWN = [yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]
ONLY_THE_ACTION = {"comment", "github-token"}
ONLY_THE_TEMPLATE = {"serviceConnection", "name", "package"}


def rows(head: str) -> list[list[str]]:
    """The rows of the table whose first head is this, without the head."""
    table = re.search(rf"^\| {head} \|.*\n\| ---.*\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    assert table
    return [[cell.strip() for cell in row.split(" | ")] for row in table[1].strip().split("\n")]


def named(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def camel(name: str) -> str:
    first, *rest = name.split("-")
    return first + "".join(word.capitalize() for word in rest)


def steps(node: Any, key: str) -> Iterator[Any]:
    """Every mapping somewhere below that has this key."""
    if isinstance(node, dict):
        if key in node:
            yield node
        node = list(node.values())
    if isinstance(node, list):
        for each in node:
            yield from steps(each, key)


def test_every_input_is_told_and_there_is_no_other() -> None:
    told = [name for row in rows("input") for name in named(row[0])]

    assert sorted(told) == sorted(ACTION["inputs"])


def test_the_templates_parameters_are_the_actions_inputs() -> None:
    shared = {camel(name) for name in ACTION["inputs"].keys() - ONLY_THE_ACTION}

    assert shared | ONLY_THE_TEMPLATE == PARAMETERS.keys()
    assert all(f"`{name}`" in PAGE for name in ONLY_THE_TEMPLATE)


def test_defaults_are_the_same_on_both_hosts() -> None:
    for name, each in ACTION["inputs"].items():
        if name not in ONLY_THE_ACTION | {"mode"}:
            found = PARAMETERS[camel(name)]["default"]
            assert str(each["default"]).lower() == str(found).lower(), name


def test_every_output_is_told_with_the_variable_that_azure_has() -> None:
    told = {named(row[0])[0]: named(row[1])[0] for row in rows("output")}

    assert told.keys() == ACTION["outputs"].keys()
    for name, variable in told.items():
        assert variable == "rollout" + "".join(word.capitalize() for word in name.split("-"))


def test_outcomes_have_the_exit_codes_of_the_command_line() -> None:
    told = {
        outcome: int(code)
        for row in rows("outcome")
        for outcome, code in zip(named(row[0]), row[1].split(", "), strict=False)
    }

    assert told["rolled-back"] == ExitCode.ROLLED_BACK
    assert told["held"] == ExitCode.HELD
    assert told["failed"] == ExitCode.FAILED
    assert told["unreachable"] == ExitCode.UNREACHABLE
    assert told["timed-out"] == ExitCode.TIMED_OUT
    assert told["usage"] == told["unknown"] == ExitCode.USAGE
    assert told["refused"] == told["faults"] == told["infeasible"] == ExitCode.NOT_GOOD


def test_the_workflows_shown_use_inputs_that_there_are() -> None:
    used = [step for step in steps(SHOWN, "uses") if step["uses"] == "./"]

    assert {step["with"]["mode"] for step in used} == {"lint", "plan", "publish", "start"}
    for step in used:
        assert step["with"].keys() <= ACTION["inputs"].keys()


def test_the_pipelines_shown_use_parameters_that_there_are() -> None:
    used = list(steps(SHOWN, "template"))

    assert {step["parameters"]["mode"] for step in used} == {"lint", "plan", "publish", "start"}
    for step in used:
        assert step["parameters"].keys() <= PARAMETERS.keys()


@pytest.mark.parametrize("step", list(steps([SHOWN, ACTION], "uses")))
def test_other_peoples_actions_are_pinned_to_a_commit(step: Any) -> None:
    name, _, commit = step["uses"].partition("@")

    assert name == "./" or re.fullmatch(r"[0-9a-f]{40}", commit)


def test_each_job_that_signs_in_has_a_credential_for_what_it_runs_for() -> None:
    """GitHub's subject names the environment of a job that has one, else the pull request."""
    for job in steps(SHOWN, "runs-on"):
        if any(step["uses"].startswith("azure/login@") for step in steps(job, "uses")):
            named = f"environment:{job['environment']}" if "environment" in job else "pull_request"
            assert f'"subject": "repo:OWNER/REPOSITORY:{named}"' in PAGE


def test_a_pull_request_signs_in_as_somebody_who_may_not_publish() -> None:
    ours: list[str] = []
    theirs: list[str] = []
    for job in steps(SHOWN, "runs-on"):
        logins = [step for step in job["steps"] if step.get("uses", "").startswith("azure/login@")]
        found = theirs if "environment" in job else ours
        found += [step["with"]["client-id"] for step in logins]
    assert ours
    assert not set(ours) & set(theirs)
    used = {
        step["parameters"]["mode"]: step["parameters"].get("serviceConnection")
        for step in steps(SHOWN, "template")
    }
    assert used["plan"] not in (used["publish"], used["start"])


def test_a_forks_pull_request_is_linted_and_fails_at_no_sign_in() -> None:
    (check,) = (job for job in steps(SHOWN, "runs-on") if "OURS" in job.get("env", {}))
    mine = "github.event.pull_request.head.repo.full_name == github.repository"
    assert check["env"]["OURS"] == f"${{{{ {mine} }}}}"
    for step in check["steps"]:
        signs_in = step["uses"].startswith("azure/login@")
        needs = signs_in or step.get("with", {}).get("mode") == "plan"
        assert step.get("if") == ("env.OURS == 'true'" if needs else None)


def test_only_the_main_branch_is_published_by_the_pipeline_shown() -> None:
    (stage,) = (each for each in steps(SHOWN, "stage") if each["stage"] == "publish")
    assert stage["condition"] == "eq(variables['Build.SourceBranch'], 'refs/heads/main')"


@pytest.mark.parametrize("step", list(steps([SHOWN, ACTION], "run")))
def test_no_script_has_an_expression(step: Any) -> None:
    assert "${{" not in step["run"]
