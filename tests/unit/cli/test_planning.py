"""`rollout plan`, from a file of minutes. From Azure: tests/contract/test_cli_plan.py."""

import json
from pathlib import Path
from typing import Any

import pytest

from rollout.cli import main
from rollout.cli.scenarios import play
from rollout.core.gate.forecast import planner
from rollout.core.gate.history.documents import minute_document
from rollout.core.policy.model import Stage

TEMPLATE = "$schema: x\n"


@pytest.fixture
def services(tmp_path: Path) -> Path:
    return service(tmp_path / "services", "")


def service(services: Path, more: str) -> Path:
    folder = services / "fraud"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "deployment.yml").write_text(TEMPLATE)
    (folder / "rollout.yaml").write_text(
        f"endpoint: fraud-endpoint\nmodel: {{name: fraud}}\n{more}"
    )
    return services


@pytest.fixture
def busy(tmp_path: Path) -> Path:
    path = tmp_path / "busy.jsonl"
    played = play("healthy", Stage(10), 1)
    path.write_text("".join(json.dumps(minute_document(m)) + "\n" for m in played.history))
    return path


@pytest.fixture
def quiet(tmp_path: Path) -> Path:
    path = tmp_path / "quiet.csv"
    rows = "".join(f"{at},stable,5,0,100,190,230,320\n" for at in range(600))
    path.write_text(f"minute,side,requests,failures,p50,p90,p95,p99\n{rows}")
    return path


def planned(services: Path, minutes: Path, *more: str) -> int:
    return main(["plan", "fraud", "--services", str(services), "--minutes", str(minutes), *more])


def test_a_plan_is_a_table_with_a_row_for_each_stage(
    services: Path, busy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert planned(services, busy) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("stable: 998.7 requests a minute, 0.50% failed")
    assert lines[0].endswith("12 h known")
    assert "failures from" in lines[1]
    assert [line.split()[:3] for line in lines[2:5]] == [
        ["10", "%", "99.9"],
        ["50", "%", "499.3"],
        ["100", "%", "998.7"],
    ]
    assert len(lines) == 5


def test_a_mirror_has_its_row_in_the_table(
    services: Path, busy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service(services, "stages: [{mirror: 20}, {weight: 100}]\n")
    assert planned(services, busy) == 0
    assert capsys.readouterr().out.splitlines()[2].split()[:4] == ["20", "%", "mirrored", "199.7"]


def test_a_policy_that_cannot_be_satisfied_ends_with_one_and_says_what_would_do(
    services: Path, quiet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service(services, "on_inconclusive: hold\ndeadline: 4h\ngate: {max_bake: 2h}\n")
    assert planned(services, quiet) == 1
    out = capsys.readouterr().out
    assert "warning: Stage 1 (10 %) gives the candidate 0.5 requests a minute" in out
    assert "sample traffic of" in out
    assert "warning: All stages together take longer than the deadline of 240 min" in out


def test_a_plan_as_json_is_what_a_rollout_would_store(
    services: Path, busy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert planned(services, busy, "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["satisfiable"] is True
    assert document["warnings"] == []
    assert [stage["weight"] for stage in document["stages"]] == [10, 50, 100]


def test_a_stable_without_traffic_cannot_be_planned_with(
    services: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "none.csv"
    path.write_text("minute,side,requests,failures\n0,stable,0,0\n")
    assert planned(services, path) == 1
    out = capsys.readouterr().out
    assert "failures from" not in out
    assert "Stable had no request in the last 24 h" in out


def test_a_stage_that_never_ends_and_sees_nothing_is_shown_as_such(
    services: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "hardly.csv"
    rows = "0,stable,1,0\n500,stable,1,1\n"
    path.write_text(f"minute,side,requests,failures\n{rows}")
    assert planned(services, path) == 1
    assert capsys.readouterr().out.splitlines()[4].split()[3:] == [
        "never",
        "failures",
        "nothing",
        "sure",
        "0%",
        "none",
        "-",
    ]


def test_a_service_that_is_not_there_is_said(
    services: Path, busy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["plan", "other", "--services", str(services), "--minutes", str(busy)]
    assert main(arguments) == 64
    assert "has no service other: it has fraud." in capsys.readouterr().err


def test_a_policy_with_faults_is_not_planned_with(
    services: Path, busy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service(services, "gate: {max_bake: soon}\n")
    assert planned(services, busy) == 64
    assert "fraud/rollout.yaml:3: gate.max_bake" in capsys.readouterr().err


def test_a_folder_that_is_not_there_is_said(
    tmp_path: Path, busy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert planned(tmp_path / "missing", busy) == 64
    assert "missing" in capsys.readouterr().err


def test_without_settings_a_live_plan_says_which_are_missing(
    services: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("AZUREML_WORKSPACE_ID", "AZURE_SUBSCRIPTION_ID", "AzureWebJobsStorage"):
        monkeypatch.delenv(name, raising=False)
    assert main(["plan", "fraud", "--services", str(services)]) == 64
    assert "AZURE_SUBSCRIPTION_ID is not set" in capsys.readouterr().err


def test_a_forecast_that_fails_is_a_sentence(
    services: Path, busy: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_arguments: Any) -> None:
        raise ValueError("math domain error")

    monkeypatch.setattr(planner, "plan", fails)
    assert planned(services, busy) == 64
    assert capsys.readouterr().err == (
        "the forecast failed (ValueError: math domain error): a rollout starts all the same, "
        "without a plan.\n"
    )
