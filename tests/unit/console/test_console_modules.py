"""The console's modules that only compute, in Node: the `*.test.mjs` beside this test them."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from rollout.core.policy.gate_model import Check
from rollout.core.records.lifecycle_events import LIFECYCLE_EVENTS
from rollout.core.records.offers import OfferState
from rollout.core.records.phases import FINAL_PHASES
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
    node("--test", str(copied / test.relative_to(PROJECT)))


_WORD, _MARKED = r"[\w.,:;?!)]", r"<(?:code|b|strong|em|a|time|span)\b"
_JOINED = re.compile(
    rf"{_WORD}\n\s*{_MARKED}|</(?:code|b|strong|em|a|time|span)>\n\s*[\w(]",
)


def test_no_words_run_together_where_a_line_ends() -> None:
    """`htm` drops the white space around a tag that holds a line break: `or<code>`."""
    found = [
        f"{module.relative_to(MODULES)}: {joined.group()!r}"
        for module in sorted(MODULES.rglob("*.js"))
        for joined in _JOINED.finditer(module.read_text(encoding="utf-8"))
    ]
    assert found == []


# Without a row here the console would still show a word, but not say what it means.
WORDS = {
    "checks.js NAMES": {check.value for check in Check} - {Check.DARK.value},
    "history.js TITLED": LIFECYCLE_EVENTS,
    "versions.js STATES": {state.value for state in OfferState},
    "versions.js ENDED": {phase.value for phase in FINAL_PHASES},
}


@pytest.mark.parametrize("name", WORDS)
def test_the_console_knows_the_products_words(copied: Path, name: str) -> None:
    file, _, constant = name.partition(" ")
    module = (copied / MODULES.relative_to(PROJECT) / "reading" / file).as_uri()
    program = (
        f"import {{ {constant} }} from {json.dumps(module)};"
        f"console.log(JSON.stringify([...{constant}]));"
    )
    assert set(json.loads(node("--input-type=module", "--eval", program))) == set(WORDS[name])


def node(*arguments: str) -> str:
    """Run Node, which must succeed, and return what it printed."""
    ran = subprocess.run(
        ["node", *arguments],  # noqa: S607 - from PATH
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout
