"""Which folders of a bundle are services, which of their files count, and what state those are in.

No file is opened. With many services this is what looking for a change costs, so that it makes as
few calls as it can.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rollout.core.policy.parsing import POLICY_FILE
from rollout.errors import ServicesUnavailableError

MAX_FILES = 5000
"""More files than this are not service folders: something got in by mistake."""

_BYTECODE_FOLDER = "__pycache__"
_UPLOAD_RULES = ".amlignore"
"""The one hidden file that decides what a deployment is made of."""

_MISSPELT = frozenset({"rollout.yml", "rollouts.yml", "rollout.yaml", "rollouts.yaml"})
"""In lower case: names that a policy file gets by mistake."""

ServicePrint = tuple[tuple[str, int, int], ...]
"""Paths with sizes and times: it changes when any file does, and none was read for it."""


@contextmanager
def readable() -> Iterator[None]:
    """Raise `ServicesUnavailableError` where the folder of all services cannot be read."""
    try:
        yield
    except OSError as error:
        raise ServicesUnavailableError(
            f"The services folder cannot be read ({error.strerror or type(error).__name__})."
        ) from error


def service_names(folder: Path) -> list[str]:
    """Return the services' folders, in order.

    Raises:
        OSError: The folder is absent or unreadable.
    """
    with os.scandir(folder) as entries:
        folders = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    return sorted(name for name in folders if is_service(folder / name))


def is_service(folder: Path) -> bool:
    """Say whether a folder is a service's: it has a policy file, even under a misspelt name."""
    return (folder / POLICY_FILE).is_file() or misspelt(folder) != ""


def misspelt(service: Path) -> str:
    """The file that was meant to be the policy; empty where there is none, or the right one too."""
    try:
        names = sorted(path.name for path in service.iterdir())
    except OSError:
        return ""
    if POLICY_FILE in names:
        return ""
    return next((name for name in names if name.lower() in _MISSPELT), "")


def files_of(service: Path) -> list[str]:
    """Return the files that count, relative to the folder, with forward slashes, in order.

    Raises:
        ServicesUnavailableError: There are far too many.
    """
    return sorted(name for name, _ in _entries(service))


def service_print(service: Path) -> ServicePrint:
    """Return the state of a service's files; what keeps it from being known is a state too.

    The paths are those of `files_of`, unless the first one begins with a slash.
    """
    try:
        states = [(name, entry.stat(follow_symlinks=False)) for name, entry in _entries(service)]
    except (OSError, ServicesUnavailableError) as error:
        return ((f"/{error}", 0, 0),)
    return tuple(sorted((name, state.st_size, state.st_mtime_ns) for name, state in states))


def _entries(service: Path) -> list[tuple[str, os.DirEntry[str]]]:
    # Links are skipped: one could lead anywhere, and a zip would not carry it.
    found: list[tuple[str, os.DirEntry[str]]] = []
    ahead = [""]
    while ahead:
        below = ahead.pop()
        for entry in _listed(f"{service}/{below}"):
            if not _counts(entry.name):
                continue
            if entry.is_dir(follow_symlinks=False):
                ahead.append(f"{below}{entry.name}/")
            elif entry.is_file(follow_symlinks=False):
                found.append((f"{below}{entry.name}", entry))
        if len(found) > MAX_FILES:
            raise ServicesUnavailableError(
                f"The folder of the service {service.name} has more than {MAX_FILES} files."
            )
    return found


def _listed(folder: str) -> list[os.DirEntry[str]]:
    """A folder that cannot be entered counts as empty: what it holds can be used by nobody."""
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


def _counts(name: str) -> bool:
    # What tools leave behind, such as half-written copies, must not make a template look changed.
    return name == _UPLOAD_RULES or not (name.startswith(".") or name == _BYTECODE_FOLDER)
