"""The files of one collection: which are there, and their whole lines from a position on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

RANGE_BYTES = 1024 * 1024
"""How much of a file is in memory at once, beside a line that is longer."""

MOST_LINE_BYTES = 5 * 1024 * 1024
"""Longer lines are passed over: a payload above 4 MB is a file of its own."""

LINES = ".jsonl"


@dataclass(frozen=True)
class File:
    """A blob; `name` is its whole path in the container."""

    name: str
    size: int


class Files(Protocol):
    """The blobs of one container. Every method may raise `PredictionsUnavailableError`."""

    @property
    def url(self) -> str:
        """The container's URL, without a slash at its end."""

    def listed(self, prefix: str) -> Iterator[File]:
        """The blobs whose names begin so, by name; none where there are none."""

    def read(self, name: str, first: int, length: int) -> bytes:
        """Bytes of a blob; fewer where it ends before that, none where it does not exist."""


class Lines:
    """The complete lines of one file from an offset on, as long as its reader wants them.

    `offset` is what a reader that stops now goes on from. `ended`: all was read but for `tail`, a
    last line without an end, which may still be being written.
    """

    def __init__(self, files: Files, file: File, offset: int) -> None:
        self._files = files
        self._file = file
        self.offset = offset
        self.ended = False
        self.tail = b""

    def chunks(self, length: int = RANGE_BYTES) -> Iterator[list[bytes]]:
        """Yield the complete lines of one range after the other, up to the end of the file.

        Of a line of more than `MOST_LINE_BYTES` only the end is given out, which is no record.
        """
        at, rest = self.offset, b""
        while at < self._file.size:
            found = self._files.read(self._file.name, at, min(length, self._file.size - at))
            if not found:
                break
            at += len(found)
            head, newline, tail = found.rpartition(b"\n")
            if newline:
                lines = (rest + head).split(b"\n")
                rest, self.offset = tail, at - len(tail)
                self.ended, self.tail = at >= self._file.size, rest
                yield lines
                continue
            rest += found
            if len(rest) > MOST_LINE_BYTES:
                rest, self.offset = b"", at
        self.ended, self.tail = True, rest

    def hand_back(self, lines: Sequence[bytes]) -> None:
        """Take back the last lines of the chunk that was given out last; its reader stops here."""
        if lines:
            self.offset -= sum(map(len, lines)) + len(lines)
            self.ended, self.tail = False, b""

    def accept_tail(self) -> None:
        """The last line was whole: it will not be given out again."""
        self.offset, self.tail = self._file.size, b""
