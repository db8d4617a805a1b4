"""Paths of a template stay inside their service's folder, with no link on the way.

The app runs with more rights than whoever writes a service, and uploads what a template names to a
workspace that others read. A path that leaves the folder would publish the app's own disk.
"""

import os
import posixpath
import stat
from pathlib import Path, PureWindowsPath

from rollout.adapters.templates.local_paths import LocalPath, Target

MAX_FOLDER_FILES = 5000
"""A folder that a template names has no more files and folders than a whole service may have."""

_INSIDE = "name a file or folder inside this service's folder"


def outside(path: LocalPath) -> str:
    """Say why a path leaves its service's folder as it is written; empty where it stays inside."""
    text = path.text
    if not text or not text.isprintable():
        return f"This is not a path: {_INSIDE}."
    if "\\" in text:
        return f"A path has forward slashes: {_INSIDE}, such as ./src."
    if text.startswith(("/", "~")) or PureWindowsPath(text).drive:
        return f"The path is absolute: {_INSIDE}, relative to this file."
    if inside(path).split("/")[0] == "..":
        return f"The path leads out of the service's folder: copy it there, and {_INSIDE}."
    return ""


def inside(path: LocalPath) -> str:
    """Return the path relative to the service's folder; "." is that folder itself."""
    return posixpath.normpath(posixpath.join(path.base, path.text))


def unsafe(service: Path, path: LocalPath) -> str:
    """Say what forbids reading a path of a service, or that nothing is there; else nothing.

    Looks at the disk, at every part of the path and at everything in a folder, and opens no file.
    """
    if why := outside(path):
        return why
    place = service
    for part in posixpath.join(path.base, path.text).split("/"):
        # As written, before `..` is taken away: behind a link it would lead elsewhere.
        place = place.parent if part == ".." else place / part
        try:
            mode = place.lstat().st_mode
        except (OSError, ValueError):
            return _missing(path)
        if stat.S_ISLNK(mode) and place != service:
            return f"{part} is a link: put the file or folder itself there."
    if path.target is not Target.ANY and not place.is_file():
        return f"{path.text} is no file: name one."
    return _link_below(place) if place.is_dir() else ""


def _missing(path: LocalPath) -> str:
    what = "file" if path.target is not Target.ANY else "file or folder"
    return (
        f"There is no {what} {inside(path)} in this service's folder: add it, or correct the path."
    )


def _link_below(folder: Path) -> str:
    count = 0
    for parent, folders, files in os.walk(folder):
        count += len(folders) + len(files)
        if count > MAX_FOLDER_FILES:
            return f"The folder has more than {MAX_FOLDER_FILES} files: name a smaller one."
        for name in [*folders, *files]:
            if (Path(parent) / name).is_symlink():
                return f"{name} in this folder is a link: put the file or folder itself there."
    return ""
