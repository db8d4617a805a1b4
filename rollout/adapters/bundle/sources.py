"""Where the services are: a folder, or a zip in a blob container, unpacked."""

import math
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from rollout.adapters.bundle.archive import MAX_ARCHIVE_BYTES, unpack
from rollout.errors import ServicesUnavailableError
from rollout.units import NO_TIME

STALE_LIMIT = timedelta(minutes=15)
"""How long the last good bundle serves while reading fails; after that nothing new may start."""

KEPT_COPIES = 2
"""Unpacked bundles that stay on disk: an upload may still read from the one before."""


@dataclass(frozen=True)
class Download:
    """A bundle's bytes with the ETag they had."""

    etag: str
    content: bytes


class BundleBlob(Protocol):
    """The blob that holds the zip."""

    def fetch(self, etag: str | None, most: int) -> Download | None:
        """Return the content, or None if its ETag still is `etag`.

        Raises:
            ServicesUnavailableError: It cannot be read, or has more than `most` bytes.
        """


class Source(Protocol):
    """Where the services are: one of the two below."""

    @property
    def still_for(self) -> float:
        """For how many seconds a folder that was looked through counts as unchanged."""

    @property
    def changes(self) -> bool:
        """Whether files of a folder may change at all."""

    def folder(self) -> Path:
        """Return the folder that holds the services as they are now."""

    def age(self) -> timedelta | None:
        """Say how long ago they were last known to be the newest; None: they stand there."""


class FolderSource:
    """Services in a folder beside the app, looked through for changes at most every `recheck`."""

    changes = True

    def __init__(self, folder: Path, *, recheck: timedelta = NO_TIME) -> None:
        self._folder = folder
        self.still_for = recheck.total_seconds()

    def folder(self) -> Path:
        return self._folder

    def age(self) -> timedelta | None:
        return None


class BlobSource:
    """Services in a zip, requested by ETag at most every `recheck`, unpacked into a private folder.

    While the blob cannot be read, or holds something unusable, the last good copy serves for
    `STALE_LIMIT`.
    """

    changes = False
    still_for = math.inf
    """What was unpacked is never touched again: another zip gets another folder."""

    def __init__(
        self,
        blob: BundleBlob,
        *,
        recheck: timedelta,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._blob = blob
        self._recheck = recheck.total_seconds()
        self._clock = clock
        self._root: Path | None = None
        self._etag: str | None = None
        self._copies: list[tuple[Path, Path]] = []
        self._checked_at: float | None = None
        self._good_at = 0.0

    def folder(self) -> Path:
        now = self._clock()
        if self._checked_at is None or now - self._checked_at >= self._recheck:
            self._check(now)
        return self._copies[-1][1]

    def age(self) -> timedelta | None:
        return timedelta(seconds=self._clock() - self._good_at) if self._copies else None

    def _check(self, now: float) -> None:
        try:
            download = self._blob.fetch(self._etag, MAX_ARCHIVE_BYTES)
            if download is not None:
                self._keep(download)
        except ServicesUnavailableError:
            if not self._copies or now - self._good_at > STALE_LIMIT.total_seconds():
                # The next call must try again at once: meanwhile nothing serves.
                self._checked_at = None
                raise
        else:
            self._good_at = now
        self._checked_at = now

    def _keep(self, download: Download) -> None:
        if self._root is None:
            self._root = Path(tempfile.mkdtemp(prefix="services-"))
        copy = Path(tempfile.mkdtemp(dir=self._root))
        try:
            self._copies.append((copy, unpack(download.content, copy)))
        except BaseException:
            shutil.rmtree(copy, ignore_errors=True)
            raise
        self._etag = download.etag
        for old, _ in self._copies[:-KEPT_COPIES]:
            shutil.rmtree(old, ignore_errors=True)
        del self._copies[:-KEPT_COPIES]
