"""Paired loss: is the candidate worse by the labels of the inputs.

The difference of both sides' losses on one input is bounded and bet on (`betting`). Of accuracy a
loss is 0 or 1 and the difference is what it is. Other losses are unbounded: their difference is
taken in units of what 19 of 20 of stable's own losses do not exceed, and cut off at 1. That unit is
learnt from the first inputs, which are not bet on, because a bet must not depend on what it is
about. An input counts once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from rollout.core.gate.algebra.bernoulli import log_mean_exp
from rollout.core.gate.algebra.betting import BETS, clipped, log_harm, log_proof
from rollout.core.gate.algebra.mixture import Mixture
from rollout.core.policy.quality_model import Metric

TOLERATED, LIMIT = 0.005, 0.03
"""The candidate may lose this much more on average, in units of the scale: half a point is
tolerated, and three points must be excluded to pass."""

LEARNT_FROM = 20
"""Of stable's losses, for a scale."""

_QUANTILE = 0.95
_LEAST_SCALE = 1e-6
_UNIT = frozenset({Metric.ACCURACY, Metric.EXACT})
"""Metrics whose loss is 0 or 1."""


@dataclass
class Losses:
    """`scale` is 0 while it is learnt, from the losses of stable in `learning`.

    `tally`: inputs with a label, both sides' sums of losses; `bet`: inputs bet on, and the sum of
    their differences.
    """

    process: Mixture = field(default_factory=lambda: Mixture.fresh(len(BETS)))
    proof: list[float] = field(default_factory=lambda: [0.0] * len(BETS))
    tally: list[float] = field(default_factory=lambda: [0.0] * 3)
    bet: list[float] = field(default_factory=lambda: [0.0, 0.0])
    scale: float = 0.0
    learning: list[float] = field(default_factory=list)

    @classmethod
    def load(cls, stored: Sequence[Any]) -> "Losses":
        process, proof, tally, bet, scale, learning = stored
        return cls(
            Mixture.load(process), list(proof), list(tally), list(bet), scale, list(learning)
        )

    def dump(self) -> list[Any]:
        process = self.process.dump()
        return [process, self.proof, self.tally, self.bet, self.scale, self.learning]

    def fold(
        self,
        metric: Metric,
        losses: Sequence[tuple[float, float]],
        *,
        alpha: float,
        planned: float,
    ) -> None:
        """Bet on one pass's new labelled inputs.

        Args:
            metric: How answers are scored.
            losses: The candidate's and stable's, finite.
            alpha: The level at which harm is judged.
            planned: Over how many passes the reserve is spread.
        """
        if not losses:
            return
        candidate, stable = (sum(side) for side in zip(*losses, strict=True))
        self.tally = [
            self.tally[0] + len(losses),
            self.tally[1] + candidate,
            self.tally[2] + stable,
        ]
        if metric in _UNIT:
            self.scale = 1.0
        if not self.scale:
            self._learn([stable for _, stable in losses])
            return
        differences = [clipped(mine, theirs, self.scale) for mine, theirs in losses]
        self.bet = [self.bet[0] + len(differences), self.bet[1] + sum(differences)]
        values = log_harm(differences, TOLERATED)
        self.process.bet(values, alpha=alpha, planned_minutes=planned)
        found = log_proof(differences, LIMIT)
        self.proof = [total + each for total, each in zip(self.proof, found, strict=True)]

    def _learn(self, losses: Sequence[float]) -> None:
        self.learning = sorted([*self.learning, *losses])
        if len(self.learning) >= LEARNT_FROM:
            self.scale = _scale(self.learning)
            self.learning = []

    @property
    def mean(self) -> float:
        """By how much the candidate is worse on the inputs bet on, in units of the scale."""
        return self.bet[1] / self.bet[0] if self.bet[0] else 0.0

    @property
    def worse(self) -> float:
        """By how much the candidate is worse on all labelled inputs, in units of the scale."""
        labelled, candidate, stable = self.tally
        scale = self.scale or _scale(self.learning)
        return (candidate - stable) / labelled / scale if labelled else 0.0

    @property
    def ln_proof(self) -> float:
        return log_mean_exp(self.proof)


def _scale(losses: Sequence[float]) -> float:
    """What 19 of 20 of these losses, in ascending order, do not exceed."""
    if not losses:
        return 1.0
    return max(abs(losses[ceil(_QUANTILE * len(losses)) - 1]), _LEAST_SCALE)
