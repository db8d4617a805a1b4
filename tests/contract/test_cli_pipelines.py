"""What `rollout pipeline` tells each host; tests/integration/pipelines runs whole steps."""

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from rollout.cli import main
from rollout.cli.exits import ExitCode
from rollout.cli.pipelines.comments import Comments
from rollout.cli.pipelines.host import CommentError
from tests.support.paths import PROJECT
from tests.support.pipelines.github_api import TOKEN, Api, github_api
from tests.support.pipelines.jobs import NUMBER, REPOSITORY

SERVICE = "fraud-detection"
HOSTS = ("GITHUB_", "AZURE", "ROLLOUT_", "AGENT_", "BUILD_", "SYSTEM_", "ARM_")
OF_A_HOST = {"TF_BUILD", "SERVICES_BUNDLE", "SERVICES_BUNDLE_URL"}
HASTY = """\
endpoint: fraud-detection-endpoint
model: {name: fraud-detection-model}
on_inconclusive: hold
gate: {max_bake: 1h}
"""


@dataclass(frozen=True)
class Job:
    """A job's folder; the files are the runner's."""

    folder: Path
    patch: pytest.MonkeyPatch

    def outputs(self) -> dict[str, str]:
        lines = (self.folder / "output").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)

    @property
    def summary(self) -> str:
        return (self.folder / "summary").read_text()

    def event(self, document: object) -> None:
        (self.folder / "event.json").write_text(json.dumps(document))


@pytest.fixture
def api() -> Iterator[Api]:
    with github_api() as running:
        yield running


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, api: Api) -> Job:
    """A job of GitHub's about a pull request."""
    # What the machine that runs the tests has set is forgotten.
    for name in [name for name in os.environ if name.startswith(HOSTS) or name in OF_A_HOST]:
        monkeypatch.delenv(name)
    shutil.copytree(PROJECT / "services", tmp_path / "services")
    monkeypatch.chdir(tmp_path)
    found = Job(tmp_path, monkeypatch)
    found.event({"pull_request": {"number": NUMBER}})
    variables = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_WORKSPACE": str(tmp_path),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
        "GITHUB_API_URL": api.url,
        "GITHUB_REPOSITORY": REPOSITORY,
        "GITHUB_TOKEN": TOKEN,
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return found


@pytest.fixture
def minutes(job: Job) -> str:
    """Two hours of stable's minutes, many requests in each."""
    times = [f"2026-03-01T{at // 60:02d}:{at % 60:02d}:00Z" for at in range(120)]
    rows = [f"{time},stable,6000,30,10,30,40,60" for time in times]
    head = "minute,side,requests,failures,p50,p90,p95,p99"
    (job.folder / "minutes.csv").write_text("\n".join([head, *rows]) + "\n")
    return "minutes.csv"


def plan(minutes: str, *more: str) -> int:
    return main(["pipeline", "plan", "--service", SERVICE, "--minutes", minutes, *more])


def test_clean_services_are_told_in_the_summary(job: Job) -> None:
    assert main(["pipeline", "lint"]) == ExitCode.GOOD
    assert job.outputs() == {"outcome": "clean", "exit-code": "0"}
    assert "1 service(s), 0 fault(s)" in job.summary


def test_a_fault_is_an_annotation_and_a_row(job: Job, capsys: pytest.CaptureFixture[str]) -> None:
    (job.folder / "services" / SERVICE / "rollout.yaml").write_text("keep: forever\n")

    assert main(["pipeline", "lint"]) == ExitCode.NOT_GOOD

    place = f"file=services/{SERVICE}/rollout.yaml"
    assert f"::error {place}" in capsys.readouterr().out
    assert "| where | what |" in job.summary


def test_a_folder_without_services_is_a_fault(job: Job) -> None:
    assert main(["pipeline", "lint", "--services", "."]) == ExitCode.NOT_GOOD
    assert main(["pipeline", "plan", "--services", "nowhere"]) == ExitCode.USAGE
    (job.folder / "empty").mkdir()
    assert main(["pipeline", "plan", "--services", "empty"]) == ExitCode.NOT_GOOD


def test_a_plan_is_one_comment_that_the_next_replaces(job: Job, api: Api, minutes: str) -> None:
    for number in range(150):  # more than one page of them
        api.add(NUMBER, f"talk {number}", kind="User")

    assert (plan(minutes), plan(minutes)) == (ExitCode.GOOD, ExitCode.GOOD)

    assert len(api.comments) == 151
    assert "requests/min" in api.comments[150]["body"]
    assert api.calls == ["GET", "GET", "POST", "GET", "GET", "PATCH"]


