"""The console's modules that only compute, in Node: the `*.test.mjs` beside this test them."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.paths import PROJECT

HERE = Path(__file__).parent
MODULES = PROJECT / "rollout/console/js"
TESTS = sorted(HERE.glob("*.test.mjs"))


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Modules and tests as they lie here, below a file that tells Node what they are.

    A browser needs no such file, and this one would be deployed.
    """
    root = tmp_path_factory.mktemp("console")
    for folder in (MODULES, HERE):
        shutil.copytree(folder, root / folder.relative_to(PROJECT))
    (root / "package.json").write_text('{"type": "module"}')
    return root


@pytest.mark.parametrize("test", TESTS, ids=lambda test: test.name.removesuffix(".test.mjs"))
def test_the_modules_compute_what_their_tests_say(copied: Path, test: Path) -> None:
    ran = subprocess.run(
        ["node", "--test", str(copied / test.relative_to(PROJECT))],  # noqa: S607 - from PATH
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
