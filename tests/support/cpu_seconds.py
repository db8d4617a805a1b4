"""`--cpu-seconds`: what the tests cost by kind and by file, however busy the machine is.

CPU time, user and system, of the process that runs a test and of the children it has waited for.
What several tests share counts where it is set up and where it ends.
"""

import os
from collections import defaultdict
from collections.abc import Generator, Mapping

import pytest
from _pytest.terminal import TerminalReporter

OPTION = "--cpu-seconds"
FILES_SHOWN = 15
_COST = "cpu_seconds"
"""Attribute of a report: pytest-xdist carries it from a worker to the process that prints."""


class CpuSeconds:
    """Notes the cost of each phase of each test, and prints the sums at the end."""

    def __init__(self) -> None:
        self._since = _spent()
        self._by_file: defaultdict[str, float] = defaultdict(float)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        now = _spent()
        setattr(report, _COST, now - self._since)
        self._since = now
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._by_file[report.nodeid.partition("::")[0]] += getattr(report, _COST, 0.0)

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        by_kind: defaultdict[str, float] = defaultdict(float)
        for file, seconds in self._by_file.items():
            by_kind[file.split("/")[1]] += seconds
        terminalreporter.section("CPU seconds")
        for name, seconds in _costliest(by_kind) + _costliest(self._by_file)[:FILES_SHOWN]:
            terminalreporter.write_line(f"{seconds:7.1f}  {name}")


def _costliest(costs: Mapping[str, float]) -> list[tuple[str, float]]:
    return sorted(costs.items(), key=lambda item: -item[1])


def _spent() -> float:
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system
