"""Which host a run is in, and how it finds a file."""

from pathlib import Path

import pytest

from rollout.cli.log_commands import Level
from rollout.cli.pipelines.azure import AzurePipelines
from rollout.cli.pipelines.github import GitHub
from rollout.cli.pipelines.host import Terminal, host_of, in_repository


def test_the_host_is_known_by_its_variables() -> None:
    assert isinstance(host_of({"GITHUB_ACTIONS": "true"}), GitHub)
    assert isinstance(host_of({"TF_BUILD": "True"}), AzurePipelines)
    assert isinstance(host_of({}), Terminal)


def test_a_file_is_named_from_the_repositorys_root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "models").mkdir()
    monkeypatch.chdir(tmp_path / "models")

    assert in_repository("services/a.yaml", str(tmp_path)) == "models/services/a.yaml"
    assert in_repository(str(tmp_path / "a.yaml"), str(tmp_path)) == "a.yaml"
    assert in_repository("/elsewhere/a.yaml", str(tmp_path)) == "/elsewhere/a.yaml"
    assert in_repository("a.yaml", "") == "a.yaml"


def test_a_run_can_be_looked_at_where_the_host_says() -> None:
    github = {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "o/r"}
    azure = {"SYSTEM_COLLECTIONURI": "https://dev.azure.com/o/", "SYSTEM_TEAMPROJECT": "p"}

    assert GitHub({**github, "GITHUB_RUN_ID": "5"}).run_url().endswith("/o/r/actions/runs/5")
    assert AzurePipelines({**azure, "BUILD_BUILDID": "5"}).run_url().endswith("?buildId=5")
    assert GitHub(github).run_url() == AzurePipelines(azure).run_url() == Terminal().run_url() == ""


def test_elsewhere_everything_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    host = Terminal()
    host.annotate(Level.ERROR, "no", "a.yaml", 3)
    host.output("outcome", "held")
    host.summary(["told"])

    shown = capsys.readouterr()
    assert shown.err == "error: a.yaml:3: no\n"
    assert shown.out == "outcome=held\ntold\n"
    assert "no pull request" in host.comment("k", [])
