"""`python -m dev.package`: packs what is deployed as a zip, and prints its size.

The Functions tools take every file of the project that `.funcignore` does not exclude, by the rules
of `.gitignore`, and install `requirements.txt` where the app runs (remote build).
"""

import os
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

from pathspec import GitIgnoreSpec

from rollout.inbound.console_files import LIBRARIES

PROJECT = Path(__file__).resolve().parent.parent
IGNORE_FILE = ".funcignore"
DEFAULT_ARCHIVE = Path(".local") / "package" / "app.zip"
LARGEST_SHOWN = 3
CONSOLE = "rollout/console"


def deployed_files(project: Path) -> list[str]:
    """Return the files of `project` that are deployed, as relative paths, in order."""
    ignored = GitIgnoreSpec.from_lines((project / IGNORE_FILE).read_text().splitlines())
    found: list[str] = []
    for parent, folders, names in os.walk(project):
        base = Path(parent).relative_to(project)
        # As in git, an ignored folder is not entered, so nothing below it can be re-included.
        folders[:] = [name for name in folders if not ignored.match_file(f"{base / name}/")]
        paths = [(base / name).as_posix() for name in names]
        found += [path for path in paths if not ignored.match_file(path)]
    return sorted(found)


def missing_libraries(files: Sequence[str]) -> list[str]:
    """Return the console's libraries that are not among the files: they are not in git."""
    return sorted({f"{CONSOLE}/{name}" for name in LIBRARIES} - set(files))


def write_package(project: Path, archive: Path) -> list[str]:
    """Write the files that are deployed to `archive` and return them."""
    files = deployed_files(project)
    archive.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as package:
        for name in files:
            package.write(project / name, name)
    return files


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the zip (to the given path) and print the sizes; 1 where something is missing."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    archive = Path(given[0]) if given else DEFAULT_ARCHIVE
    if missing := missing_libraries(deployed_files(PROJECT)):
        print(
            f"nothing was packed: {', '.join(missing)} is missing; run `make package`, or "
            "`npm ci` and `npm run vendor`",
            file=sys.stderr,
        )
        return 1
    files = write_package(PROJECT, archive)
    sizes = {name: (PROJECT / name).stat().st_size for name in files}
    print(
        f"{archive}: {archive.stat().st_size / 1024:,.0f} KiB; "
        f"{len(files)} files, {sum(sizes.values()) / 1024:,.0f} KiB unpacked"
    )
    for name in sorted(files, key=lambda name: -sizes[name])[:LARGEST_SHOWN]:
        print(f"{sizes[name] / 1024:7,.1f} KiB  {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
