"""Rows 1 to 17 and 24: failures."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from dev.bench.gate.cells import Cell, Metric, Runs, Target
from dev.bench.gate.error_streams import Harm, Kind, Truth, World
from dev.bench.gate.rules import Rule, fixed_threshold, peeking_z
from dev.bench.gate.trials import LOOKS, MINUTE, NO_MARGIN, POLICY, Errors, Outcome
from rollout.core.gate import Verdict

BASES = (0.001, 0.005, 0.02)
TRAFFICS = (1, 10, 100, 1000)
"""The candidate's requests a minute."""

WEIGHTS = (10, 50, 90)
BASE = 0.005
HEALTHY = Harm()
BROKEN = Harm(ratio=0.0, points=1.0)
FIVE_POINTS, FIVE_TIMES = Harm(points=0.05), Harm(ratio=5.0)
PATIENCE = POLICY.max_bake // MINUTE
"""Minutes after which a stage without enough evidence is inconclusive."""

BLOCK = LOOKS
"""All minutes in one call: for streams in which nothing is expected to be found."""


def _found(least: float) -> Target:
    return Target(Metric.ROLLED_BACK, least=least)


def _minutes(most: float, after: int = 0) -> Target:
    return Target(Metric.MINUTES, most=most, after=after)


SMALLER: Sequence[tuple[int, str, float, Harm, Mapping[int, tuple[Target, ...]]]] = (
    (
        8,
        "+5 pp",
        BASE,
        FIVE_POINTS,
        {
            10: (_found(0.99), _minutes(13)),
            100: (_found(0.99), _minutes(2)),
            1000: (_found(0.99), _minutes(2)),
        },
    ),
    (
        9,
        "x5 of 0.5 %",
        BASE,
        FIVE_TIMES,
        {10: (_found(0.60),), 100: (_minutes(7),), 1000: (_minutes(2),)},
    ),
    (
        10,
        "x5 of 0.1 %",
        0.001,
        FIVE_TIMES,
        {100: (_found(0.88), _minutes(28)), 1000: (_minutes(5),)},
    ),
    (
        11,
        "x2 of 0.5 %",
        BASE,
        Harm(ratio=2.0),
        {1000: (_found(0.99), _minutes(10)), 100: (_found(0.33),)},
    ),
    (
        12,
        "+1 pp",
        BASE,
        Harm(points=0.01),
        {100: (_found(0.98), _minutes(18)), 1000: (_found(0.98), _minutes(3))},
    ),
)
"""Rows 8 to 12: row, what, base, harm, and by the candidate's traffic what must be reached."""


@dataclass(frozen=True)
class OtherRule:
    """A rule that is not the gate, on the same streams."""

    truth: Truth
    rule: Rule
    weight: int = 10

    def run(self, rng: Random) -> Outcome:
        world = World(self.truth, rng)
        world.history()
        seen = [world.minute(self.weight) for _ in range(LOOKS)]
        minute = self.rule(seen)
        failed = sum(each.candidate_failed for each in seen[:minute])
        if minute is None:
            return Outcome(Verdict.CONTINUE, LOOKS, failed)
        return Outcome(Verdict.ROLLBACK, minute, failed)


def truth(
    traffic: float,
    base: float = BASE,
    weight: int = 10,
    *,
    kind: Kind = Kind.IID,
    harm: Harm = HEALTHY,
    outage: int | None = None,
) -> Truth:
    """`traffic` is the candidate's at its weight in percent."""
    return Truth(base, traffic * 100 / weight, kind, harm, outage)


def cells() -> Iterator[Cell]:
    yield from _no_regression()
    yield from _harness()
    yield from _regressions()
    yield from _advancing()
    yield from _outages()


def _no_regression() -> Iterator[Cell]:
    rows = (
        (1, Kind.IID, 0.003),
        (2, Kind.DIURNAL, 0.005),
        (2, Kind.GAMMA, 0.005),
        (2, Kind.SHARED, 0.005),
        (3, Kind.INDEPENDENT, 0.015),
    )
    for row, kind, most in rows:
        for base in BASES:
            for traffic in TRAFFICS:
                yield _alarms(
                    row,
                    f"no regression, {kind}, {_percent(base)}, {traffic}/min",
                    Errors(truth(traffic, base, kind=kind), block=BLOCK),
                    most,
                )
    for traffic in TRAFFICS[1:]:
        name = f"margins 0, same shares, {_percent(BASE)}, {traffic}/min"
        yield _alarms(4, name, Errors(truth(traffic), policy=NO_MARGIN, block=BLOCK), 0.01)


