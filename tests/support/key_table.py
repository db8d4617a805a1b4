"""Whose key opens which functions, by docs/deploy.md, and those keys for a host that is tried."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from localazure.functions_host.keys import Keys
from tests.support.paths import PROJECT

SECRETS_FILE = "secrets.json"
_ROW = re.compile(r"\| ((?:`\w+`(?:, )?)+) \| .+ \|")
_SECTION = re.compile(r"^## Keys\n(.*?)^## ", re.MULTILINE | re.DOTALL)


def key_rows() -> Sequence[tuple[str, ...]]:
    """Return the functions of each row of the page's table."""
    section = _SECTION.search((PROJECT / "docs" / "deploy.md").read_text())
    assert section is not None
    return [tuple(re.findall(r"\w+", row)) for row in _ROW.findall(section[1])]


def key_of(row: int) -> str:
    """Return the value that every function of the row is given."""
    return f"the-key-of-row-{row}"


def give_keys(state: Path) -> None:
    """Let a host that starts on this folder have the table's keys beside its own."""
    file = state / SECRETS_FILE
    state.mkdir(parents=True, exist_ok=True)
    Keys.load_or_generate(file)
    functions: Mapping[str, Mapping[str, str]] = {
        function: {"of-its-row": key_of(row)}
        for row, named in enumerate(key_rows())
        for function in named
    }
    file.write_text(json.dumps({**json.loads(file.read_text()), "functions": functions}))
