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
    """`FALSE_ALARM` cells ask for rare events, `POWER` cells for common ones.

    The others are those of whole rollouts, of which one takes half a second. `ROLLOUT_IN_FULL`
    cells say how large a risk is and ask nothing of it, so a quick run leaves them out.
    """

    FALSE_ALARM = "false alarm"
    POWER = "power"
    ROLLOUT = "rollout"
    ROLLOUT_IN_FULL = "rollout, in full only"
    ROLLOUT_FALSE_ALARM = "false alarm of a rollout"


FULL_RUNS: Mapping[Runs, int] = {
    Runs.FALSE_ALARM: 2000,
    Runs.POWER: 500,
    Runs.ROLLOUT: 300,
    Runs.ROLLOUT_IN_FULL: 300,
    Runs.ROLLOUT_FALSE_ALARM: 1000,
}
QUICK_RUNS: Mapping[Runs, int] = {
    Runs.FALSE_ALARM: 400,
    Runs.POWER: 100,
    Runs.ROLLOUT: 20,
    Runs.ROLLOUT_IN_FULL: 0,
    # So few as there is time for would tell nothing.
    Runs.ROLLOUT_FALSE_ALARM: 0,
}


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
    HELD_INPUTS = "median inputs until held"
    ADVANCE_INPUTS = "median inputs until advance"
    ANSWERS = "median answers until rollback"
    FAILED = "median failed until rollback"
    NEEDS_A_PERSON = "needs a person"
    UNPROVEN = "promoted without evidence"


_SHARES: Mapping[Metric, Callable[[Outcome], bool]] = {
    Metric.ROLLED_BACK: lambda outcome: outcome.verdict is Verdict.ROLLBACK,
    Metric.ADVANCED: lambda outcome: outcome.verdict is Verdict.ADVANCE,
    Metric.INCONCLUSIVE: lambda outcome: outcome.verdict is Verdict.INCONCLUSIVE,
    Metric.NEEDS_A_PERSON: lambda outcome: (
        outcome.verdict in (Verdict.INCONCLUSIVE, Verdict.HOLD, Verdict.CONTINUE)
    ),
    Metric.UNPROVEN: lambda outcome: outcome.verdict is Verdict.ADVANCE and outcome.unproven > 0,
    Metric.HELD: lambda outcome: outcome.verdict is Verdict.HOLD,
}


_ENDS = {
    Metric.ADVANCE_MINUTES: Verdict.ADVANCE,
    Metric.ADVANCE_INPUTS: Verdict.ADVANCE,
    Metric.HELD_MINUTES: Verdict.HOLD,
    Metric.HELD_INPUTS: Verdict.HOLD,
}
"""What minutes are counted until, where it is not a rollback."""


@dataclass(frozen=True)
class Target:
    """`least` and `most` are shares for the verdicts, else minutes or requests.

    `after` is taken off minutes: when the trouble began. A verdict later than `within` minutes
    counts as none.
    """

    metric: Metric
    least: float = -inf
    most: float = inf
    after: int = 0
    within: float = inf


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
    if target.metric in _SHARES:
        return _share(target, outcomes, widen=widen)
    return _median(target, outcomes, widen=widen)


def _share(target: Target, outcomes: Sequence[Outcome], *, widen: bool) -> Measured:
    is_hit, runs = _SHARES[target.metric], len(outcomes)
    hits = sum(is_hit(each) and each.minute <= target.within for each in outcomes)
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
    within = f" within {target.within:g} min" if target.within < inf else ""
    what = f"{target.metric.value}{within}"
    return Measured(what, " ".join(bounds), f"{share:.2%} ({hits}/{runs})", met)


def _median(target: Target, outcomes: Sequence[Outcome], *, widen: bool) -> Measured:
    wanted = _ENDS.get(target.metric, Verdict.ROLLBACK)
    values = sorted(
        each.failed if target.metric is Metric.FAILED else each.minute - target.after
        for each in outcomes
        if each.verdict is wanted
    )
    wished = f"<= {target.most:g}" if target.most < inf else ""
    if not values:
        return Measured(target.metric.value, wished, "never", met=not wished)
    middle = median(values)
    # The median's own uncertainty: a value this many ranks below may still be the true one.
    ranks = STANDARD_ERRORS * sqrt(len(values)) / 2 if widen else 0.0
    compared = values[max(0, int((len(values) - 1) / 2 - ranks))] if widen else middle
    return Measured(target.metric.value, wished, f"{middle:g}", compared <= target.most)
