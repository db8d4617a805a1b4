"""How slow this machine is today, measured once, so that the demo's limits can follow it.

Two short pieces of work stand for what the demo asks of a machine: computing, and starting a Python
process. Both take wall time, so that other work on the machine counts too.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

REPEATS = 3
"""The mean of a few: one look may meet a pause in the other work."""
CPU_ROUNDS = 300_000
USUAL_CPU_SECONDS = 0.2
"""`CPU_ROUNDS` on an idle core of a rented machine."""
USUAL_START_SECONDS = 0.2
"""A Python process that imports what a server needs, on the same machine."""
STARTED = "import asyncio, http.client, json, ssl"
START_LIMIT_SECONDS = 120.0
SLOW_FROM = 1.5
"""From here on the machine is called slow: below, the limits' own margin is enough."""
MOST = 12.0
"""No limit is stretched further: a story that takes hours is not worth waiting for."""


@dataclass(frozen=True)
class Machine:
    """What was measured, in seconds; `cores` it may use, and its `load` (1 min average)."""

    cpu_seconds: float = USUAL_CPU_SECONDS
    start_seconds: float = USUAL_START_SECONDS
    cores: int = 1
    load: float = 0.0

    @property
    def factor(self) -> float:
        """How many times as slow as usual, from 1 to `MOST`."""
        measured = (self.cpu_seconds / USUAL_CPU_SECONDS, self.start_seconds / USUAL_START_SECONDS)
        return min(max(1.0, *measured), MOST)

    @property
    def slow(self) -> bool:
        """Whether it is worth telling."""
        return self.factor >= SLOW_FROM

    def limit(self, seconds: float) -> float:
        """Return what a limit of so many seconds is on this machine."""
        return seconds * self.factor

    def sentence(self) -> str:
        """Say how slow the machine is and what follows from it."""
        return (
            f"this machine is slow now: {self.factor:.1f} times the usual time for a short "
            f"measurement (load {self.load:.1f} on {self.cores} cores); every limit is "
            f"{self.factor:.1f} times as long"
        )


def measured() -> Machine:
    """Measure this machine; takes about a second on an idle one."""
    computing = starting = 0.0
    for _ in range(REPEATS):
        computing += _timed(_compute)
        starting += _timed(_start)
    return Machine(
        cpu_seconds=computing / REPEATS,
        start_seconds=starting / REPEATS,
        cores=os.process_cpu_count() or 1,
        load=os.getloadavg()[0],
    )


def _timed(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _compute() -> None:
    digest = b""
    for _ in range(CPU_ROUNDS):
        digest = sha256(digest).digest()


def _start() -> None:
    subprocess.run(
        [sys.executable, "-c", STARTED],
        check=True,
        stdin=subprocess.DEVNULL,
        timeout=START_LIMIT_SECONDS,
    )
