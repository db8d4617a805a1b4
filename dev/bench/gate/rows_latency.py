"""Rows 18 to 22: durations."""

from collections.abc import Iterator

from dev.bench.gate.cells import Cell, Metric, Runs, Target
from dev.bench.gate.latency_streams import SHAPES, LatencyTruth, Source
from dev.bench.gate.latency_trials import Slowness

TRAFFICS = (1, 10, 100, 1000)
WEIGHT = 10
LONG_BLOCK = 60


def cells() -> Iterator[Cell]:
    for shape in SHAPES:
        yield from _as_fast(shape)
        yield from _slower(shape)


def _as_fast(shape: str) -> Iterator[Cell]:
    for traffic in TRAFFICS:
        for noisy in (False, True):
            for source in Source:
                kind = ", noisy minutes" if noisy else ""
                yield _alarms(
                    18,
                    f"as fast, {shape}{kind}, {source}, {traffic}/min",
                    _trial(shape, traffic, source, noisy=noisy, block=LONG_BLOCK),
                    0.005,
                )
        for source, most in ((Source.ROWS, 0.01), (Source.PERCENTILES, 0.05)):
            yield _alarms(
                19,
                f"1.1x (the tolerance), {shape}, {source}, {traffic}/min",
                _trial(shape, traffic, source, 1.1, block=LONG_BLOCK),
                most,
            )


def _slower(shape: str) -> Iterator[Cell]:
    for traffic, source, least, minutes in (
        (10, Source.ROWS, 0.98, 22),
        (10, Source.PERCENTILES, 0.80, 32),
        (100, Source.PERCENTILES, 1.0, 6),
        (1000, Source.PERCENTILES, 1.0, 2),
    ):
        name = f"1.3x, {shape}, {source}, {traffic}/min"
        yield _power(20, name, _trial(shape, traffic, source, 1.3), least, minutes)
    for traffic, least, minutes in ((1, 0.95, 24), (10, 1.0, 4), (100, 1.0, 2), (1000, 1.0, 2)):
        name = f"2x, {shape}, percentiles, {traffic}/min"
        trial = _trial(shape, traffic, Source.PERCENTILES, 2.0)
        yield _power(21, name, trial, least, minutes)
    for traffic, minutes in ((100, 27), (1000, 4)):
        name = f"5 % of requests 3x, {shape}, raw rows, {traffic}/min"
        trial = _trial(shape, traffic, Source.ROWS, 3.0, tail=0.05)
        yield _power(22, name, trial, 0.95, minutes)


def _trial(
    shape: str,
    traffic: float,
    source: Source,
    factor: float = 1.0,
    *,
    tail: float | None = None,
    noisy: bool = False,
    block: int = 2,
) -> Slowness:
    truth = LatencyTruth(shape, traffic * 100 / WEIGHT, factor, tail, noisy)
    return Slowness(truth, source, WEIGHT, block=block)


def _alarms(row: int, name: str, trial: Slowness, most: float) -> Cell:
    return Cell(row, name, trial, (Target(Metric.ROLLED_BACK, most=most),), Runs.FALSE_ALARM)


def _power(row: int, name: str, trial: Slowness, least: float, minutes: float) -> Cell:
    return Cell(
        row,
        name,
        trial,
        (Target(Metric.ROLLED_BACK, least=least), Target(Metric.MINUTES, most=minutes)),
    )
