"""Writes rollout/inbound/unverified.py from docs/unverified.md: `python -m dev.unverified_rows`."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "docs" / "unverified.md"
TARGET = ROOT / "rollout" / "inbound" / "unverified.py"
COLUMNS = 3
_LINK = re.compile(r"\[([^]]*)\]\([^)]*\)")
_HEAD = '''"""What was never verified on Azure: docs/unverified.md, by `make generate`."""

# ruff: noqa: E501 - a row is a row
# fmt: off

UNVERIFIED: tuple[tuple[str, str, str], ...] = (
'''


def rows(page: str) -> Iterator[tuple[str, str, str]]:
    """Yield heading, assumption and what happens if it is wrong, of each row, as plain text.

    Only of tables of assumptions: what is settled stands in a table of another kind.

    Raises:
        ValueError: A row has another number of columns.
    """
    heading, assumed = "", False
    for line in page.splitlines():
        if line.startswith("## "):
            heading = line.removeprefix("## ")
        if not line.startswith("| "):
            assumed = False
        elif line.startswith("| assumption "):
            assumed = True
        elif assumed and not line.startswith("| ---"):
            cells = re.split(r"(?<!\\)\|", line.strip().strip("|"))
            if len(cells) != COLUMNS:
                raise ValueError(f"a row has {len(cells)} columns: {line}")
            assumption, if_wrong, _ = (_plain(cell) for cell in cells)
            yield heading, assumption, if_wrong


def module(page: str) -> str:
    """Return the module's text."""
    lines = (f"    ({', '.join(map(_quoted, row))}),\n" for row in rows(page))
    return f"{_HEAD}{''.join(lines)})\n"


def _plain(cell: str) -> str:
    return _LINK.sub(r"\1", cell.strip()).replace("`", "").replace("*", "").replace("\\|", "|")


def _quoted(text: str) -> str:
    # As ruff writes it.
    found = repr(text)
    return found if '"' in text else f'"{found[1:-1]}"'


if __name__ == "__main__":
    TARGET.write_text(module(SOURCE.read_text(encoding="utf-8")), encoding="utf-8")
