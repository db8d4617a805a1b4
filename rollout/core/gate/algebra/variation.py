"""How far the distribution of an output is from stable's: the total variation distance, tested.

The outputs are counted in bins. The null is that the total variation of candidate and stable,
which is the most that P_c(A) - P_s(A) can be over all sets A of bins, is at most a tolerance in
every batch. A set A is chosen before a batch: the bins of which the candidate had the larger share
so far. For any A the null implies P_c(A) <= P_s(A) + tolerance, so the e-value of two Bernoulli
streams (`bernoulli`) for the outputs in A is one for the null, whatever A is: a bad choice costs
power, and a good one is near the set that has the whole distance. The set is a predictable witness,
as in Shekhar and Ramdas, "Nonparametric two-sample testing by betting" (arXiv 2112.09162). Since
every batch is compared with the same minute of stable, both may drift together.

Outputs that come together (a client that sends a hundred like inputs) are one piece of evidence,
not many: both counts are divided by the design effect (`dispersion`), with the intra-class
correlation of stable's worst bin, learnt batch by batch from what came before.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import sqrt
from typing import Any

from rollout.core.gate.algebra.bernoulli import Counts, Line, log_e_value
from rollout.core.gate.algebra.dispersion import ERROR_SAFETY, MIN_BAD, effective
from rollout.core.gate.algebra.mixture import ALTERNATIVES, Mixture

LEAST_OUTPUTS = 20.0
"""Of either side, before anything is bet: a set chosen from fewer is chosen by chance."""

LEAST_PAIRS = 1
"""Of neighbouring batches of stable before anything is bet: how bursty it is must be seen first."""

WORST_SHARE = 0.97
"""The alternatives reach from the null up to this share of the candidate's outputs in the set."""

_ROOM = 0.05
_LEAST_SHARE = 1e-4
"""Stable's share of the set is taken to be inside these (1 less the tolerance and the room)."""

_BEND = 1.5
_FORMAT = ".4g"
_PRIOR = 0.5


@dataclass
class Bursts:
    """How much stable's outputs come together, from neighbouring batches of it.

    `pairs` of batches had outputs; `weight` is the sum of 2 h over them, and `excess` by bin the
    sum of h (r1 - r2)**2, with h = n1 n2 / (n1 + n2) and r1, r2 the shares of the bin
    (`dispersion`). `before` are the counts of the last batch.
    """

    before: list[float] = field(default_factory=list)
    excess: list[float] = field(default_factory=list)
    pairs: int = 0
    weight: float = 0.0

    @classmethod
    def load(cls, stored: Sequence[Any]) -> "Bursts":
        before, excess, pairs, weight = stored
        return cls(list(before), list(excess), pairs, weight)

    def dump(self) -> list[Any]:
        # An estimate does not deserve more digits.
        short = [float(format(each, _FORMAT)) for each in self.excess]
        return [self.before, short, self.pairs, self.weight]

    def learn(self, counts: Sequence[float]) -> None:
        """Add one batch of stable; one without outputs says nothing."""
        now, then = sum(counts), sum(self.before)
        if now <= 0:
            return
        if then > 0:
            harmonic = now * then / (now + then)
            self.pairs += 1
            self.weight += 2 * harmonic
            self.excess = [
                total + harmonic * (count / now - before / then) ** 2
                for total, count, before in zip(self.excess, counts, self.before, strict=True)
            ]
        else:
            self.excess = [0.0] * len(counts)
        self.before = list(counts)

    def correlation(self, counts: Sequence[float]) -> float:
        """The intra-class correlation of the worst bin, in 0..1, given stable's counts so far."""
        total = sum(counts)
        if not self.pairs or self.weight / self.pairs <= 1:
            return 0.0
        worst = 0.0
        for count, excess in zip(counts, self.excess, strict=True):
            spread = count * (total - count) / (total * total)
            if count >= MIN_BAD and spread > 0:
                noise = 2 * sqrt(3 / self.pairs + 1 / count)
                worst = max(worst, excess / spread / self.pairs - 1 - noise)
        return min(1.0, ERROR_SAFETY * worst / (self.weight / self.pairs - 1))


