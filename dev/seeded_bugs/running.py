"""Runs tests in forked processes, each with one bug in the product, and says what they found.

A fork begins with pytest and the libraries imported, which costs more than most tests; the product
and the tests are imported in each fork anew. So the process that forks must have imported neither.
"""

import gc
import importlib
import json
import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import IO, Any

import pytest

from dev.seeded_bugs.breaking import Breaker
from dev.seeded_bugs.bug import PROJECT, SeededBug

TIME_LIMIT_SECONDS = 120
"""A test that takes longer hangs. The slowest needs two seconds of a quiet machine."""

OUTPUT_SHOWN = 30
"""Lines of a run's output that are shown where the bug was not caught."""

STDOUT_AND_STDERR = (1, 2)

SHARED = (
    "aiohttp",
    "azure.core.pipeline.transport",
    "azure.data.tables",
    "azure.mgmt.core",
    "hypothesis",
    "jsonschema",
    "pytest_cov.plugin",
    "requests",
    "yaml",
)
"""Libraries imported before the forks. One that is missing here costs time, and nothing else."""

OPTIONS = (
    *("-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist"),
    # Asserts inside the shared libraries are not rewritten, which concerns nobody.
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),
)
OWN = ("rollout", "tests", "localazure")
"""Packages whose errors are a test's finding. Other errors, such as NameError, show a bug that mypy
would have found, so it is not one to seed."""


class Ending(StrEnum):
    """How a run ended.

    `CAUGHT`: the test failed, by an assertion or an error of the product. `MISSED`: it passed.
    `HUNG`: it did not end in time. `UNUSABLE`: it says nothing of the bug, for the reason given.
    """

    CAUGHT = "caught"
    MISSED = "MISSED"
    HUNG = "HUNG"
    UNUSABLE = "UNUSABLE"


@dataclass(frozen=True)
class Run:
    """One run: how it ended, why, the end of its output, and what it cost in CPU seconds."""

    ending: Ending
    why: str
    output: str
    seconds: float

    def catches(self, bug: SeededBug) -> bool:
        """Whether the bug is caught as its entry says."""
        return self.ending is (Ending.HUNG if bug.hangs else Ending.CAUGHT)


class _Findings:
    """Notes how tests failed."""

    def __init__(self) -> None:
        self.failed: list[str] = []
        self.useless: list[str] = []

    def pytest_runtest_makereport(self, item: pytest.Item, call: "pytest.CallInfo[None]") -> None:
        if call.excinfo is None:
            return
        kind = call.excinfo.type
        text = f"{item.name} ({call.when}): {kind.__name__}"
        own = issubclass(kind, AssertionError | ValueError | pytest.fail.Exception)
        own = own or kind.__module__.partition(".")[0] in OWN
        (self.failed if own and call.when == "call" else self.useless).append(text)


def warm_up() -> None:
    """Import what every fork shares.

    Raises:
        RuntimeError: The product was imported already, so it could not be broken.
    """
    early = [name for name in sys.modules if name.partition(".")[0] in OWN]
    if early:
        raise RuntimeError(f"start a process of its own: {early[0]} was imported already")
    for name in SHARED:
        importlib.import_module(name)
    # A fork is too short for a collection to pay: without any it costs a fifth less.
    gc.freeze()
    gc.disable()


def run_with(bug: SeededBug) -> Run:
    """Run the test of a bug with the bug in the product."""
    return _forked(lambda: _with_bug(bug), TIME_LIMIT_SECONDS)


def run_without(tests: Iterable[str]) -> Run:
    """Run tests, each once, as the product is: `MISSED` is what they should end with."""
    ids = sorted(set(tests))
    return _forked(lambda: _tested(ids), TIME_LIMIT_SECONDS * len(ids))


def _with_bug(bug: SeededBug) -> tuple[Ending, str]:
    breaker = Breaker(bug)
    breaker.install()
    ending, why = _tested([bug.test])
    if not breaker.used and ending is not Ending.UNUSABLE:
        return Ending.UNUSABLE, f"the test does not import {bug.module}"
    return ending, why


def _tested(ids: Sequence[str]) -> tuple[Ending, str]:
    findings = _Findings()
    code = pytest.main([*OPTIONS, *ids], plugins=[findings])
    if code == pytest.ExitCode.OK:
        return Ending.MISSED, "passed"
    if findings.useless or code != pytest.ExitCode.TESTS_FAILED or not findings.failed:
        return Ending.UNUSABLE, "; ".join(findings.useless) or f"pytest ended with {int(code)}"
    return Ending.CAUGHT, findings.failed[0]


def _forked(test: Callable[[], tuple[Ending, str]], limit: int) -> Run:
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as result:
        child = os.fork()
        if child == 0:
            signal.alarm(limit)
            _in_child(test, output, result)
        _, status, usage = os.wait4(child, 0)
        seconds = usage.ru_utime + usage.ru_stime
        ending, why = _read(status, result, limit)
        output.seek(0)
        lines = output.read().decode(errors="replace").splitlines()
    return Run(ending, why, "\n".join(lines[-OUTPUT_SHOWN:]), seconds)


def _read(status: int, result: IO[bytes], limit: int) -> tuple[Ending, str]:
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGALRM:
        return Ending.HUNG, f"not over after {limit} s"
    result.seek(0)
    text = result.read()
    if not text:
        return Ending.UNUSABLE, f"its process ended with {os.waitstatus_to_exitcode(status)}"
    found: Any = json.loads(text)
    return Ending(found[0]), found[1]


def _in_child(test: Callable[[], tuple[Ending, str]], output: IO[bytes], result: IO[bytes]) -> None:
    """Run the test with its output kept apart, and end the process whatever happens."""
    code = 1
    try:
        os.chdir(PROJECT)
        for written_to in STDOUT_AND_STDERR:
            os.dup2(output.fileno(), written_to)
        result.write(json.dumps(test()).encode())
        result.flush()
        code = 0
    except BaseException:  # noqa: BLE001 - whatever it is, only the parent can tell of it
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
