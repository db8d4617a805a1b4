"""Row 27, our own: whole rollouts of four stages, the last one a soak at 100 %.

Its targets were set after a first run, so that they show when something gets worse: they are not a
promise made beforehand. One was lost sight of for a day: in the soak harm is what lies beyond
`errors.limit`, and five times 0.5 % has been within it since its default became 3 points (ADR 21).
That cell now names the limit of 1 point that it was set for, and another one says what the default
makes of it. Minutes here are a user's: they hold every stage's settle time of
three minutes and its ingestion delay of four.
"""

from collections.abc import Iterator
from dataclasses import replace

from dev.bench.gate.cells import Cell, Metric, Runs, Target
from dev.bench.gate.error_streams import Harm, Kind, Truth
from dev.bench.gate.rollouts import Fault, Rollout
from dev.bench.gate.trials import POLICY
from rollout.core.policy.gate_model import Margin

ROW = 27
BASE = 0.005
TOTALS = (100, 1000, 10_000)
"""All requests of the endpoint in a minute."""

SOAK = 3
BURSTS = (Kind.SHARED, Kind.INDEPENDENT)
NARROW = replace(POLICY, errors=replace(POLICY.errors, limit=Margin(1.5, 0.01)))
BROKEN, FIVE_POINTS, FIVE_TIMES = Harm(0.0, 1.0), Harm(points=0.05), Harm(ratio=5.0)


def cells() -> Iterator[Cell]:
    yield from _healthy()
    yield from _faults()


def _healthy() -> Iterator[Cell]:
    for kind in Kind:
        most = 0.015 if kind is Kind.INDEPENDENT else 0.005
        for base in (0.001, BASE, 0.02):
            for total in TOTALS:
                if kind is not Kind.IID and base != BASE:
                    continue
                targets = [Target(Metric.ROLLED_BACK, most=most)]
                steady = kind not in BURSTS and total >= TOTALS[1]
                if steady:
                    # At night a fifth of the traffic is left, too little for some stages.
                    least = 0.98 if kind is not Kind.DIURNAL else 0.95
                    targets.append(Target(Metric.ADVANCED, least=least))
                    targets.append(Target(Metric.ADVANCE_MINUTES, most=75))
                yield Cell(
                    ROW,
                    f"whole rollout{'' if steady else ' by hand'}, healthy, {kind}, "
                    f"{100 * base:g} %, {total}/min in all",
                    Rollout(Truth(base, total, kind), by_hand=not steady),
                    tuple(targets),
                    Runs.FALSE_ALARM,
                )


def _faults() -> Iterator[Cell]:
    for stage, where in enumerate(("5 %", "25 %", "50 %", "the soak")):
        for name, harm, least, minutes in (
            ("broken", BROKEN, 1.0, 7),
            ("+5 pp", FIVE_POINTS, 0.98, 12),
            ("x5", FIVE_TIMES, 0.95, 20),
        ):
            truth = Truth(BASE, TOTALS[1], harm=harm)
            narrow = stage == SOAK and harm is FIVE_TIMES
            limited = ", limit 1.5 x + 1 pp" if narrow else ""
            yield Cell(
                ROW,
                f"whole rollout, {name} from {where} on{limited}, {TOTALS[1]}/min in all",
                Rollout(truth, fault=Fault(stage), policy=NARROW if narrow else POLICY),
                (
                    Target(Metric.ROLLED_BACK, least=least),
                    Target(Metric.MINUTES, most=minutes),
                ),
            )
    yield Cell(
        ROW,
        f"whole rollout, x5 (within the limit) from the soak on, {TOTALS[1]}/min in all",
        Rollout(Truth(BASE, TOTALS[1], harm=FIVE_TIMES), fault=Fault(SOAK)),
        (Target(Metric.ADVANCED, least=0.95), Target(Metric.ROLLED_BACK, most=0.05)),
    )
    for kind, least in ((Kind.DIURNAL, 0.85), (Kind.SHARED, 0.60), (Kind.INDEPENDENT, 0.60)):
        truth = Truth(BASE, TOTALS[1], kind, FIVE_POINTS)
        hand = kind in BURSTS
        yield Cell(
            ROW,
            f"whole rollout{' by hand' if hand else ''}, +5 pp from the soak on, {kind}, "
            f"{TOTALS[1]}/min in all",
            Rollout(truth, fault=Fault(SOAK), by_hand=hand),
            (Target(Metric.ROLLED_BACK, least=least), Target(Metric.MINUTES, most=35)),
        )
