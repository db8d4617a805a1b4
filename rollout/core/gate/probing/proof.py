"""Evidence from probes: products that can recover, worth no more than the inputs there are.

Bets start afresh. Half of the money is on the alternatives of `evidence` at once, the rest is
released evenly over the passes a stage may have, so that one bad pass is not the end. Where the
null holds the money does not grow on average. The stakes are kept as logarithms: nothing bounds
them, because the next paragraph divides what they reach.

The same inputs come again and again, and a request that was answered 200 times shows that this one
request works. So evidence counts as if each input had been sent `repeats` times at most: with n
pairs of i inputs, ln E times min(1, i * repeats / n) where ln E is above 0. More pairs then make
the figure more exact, and no larger. That never exceeds E itself, so it keeps E's bound.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log, log1p

from rollout.core.gate.algebra import evidence
from rollout.core.gate.algebra.mixture import RESERVE, release

_MIN_LN = -600.0
"""A stake below exp(-600) can be told from none by nobody; JSON has no infinity."""


@dataclass
class Proof:
    """`stakes` are ln of the money on each alternative, `reserve` the money not staked yet."""

    stakes: list[float]
    reserve: float

    @classmethod
    def fresh(cls) -> "Proof":
        alternatives = len(evidence.ERROR_STEPS)
        return cls([log((1 - RESERVE) / alternatives)] * alternatives, RESERVE)

    @classmethod
    def load(cls, stored: Sequence[float]) -> "Proof":
        """Read `dump`'s list back: the reserve first, then the stakes."""
        return cls(list(stored[1:]), stored[0])

    def dump(self) -> list[float]:
        return [self.reserve, *self.stakes]

    def fold(self, ln_values: Sequence[float], *, planned: float) -> None:
        """Add one pass: release a share of the reserve, then multiply each stake.

        Args:
            ln_values: ln of one e-value per alternative.
            planned: Over how many passes the reserve is spread.
        """
        released = release(self.reserve, planned)
        self.reserve -= released
        share = log(released / len(self.stakes))
        self.stakes = [
            max(_added(stake, share) + value, _MIN_LN)
            for stake, value in zip(self.stakes, ln_values, strict=True)
        ]

    @property
    def ln(self) -> float:
        """Ln of the evidence, before it is weighed."""
        total = log(self.reserve)
        for stake in self.stakes:
            total = _added(total, stake)
        return total

    def weighed(self, pairs: float, most: float) -> float:
        """Ln of the evidence of `pairs` pairs, which count as `most` pairs at most."""
        ln = self.ln
        return ln * min(1.0, most / pairs) if ln > 0 else ln


def _added(ln: float, other: float) -> float:
    """Ln of the sum of two exponentials."""
    low, high = min(ln, other), max(ln, other)
    return high + log1p(exp(low - high))
