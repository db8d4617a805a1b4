"""The hook that puts the console's libraries into azd's package, in a folder of its own."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from rollout.inbound.console_files import LIBRARIES
from tests.support.paths import PROJECT

SECONDS = 120


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """What a clone has of it, with the packages that npm has fetched."""
    for name in ("infra/hooks", "dev/console_vendor.mjs", "package.json"):
        source, target = PROJECT / name, tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if source.is_dir() else shutil.copyfile
        copy(source, target)
    (tmp_path / "node_modules").symlink_to(PROJECT / "node_modules")
    return tmp_path


def ran(project: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", "infra/hooks/prepackage.sh"],
        cwd=project,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def test_the_libraries_are_there_after_it_with_their_licences(project: Path) -> None:
    done = ran(project)

    assert done.returncode == 0, done.stderr
    console = project / "rollout" / "console"
    assert [name for name in LIBRARIES if not (console / name).is_file()] == []
    licences = (console / "vendor" / "LICENSES.txt").read_text()
    assert [name for name in ("preact", "htm", "uplot") if name not in licences] == []
    head = (console / "vendor" / "preact.js").read_text().partition("\n")[0]
    assert head.startswith("/*! preact ")


def test_without_npm_it_says_what_is_missing(project: Path) -> None:
    tools = project / "tools"
    tools.mkdir()
    for name in ("sh", "dirname"):
        (tools / name).symlink_to(str(shutil.which(name)))
    done = ran(project, PATH=str(tools))

    assert done.returncode == 1
    assert "needs Node 20" in done.stderr
