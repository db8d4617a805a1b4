"""What docs/gate.md shows of files and scenarios is what the commands take."""

import re
from pathlib import Path

import pytest

from rollout.adapters.metrics.recorded_minutes import read_recorded
from rollout.adapters.metrics.recorded_tables import OPTIONAL, REQUIRED
from rollout.cli import main
from rollout.cli.scenarios import SCENARIOS
from rollout.core.policy.gate_model import Check
from tests.support.paths import PROJECT

PAGE = (PROJECT / "docs" / "gate.md").read_text()


def test_the_table_shown_can_be_read(tmp_path: Path) -> None:
    block = next(each for each in re.findall(r"```\n(.*?)```", PAGE, re.DOTALL) if "side," in each)
    path = tmp_path / "shown.csv"
    path.write_text(block)
    first, second = read_recorded(path)
    assert first.weight == second.weight == 10
    assert first.minute.candidate is not None
    assert first.minute.candidate.latency is not None
    assert second.minute.candidate is None


def test_every_column_and_scenario_and_check_is_told() -> None:
    for column in (*REQUIRED, *OPTIONAL):
        assert f"`{column}`" in PAGE
    for scenario in SCENARIOS:
        assert f"`{scenario}`" in PAGE
    for check in set(Check) - {Check.DARK}:
        assert f"| `{check.value}` |" in PAGE


def test_the_commands_shown_have_the_options_shown(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("plan", "replay"):
        assert main([command, "--help"]) == 0
        told = capsys.readouterr().out
        shown = re.findall(rf"^rollout {command} .*$", PAGE, re.MULTILINE)
        assert shown
        for option in set(re.findall(r"--[a-z-]+", " ".join(shown))):
            assert option in told
