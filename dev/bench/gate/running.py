"""Runs cells, on several cores where asked to, and prints what they found."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import get_context

from dev.bench.gate.cells import FULL_RUNS, QUICK_RUNS, Cell, Exact, Measured
from dev.bench.gate.rows import CELLS

_WIDTHS = (4, 58, 32, 20, 20)


@dataclass(frozen=True)
class Report:
    """One cell's lines; `seconds` of one core."""

    cell: str
    row: int
    lines: Sequence[Measured]
    seconds: float

    @property
    def met(self) -> bool:
        return all(line.met for line in self.lines)


def run(names: Sequence[str], *, quick: bool, workers: int) -> Iterator[Report]:
    """Yield each cell's report in the order of `names`."""
    jobs = [(name, quick) for name in names]
    if workers == 1:
        yield from map(_one, jobs)
        return
    # spawn: a fork of a process with threads may hang.
    with get_context("spawn").Pool(workers) as pool:
        yield from pool.imap(_one, jobs)


def _one(job: tuple[str, bool]) -> Report:
    name, quick = job
    cell = CELLS[name]
    began = time.process_time()
    lines = measure(cell, quick=quick)
    return Report(name, cell.row, lines, time.process_time() - began)


def only_in_full(cell: Cell | Exact) -> bool:
    """Whether a quick run leaves it out."""
    return isinstance(cell, Cell) and not QUICK_RUNS[cell.runs]


def measure(cell: Cell | Exact, *, quick: bool) -> Sequence[Measured]:
    if isinstance(cell, Exact):
        return cell.check()
    runs = (QUICK_RUNS if quick else FULL_RUNS)[cell.runs]
    return cell.measure(runs, widen=quick)


def heading() -> str:
    return _line(("row", "scenario", "metric", "target", "measured"))


def lines_of(report: Report) -> Iterator[str]:
    for line in report.lines:
        text = _line((str(report.row), report.cell, line.metric, line.target, line.text))
        yield text if line.met else f"{text}  MISSED"


def _line(parts: Sequence[str]) -> str:
    return "  ".join(part.ljust(width) for part, width in zip(parts, _WIDTHS, strict=True)).rstrip()
