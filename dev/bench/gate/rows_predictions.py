"""Rows 43 to 47: what is predicted, and not only whether.

The targets were set beforehand, from a study with a program of its own. Answers are those of ever
new inputs, ten a pass; collected outputs come a batch a minute, the candidate has a tenth of them.
"""

from collections.abc import Iterator

from dev.bench.gate.answer_streams import AnswersTruth
from dev.bench.gate.cells import Cell, Metric, Runs, Target
from dev.bench.gate.output_streams import (
    CLASSES,
    CLASSES_AT_TOLERANCE,
    CLASSES_MOVED,
    COLLAPSED,
    DECILES,
    RARE_COLLAPSED,
    OutputsTruth,
    shifted,
)
from dev.bench.gate.prediction_trials import A_PASS, Answers, Collected
from rollout.core.policy.quality_model import Difference, Labelled, Live, Quality
from rollout.core.policy.quality_model import Metric as Scored

DIFFERENT, LABELLED, EQUAL, SHIFTED, BODIES = 43, 44, 45, 46, 47

RATES = (1, 10, 100)
"""The candidate's collected outputs a minute; stable has nine times as many."""

MANY = 30
"""Inputs a pass, where the median does not matter."""

TOLERANCE = 0.05
OWN_MIX = 20.0
"""A minute whose shares are so drawn has outputs with an intra-class correlation of 1/21."""

_REPORTED = Quality(Difference.EXPECTED, probed=Labelled(Scored.ACCURACY))
"""Answers that differ decide nothing: labels alone do."""
ONLY_BODIES = Live()


def cells() -> Iterator[Cell]:
    yield from _different()
    yield from _random_stable()
    yield from _labelled()
    yield from _equal()
    yield from _shifted()
    yield from _bodies()


def _different() -> Iterator[Cell]:
    for share, mix in ((0.02, None), (0.05, None), (0.05, OWN_MIX)):
        kind = ", passes with shares of their own" if mix else ""
        yield Cell(
            DIFFERENT,
            f"answers differ in {share:.0%} of inputs{kind}",
            Answers(AnswersTruth(share, mix=mix)),
            (Target(Metric.HELD, most=0.015 if mix else 0.0076),),
            Runs.POWER if mix or share < TOLERANCE else Runs.FALSE_ALARM,
        )
    for share, inputs in ((0.20, 60), (0.50, 20), (1.0, 20)):
        yield Cell(
            DIFFERENT,
            f"answers differ in {share:.0%} of inputs",
            Answers(AnswersTruth(share)),
            (Target(Metric.HELD, least=1.0), Target(Metric.HELD_INPUTS, most=inputs)),
        )
    for share in (0.0, 0.005, 0.01):
        yield Cell(
            DIFFERENT,
            f"answers differ in {share:.1%} of inputs: passes",
            Answers(AnswersTruth(share), until_passed=True),
            (Target(Metric.ADVANCED, least=1.0), Target(Metric.ADVANCE_INPUTS, most=40)),
        )
    yield Cell(
        DIFFERENT,
        "answers differ in 10% of inputs, the limit: passes",
        Answers(AnswersTruth(0.10), until_passed=True),
        (Target(Metric.ADVANCED, most=0.05),),
        Runs.FALSE_ALARM,
    )


def _random_stable() -> Iterator[Cell]:
    """Both sides draw their answers anew each time, so that inputs differ for no other reason."""
    for share in (0.02, 0.05, 0.20, 0.50):
        yield Cell(
            DIFFERENT,
            f"stable differs from itself in {share:.0%} of inputs, and so does the candidate",
            Answers(AnswersTruth(share, again=share)),
            (Target(Metric.HELD, most=0.0076),),
        )
    yield Cell(
        DIFFERENT,
        "stable differs from itself in 5% of inputs, the candidate in 50%",
        Answers(AnswersTruth(0.50, again=0.05)),
        (Target(Metric.HELD, least=1.0), Target(Metric.HELD_INPUTS, most=350)),
    )


