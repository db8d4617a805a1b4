"""Two bundles compared, service by service: what publishing one over the other changes."""

import hashlib
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rollout.adapters.bundle.archive import unpack
from rollout.adapters.bundle.files import bundle_entries
from rollout.core.policy.parsing import POLICY_FILE
from rollout.errors import ServicesUnavailableError

Files = Mapping[str, Mapping[str, str]]
"""Service -> path in its folder -> the file's SHA-256."""


@dataclass(frozen=True)
class Changes:
    """Names of services, in order. `unreadable` says why the old bundle tells nothing; else ""."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    details: Mapping[str, str] | None = None
    unreadable: str = ""

    @property
    def any(self) -> bool:
        """Whether the app would see another bundle."""
        return bool(self.added or self.changed or self.removed or self.unreadable)

    def lines(self) -> list[str]:
        """Return a line for each service that changes."""
        if self.unreadable:
            told = [f"what is there cannot be read and is replaced: {self.unreadable}"]
        else:
            told = []
        details = self.details or {}
        told += [f"new      {name}" for name in self.added]
        told += [f"changed  {name}: {details.get(name, '')}" for name in self.changed]
        told += [
            f"removed  {name}: it starts nothing any more; what is under way goes on"
            for name in self.removed
        ]
        return told


def changes(folder: Path, before: bytes | None) -> Changes:
    """Compare the services of a folder with a published zip, None where there was none.

    Raises:
        ServicesUnavailableError: The folder cannot be read.
    """
    new = _files(folder)
    if before is None:
        return Changes(added=tuple(sorted(new)))
    try:
        with tempfile.TemporaryDirectory() as place:
            old = _files(unpack(before, Path(place)))
    except ServicesUnavailableError as error:
        return Changes(added=tuple(sorted(new)), unreadable=str(error))
    both = sorted(new.keys() & old.keys())
    details = {name: _detail(old[name], new[name]) for name in both if old[name] != new[name]}
    return Changes(
        added=tuple(sorted(new.keys() - old.keys())),
        changed=tuple(details),
        removed=tuple(sorted(old.keys() - new.keys())),
        details=details,
    )


def _files(folder: Path) -> Files:
    found: dict[str, dict[str, str]] = {}
    for entry, path in bundle_entries(folder):
        service, _, name = entry.partition("/")
        try:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            raise ServicesUnavailableError(
                f"A file of the services cannot be read ({error.strerror})."
            ) from error
        found.setdefault(service, {})[name] = digest
    return found


def _detail(old: Mapping[str, str], new: Mapping[str, str]) -> str:
    names = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
    # The policy first: it is what a reviewer asks for.
    return ", ".join(sorted(names, key=lambda name: (name != POLICY_FILE, name)))