@dataclass
class Variation:
    """The bet on one output: both sides' counts in its bins so far, and how bursty stable is."""

    process: Mixture
    candidate: list[float]
    stable: list[float]
    bursts: Bursts = field(default_factory=Bursts)

    @classmethod
    def fresh(cls, bins: int) -> "Variation":
        return cls(Mixture.fresh(), [0.0] * bins, [0.0] * bins)

    @classmethod
    def load(cls, stored: Sequence[Any]) -> "Variation":
        process, candidate, stable, bursts = stored
        return cls(Mixture.load(process), list(candidate), list(stable), Bursts.load(bursts))

    def dump(self) -> list[Any]:
        return [self.process.dump(), self.candidate, self.stable, self.bursts.dump()]

    def fold(
        self,
        candidate: Sequence[float],
        stable: Sequence[float],
        *,
        tolerance: float,
        floor: float,
        alpha: float,
        planned: float,
    ) -> None:
        """Bet on one batch, then learn from it.

        Args:
            candidate: Its outputs of the batch by bin.
            stable: Stable's.
            tolerance: The total variation that is allowed, above 0 and below 1.
            floor: The least correlation to assume.
            alpha: The level at which the wealth is judged.
            planned: Over how many batches the reserve is spread.
        """
        values = self._values(candidate, stable, tolerance, floor)
        self.process.bet(values, alpha=alpha, planned_minutes=planned)
        self.candidate = _sum(self.candidate, candidate)
        self.stable = _sum(self.stable, stable)
        self.bursts.learn(stable)

    @property
    def distance(self) -> float:
        """The total variation of what was counted, in 0..1; 0 before either side had outputs."""
        few, many = sum(self.candidate), sum(self.stable)
        if few <= 0 or many <= 0:
            return 0.0
        return sum(
            max(mine / few - theirs / many, 0.0)
            for mine, theirs in zip(self.candidate, self.stable, strict=True)
        )

    @property
    def _is_ready(self) -> bool:
        fewest = min(sum(self.candidate), sum(self.stable))
        return fewest >= LEAST_OUTPUTS and self.bursts.pairs >= LEAST_PAIRS

    def _values(
        self, candidate: Sequence[float], stable: Sequence[float], tolerance: float, floor: float
    ) -> list[float]:
        few, many = sum(candidate), sum(stable)
        if not self._is_ready or few <= 0 or many <= 0:
            return []
        mine, theirs = _shares(self.candidate), _shares(self.stable)
        witness = [bin_ for bin_ in range(len(mine)) if mine[bin_] > theirs[bin_]]
        if not witness:
            return []
        most = max(1 - tolerance - _ROOM, _LEAST_SHARE)
        share = min(max(sum(theirs[bin_] for bin_ in witness), _LEAST_SHARE), most)
        correlation = max(self.bursts.correlation(self.stable), floor)
        seen = effective(Counts(few, sum(candidate[bin_] for bin_ in witness)), correlation)
        known = effective(Counts(many, sum(stable[bin_] for bin_ in witness)), correlation)
        line = Line(1.0, tolerance)
        return [
            log_e_value(line, (each, share), seen, known)
            for each in alternatives(share + tolerance)
        ]


def alternatives(limit: float) -> list[float]:
    """Shares above `limit`, denser near it; empty where the limit allows nearly everything."""
    if limit >= WORST_SHARE:
        return []
    return [
        limit + (WORST_SHARE - limit) * (step / ALTERNATIVES) ** _BEND
        for step in range(1, ALTERNATIVES + 1)
    ]


def _shares(counts: Sequence[float]) -> list[float]:
    total = sum(counts) + _PRIOR * len(counts)
    return [(count + _PRIOR) / total for count in counts]


def _sum(before: Sequence[float], more: Sequence[float]) -> list[float]:
    return [total + each for total, each in zip(before, more, strict=True)]
