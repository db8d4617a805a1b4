"""Which quick cells belong together, so that a test run can take one part after the other.

The parts are a fixed list made from the cells' names and what they cost; every cell is in one.
"""

from collections.abc import Sequence
from datetime import date

from dev.bench.gate.cells import QUICK_RUNS, Cell, Exact
from dev.bench.gate.creep_trials import Releases
from dev.bench.gate.latency_trials import HISTORIES, Slowness
from dev.bench.gate.part_trials import Looks
from dev.bench.gate.prediction_trials import Answers, Collected
from dev.bench.gate.rollouts import Rollout
from dev.bench.gate.rows import CELLS
from dev.bench.gate.running import only_in_full
from dev.bench.gate.split_trials import Splits
from dev.bench.gate.unattended import NoLater, Probing, Unattended

PART_SECONDS = 55.0
"""Of one core, as estimated below: a slower machine has room until 90."""

ERRORS, SLOWNESS, ROLLOUT, ROLLOUT_BY_HAND = 0.015, 0.035, 0.035, 0.16
UNATTENDED, UNATTENDED_UNPROVEN = 0.65, 1.7
SPLITS, RELEASES, LOOKS_WITHIN = 0.032, 0.25, 0.03
PAIRED, PAIRED_TO_PASS, COLLECTED = 0.11, 0.04, 0.10
"""The first compares every input there is; collected outputs are those of three hours."""

HISTORY = 0.07
"""Seconds of one run, and of one day of percentiles."""

_EACH = {Releases: RELEASES, Splits: SPLITS, Looks: LOOKS_WITHIN, Collected: COLLECTED}
"""Of trials whose runs all cost the same."""

EXACT = 1.0
ONE_INPUT = Probing(1)


def cost(cell: Cell | Exact) -> float:
    """Estimate a quick cell's seconds of one core."""
    if isinstance(cell, Exact):
        return EXACT
    runs = QUICK_RUNS[cell.runs]
    if isinstance(cell.trial, Slowness):
        return runs * SLOWNESS + min(runs, HISTORIES) * HISTORY
    if isinstance(cell.trial, Rollout):
        return runs * (ROLLOUT_BY_HAND if cell.trial.by_hand else ROLLOUT)
    if type(cell.trial) in _EACH:
        return runs * _EACH[type(cell.trial)]
    if isinstance(cell.trial, Answers):
        return runs * (PAIRED_TO_PASS if cell.trial.until_passed else PAIRED)
    if isinstance(cell.trial, Unattended) and cell.trial.probing == ONE_INPUT:
        # Without evidence every stage lasts for as long as it may.
        return runs * (UNATTENDED_UNPROVEN + HISTORY)
    if isinstance(cell.trial, Unattended | NoLater):
        return runs * (UNATTENDED + HISTORY)
    return runs * ERRORS


def parts() -> Sequence[Sequence[str]]:
    """Names of cells by part: the costly ones first, each into the part with the least so far.

    Cells that measure the machine's time are left out, because a test must not depend on it, and
    so are those of which a quick run makes none.
    """
    costs = {
        name: cost(cell)
        for name, cell in CELLS.items()
        if not (isinstance(cell, Exact) and cell.timed) and not only_in_full(cell)
    }
    count = max(1, round(sum(costs.values()) / PART_SECONDS))
    found: list[list[str]] = [[] for _ in range(count)]
    totals = [0.0] * count
    for name in sorted(costs, key=lambda name: (-costs[name], name)):
        least = totals.index(min(totals))
        found[least].append(name)
        totals[least] += costs[name]
    return found


def part_of(day: date) -> int:
    """The part of a day: all of them in turn."""
    return day.toordinal() % len(parts())
