"""What the README shows of policies and commands is what the product takes."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from demo.__main__ import parser
from rollout.cli import main
from tests.support.paths import PROJECT

PAGE = (PROJECT / "README.md").read_text()
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")


def test_the_policy_shown_has_no_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shown,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    services = Path(shutil.copytree(PROJECT / "services", tmp_path / "services"))
    (services / "fraud-detection" / "rollout.yaml").write_text(shown)

    assert main(["lint", str(services)]) == 0, capsys.readouterr().out


@pytest.mark.parametrize("command", ["lint", "plan", "replay"])
def test_the_commands_shown_are_there_with_their_options(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (line,) = re.findall(rf"^\.venv/bin/rollout ({command} .*)$", PAGE, re.MULTILINE)
    options = [each for each in shlex.split(line, comments=True) if each.startswith("--")]

    assert main([command, "--help"]) == 0
    shown = capsys.readouterr().out
    assert [each for each in options if each not in shown] == []


def test_every_link_leads_somewhere() -> None:
    linked = set(LINK.findall(PAGE))

    assert {"docs/deploy.md", "docs/gate.md"} <= linked
    assert [each for each in sorted(linked) if not (PROJECT / each).exists()] == []


def test_every_make_target_shown_is_there() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))

    for page in (PAGE, (PROJECT / "CONTRIBUTING.md").read_text()):
        shown = set(re.findall(r"(?:`|^)make ([a-z][a-z-]*)", page, re.MULTILINE))
        assert shown - targets == set()


@pytest.mark.parametrize(
    ("shown", "plays"),
    [
        ("make demo", {"traffic": "usual", "without_alert": False}),
        ("make demo TRAFFIC=low", {"traffic": "low", "without_alert": False}),
        ("make demo ALERT=off", {"traffic": "usual", "without_alert": True}),
    ],
)
def test_the_variables_shown_for_the_demo_reach_it(shown: str, plays: dict[str, Any]) -> None:
    assert re.search(rf"^{shown} +#", PAGE, re.MULTILINE)
    told = subprocess.run(
        [*shlex.split(shown), "--just-print"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    (line,) = [each for each in told.stdout.splitlines() if " -m demo play" in each]

    read = vars(parser().parse_args(shlex.split(line.partition(" -m demo ")[2])))

    assert {name: read[name] for name in plays} == plays
