"""Row 28, our own: where the published design was weak, or was not measured.

Troubles that both sides share while stable has few requests; the soak's latency check; total
failure that begins late at one request a minute. The targets were set after a first run, so that
they show when something gets worse: at 90 % and one request a minute a shared outage still takes
the candidate down more often than not.
"""

from collections.abc import Iterator

from dev.bench.gate.cells import Cell, Metric, Runs, Target
from dev.bench.gate.error_streams import Harm, Truth
from dev.bench.gate.latency_streams import SHAPES, LatencyTruth, Source
from dev.bench.gate.latency_trials import Slowness
from dev.bench.gate.trials import LOOKS, Errors

ROW = 28
BASE = 0.005
MOST_OF_IT = 90
RISEN = 0.03
QUIET = (0.05, 0.1, 0.3, 0.5, 1, 5)
"""Requests a minute of endpoints whose stable is known by few requests before the soak."""


def cells() -> Iterator[Cell]:
    for traffic, most in ((1, 0.70), (10, 0.02), (100, 0.01)):
        for share, name in ((1.0, "outage"), (RISEN, f"rise to {100 * RISEN:g} %")):
            truth = Truth(BASE, traffic * 100 / MOST_OF_IT, outage=20, outage_share=share)
            yield _alarms(
                f"shared {name} from minute 20 at {MOST_OF_IT} %, {traffic}/min",
                Errors(truth, MOST_OF_IT, block=LOOKS),
                most if share > RISEN else 0.01,
            )
    truth = Truth(BASE, 10, harm=Harm(0.0, 1.0, onset=20))
    yield Cell(
        ROW,
        "broken from minute 20, 1/min",
        Errors(truth),
        (Target(Metric.ROLLED_BACK, least=1.0), Target(Metric.MINUTES, most=5, after=20)),
    )
    for quiet in QUIET:
        slow = LatencyTruth("log-normal", quiet)
        yield _alarms(
            f"soak, as fast, percentiles, {quiet:g}/min",
            Slowness(slow, Source.PERCENTILES, 100, block=LOOKS),
            0.005,
        )
    for shape in SHAPES:
        for total in (100, 1000):
            for noisy in (False, True):
                kind = ", noisy minutes" if noisy else ""
                slow = LatencyTruth(shape, total, noisy=noisy)
                yield _alarms(
                    f"soak, as fast, {shape}{kind}, percentiles, {total}/min",
                    Slowness(slow, Source.PERCENTILES, 100, block=LOOKS),
                    0.02 if noisy else 0.01,
                )
            yield Cell(
                ROW,
                f"soak, 2x, {shape}, percentiles, {total}/min",
                Slowness(LatencyTruth(shape, total, 2.0), Source.PERCENTILES, 100),
                (Target(Metric.ROLLED_BACK, least=1.0), Target(Metric.MINUTES, most=3)),
            )


def _alarms(name: str, trial: Errors | Slowness, most: float) -> Cell:
    return Cell(ROW, name, trial, (Target(Metric.ROLLED_BACK, most=most),), Runs.FALSE_ALARM)
