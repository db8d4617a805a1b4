"""A zip of service folders -> files in a fresh folder; refuses what could harm the reader."""

import lzma
import stat
import zipfile
import zlib
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path, PurePosixPath

from rollout.errors import ServicesUnavailableError

MAX_ARCHIVE_BYTES = 64 * 1024 * 1024
MAX_UNPACKED_BYTES = 256 * 1024 * 1024
MAX_ENTRIES = 50_000
"""Files and folders, those folders included that only the names of others imply: a thousand
services have a dozen each."""

MAX_DEPTH = 20
SERVICES_FOLDER = "services"
_CHUNK = 64 * 1024

_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,  # a compression that is not built in
    RuntimeError,  # encrypted
    ValueError,  # an offset before the start
)


def unpack(archive: bytes, target: Path) -> Path:
    """Unpack into `target`, an empty folder, and return the folder that holds the services.

    The services are at the top of the archive, or in one folder `services` there.

    Raises:
        ServicesUnavailableError: It is not a zip, is too large, or has an entry that is encrypted,
            a link, or named so that it would leave `target`.
    """
    try:
        with zipfile.ZipFile(BytesIO(archive)) as opened:
            entries = opened.infolist()
            if len(entries) > MAX_ENTRIES:
                raise _refused(f"has more than {MAX_ENTRIES} files and folders")
            _check_tree(entries)
            left = MAX_UNPACKED_BYTES
            made: set[Path] = set()
            for entry in entries:
                left -= _unpack_entry(opened, entry, _safe_path(entry, target), left, made)
    except _DAMAGED as error:
        raise _refused(f"cannot be unpacked ({type(error).__name__})") from error
    except OSError as error:
        raise _refused(f"cannot be stored ({error.strerror})") from error
    inner = target / SERVICES_FOLDER
    return inner if inner.is_dir() else target


def _check_tree(entries: Sequence[zipfile.ZipInfo]) -> None:
    """A few hundred kilobytes of names can stand for millions of folders: count before making any.

    The work is bounded too: it ends at the first name or folder too many.
    """
    paths: set[tuple[str, ...]] = set()
    for entry in entries:
        if entry.filename.count("/") > MAX_DEPTH:
            raise _refused(f"has an entry more than {MAX_DEPTH} folders deep")
        parts = PurePosixPath(entry.filename).parts
        paths.update(parts[: end + 1] for end in range(len(parts)))
        if len(paths) > MAX_ENTRIES:
            raise _refused(f"has more than {MAX_ENTRIES} files and folders")


def _unpack_entry(
    opened: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path, left: int, made: set[Path]
) -> int:
    """Return how many bytes were written; `made` are the folders that are there."""
    folder = path if entry.is_dir() else path.parent
    if folder not in made:
        folder.mkdir(parents=True, exist_ok=True)
        made.add(folder)
    if entry.is_dir():
        return 0
    written = 0
    with opened.open(entry) as source, path.open("xb") as file:
        # The declared size may be false; only what comes out counts.
        while chunk := source.read(_CHUNK):
            written += len(chunk)
            if written > left:
                raise _refused(f"unpacks to more than {MAX_UNPACKED_BYTES // 2**20} MiB")
            file.write(chunk)
    return written


def _safe_path(entry: zipfile.ZipInfo, target: Path) -> Path:
    name = PurePosixPath(entry.filename)
    unsafe = (
        name.is_absolute()
        or ".." in name.parts
        or "\\" in entry.filename
        or ":" in entry.filename
        or not name.parts
        or not entry.filename.isprintable()
    )
    if unsafe:
        raise _refused("has an entry whose name leads out of it")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise _refused("has a symbolic link")
    return target / name


def _refused(why: str) -> ServicesUnavailableError:
    return ServicesUnavailableError(f"The services bundle {why}: publish a plain zip of folders.")
