"""The local Azure as a child process, for demonstrations and tests."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from localazure.ready_process import ReadyProcess

_PROJECT = Path(__file__).resolve().parent.parent.parent


def stack_process(
    work: Path, arguments: Sequence[str] = (), *, environment: Mapping[str, str] = os.environ
) -> ReadyProcess:
    """Return a local Azure with its files in `work`, not yet started.

    `arguments` are options of `python -m localazure`, such as `["--runtime", "instant"]`. The ready
    line has what `Addresses.document` returns.
    """
    command = [sys.executable, "-m", "localazure", "--json", "--work", str(work), *arguments]
    path = os.pathsep.join(filter(None, [str(_PROJECT), environment.get("PYTHONPATH")]))
    return ReadyProcess(command, {**environment, "PYTHONPATH": path}, work / "localazure.log")
