"""Row 50, our own: looks within minutes, against the absolute limit alone.

A candidate exactly at the limit, looked at three times in each minute, may be rolled back with the
probability of the check's alpha and no more. The power is what a catastrophe needs.
"""

from collections.abc import Iterator

from dev.bench.gate.cells import Cell, Metric, Runs, Target
from dev.bench.gate.part_trials import POLICY, Looks

PARTS = 50


def cells() -> Iterator[Cell]:
    limit = POLICY.errors.slo or 0.0
    for traffic in (3.0, 15.0, 150.0, 1000.0):
        yield Cell(
            PARTS,
            f"at the limit, looks within minutes, {traffic:g}/min",
            Looks(traffic, limit),
            (Target(Metric.ROLLED_BACK, most=POLICY.budget.slo),),
            Runs.FALSE_ALARM,
        )
    yield Cell(
        PARTS,
        "healthy, looks within minutes, 150/min",
        Looks(150.0, 0.005),
        (Target(Metric.ROLLED_BACK, most=POLICY.budget.slo),),
        Runs.FALSE_ALARM,
    )
    yield Cell(
        PARTS,
        "everything fails, looks within minutes, 150/min",
        Looks(150.0, 1.0),
        (Target(Metric.ROLLED_BACK, least=1.0), Target(Metric.MINUTES, most=2)),
    )
