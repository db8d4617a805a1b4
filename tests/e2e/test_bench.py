"""`make bench` is run by hand: this shows that every section still reaches its end."""

import subprocess
import sys

import pytest

from dev.bench.__main__ import SECTIONS
from tests.support.paths import PROJECT


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_of_the_benchmark_measures_to_its_end(section: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "dev.bench", "--once", section],
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.rstrip().endswith("everything was measured once: no target is judged")
