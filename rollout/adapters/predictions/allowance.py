"""What one look may read: bytes, lines and seconds, of both sides together."""

import time
from collections.abc import Callable
from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True)
class Bounds:
    """Of one look. What is beyond them is read by the next."""

    bytes: int = 64 * MIB
    lines: int = 100_000
    seconds: float = 5.0


class Allowance:
    """What is left of a look's bounds; a part of one draws on the whole."""

    def __init__(
        self,
        bounds: Bounds,
        clock: Callable[[], float] = time.monotonic,
        whole: "Allowance | None" = None,
    ) -> None:
        self._clock = clock
        self._bytes = bounds.bytes
        self._lines = bounds.lines
        self._ends = clock() + bounds.seconds
        self._whole = whole

    def take(self, size: int, lines: int) -> None:
        """Note what was read."""
        self._bytes -= size
        self._lines -= lines
        if self._whole is not None:
            self._whole.take(size, lines)

    @property
    def used_up(self) -> bool:
        return self._bytes <= 0 or self._lines <= 0 or self._clock() >= self._ends

    def half(self) -> "Allowance":
        """Half of what is left, for the side that is read first."""
        seconds = max(0.0, self._ends - self._clock())
        return Allowance(Bounds(self._bytes // 2, self._lines // 2, seconds / 2), self._clock, self)