def _labelled() -> Iterator[Cell]:
    def scored(
        worse: float, better: float, *, until_passed: bool = False, a_pass: int = A_PASS
    ) -> Answers:
        truth = AnswersTruth(labelled=True, worse=worse, better=better)
        return Answers(truth, _REPORTED, 3000, until_passed=until_passed, a_pass=a_pass)

    yield Cell(
        LABELLED,
        "as accurate, 4 % discordant",
        scored(0.02, 0.02, a_pass=MANY),
        (Target(Metric.HELD, most=0.005),),
    )
    yield Cell(
        LABELLED,
        "half a point less accurate, the tolerance",
        scored(0.025, 0.02, a_pass=MANY),
        (Target(Metric.HELD, most=0.005),),
    )
    for points, inputs in ((5, 540), (10, 190)):
        yield Cell(
            LABELLED,
            f"{points} points less accurate",
            scored(0.02 + points / 100, 0.02),
            (Target(Metric.HELD, least=1.0), Target(Metric.HELD_INPUTS, most=inputs)),
        )
    yield Cell(
        LABELLED,
        "as accurate, 4 % discordant: passes",
        scored(0.02, 0.02, until_passed=True),
        (Target(Metric.ADVANCED, least=1.0), Target(Metric.ADVANCE_INPUTS, most=360)),
    )
    yield Cell(
        LABELLED,
        "3 points less accurate, the limit: passes",
        scored(0.05, 0.02, until_passed=True, a_pass=MANY),
        (Target(Metric.ADVANCED, most=0.05),),
        Runs.FALSE_ALARM,
    )


def _equal() -> Iterator[Cell]:
    for rate in RATES:
        for name, truth in (
            ("deciles", OutputsTruth(rate, 9 * rate)),
            ("classes", OutputsTruth(rate, 9 * rate, CLASSES, CLASSES)),
            ("deciles, both drifting", OutputsTruth(rate, 9 * rate, drift=shifted(2.0))),
        ):
            yield Cell(
                EQUAL,
                f"outputs as stable's, {name}, {rate}/min",
                Collected(truth),
                (Target(Metric.HELD, most=0.0),),
            )
        yield Cell(
            EQUAL,
            f"outputs as stable's, minutes with a mix of their own, {rate}/min",
            Collected(OutputsTruth(rate, 9 * rate, mix=OWN_MIX)),
            (Target(Metric.HELD, most=0.005),),
        )
    for name, stable, candidate in (
        ("deciles", DECILES, shifted(0.25)),
        ("classes", CLASSES, CLASSES_AT_TOLERANCE),
    ):
        yield Cell(
            EQUAL,
            f"outputs at the tolerance, {name}, 10/min",
            Collected(OutputsTruth(10, 90, stable, candidate)),
            (Target(Metric.HELD, most=0.005),),
        )


def _shifted() -> Iterator[Cell]:
    for name, stable, candidate, rate, minutes in (
        ("0.20 apart, deciles", DECILES, shifted(0.5), 10, 61),
        ("0.20 apart, classes", CLASSES, CLASSES_MOVED, 10, 42),
        ("0.20 apart, deciles", DECILES, shifted(0.5), 100, 8),
        ("one standard deviation apart", DECILES, shifted(1.0), 10, 9),
        ("collapsed to the most common class", CLASSES, COLLAPSED, 10, 8),
        ("collapsed to a rare class", CLASSES, RARE_COLLAPSED, 10, 4),
        ("collapsed to the most common class", CLASSES, COLLAPSED, 1, 71),
    ):
        yield Cell(
            SHIFTED,
            f"outputs {name}, {rate}/min",
            Collected(OutputsTruth(rate, 9 * rate, stable, candidate)),
            (Target(Metric.HELD, least=1.0), Target(Metric.HELD_MINUTES, most=minutes)),
        )


def _bodies() -> Iterator[Cell]:
    yield Cell(
        BODIES,
        "every live answer is an error, one at a time",
        Collected(OutputsTruth(1, 9, failed=1.0, steady=True), ONLY_BODIES),
        (Target(Metric.ROLLED_BACK, least=1.0), Target(Metric.ANSWERS, most=3)),
    )
    yield Cell(
        BODIES,
        "30 % of live answers are errors, 10/min",
        Collected(OutputsTruth(10, 90, failed=0.3), ONLY_BODIES),
        (Target(Metric.ROLLED_BACK, least=1.0), Target(Metric.MINUTES, most=5)),
    )
    for rate in RATES:
        yield Cell(
            BODIES,
            f"no live answer is an error, {rate}/min",
            Collected(OutputsTruth(rate, 9 * rate), ONLY_BODIES),
            (Target(Metric.ROLLED_BACK, most=0.0),),
        )
