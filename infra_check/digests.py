"""Tells without a compiler that a snapshot is out of date, by digests of sources and snapshots.

`infra/profiles/digests.txt` has a line for each file: its SHA-256, two spaces, its path below
`infra/`. The hooks are no source: no template reads them.
"""

import hashlib
from pathlib import Path

STORED = "profiles/digests.txt"
_SOURCES = ("**/*.bicep", "bicepconfig.json", "role-actions.json", "queries/*.kql")
_PROFILES = ("profiles/*.bicepparam", "profiles/*.snapshot.json")
_REMEDY = "run `python -m infra_check --write` where a Bicep compiler is, and read the difference"


def written(infra: Path) -> str:
    """Return the text of the digests' file for the files as they are."""
    paths = {path for pattern in (*_SOURCES, *_PROFILES) for path in infra.glob(pattern)}
    return "".join(
        f"{_digest(path)}  {path.relative_to(infra).as_posix()}\n" for path in sorted(paths)
    )


def stale(infra: Path) -> list[str]:
    """Return a sentence for each file that is not as it was when the snapshots were written."""
    stored = infra / STORED
    if not stored.is_file():
        return [f"There is no {stored}: {_REMEDY}."]
    was = _parsed(stored.read_text(encoding="utf-8"))
    now = _parsed(written(infra))
    return [
        f"{path} {_change(was.get(path), now.get(path))} after the snapshots: {_REMEDY}."
        for path in sorted(was.keys() | now.keys())
        if was.get(path) != now.get(path)
    ]


def _digest(path: Path) -> str:
    # Git may write other ends of lines on other systems.
    return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()


def _parsed(text: str) -> dict[str, str]:
    return {path: digest for digest, path in (line.split("  ", 1) for line in text.splitlines())}


def _change(was: str | None, now: str | None) -> str:
    if was is None:
        return "was added"
    return "was removed" if now is None else "was changed"
