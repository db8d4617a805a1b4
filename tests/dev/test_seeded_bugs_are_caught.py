"""Each seeded bug is caught by the test that its entry names, and that test passes without it.

The bugs are run in a process of its own, which must not have imported the product.
"""

import os
import subprocess
import sys

import pytest

from tests.support.paths import PROJECT

SHARES = 4
OF_A_RUN = ("COV_", "COVERAGE_", "PYTEST_")
"""Beginnings of variables that tell a process that it belongs to this run of pytest."""

MADE_UP = """
from dev.seeded_bugs import running
from dev.seeded_bugs.bug import SeededBug

HALTED = "return rollout.hold is not None or rollout.suspended or rollout.frozen is not None"
HALTS = "tests/unit/core/machine/test_halts.py"
running.warm_up()
for line, test in (
    ("return rollout.hold is not None", "test_without_a_halt_all_time_is_machine_time"),
    ("return rollout.hold is not None", "test_that_nobody_wrote"),
    ("return roll_out.hold is not None", "test_a_suspension_within_a_hold_is_one_halt"),
    ("return rollout.hold is not None", "test_a_suspension_within_a_hold_is_one_halt"),
):
    run = running.run_with(
        SeededBug(
            file="rollout/core/machine/halts.py",
            was=HALTED,
            becomes=line,
            harm="What is suspended goes on.",
            test=f"{HALTS}::{test}",
        )
    )
    print(run.ending)
"""


def in_its_own_process(*arguments: str) -> subprocess.CompletedProcess[str]:
    surroundings = {k: v for k, v in os.environ.items() if not k.startswith(OF_A_RUN)}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=PROJECT,
        env=surroundings,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("share", range(1, SHARES + 1))
def test_every_seeded_bug_is_caught(share: int) -> None:
    ran = in_its_own_process("-m", "dev.seeded_bugs", "--share", f"{share}/{SHARES}")
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_a_bug_counts_as_caught_only_where_its_test_fails_for_its_sake() -> None:
    ran = in_its_own_process("-c", MADE_UP)
    assert ran.stdout.split() == ["MISSED", "UNUSABLE", "UNUSABLE", "caught"], ran.stderr
