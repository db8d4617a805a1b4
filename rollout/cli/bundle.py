"""`rollout bundle`: a folder of services as the zip that the app reads from a blob container.

The same files give the same bytes everywhere: names in order, one fixed time, one mode, and no
compression, whose output differs between builds of zlib. A bundle is some kilobytes of YAML.
"""

import hashlib
import stat
import tempfile
import zipfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from rollout.adapters.bundle.archive import MAX_ARCHIVE_BYTES, unpack
from rollout.adapters.bundle.files import bundle_entries, read_bundle
from rollout.cli.safe_text import say
from rollout.errors import ServicesUnavailableError

WRITTEN, REFUSED = 0, 1
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time a zip can state."""

_UNIX = 3
_MODE = stat.S_IFREG | 0o644


@dataclass(frozen=True)
class Packed:
    """A zip of services; `digest` is the name that rollouts give the bundle."""

    digest: str
    content: bytes

    @property
    def sha256(self) -> str:
        """The zip's own."""
        return hashlib.sha256(self.content).hexdigest()


def pack(folder: Path) -> Packed:
    """Pack the services of `folder`, which has no fault.

    Raises:
        ServicesUnavailableError: They cannot be read, or the app would not read them back as the
            same services.
    """
    digest = read_bundle(folder, None).digest
    content = bundle_bytes(folder)
    _check(content, digest)
    return Packed(digest, content)


def write_bundle(folder: Path, archive: Path) -> int:
    """Write the services of `folder`, which has no fault, to `archive`; return the exit code.

    Prints the zip's path, the digest by which rollouts name the bundle, and the zip's own SHA-256.
    Nothing is written that the app would not read back as the same services.
    """
    try:
        packed = pack(folder)
        archive.parent.mkdir(parents=True, exist_ok=True)
        # Replaced atomically: an upload at this moment gets the old zip or the new one.
        unfinished = archive.with_name(f".{archive.name}.unfinished")
        unfinished.write_bytes(packed.content)
        unfinished.replace(archive)
    except (ServicesUnavailableError, OSError) as error:
        say(f"{archive} is not written: {error}", error=True)
        return REFUSED
    print(f"{archive}: {len(packed.content):,} bytes")
    print(f"bundle {packed.digest}")
    print(f"sha256 {packed.sha256}")
    return WRITTEN


def bundle_bytes(folder: Path) -> bytes:
    """Return the zip of every file of `folder` that counts for the app.

    Raises:
        ServicesUnavailableError: The folder or a file cannot be read, or they are far too large.
    """
    buffer = BytesIO()
    try:
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
            for name, path in bundle_entries(folder):
                entry = zipfile.ZipInfo(name, _EPOCH)
                entry.create_system = _UNIX
                entry.external_attr = _MODE << 16
                archive.writestr(entry, path.read_bytes())
    except OSError as error:
        raise ServicesUnavailableError(
            f"A file of the services cannot be read ({error.strerror})."
        ) from error
    except UnicodeEncodeError as error:
        raise ServicesUnavailableError(
            "A file of the services has a name that is not valid text."
        ) from error
    return buffer.getvalue()


def _check(content: bytes, digest: str) -> None:
    if len(content) > MAX_ARCHIVE_BYTES:
        raise ServicesUnavailableError(
            f"The services have more than {MAX_ARCHIVE_BYTES // 2**20} MiB: "
            "models and data belong in the workspace."
        )
    with tempfile.TemporaryDirectory() as folder:
        if read_bundle(unpack(content, Path(folder)), None).digest != digest:
            raise ServicesUnavailableError(
                "The services changed while they were read: run it again."
            )
