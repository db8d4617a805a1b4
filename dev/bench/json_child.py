"""A child process that answers each line of JSON with one of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from demo.places import REPOSITORY


class JsonChild:
    """A Python module in a process of its own; `began` is the first line it said by itself.

    Args:
        module: What is run, and its arguments.
        environment: Variables beside those of this process.
        quiet: Whether what it writes to stderr is dropped.
    """

    def __init__(
        self, module: Sequence[str], environment: Mapping[str, str], *, quiet: bool = False
    ) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", *module],
            env={**os.environ, **environment, "PYTHONPATH": str(REPOSITORY)},
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL if quiet else None,
            text=True,
        )
        self.began = self._answer()

    def ask(self, what: Mapping[str, Any]) -> Mapping[str, Any]:
        """Say one line, and return the answer to it."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def end(self) -> None:
        """Let it end by itself."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process.wait()

    def _answer(self) -> Mapping[str, Any]:
        assert self._process.stdout is not None
        found: Mapping[str, Any] = json.loads(self._process.stdout.readline())
        return found
