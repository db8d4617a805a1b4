"""A cell: one scenario, how often it is run, what is measured of it and what it must reach."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import inf, sqrt
from random import Random
from statistics import median
from typing import Protocol

from dev.bench.gate.trials import Outcome
from rollout.core.gate import Verdict

STANDARD_ERRORS = 3.0
"""By how many of its standard errors a target is widened where fewer runs are made."""


class Runs(StrEnum):
    """`FALSE_ALARM` cells ask for rare events, `POWER` cells for common ones."""

    FALSE_ALARM = "false alarm"
    POWER = "power"


FULL_RUNS: Mapping[Runs, int] = {Runs.FALSE_ALARM: 2000, Runs.POWER: 500}
QUICK_RUNS: Mapping[Runs, int] = {Runs.FALSE_ALARM: 400, Runs.POWER: 100}


class Trial(Protocol):
    def run(self, rng: Random) -> Outcome: ...


class Metric(StrEnum):
    ROLLED_BACK = "rolled back"
    ADVANCED = "advanced"
    INCONCLUSIVE = "inconclusive"
    HELD = "held"
    MINUTES = "median minutes until rollback"
    ADVANCE_MINUTES = "median minutes until advance"
    HELD_MINUTES = "median minutes until held"
    FAILED = "median failed until rollback"


_VERDICTS = {
    Metric.ROLLED_BACK: Verdict.ROLLBACK,
    Metric.ADVANCED: Verdict.ADVANCE,
    Metric.INCONCLUSIVE: Verdict.INCONCLUSIVE,
    Metric.HELD: Verdict.HOLD,
}


_ENDS = {Metric.ADVANCE_MINUTES: Verdict.ADVANCE, Metric.HELD_MINUTES: Verdict.HOLD}
"""What minutes are counted until, where it is not a rollback."""


@dataclass(frozen=True)
class Target:
    """`least` and `most` are shares for the verdicts, else minutes or requests.

    `after` is taken off minutes: when the trouble began.
    """

    metric: Metric
    least: float = -inf
    most: float = inf
    after: int = 0


@dataclass(frozen=True)
class Measured:
    """A line of the report: what was asked and what was measured, both in words."""

    metric: str
    target: str
    text: str
    met: bool


@dataclass(frozen=True)
class Cell:
    """`name` is unique; `row` is the benchmark's row."""

    row: int
    name: str
    trial: Trial
    targets: tuple[Target, ...]
    runs: Runs = Runs.POWER

    def measure(self, runs: int, *, widen: bool) -> list[Measured]:
        """Make the runs, each from a seed of its own that depends on nothing but its name."""
        outcomes = [self.trial.run(Random(f"{self.name}/{run}")) for run in range(runs)]  # noqa: S311 - simulation
        return [measured(target, outcomes, widen=widen) for target in self.targets]


@dataclass(frozen=True)
class Exact:
    """A cell without chance: `check` returns what it found. `timed`: it depends on the machine."""

    row: int
    name: str
    check: Callable[[], Sequence[Measured]]
    timed: bool = False


def measured(target: Target, outcomes: Sequence[Outcome], *, widen: bool) -> Measured:
    if target.metric in _VERDICTS:
        return _share(target, outcomes, widen=widen)
    return _median(target, outcomes, widen=widen)


def _share(target: Target, outcomes: Sequence[Outcome], *, widen: bool) -> Measured:
    wanted, runs = _VERDICTS[target.metric], len(outcomes)
    hits = sum(each.verdict is wanted for each in outcomes)
    share = hits / runs

    def slack(bound: float) -> float:
        spread = bound * (1 - bound) / runs
        return STANDARD_ERRORS * sqrt(spread) if widen and 0 < bound < 1 else 0.0

    met = target.least - slack(target.least) <= share <= target.most + slack(target.most)
    bounds = []
    if target.least > -inf:
        bounds.append(f">= {target.least:.1%}")
    if target.most < inf:
        bounds.append(f"<= {target.most:.1%}")
    return Measured(target.metric.value, " ".join(bounds), f"{share:.2%} ({hits}/{runs})", met)


def _median(target: Target, outcomes: Sequence[Outcome], *, widen: bool) -> Measured:
    wanted = _ENDS.get(target.metric, Verdict.ROLLBACK)
    values = sorted(
        each.failed if target.metric is Metric.FAILED else each.minute - target.after
        for each in outcomes
        if each.verdict is wanted
    )
    if not values:
        return Measured(target.metric.value, f"<= {target.most:g}", "never", met=False)
    middle = median(values)
    # The median's own uncertainty: a value this many ranks below may still be the true one.
    ranks = STANDARD_ERRORS * sqrt(len(values)) / 2 if widen else 0.0
    compared = values[max(0, int((len(values) - 1) / 2 - ranks))] if widen else middle
    return Measured(
        target.metric.value, f"<= {target.most:g}", f"{middle:g}", compared <= target.most
    )
