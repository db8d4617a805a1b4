"""Python environments for scoring, built with uv and cached by their contents.

An environment is built aside and moved into place in one step, so everything in the cache is
complete. A file lock makes a second build of the same one wait. The environments are relocatable
(`uv venv --relocatable`), which the move needs, and byte-compiled, which every start of a
deployment would otherwise pay for.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from localazure.child_process import tied_to_this_process
from localazure.scoring.conda import read_requirements

REPORTED_LINES = 30
"""How many of uv's last lines a failure quotes."""

_INSTALLED = " + "
"""How uv begins its line for each installed package: too many to report."""

_PROJECT_UV = Path(__file__).resolve().parents[2] / ".tools" / "bin" / "uv"

Progress = Callable[[str], None]


class EnvironmentBuildError(Exception):
    """The environment cannot be built; the text quotes uv."""


def find_uv() -> Path:
    """Return the uv to use: the setting `UV`, this project's own, or the one on the PATH.

    Raises:
        EnvironmentBuildError: there is none.
    """
    on_path = shutil.which("uv")
    candidates = [os.environ.get("UV"), _PROJECT_UV, on_path]
    for candidate in candidates:
        if candidate and Path(candidate).is_file():
            return Path(candidate)
    raise EnvironmentBuildError(
        "uv was not found. Install it (pip install uv) or set UV to its path."
    )


def silent(_: str) -> None:
    """A progress callback that ignores its text."""


class Environments:
    """The cache. Safe to use from several threads and processes at once."""

    def __init__(self, cache: Path, uv: Path | None = None) -> None:
        self._cache = cache
        self._uv = uv

    def ensure(self, conda_yaml: str | None, progress: Progress = silent) -> Path:
        """Return the Python executable of a conda file's environment, building it if need be.

        A build takes seconds to minutes; a build of the same environment elsewhere is waited for.

        Raises:
            InvalidCondaFileError: the file cannot be used.
            EnvironmentBuildError: uv failed, or was not found.
        """
        requirements = read_requirements(conda_yaml)
        for warning in requirements.warnings:
            progress(f"warning: {warning}")
        home = self._cache / requirements.digest
        if not home.exists():
            self._cache.mkdir(parents=True, exist_ok=True)
            with _locked(self._cache / f"{requirements.digest}.lock"):
                if not home.exists():
                    self._build(home, requirements.lines, progress)
        return home / "bin" / "python"

    def _build(self, home: Path, requirements: tuple[str, ...], progress: Progress) -> None:
        uv = str(self._uv or find_uv())
        progress(f"building the scoring environment {home.name}: {', '.join(requirements)}")
        aside = Path(tempfile.mkdtemp(prefix=f"building-{home.name}-", dir=self._cache))
        try:
            target = aside / "environment"
            python = str(target / "bin" / "python")
            _run(
                [uv, "venv", "--quiet", "--relocatable", "--python", sys.executable, str(target)],
                progress,
            )
            install = [uv, "pip", "install", "--compile-bytecode", "--python", python]
            _run([*install, *requirements], progress)
            target.rename(home)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        progress(f"the scoring environment {home.name} is ready")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        # Released by the kernel when the holder ends, however it ends.
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _run(command: list[str], progress: Progress) -> None:
    lines: list[str] = []
    with subprocess.Popen(
        tied_to_this_process(command),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # Otherwise uv warns that the activated environment is not its target.
        env={name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"},
    ) as process:
        for line in process.stdout or ():
            lines.append(line.rstrip())
            if not line.startswith(_INSTALLED):
                progress(line.rstrip())
    if process.returncode != 0:
        tail = "\n".join(lines[-REPORTED_LINES:])
        raise EnvironmentBuildError(f"{Path(command[0]).name} {command[1]} failed:\n{tail}")
