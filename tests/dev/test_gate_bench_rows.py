"""A part of the gate's benchmark in every test run, and proof that a broken gate would be seen."""

import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dev.bench.gate.__main__ import main
from dev.bench.gate.cells import Cell
from dev.bench.gate.rotation import PART_SECONDS, cost, part_of, parts
from dev.bench.gate.rows import CELLS
from dev.bench.gate.running import only_in_full
from dev.bench.gate.trials import POLICY, Errors
from dev.bench.gate.unattended import Unattended
from rollout.core.gate.algebra import dispersion
from rollout.core.policy.gate_model import Budget, GatePolicy

PART = "GATE_BENCH_PART"
MAX_SECONDS = 600
HEALTHY = "no regression, i.i.d., 0.5 %, 100/min"
BURSTS = "no regression, independent bursts, 0.5 %, 100/min"
HARMFUL = "+1 pp, 100/min"
PROMOTED = "healthy, 100 inputs, 1/min in all"


def chosen_part() -> int:
    """Today's, unless a part is named in the environment."""
    return int(os.environ.get(PART, part_of(datetime.now(UTC).date())))


@pytest.mark.parametrize(
    "part", [pytest.param(chosen_part(), id=f"{PART}={chosen_part()}, of {len(parts())}")]
)
def test_this_part_of_the_rows_meets_its_targets(part: int) -> None:
    """In a process of its own, as a developer runs it."""
    command = [sys.executable, "-m", "dev.bench.gate", "run", "--quick", "--part", str(part)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=MAX_SECONDS, check=False)
    assert ran.returncode == 0, f"{PART}={part}:\n{ran.stdout}{ran.stderr}"
    assert "every target is met" in ran.stdout


def test_every_cell_is_in_one_part_and_every_part_has_its_day() -> None:
    placed = Counter(name for part in parts() for name in part)
    left_out = {
        name
        for name, cell in CELLS.items()
        if only_in_full(cell) or (not isinstance(cell, Cell) and cell.timed)
    }
    assert placed == Counter(set(CELLS) - left_out)
    today = datetime.now(UTC).date()
    days = [today + timedelta(days=index) for index in range(len(parts()))]
    assert sorted(part_of(day) for day in days) == list(range(len(parts())))
    assert max(sum(cost(CELLS[name]) for name in part) for part in parts()) < 2 * PART_SECONDS


def test_the_reference_rows_are_all_there() -> None:
    assert {cell.row for cell in CELLS.values()} == {*range(1, 29), *range(30, 51)}


def with_policy(monkeypatch: pytest.MonkeyPatch, name: str, policy: GatePolicy) -> None:
    cell = CELLS[name]
    assert isinstance(cell, Cell)
    assert isinstance(cell.trial, Errors)
    broken = replace(cell, trial=replace(cell.trial, policy=policy))
    monkeypatch.setitem(CELLS, name, broken)


def run(name: str) -> int:
    return main(["run", "--quick", "--cells", name])


def test_an_alpha_ninety_times_too_large_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    with_policy(monkeypatch, HEALTHY, replace(POLICY, budget=Budget(errors=0.9, majority=0.9)))
    assert run(HEALTHY) == 1


def test_bursts_counted_as_independent_failures_are_seen(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def none(*_minutes: Any, **_options: Any) -> float:
        return 0.0

    monkeypatch.setattr(dispersion, "correlation", none)
    assert run(BURSTS) == 1
    assert "MISSED" in capsys.readouterr().out


def test_a_gate_that_never_rolls_back_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    never = Budget(errors=1e-90, majority=1e-90, slo=1e-90)
    with_policy(monkeypatch, HARMFUL, replace(POLICY, budget=never))
    assert run(HARMFUL) == 1


def test_good_releases_that_are_never_promoted_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    cell = CELLS[PROMOTED]
    assert isinstance(cell, Cell)
    assert isinstance(cell.trial, Unattended)
    monkeypatch.setitem(CELLS, PROMOTED, replace(cell, trial=replace(cell.trial, probing=None)))
    assert run(PROMOTED) == 1


def test_a_cell_too_rare_for_a_quick_run_is_run_in_full_only(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("rolled back falsely") == 2
    assert "nothing was run" in capsys.readouterr().err


def test_a_name_that_no_cell_has_is_an_error() -> None:
    assert run("no such cell") == 2
