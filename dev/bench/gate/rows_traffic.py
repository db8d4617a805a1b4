"""Rows 30 to 40: whole rollouts under the default policy at any traffic of the endpoint.

The targets were set beforehand. Rates are all clients' requests a minute; the candidate has 10, 50
and 100 % of them. Minutes are a user's, from the end of the validation on.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import exp

from dev.bench.gate.cells import Cell, Metric, Runs, Target
from dev.bench.gate.endpoint import DURATIONS, Candidate, Service
from dev.bench.gate.error_streams import Harm, Kind
from dev.bench.gate.latency_streams import QUANTILES
from dev.bench.gate.unattended import (
    LOOKS_BEFORE_TRAFFIC,
    POLICY,
    NoLater,
    Probing,
    Unattended,
)
from rollout.core.gate.algebra.latency import EVIDENCE_POINTS
from rollout.core.policy.model import Stage
from rollout.core.policy.probes_model import Probes
from rollout.units import FULL_WEIGHT

HEALTHY, ONE_INPUT, FALSE_ROLLBACK, FIVE_POINTS, BROKEN = 30, 31, 32, 33, 34
SLOWER, COLD, GLITCH, ONLY_LIVE, AT_LIMIT = 35, 36, 37, 38, 39
UNPROVEN_RISK = 40

TRAFFICS = (0.1, 1, 5, 10, 30, 100, 300, 1000)
INPUTS, MORE_INPUTS = Probing(40), Probing(100)
GLITCH_MINUTE = 12
LATER = 10
"""Minutes into the first weight after which a candidate begins to fail."""

ALL_FAIL = Harm(0.0, 1.0)


def cells() -> Iterator[Cell]:
    yield from _healthy()
    yield from _false_rollbacks()
    yield from _harmful()
    yield from _passing_troubles()
    yield from _at_the_limit()
    yield from _unproven()


def _healthy() -> Iterator[Cell]:
    for traffic in TRAFFICS:
        yield _promoted(traffic, INPUTS)
        yield Cell(
            ONE_INPUT,
            f"healthy, one input, {_rate(traffic)}",
            Unattended(Service(traffic), Probing(1)),
            (
                Target(Metric.ADVANCED, least=0.90),
                Target(Metric.UNPROVEN),
                Target(Metric.ADVANCE_MINUTES),
                Target(Metric.NEEDS_A_PERSON, most=0.05),
                Target(Metric.ROLLED_BACK, most=0.003),
            ),
            Runs.ROLLOUT,
        )

    for traffic in (0.1, 1, 10):
        yield _promoted(traffic, MORE_INPUTS)


def _promoted(traffic: float, probing: Probing) -> Cell:
    return Cell(
        HEALTHY,
        f"healthy, {probing.inputs} inputs, {_rate(traffic)}",
        Unattended(Service(traffic), probing),
        (
            Target(Metric.ADVANCED, least=0.97, within=130),
            Target(Metric.ADVANCE_MINUTES),
            Target(Metric.ROLLED_BACK, most=0.003),
        ),
        Runs.ROLLOUT,
    )


def _false_rollbacks() -> Iterator[Cell]:
    for kind, traffics, most in (
        (Kind.IID, (0.1, 1, 10, 100), 0.003),
        (Kind.SHARED, (10, 100, 1000), 0.015),
        (Kind.INDEPENDENT, (10, 100, 1000), 0.015),
        (Kind.DIURNAL, (10, 100, 1000), 0.005),
    ):
        for traffic in traffics:
            yield _false_alarm(
                f"rolled back falsely, {kind}, {_rate(traffic)}",
                Unattended(Service(traffic, kind=kind), INPUTS),
                most,
            )
    soak = replace(POLICY, stages=(POLICY.stages[-1],))
    for traffic in (0.1, 0.3, 0.5):
        # The sum of the alphas of what may roll back.
        yield _false_alarm(
            f"soak alone, no probes, identical, {_rate(traffic)}",
            Unattended(Service(traffic), policy=soak),
            0.035,
        )


def _false_alarm(name: str, trial: Unattended, most: float) -> Cell:
    targets = (Target(Metric.ROLLED_BACK, most=most),)
    return Cell(FALSE_ROLLBACK, name, trial, targets, Runs.ROLLOUT_FALSE_ALARM)


def _harmful() -> Iterator[Cell]:
    for traffic in (0.1, 1, 10, 30):
        yield _found(
            FIVE_POINTS,
            f"+5 pp with probes, {_rate(traffic)}",
            Service(traffic, Candidate(Harm(points=0.05))),
            (Target(Metric.ROLLED_BACK, least=0.97), Target(Metric.MINUTES, most=25)),
        )
    began = LOOKS_BEFORE_TRAFFIC + LATER
    for traffic in TRAFFICS:
        yield _found(
            BROKEN,
            f"everything fails, with probes, {_rate(traffic)}",
            Service(traffic, Candidate(ALL_FAIL)),
            (
                Target(Metric.ROLLED_BACK, least=1.0, within=2),
                Target(Metric.FAILED, most=0),
            ),
        )
        if traffic * POLICY.stages[0].weight / FULL_WEIGHT < INPUTS.policy.rate:
            yield _found(
                BROKEN,
                f"everything fails from minute {LATER} on, with probes, {_rate(traffic)}",
                Service(traffic, Candidate(replace(ALL_FAIL, onset=began))),
                (Target(Metric.ROLLED_BACK, least=0.99, within=began + 3),),
            )
    for traffic in (1, 10):
        yield _found(
            SLOWER,
            f"1.3x slower with probes, {_rate(traffic)}",
            Service(traffic, Candidate(slower=1.3)),
            (
                Target(Metric.ROLLED_BACK, least=0.90, within=45),
                Target(Metric.MINUTES),
            ),
        )
    yield Cell(
        ONLY_LIVE,
        "only live requests fail, all of them, 10/min",
        NoLater(Service(10, Candidate(ALL_FAIL, only_live=True)), INPUTS),
        (Target(Metric.ROLLED_BACK, least=1.0), Target(Metric.MINUTES)),
        Runs.ROLLOUT,
    )


def _found(row: int, name: str, service: Service, targets: Sequence[Target]) -> Cell:
    return Cell(row, name, Unattended(service, INPUTS), tuple(targets), Runs.ROLLOUT)


def _passing_troubles() -> Iterator[Cell]:
    """What ends by itself, and must not end a rollout."""
    for first, slower, traffic in ((20, 5.0, 10), (20, 5.0, 100), (200, 3.0, 1000)):
        yield Cell(
            COLD,
            f"first {first} requests {slower:g}x slower, {_rate(traffic)}",
            Unattended(Service(traffic, Candidate(first=first, first_slower=slower)), INPUTS),
            (
                Target(Metric.ADVANCED, least=0.97),
                Target(Metric.ROLLED_BACK, most=0.01),
            ),
            Runs.ROLLOUT,
        )
    warm_up = Probing(INPUTS.inputs, Probes(warm_up=200))
    yield Cell(
        COLD,
        f"first 200 requests 3x slower, warm-up requests, {_rate(100)}",
        Unattended(Service(100, Candidate(first=200, first_slower=3.0)), warm_up),
        (
            Target(Metric.ADVANCED, least=0.97),
            Target(Metric.ROLLED_BACK, most=0.01),
        ),
        Runs.ROLLOUT,
    )
    for traffic in (10, 100):
        yield Cell(
            COLD,
            f"first 20 requests 5x slower, no probes, {_rate(traffic)}",
            Unattended(Service(traffic, Candidate(first=20, first_slower=5.0))),
            (Target(Metric.ROLLED_BACK, most=0.01),),
            Runs.ROLLOUT,
        )
    for traffic, least in ((1000, 0.90), (100, 0.0)):
        yield Cell(
            GLITCH,
            f"one minute of total failure at each weight, {_rate(traffic)}",
            Unattended(Service(traffic, Candidate(glitch=GLITCH_MINUTE)), INPUTS),
            (
                Target(Metric.ADVANCED, least=least),
                Target(Metric.ROLLED_BACK),
                Target(Metric.ADVANCE_MINUTES),
            ),
            Runs.ROLLOUT,
        )


def _at_the_limit() -> Iterator[Cell]:
    """How often a candidate passes its first stage that is at a limit in every minute."""
    first = replace(POLICY, stages=(Stage(POLICY.stages[0].weight),))
    limit, latency = POLICY.gate.errors.limit, POLICY.gate.latency
    assert latency is not None
    # Slow means beyond `latency.limit` times stable's percentile; at the limit there are so many
    # points more slow requests than stable has beyond it. The percentile that comes first counts.
    beyond = min(
        DURATIONS.ln_quantile(quantile) - DURATIONS.ln_quantile(quantile - points)
        for quantile, points in zip(QUANTILES, EVIDENCE_POINTS, strict=False)
    )
    troubles = {
        "failures": Candidate(Harm(limit.ratio, limit.points)),
        "latency": Candidate(slower=latency.limit * exp(beyond)),
    }
    for what, trouble in troubles.items():
        for traffic in (1, 10, 100):
            yield Cell(
                AT_LIMIT,
                f"at the limit of {what}, {_rate(traffic)}",
                Unattended(Service(traffic, trouble), INPUTS, policy=first),
                (Target(Metric.ADVANCED, most=0.05),),
                Runs.ROLLOUT,
            )


def _rate(traffic: float) -> str:
    return f"{traffic:,g}/min in all"


def _unproven() -> Iterator[Cell]:
    """What passes for being clean where evidence cannot be had: one input, which sees no harm.

    Where the input fails as often as clients' requests do, row 33 and 34 hold.
    """
    for points, traffics in ((0.05, (1, 10)), (0.20, (0.1, 1, 10)), (1.0, (0.1, 1))):
        for traffic in traffics:
            trouble = Candidate(Harm(points=points), only_live=True)
            yield Cell(
                UNPROVEN_RISK,
                f"one input, +{100 * points:g} pp of live requests alone, {_rate(traffic)}",
                Unattended(Service(traffic, trouble), Probing(1)),
                (
                    Target(Metric.ADVANCED),
                    Target(Metric.ROLLED_BACK),
                    Target(Metric.NEEDS_A_PERSON),
                    Target(Metric.FAILED),
                ),
                Runs.ROLLOUT_IN_FULL,
            )
