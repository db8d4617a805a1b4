"""What `pipx install` gives: a wheel in an environment of its own, with the extra `cli`.

The environment's libraries are those of this project's, so that nothing is fetched but the backend
that builds the wheel, which `make setup` has fetched before.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from dataclasses import dataclass
from email import message_from_string
from pathlib import Path

import pytest

from tests.support.paths import PROJECT

UV = PROJECT / ".tools" / "bin" / "uv"
SECONDS = 300
OF_THE_WHEEL = ("pyproject.toml", "README.md", "LICENSE")
NOBODY = "http://127.0.0.1:9"


@dataclass(frozen=True)
class Installed:
    """The wheel, and the command that its installation made."""

    wheel: Path
    command: Path

    def run(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.command), *words],
            cwd=self.command.parent,
            env={"PATH": os.defpath, "HOME": "/nonexistent", **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )


def uv(*words: str | Path, cwd: Path) -> None:
    done = subprocess.run(
        [str(UV), *map(str, words)],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    assert UV.is_file(), "run make setup: it fetches uv into .tools"
    work = tmp_path_factory.mktemp("wheel")
    source, environment = work / "source", work / "environment"
    # Building leaves files beside the sources.
    shutil.copytree(
        PROJECT / "rollout", source / "rollout", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name in OF_THE_WHEEL:
        shutil.copy(PROJECT / name, source / name)
    uv("build", "--wheel", "--python", sys.executable, "-o", work, source, cwd=work)
    (wheel,) = work.glob("*.whl")
    uv("venv", "--python", sys.executable, environment, cwd=work)
    python = environment / "bin" / "python"
    uv("pip", "install", "--python", python, "--no-deps", wheel, cwd=work)
    (packages,) = environment.glob("lib/python*/site-packages")
    # A path file in a folder that a path file names is not read: the project itself stays out.
    (packages / "libraries.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    return Installed(wheel, environment / "bin" / "rollout")


def test_the_command_runs_from_the_wheel_alone(installed: Installed) -> None:
    done = installed.run("--version")

    assert done.stdout == "rollout 0.1.0\n", done.stderr
    where = "import rollout; print(rollout.__file__)"
    python = installed.command.with_name("python")
    found = subprocess.run([python, "-I", "-c", where], capture_output=True, text=True, check=True)
    assert Path(found.stdout.strip()).is_relative_to(installed.command.parent.parent)


def test_it_checks_services_outside_a_checkout(installed: Installed, tmp_path: Path) -> None:
    services = shutil.copytree(PROJECT / "services", tmp_path / "services")

    done = installed.run("lint", str(services))

    assert (done.returncode, done.stderr) == (0, "")
    assert "1 service(s) without a fault" in done.stdout


def test_the_wheel_asks_for_what_the_command_line_needs(installed: Installed) -> None:
    with zipfile.ZipFile(installed.wheel) as wheel:
        (name,) = [each for each in wheel.namelist() if each.endswith("METADATA")]
        metadata = message_from_string(wheel.read(name).decode())
        packed = {each.partition("/")[0] for each in wheel.namelist()}

    of_the_extra = [each for each in metadata.get_all("Requires-Dist", []) if "extra ==" in each]
    assert {each.partition("=")[0] for each in of_the_extra} == {"rich", "typer"}
    assert metadata["Requires-Python"] == "<3.14,>=3.13"
    # The product only: neither the local Azure nor the tests.
    assert {each for each in packed if not each.endswith("dist-info")} == {"rollout"}


@pytest.mark.parametrize(
    ("shell", "own_words"), [("bash", "complete -o"), ("zsh", "compdef"), ("fish", "--command")]
)
def test_completion_can_be_installed(installed: Installed, shell: str, own_words: str) -> None:
    # Without this Typer asks which shell runs it: here, whichever runs the tests.
    named = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    shown = installed.run("--show-completion", shell, **named).stdout

    assert "_ROLLOUT_COMPLETE" in shown
    assert own_words in shown


def test_completion_without_an_app_is_silent(installed: Installed) -> None:
    words = {"_ROLLOUT_COMPLETE": "complete_bash", "COMP_WORDS": "rollout get ", "COMP_CWORD": "2"}

    for more in ({}, {"ROLLOUT_APP": NOBODY}, {"ROLLOUT_APP": "no address"}):
        done = installed.run(**words, **more)
        assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")
