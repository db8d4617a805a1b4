"""What every test run starts from: nothing of a developer's Azure is in the environment."""

import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.cpu_seconds import OPTION, CpuSeconds

# How long an example takes says how busy the machine is, and nothing of the code.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

_HERE = Path(__file__).parent
_UNTRACED = tuple(
    _HERE / folder
    for folder in (
        "contract/localazure",
        "dev",
        "e2e",
        "infra",
        "unit/dev",
        "unit/docs",
        "unit/localazure",
    )
)
"""What is tested here is not the product, whose coverage is asked for; tracing takes two thirds."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        OPTION, action="store_true", help="print what the tests cost, by kind and file"
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption(OPTION):
        config.pluginmanager.register(CpuSeconds(), "cpu-seconds")
    # Covers AZURE_*, AZUREML_* and AzureWebJobs*: no test may reach a real subscription by chance.
    for name in [name for name in os.environ if name.upper().startswith("AZURE")]:
        del os.environ[name]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if any(item.path.is_relative_to(folder) for folder in _UNTRACED):
            item.add_marker(pytest.mark.no_cover)


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Trace nothing while a test marked `no_cover` runs, in workers too.

    A worker of pytest-xdist has two measurements of pytest-cov 7.1, one inside the other, and its
    marker ends only the inner one: the outer goes on, at twice the cost of the test.
    """
    if item.get_closest_marker("no_cover") is None:
        return (yield)
    tracing, in_threads = sys.gettrace(), threading.gettrace()
    sys.settrace(None)
    threading.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(tracing)
        threading.settrace(in_threads)
