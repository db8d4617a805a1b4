"""Start a local server as a child process and wait for the JSON line that says it is ready."""

import json
import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from localazure.child_process import STOP_GRACE_SECONDS, stop, tied_to_this_process
from localazure.private_files import open_private

START_TIMEOUT_SECONDS = 300.0
"""On a usual machine; whoever knows that this one is slow waits longer."""
POLL_SECONDS = 0.02
LINE_CHARACTERS = 400
"""How much of a last line is quoted: of a traceback it is the error itself."""
READY_PREFIX = '{"ready":'


class NotReadyError(Exception):
    """The server ended or stayed silent instead of becoming ready; the text is one sentence that
    quotes its last line and names its log.
    """


class ReadyProcess:
    """A server of this package as a child. Use as a context manager, or `start` and `stop`.

    Everything it prints goes to `log` (appended, so that restarts share one file), which only this
    user may read: the ready line has keys. It dies with this process; start it from a thread that
    lives as long (see `tied_to_this_process`).
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self._command = list(command)
        # The module after -m, or else the program.
        self._name = command[command.index("-m") + 1] if "-m" in command else command[0]
        self._environment = dict(environment)
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._ready: dict[str, Any] = {}

    @property
    def ready(self) -> Mapping[str, Any]:
        """What the ready line said; empty before the first start."""
        return self._ready

    @property
    def pid(self) -> int | None:
        """The process id; None when it is not running."""
        return None if self._process is None else self._process.pid

    def start(self, timeout_seconds: float = START_TIMEOUT_SECONDS) -> Mapping[str, Any]:
        """Start it and return its ready line.

        Raises:
            NotReadyError: it ended, or was not ready in time; nothing is left running.
        """
        with open_private(self._log) as output:
            begin = output.seek(0, os.SEEK_END)
            self._process = subprocess.Popen(
                tied_to_this_process(self._command),
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            self._ready = self._wait(self._process, begin, time.monotonic() + timeout_seconds)
        except BaseException:
            self.stop()
            raise
        return self._ready

    def kill(self) -> None:
        """End it with SIGKILL, without clean-up. Does nothing when it is not running."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def stop(self, grace_seconds: float = STOP_GRACE_SECONDS) -> int | None:
        """Stop it in an orderly way; return its exit code, None when it was not running."""
        process, self._process = self._process, None
        return None if process is None else stop(process, grace_seconds)

    def output(self) -> str:
        """Return everything it has printed, earlier starts with the same log included."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _wait(
        self, process: subprocess.Popen[bytes], begin: int, deadline: float
    ) -> dict[str, Any]:
        while True:
            ended = process.poll()
            printed = self._log.read_bytes()[begin:].decode(errors="replace")
            for line in printed.splitlines(keepends=True):
                if line.startswith(READY_PREFIX) and line.endswith("\n"):
                    ready: dict[str, Any] = json.loads(line)
                    return ready
            if ended is not None:
                raise NotReadyError(self._sentence(f"ended with code {ended}", printed))
            if time.monotonic() > deadline:
                raise NotReadyError(self._sentence("was not ready in time", printed))
            time.sleep(POLL_SECONDS)

    def _sentence(self, what: str, printed: str) -> str:
        lines = printed.strip().splitlines()
        said = lines[-1].strip()[:LINE_CHARACTERS] if lines else "it printed nothing"
        return f"{self._name} {what}: {said}; see {self._log}"