def _harness() -> Iterator[Cell]:
    """The harness must be able to fail: what is known to be wrong is seen to be wrong."""
    for name, rule, least in (
        ("peeking z", peeking_z, 0.25),
        ("fixed threshold", fixed_threshold, 0.35),
    ):
        yield Cell(
            5,
            f"harness: {name}, no regression, {_percent(BASE)}, 100/min",
            OtherRule(truth(100), rule),
            (Target(Metric.ROLLED_BACK, least=least),),
            Runs.FALSE_ALARM,
        )
    yield Cell(
        6,
        f"harness: correction off, independent bursts, {_percent(BASE)}, 100/min",
        Errors(truth(100, kind=Kind.INDEPENDENT), corrected=False, block=BLOCK),
        (Target(Metric.ROLLED_BACK, least=0.15),),
        Runs.FALSE_ALARM,
    )


def _regressions() -> Iterator[Cell]:
    for weight in WEIGHTS:
        for traffic in TRAFFICS:
            late = Target(Metric.FAILED, most=3) if traffic == 1 else _minutes(2)
            stream = truth(traffic, weight=weight, harm=BROKEN)
            name = f"broken at {weight} %, {traffic}/min"
            yield _power(7, name, stream, (_found(1.0), late), weight=weight)
    for row, what, base, harm, targets in SMALLER:
        for traffic, wanted in targets.items():
            stream = truth(traffic, base, harm=harm)
            yield _power(row, f"{what}, {traffic}/min", stream, wanted)
    for kind in (Kind.SHARED, Kind.INDEPENDENT):
        for traffic in (100, 1000):
            stream = truth(traffic, kind=kind, harm=FIVE_POINTS)
            reached = (_found(0.98), _minutes(17))
            yield _power(13, f"+5 pp, {kind}, {traffic}/min", stream, reached)
    for traffic in TRAFFICS[1:]:
        stream = truth(traffic, harm=replace(BROKEN, onset=20))
        name = f"broken from minute 20, {traffic}/min"
        yield _power(14, name, stream, (_minutes(3, after=20),))
    stream = truth(100, harm=replace(FIVE_POINTS, onset=20))
    yield _power(14, "+5 pp from minute 20, 100/min", stream, (_minutes(4, after=20),))


def _advancing() -> Iterator[Cell]:
    for base in BASES:
        for traffic in (100, 1000):
            yield Cell(
                15,
                f"healthy, {_percent(base)}, {traffic}/min",
                Errors(truth(traffic, base), until_passed=True),
                (Target(Metric.ADVANCED, least=0.99), Target(Metric.ADVANCE_MINUTES, most=7)),
            )
        yield Cell(
            16,
            f"healthy, {_percent(base)}, 10/min",
            Errors(truth(10, base), until_passed=True),
            (Target(Metric.ADVANCED, least=0.60),),
        )
        yield Cell(
            16,
            f"healthy, {_percent(base)}, 1/min",
            Errors(truth(1, base), until_passed=True, looks=PATIENCE),
            (Target(Metric.ROLLED_BACK, most=0.003),),
            Runs.FALSE_ALARM,
        )
    limit = POLICY.errors.limit
    for base in BASES:
        for traffic in TRAFFICS[1:]:
            yield Cell(
                17,
                f"at the limit, {_percent(base)}, {traffic}/min",
                Errors(
                    truth(traffic, base, harm=Harm(limit.ratio, limit.points)), until_passed=True
                ),
                (Target(Metric.ADVANCED, most=0.05),),
                Runs.FALSE_ALARM,
            )


def _outages() -> Iterator[Cell]:
    """Both sides fail altogether from minute 20: not the candidate's fault."""
    for weight, traffics in ((10, (1, 10, 100)), (50, (10, 100, 1000))):
        for traffic in traffics:
            yield _alarms(
                24,
                f"shared outage from minute 20 at {weight} %, {traffic}/min",
                Errors(truth(traffic, weight=weight, outage=20), weight=weight, block=BLOCK),
                0.01,
            )


def _alarms(row: int, name: str, trial: Errors, most: float) -> Cell:
    return Cell(row, name, trial, (Target(Metric.ROLLED_BACK, most=most),), Runs.FALSE_ALARM)


def _power(
    row: int, name: str, stream: Truth, targets: tuple[Target, ...], weight: int = 10
) -> Cell:
    return Cell(row, name, Errors(stream, weight), targets)


def _percent(share: float) -> str:
    return f"{100 * share:g} %"
