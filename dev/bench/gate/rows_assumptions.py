"""Rows 41 and 42, our own: what the evidence takes for granted, and slow losses.

Row 41: false holds where the split is right, also in groups, and wrong splits. Row 42: releases
that lose a little each time. The targets were set after a first run, so that they show when
something gets worse.
"""

from collections.abc import Iterator

from dev.bench.gate.cells import Cell, Metric, Runs, Target
from dev.bench.gate.creep_trials import Releases
from dev.bench.gate.error_streams import Kind
from dev.bench.gate.split_trials import Client, Splits

SPLIT, CREEP = 41, 42
A_THIRD = 0.3
FALSE_HOLDS = 0.005


def cells() -> Iterator[Cell]:
    yield from _right_splits()
    yield from _wrong_splits()
    yield from _releases()


def _right_splits() -> Iterator[Cell]:
    steady = Client(A_THIRD, lasts=10_000, on_candidate=True)
    for name, trial in (
        ("i.i.d., 10/min", Splits(10)),
        ("diurnal, 100/min", Splits(100, kind=Kind.DIURNAL)),
        ("noise, 1,000/min", Splits(1000, kind=Kind.GAMMA)),
        ("30 % in connections of a minute, 100/min", Splits(100, client=Client(A_THIRD, 1))),
        ("30 % stay on the candidate, 100/min", Splits(100, client=steady)),
        (
            "30 % stay on the candidate, in bursts, 100/min",
            Splits(100, client=Client(A_THIRD, 10_000, on_candidate=True, bursts=True)),
        ),
        ("30 % stay on the candidate, 1 %, 1,000/min", Splits(1000, 1, client=steady)),
    ):
        yield Cell(
            SPLIT,
            f"split as asked, {name}",
            trial,
            (Target(Metric.HELD, most=FALSE_HOLDS),),
            Runs.FALSE_ALARM,
        )


def _wrong_splits() -> Iterator[Cell]:
    for weight, share, traffic, minutes in (
        (10, 0.9, 100, 4),
        (10, 0.9, 1, 15),
        (10, 0.5, 100, 55),
        (10, 0.0, 100, 25),
        (50, 0.1, 100, 12),
    ):
        yield Cell(
            SPLIT,
            f"{100 * share:g} % at a weight of {weight} %, {traffic}/min",
            Splits(traffic, weight, share),
            (Target(Metric.HELD, least=0.95), Target(Metric.HELD_MINUTES, most=minutes)),
        )


def _releases() -> Iterator[Cell]:
    yield Cell(
        CREEP,
        "a point in a year, monthly, 1,000/min: reported",
        Releases(1000),
        (Target(Metric.HELD, least=0.9),),
    )
    yield Cell(
        CREEP,
        "two points in a year, monthly, 100/min: reported",
        Releases(100, loss=0.02),
        (Target(Metric.HELD, least=0.5),),
    )
    for wobble, most in ((0.0, 0.005), (0.2, 0.05)):
        yield Cell(
            CREEP,
            f"no loss, days differ by {100 * wobble:g} %, monthly, 1,000/min: reported in a year",
            Releases(1000, loss=0.0, years=1.0, wobble=wobble),
            (Target(Metric.HELD, most=most),),
        )
