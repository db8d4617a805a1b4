"""What is wrong with a file that somebody wrote, row by row."""

from collections.abc import Iterator, Sequence
from pathlib import Path

MAX_FAULTS = 20
"""Of one file; the others are only counted."""


def told(path: Path, faults: Sequence[tuple[int, str]]) -> Iterator[str]:
    """Yield a line for each fault, in the file's order.

    Args:
        path: The file.
        faults: Its lines from 1 (0: the whole file), and a sentence each.
    """
    for line, sentence in sorted(faults)[:MAX_FAULTS]:
        yield f"{path}, line {line}: {sentence}" if line else f"{path}: {sentence}"
    if len(faults) > MAX_FAULTS:
        yield f"{path}: and {len(faults) - MAX_FAULTS} more."
