"""`dev/python_tools.sh` finds an interpreter by itself, or says in one sentence what to install."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.support.paths import PROJECT

SCRIPT = PROJECT / "dev" / "python_tools.sh"


def command(folder: Path, name: str, body: str) -> None:
    folder.mkdir(exist_ok=True, parents=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def interpreter(folder: Path, name: str, *, works: bool = True) -> None:
    """A `python` whose environments only write down how pip and uv were called."""
    tools = 'mkdir -p .tools/bin; cp "$0" .tools/bin/python' if works else "exit 1"
    command(
        folder,
        name,
        f'case "$1" in -c) {"exit 0" if works else "exit 1"} ;; esac\n'
        f'echo "{name} $*" >> calls\n[ "$2" = venv ] && {{ {tools}; }}\nexit 0',
    )


def run(folder: Path, *arguments: str, python: str = "") -> subprocess.CompletedProcess[str]:
    environment = {"PATH": f"{folder / 'path'}{os.pathsep}/usr/bin{os.pathsep}/bin"}
    if python:
        environment["PYTHON"] = python
    return subprocess.run(
        ["/bin/sh", SCRIPT, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("there", "used"),
    [(("python3.13", "python3", "python"), "python3.13"), (("python3", "python"), "python3")],
)
def test_the_first_interpreter_that_can_make_environments_installs_uv(
    there: tuple[str, ...], used: str, tmp_path: Path
) -> None:
    for name in ("python3.13", "python3", "python"):
        interpreter(tmp_path / "path", name, works=name in there)
    assert run(tmp_path, "uv", "1.2.3").returncode == 0
    calls = (tmp_path / "calls").read_text().splitlines()
    assert calls[0] == f"{used} -m venv .tools"
    assert calls[1].endswith("uv==1.2.3")


def test_a_named_interpreter_comes_before_those_on_the_path(tmp_path: Path) -> None:
    interpreter(tmp_path / "path", "python3.13")
    interpreter(tmp_path / "mine", "python")
    named = str(tmp_path / "mine" / "python")
    assert run(tmp_path, "uv", "1.2.3", python=named).returncode == 0
    assert (tmp_path / "calls").read_text().startswith("python -m venv .tools\n")


def test_without_any_interpreter_one_sentence_says_what_to_install(tmp_path: Path) -> None:
    for name in ("python3.13", "python3", "python"):
        interpreter(tmp_path / "path", name, works=False)
    refused = run(tmp_path, "uv", "1.2.3")
    assert refused.returncode == 1
    assert refused.stderr.startswith("Set-up needs Python 3.9 or later with pip and venv: install")
    assert refused.stderr.count("\n") == 1


def test_python_3_13_is_left_to_uv_to_find_or_fetch(tmp_path: Path) -> None:
    command(tmp_path / ".tools" / "bin", "uv", 'echo "$*" > asked')
    assert run(tmp_path, "venv", ".venv").returncode == 0
    assert (tmp_path / "asked").read_text() == "venv --quiet --clear --python 3.13 .venv\n"


def test_where_there_is_no_python_3_13_one_sentence_says_so(tmp_path: Path) -> None:
    command(tmp_path / ".tools" / "bin", "uv", "echo no network >&2; exit 2")
    refused = run(tmp_path, "venv", ".venv")
    assert refused.returncode == 1
    assert "install it, or name it with make PYTHON=" in refused.stderr
