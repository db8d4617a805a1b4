"""Appends rows to blobs: a thread beside the rest, as the collector's own container is."""

import logging
import threading
from collections.abc import Iterable
from typing import Protocol

from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.storage.blob import BlobServiceClient

from localazure.collector.folders import raw_file, rows_file
from localazure.collector.rows import CollectedRows, Row

FLUSH_SECONDS = 0.2
"""Rows that come within this time are appended in one call."""

MAX_BLOCK_BYTES = 4 * 1024 * 1024
"""The most that one call may append (Put Block From reference: 4 MiB before 2022-11-02)."""

STOP_SECONDS = 10.0
_IDLE_SECONDS = 0.5
_LOG = logging.getLogger("localazure.collector")


class Files(Protocol):
    """Blob storage, as far as rows need it."""

    def append(self, container: str, name: str, lines: bytes) -> None:
        """Append to a blob, which is made at the first call."""

    def put(self, container: str, name: str, data: bytes) -> str:
        """Store a whole blob; return its URL."""


class BlobFiles:
    """Append blobs and raw files through the storage SDK."""

    def __init__(self, service: BlobServiceClient) -> None:
        self._service = service

    def append(self, container: str, name: str, lines: bytes) -> None:
        blob = self._service.get_blob_client(container, name)
        try:
            blob.append_block(lines)
        except ResourceNotFoundError:
            blob.create_append_blob()
            blob.append_block(lines)

    def put(self, container: str, name: str, data: bytes) -> str:
        blob = self._service.get_blob_client(container, name)
        blob.upload_blob(data)
        return blob.url


class Writer:
    """Writes `rows` to `files` from `start` to `stop`. A row that cannot be written is lost."""

    def __init__(self, rows: CollectedRows, files: Files) -> None:
        self._rows = rows
        self._files = files
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="collector-writer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End it; rows still on their way are lost, as they are when a container ends."""
        self._stopping.set()
        self._thread.join(STOP_SECONDS)

    def write(self) -> None:
        """Append the rows that can be read by now."""
        for (container, name), lines in self._lines(self._rows.take()).items():
            for block in _blocks(lines):
                try:
                    self._files.append(container, name, block)
                except AzureError as error:
                    _LOG.warning("rows for %s are lost: %s", name, error)

    def _run(self) -> None:
        while not self._stopping.is_set():
            if self._rows.wait(_IDLE_SECONDS) and not self._stopping.wait(FLUSH_SECONDS):
                self.write()

    def _lines(self, rows: Iterable[Row]) -> dict[tuple[str, str], list[bytes]]:
        lines: dict[tuple[str, str], list[bytes]] = {}
        for row in rows:
            collector, record = row.collector, row.record
            where = collector.collections[record.collection]
            place = (where.folder, collector.rolling_rate, record.moment)
            url = None
            if record.raw is not None:
                name = raw_file(*place, record.id)
                try:
                    url = self._files.put(where.container, name, record.raw)
                except AzureError as error:
                    _LOG.warning("a payload of %s is lost: %s", record.source, error)
                    continue
            file = (where.container, rows_file(*place, row.file))
            lines.setdefault(file, []).append(record.line(url))
        return lines


def _blocks(lines: Iterable[bytes]) -> list[bytes]:
    """Join lines to blocks that one call may append; a line is never cut."""
    blocks: list[bytes] = []
    for line in lines:
        if blocks and len(blocks[-1]) + len(line) <= MAX_BLOCK_BYTES:
            blocks[-1] += line
        else:
            blocks.append(line)
    return blocks
