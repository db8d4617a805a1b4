"""Building environments with the real uv, from packages that need no network."""

import threading
import zipfile
from pathlib import Path

import pytest

from localazure.scoring import environments
from localazure.scoring.environments import EnvironmentBuildError, Environments, find_uv

UNRESOLVABLE = (
    "dependencies: [python=3.10, {pip: ['nothing @ file:///nowhere/nothing-1.0-py3-none-any.whl']}]"
)


def test_uv_is_found_by_the_setting_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = tmp_path / "uv"
    mine.touch()
    monkeypatch.setenv("UV", str(mine))
    assert find_uv() == mine


def test_without_uv_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UV", raising=False)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(environments, "_PROJECT_UV", Path("/nowhere/uv"))
    with pytest.raises(EnvironmentBuildError, match="Install it"):
        find_uv()


@pytest.fixture
def bare_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the server out, so that an environment installs only what is asked for."""
    monkeypatch.setattr("localazure.scoring.conda.SERVER_REQUIREMENTS", ())


def package(folder: Path) -> str:
    """Make a package that builds from its folder alone; return a conda file that asks for it."""
    folder.mkdir()
    wheel = folder / "greeting-1.0-py3-none-any.whl"
    write_wheel(wheel)
    return f"dependencies: [{{pip: ['greeting @ file://{wheel}']}}]"


def write_wheel(path: Path) -> None:
    info = "greeting-1.0.dist-info"
    files = {
        "greeting.py": "WORD = 'hello'\n",
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: greeting\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\n"
        "Tag: py3-none-any\n",
    }
    record = "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(path, "w") as wheel:
        for name, content in {**files, f"{info}/RECORD": record}.items():
            wheel.writestr(name, content)


def test_an_environment_is_built_once_compiled_and_reported(
    tmp_path: Path, bare_server: None
) -> None:
    conda = package(tmp_path / "package")
    cache = Environments(tmp_path / "cache")
    lines: list[str] = []
    python = cache.ensure(conda, lines.append)
    assert python.is_file()
    assert "greeting" in lines[0]
    assert lines[-1].endswith("is ready")
    assert list(python.parents[1].rglob("greeting.cpython-*.pyc"))
    again: list[str] = []
    assert cache.ensure(conda, again.append) == python
    assert again == []


def test_builders_at_the_same_time_get_the_same_environment_and_one_builds(
    tmp_path: Path, bare_server: None
) -> None:
    conda = package(tmp_path / "package")
    lines: list[str] = []
    found: list[Path] = []

    def build() -> None:
        found.append(Environments(tmp_path / "cache").ensure(conda, lines.append))

    builders = [threading.Thread(target=build) for _ in range(3)]
    for builder in builders:
        builder.start()
    for builder in builders:
        builder.join()
    assert len(found) == 3
    assert len(set(found)) == 1
    assert sum(line.endswith("is ready") for line in lines) == 1


def test_a_failed_build_quotes_uv_warns_of_the_python_and_leaves_nothing_behind(
    tmp_path: Path, bare_server: None
) -> None:
    lines: list[str] = []
    with pytest.raises(EnvironmentBuildError, match="uv pip failed"):
        Environments(tmp_path).ensure(UNRESOLVABLE, lines.append)
    assert lines[0].startswith("warning: the file asks for Python 3.10")
    assert [entry.suffix for entry in tmp_path.iterdir()] == [".lock"]
