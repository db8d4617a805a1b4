"""The Bicep compiler: where it is found, and one process of it that answers many questions.

`bicep jsonrpc --stdio` speaks JSON-RPC 2.0 with a Content-Length header before each message, and
has methods for what `bicep lint`, `build` and `snapshot` do. One process answers in a fraction of
a second what a process for each file needs two seconds for.
"""

import json
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ANSWER_SECONDS = 60
"""Far more than any answer takes; a compiler that is silent for so long is stopped."""
STOP_SECONDS = 10

NOT_FOUND = (
    "No Bicep compiler was found: set BICEP to its path, or install one (az bicep install); "
    "files were not compiled, and snapshots only compared with the digest of their sources."
)
_NO_METHOD = -32601


class CompilerError(Exception):
    """The compiler crashed, fell silent, is too old or does not start; the text is one sentence."""


class CompilationError(Exception):
    """The compiler refused a file. Its messages say why."""


@dataclass(frozen=True, order=True)
class Message:
    """What the compiler or its linter says about a place: a file, a line and a column from 1."""

    path: Path
    line: int
    column: int
    code: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.code}: {self.text}"


def find(environment: Mapping[str, str], project: Path) -> Path | None:
    """Return the compiler: `BICEP`, on the PATH, of `az bicep`, or beside the project.

    Raises:
        CompilerError: `BICEP` is set and names no program.
    """
    named = environment.get("BICEP", "")
    if named:
        found = shutil.which(named)
        if found is None:
            raise CompilerError(f"BICEP is {named}, which is no program that can be run.")
        return Path(found)
    on_path = shutil.which("bicep", path=environment.get("PATH", ""))
    # `az bicep install` puts it there.
    of_az = Path(environment.get("AZURE_CONFIG_DIR") or Path.home() / ".azure") / "bin" / "bicep"
    beside = project.parent / "shared" / "tools" / "bicep" / "bicep"
    candidates = (Path(on_path) if on_path else None, of_az, beside)
    return next((each for each in candidates if each and os.access(each, os.X_OK)), None)


class Compiler:
    """A running compiler, to be used in a `with` block."""

    def __init__(self, program: Path, environment: Mapping[str, str] | None = None) -> None:
        """Start `program`; a program that is no compiler is noticed at the first question.

        `environment` is all that `readEnvironmentVariable` knows; None: this process's own one.
        """
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed in __exit__
        self._asked = 0
        try:
            self._process = subprocess.Popen(
                [str(program), "jsonrpc", "--stdio"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                env=environment,
            )
        except OSError as error:
            self._errors.close()
            raise CompilerError(f"{program} cannot be started: {error.strerror}.") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                # It may have ended before; whoever asked was told.
                with suppress(BrokenPipeError):
                    pipe.close()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._errors.close()

    def version(self) -> str:
        """Return the compiler's version, such as 0.49.2."""
        return str(self._ask("bicep/version", {})["version"])

    def messages(self, path: Path) -> frozenset[Message]:
        """Return what it says about a `.bicep` or `.bicepparam` file and all that it uses.

        Raises:
            CompilerError: It crashed.
        """
        if path.suffix == ".bicepparam":
            answer = self._ask("bicep/compileParams", {"path": str(path), "parameterOverrides": {}})
        else:
            answer = self._ask("bicep/compile", {"path": str(path)})
        return frozenset(
            Message(
                Path(each["source"]),
                each["range"]["start"]["line"] + 1,
                each["range"]["start"]["char"] + 1,
                each["code"],
                each["message"],
            )
            for each in answer["diagnostics"]
        )

    def template(self, path: Path) -> dict[str, Any]:
        """Return the template that a `.bicep` file becomes; resources and modules by symbol.

        Raises:
            CompilationError: The file has errors; `messages` has them.
            CompilerError: It crashed.
        """
        contents = self._ask("bicep/compile", {"path": str(path)}).get("contents")
        if contents is None:
            raise CompilationError(f"{path} does not compile")
        found: dict[str, Any] = json.loads(contents)
        return found

    def parameters(self, path: Path) -> dict[str, Any]:
        """Return the values of a `.bicepparam` file by parameter.

        Raises:
            CompilationError: The file or its template has errors; `messages` has them.
            CompilerError: It crashed.
        """
        asked = {"path": str(path), "parameterOverrides": {}}
        contents = self._ask("bicep/compileParams", asked).get("parameters")
        if contents is None:
            raise CompilationError(f"{path} does not compile")
        return {name: each["value"] for name, each in json.loads(contents)["parameters"].items()}

    def snapshot(self, path: Path, metadata: Mapping[str, str | None]) -> dict[str, Any]:
        """Return what a deployment with these parameters would make, as `bicep snapshot` does.

        Raises:
            CompilationError: The file or its template has errors; `messages` has them.
            CompilerError: It crashed, or is too old to know snapshots.
        """
        asked = {"path": str(path), "metadata": metadata, "externalInputs": []}
        found: dict[str, Any] = json.loads(self._ask("bicep/getSnapshot", asked)["snapshot"])
        return found

    def _ask(self, method: str, parameters: Mapping[str, object]) -> dict[str, Any]:
        self._asked += 1
        request = {"jsonrpc": "2.0", "id": self._asked, "method": method, "params": parameters}
        silence = threading.Timer(ANSWER_SECONDS, self._process.kill)
        silence.start()
        try:
            self._send(json.dumps(request).encode())
            answer = self._receive()
        finally:
            silence.cancel()
        if answer is None:
            raise CompilerError(f"The Bicep compiler ended without an answer: {self._last_words()}")
        if "error" not in answer:
            result: dict[str, Any] = answer["result"]
            return result
        error = answer["error"]
        text = str(error.get("message", "")).split("\n", 1)[0]
        if text == "Compilation failed":
            raise CompilationError(text)
        if error.get("code") == _NO_METHOD:
            raise CompilerError(f"The Bicep compiler is too old: it does not know {method}.")
        about = parameters.get("path", method)
        raise CompilerError(f"The Bicep compiler failed on {about}: {text}")

    def _send(self, content: bytes) -> None:
        assert self._process.stdin is not None  # noqa: S101 - a pipe was asked for
        with suppress(BrokenPipeError):  # Then there is no answer either.
            self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(content) + content)
            self._process.stdin.flush()

    def _receive(self) -> dict[str, Any] | None:
        assert self._process.stdout is not None  # noqa: S101 - a pipe was asked for
        length = 0
        while (line := self._process.stdout.readline()) not in {b"\r\n", b"\n"}:
            if not line:
                return None
            name, _, value = line.partition(b":")
            if name.strip().lower() == b"content-length":
                length = int(value)
        content = self._process.stdout.read(length)
        return json.loads(content) if length and len(content) == length else None

    def _last_words(self) -> str:
        self._process.wait(STOP_SECONDS)
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").strip().splitlines()
        return lines[0] if lines else f"exit status {self._process.returncode}."
