"""How far each file was read: what one look hands to the next, in less than half a kilobyte a side.

Files lie in folders by time, and those of one folder grow at once (one for each group of
instances). So a cursor is the oldest folder that is still read, and a position in each file from
there on. A folder is left behind once all of it was read and it is older than late data may be.

A position is twelve characters: the first four bytes of a digest of the file's name and five bytes
of offset, in base 64.
"""

import base64
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

MOST_FILES = 36
"""Of one side; with the rest of the cursor, both sides then stay below 1 kB."""

_POSITION = struct.Struct(">4sBI")
_LOW = 32
MOST_BYTES = 1 << 40
"""Beyond what one blob can hold of lines; five bytes say it."""


@dataclass(frozen=True)
class Position:
    """One side's part of a cursor. `oldest` is a folder's name by time, "" before the first."""

    oldest: str = ""
    read: Mapping[bytes, int] = field(default_factory=dict)

    def of(self, name: str) -> int:
        """How many bytes of a file were read."""
        return self.read.get(key(name), 0)


def key(name: str) -> bytes:
    """Return what stands for a file's name in a cursor."""
    return blake2b(name.encode(), digest_size=4).digest()


def position(oldest: str, read: Iterable[tuple[str, int]]) -> Position:
    """Return a position; at most `MOST_FILES` files."""
    return Position(oldest, {key(name): offset for name, offset in read})


def packed(found: Position) -> dict[str, str]:
    """Return a position as JSON values."""
    rows = (
        _POSITION.pack(name, offset >> _LOW, offset & ((1 << _LOW) - 1))
        for name, offset in found.read.items()
    )
    return {"oldest": found.oldest, "read": base64.b64encode(b"".join(rows)).decode()}


def unpacked(document: object) -> Position:
    """Read `packed`'s object back; anything else is the beginning.

    A row of another version may hold what this one does not understand: then what is there is
    read again, from the rollout's beginning.
    """
    if not isinstance(document, Mapping):
        return Position()
    oldest, text = document.get("oldest"), document.get("read")
    if not isinstance(oldest, str) or not isinstance(text, str):
        return Position()
    try:
        rows = base64.b64decode(text, validate=True)
        found = {name: (high << _LOW) + low for name, high, low in _POSITION.iter_unpack(rows)}
    except (ValueError, struct.error):
        return Position()
    return Position(oldest, found)


def of_side(cursor: Mapping[str, Any], side: str) -> Position:
    """Return one side's position in a whole cursor."""
    return unpacked(cursor.get(side))
