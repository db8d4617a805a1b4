"""Files with keys in them, which only the user who runs this may read."""

import os
from pathlib import Path
from typing import BinaryIO

PRIVATE = 0o600


def open_private(file: Path) -> BinaryIO:
    """Open a file to append to, with its folder; one that exists becomes private too."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, PRIVATE)
    os.fchmod(handle, PRIVATE)
    return os.fdopen(handle, "ab")


def write_private(file: Path, text: str) -> None:
    """Replace what a file says, with its folder."""
    with open_private(file) as stream:
        stream.truncate(0)
        stream.write(text.encode())
