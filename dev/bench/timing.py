"""How long something took, twice: by the clock, and in CPU seconds of the process that did it.

CPU seconds say what the code costs however busy the machine is; the clock says what a user waits.
Figures are given as `median (least-most)`: one number alone tells nothing of the noise.
"""

import os
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

MS = 1000.0
_TICKS = os.sysconf("SC_CLK_TCK")
_AFTER_NAME = ")"
_USER, _SYSTEM = 11, 12
"""Fields 14 and 15 of /proc/<pid>/stat, counted after the name (man 5 proc)."""


@dataclass(frozen=True)
class Took:
    """Seconds by the clock, and CPU seconds, user and system together."""

    wall: float
    cpu: float


@dataclass(frozen=True)
class Spread:
    """What several measurements of the same thing showed, in one unit."""

    least: float
    median: float
    most: float

    def __str__(self) -> str:
        if self.least == self.most:
            return _short(self.median)
        return f"{_short(self.median)} ({_short(self.least)}-{_short(self.most)})"


def timed[Result](call: Callable[[], Result]) -> tuple[Took, Result]:
    """Call it once; the CPU seconds are those of all threads of this process."""
    began, busy = time.perf_counter(), time.process_time()
    result = call()
    return Took(time.perf_counter() - began, time.process_time() - busy), result


def spread(values: Iterable[float]) -> Spread:
    """Return least, median and most of at least one value."""
    found = sorted(values)
    return Spread(found[0], statistics.median(found), found[-1])


def walls(took: Sequence[Took]) -> Spread:
    """By the clock, in ms."""
    return spread(one.wall * MS for one in took)


def cpus(took: Sequence[Took]) -> Spread:
    """In CPU ms."""
    return spread(one.cpu * MS for one in took)


def cpu_of(pid: int) -> float:
    """Return the CPU seconds of another process so far, in steps of some 10 ms (Linux)."""
    return cpu_in(Path(f"/proc/{pid}/stat").read_text(encoding="utf-8"))


def cpu_in(stat: str) -> float:
    """Return the CPU seconds, user and system, that the text of /proc/<pid>/stat tells."""
    # The name of the program may hold spaces and brackets: count after its end.
    fields = stat.rpartition(_AFTER_NAME)[2].split()
    return (int(fields[_USER]) + int(fields[_SYSTEM])) / _TICKS


def machine() -> str:
    """Say what the machine is and how busy it is now: without it no figure can be read."""
    one, five, _ = os.getloadavg()
    return f"{os.cpu_count()} cores, load {one:.1f} in the last minute, {five:.1f} in the last five"


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"  # noqa: PLR2004 - digits
