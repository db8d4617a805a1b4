"""`rollout lint` and `rollout schema`."""

import json
import runpy
import sys
from pathlib import Path

import pytest

from rollout.cli import main
from rollout.core.policy.document import policy_schema
from tests.support.paths import PROJECT


def test_the_example_has_no_fault(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", str(PROJECT / "services")]) == 0
    assert "fraud-detection" in capsys.readouterr().out


def test_the_examples_policy_names_its_schema_for_editors() -> None:
    first = (PROJECT / "services/fraud-detection/rollout.yaml").read_text().splitlines()[0]
    path = first.removeprefix("# yaml-language-server: $schema=")

    assert (PROJECT / "services/fraud-detection" / path).resolve() == (
        PROJECT / "docs/rollout.schema.json"
    )


def test_every_fault_is_printed_with_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, text in {"one": "endpoint: x\n", "two": "a: [\n"}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "rollout.yaml").write_text(text)

    assert main(["lint", str(tmp_path)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(": ")[:2] for line in lines] == [
        [f"{tmp_path}/one/rollout.yaml:1", "endpoint"],
        [f"{tmp_path}/one/rollout.yaml:1", "model"],
        [f"{tmp_path}/two/rollout.yaml:2", lines[2].split(": ")[1]],
    ]


@pytest.mark.parametrize("folder", ["", "missing"])
def test_a_folder_without_services_is_a_fault(
    tmp_path: Path, folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lint", str(tmp_path / folder)]) == 1
    assert str(tmp_path) in capsys.readouterr().err


def test_the_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == policy_schema()


def test_the_apis_description_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["openapi"]) == 0
    assert capsys.readouterr().out == (PROJECT / "docs/openapi.json").read_text()


@pytest.mark.parametrize(
    "line", ["", "nothing", "lint --format xml", "replay", "replay --policy p --scenario nothing"]
)
def test_wrong_usage_ends_with_64(line: str) -> None:
    assert main(line.split()) == 64


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("rollout ")


def test_without_the_extra_the_command_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "rollout.cli.commands")
    monkeypatch.setitem(sys.modules, "typer", None)

    assert main(["lint"]) == 64
    assert ".[cli]" in capsys.readouterr().err


def test_the_module_runs_as_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["rollout", "lint", str(PROJECT / "services")])

    with pytest.raises(SystemExit) as ended:
        runpy.run_module("rollout.cli", run_name="__main__")

    assert ended.value.code == 0
