"""What both sides' data collectors wrote, minute by minute, from a truth that is known."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import pi, sin
from random import Random
from statistics import NormalDist

from dev.bench.gate.error_streams import DAY
from dev.bench.gate.sampling import binomial, poisson
from dev.bench.gate.trials import MOMENTS
from rollout.core.records.predictions import Batch, Bins, SideBatch

_NORMAL = NormalDist()
DRIFT_MINUTES = 60
"""The period in which both sides drift away and back."""

PATH = "score"
_TENTHS = tuple(_NORMAL.inv_cdf(tenth / 10) for tenth in range(1, 10))

Shares = tuple[float, ...]

DECILES: Shares = (0.1,) * 10
CLASSES: Shares = (0.70, 0.20, 0.06, 0.03, 0.01)
CLASSES_AT_TOLERANCE: Shares = (0.60, 0.30, 0.06, 0.03, 0.01)
CLASSES_MOVED: Shares = (0.50, 0.40, 0.06, 0.03, 0.01)
COLLAPSED: Shares = (1.0, 0.0, 0.0, 0.0, 0.0)
RARE_COLLAPSED: Shares = (0.0, 0.0, 1.0, 0.0, 0.0)


def shifted(deviations: float) -> Shares:
    """Shares of stable's deciles where a normal score is so many standard deviations higher."""
    below = [0.0, *(_NORMAL.cdf(each - deviations) for each in _TENTHS), 1.0]
    return tuple(high - low for low, high in pairwise(below))


@dataclass(frozen=True)
class OutputsTruth:
    """`candidate_rate` and `stable_rate` are collected answers a minute, on average.

    `stable` and `candidate` are the bins' shares; with `drift` both sides drift to those and back.
    With `mix` each side's minute has its own shares, from a Dirichlet distribution with that sum of
    parameters. `failed` is the candidate's share of answers that do not meet what every answer
    must, `odd` that of null and out of range ones. `steady`: every minute has just its rate.
    """

    candidate_rate: float
    stable_rate: float
    stable: Shares = DECILES
    candidate: Shares = DECILES
    drift: Shares | None = None
    mix: float | None = None
    failed: float = 0.0
    odd: float = 0.0
    steady: bool = False


class Outputs:
    """Draws minutes; a new one for every run."""

    def __init__(self, truth: OutputsTruth, rng: Random) -> None:
        self._truth = truth
        self._rng = rng
        self._minute = 0

    @property
    def bins(self) -> tuple[Bins, ...]:
        """Of labels where there are not as many shares as deciles."""
        shares = self._truth.stable
        if len(shares) == len(DECILES):
            return (Bins(PATH, edges=_TENTHS),)
        return (Bins(PATH, classes=tuple(f"{index}" for index in range(len(shares) - 1))),)

    def batch(self) -> Batch:
        """What became readable of the next minute."""
        truth = self._truth
        stable, candidate = truth.stable, truth.candidate
        if truth.drift is not None:
            away = 0.5 + 0.5 * sin(2 * pi * self._minute / DRIFT_MINUTES)
            stable, candidate = (
                tuple(
                    (1 - away) * own + away * far
                    for own, far in zip(each, truth.drift, strict=True)
                )
                for each in (stable, candidate)
            )
        at = MOMENTS[DAY + self._minute]
        self._minute += 1
        return Batch(
            at,
            self._side(truth.candidate_rate, candidate, truth.failed, truth.odd),
            self._side(truth.stable_rate, stable, 0.0, 0.0),
        )

    def _side(self, rate: float, shares: Shares, failed: float, odd: float) -> SideBatch:
        answers = round(rate) if self._truth.steady else poisson(self._rng, rate)
        return self._counted(answers, shares, failed, odd)

    def _counted(self, answers: int, shares: Shares, failed: float, odd: float) -> SideBatch:
        rng = self._rng
        if self._truth.mix is not None:
            drawn = [rng.gammavariate(max(each * self._truth.mix, 1e-3), 1.0) for each in shares]
            shares = tuple(each / sum(drawn) for each in drawn)
        strange = binomial(rng, answers, odd)
        counts = multinomial(rng, answers - strange, shares)
        return SideBatch(
            answers, binomial(rng, answers, failed), {PATH: tuple(counts)}, {PATH: strange}
        )


def multinomial(rng: Random, trials: int, shares: Sequence[float]) -> list[int]:
    """Counts of each of the shares, which sum to 1."""
    counts, rest, left = [], 1.0, trials
    for share in shares[:-1]:
        count = binomial(rng, left, share / rest if rest > 0 else 1.0)
        counts.append(count)
        left -= count
        rest -= share
    return [*counts, left]