def test_a_persons_comment_with_our_mark_is_left_alone(job: Job, api: Api, minutes: str) -> None:
    plan(minutes)
    forged = api.add(NUMBER, f"{api.comments[0]['body']} says I", kind="User")
    api.comments.reverse()
    before = dict(forged)

    plan(minutes)

    assert forged == before
    assert len(api.comments) == 2


def test_a_plan_that_cannot_pass_is_not_good(job: Job, minutes: str) -> None:
    policy = job.folder / "services" / SERVICE / "rollout.yaml"
    policy.write_text(HASTY)
    few = (job.folder / minutes).read_text().replace("6000,30,", "2,0,")
    (job.folder / minutes).write_text(few)

    assert plan(minutes) == ExitCode.NOT_GOOD
    assert job.outputs()["outcome"] == "infeasible"


@pytest.mark.parametrize(
    ("setting", "why"),
    [
        ("GITHUB_TOKEN=", "no GITHUB_TOKEN"),
        ("GITHUB_TOKEN=wrong", "pull-requests: write"),
        ("GITHUB_REPOSITORY=a/b/../c", "GITHUB_REPOSITORY"),
        ("GITHUB_EVENT_PATH=/nonexistent", "GITHUB_EVENT_PATH"),
        ("GITHUB_API_URL=http://example.com", "must be https"),
        ("GITHUB_API_URL=http://127.0.0.1:9", "no usable answer"),
    ],
)
def test_what_stands_in_the_way_of_a_comment_is_a_warning(
    job: Job, minutes: str, capsys: pytest.CaptureFixture[str], setting: str, why: str
) -> None:
    name, _, value = setting.partition("=")
    job.patch.setenv(name, value)

    assert plan(minutes) == ExitCode.GOOD

    (warning,) = [line for line in capsys.readouterr().out.splitlines() if "::warning" in line]
    assert why in warning
    assert "requests/min" in job.summary


def test_a_comment_that_github_refuses_is_told_with_the_status(job: Job, api: Api) -> None:
    comments = Comments(api.url, REPOSITORY, NUMBER, TOKEN)

    with pytest.raises(CommentError, match="422"):
        comments.put("key", "x" * 70_000)


def test_without_a_pull_request_nothing_is_asked(
    job: Job, api: Api, minutes: str, capsys: pytest.CaptureFixture[str]
) -> None:
    job.event({"ref": "refs/heads/main"})
    plan(minutes)
    job.event({"pull_request": {"number": NUMBER}})
    plan(minutes, "--no-comment")

    assert api.calls == []
    assert "about no pull request" in capsys.readouterr().out


def test_a_service_without_a_plan_is_a_warning(
    job: Job, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["pipeline", "plan"]) == ExitCode.USAGE
    assert "::warning::fraud-detection: no plan" in capsys.readouterr().out
    assert job.outputs()["outcome"] == "unknown"


def test_minutes_are_of_one_service(job: Job, minutes: str) -> None:
    assert main(["pipeline", "plan", "--minutes", minutes]) == ExitCode.USAGE
    assert job.outputs()["outcome"] == "usage"


@pytest.mark.parametrize(
    "words", [["start", "--version", "1"], ["start", "--service", "x"], ["publish", "--to", "x"]]
)
def test_what_is_missing_or_wrong_is_usage(job: Job, words: list[str]) -> None:
    job.patch.setenv("PATH", "/nonexistent")

    assert main(["pipeline", *words]) == ExitCode.USAGE
    assert job.outputs()["exit-code"] == "64"


def test_a_timeout_that_is_no_duration_is_refused() -> None:
    assert main(["pipeline", "start", "--timeout", "soon"]) == ExitCode.USAGE


def test_services_with_a_fault_are_not_published(job: Job) -> None:
    (job.folder / "services" / SERVICE / "rollout.yaml").write_text("keep: forever\n")

    assert main(["pipeline", "publish", "--wait=no"]) == ExitCode.NOT_GOOD
    assert job.outputs()["outcome"] == "refused"


def test_azure_pipelines_gets_logging_commands_and_a_file(
    job: Job, minutes: str, capsys: pytest.CaptureFixture[str]
) -> None:
    job.patch.delenv("GITHUB_ACTIONS")
    job.patch.setenv("TF_BUILD", "True")
    job.patch.setenv("AGENT_TEMPDIRECTORY", str(job.folder))

    assert plan(minutes) == ExitCode.GOOD

    lines = capsys.readouterr().out.splitlines()
    assert "##vso[task.setvariable variable=rolloutOutcome;isOutput=true;]feasible" in lines
    (uploaded,) = [line for line in lines if line.startswith("##vso[task.uploadsummary]")]
    assert "requests/min" in Path(uploaded.partition("]")[2]).read_text()
