"""What must be shown before a stage is passed: that the candidate does not reach the limit.

The null is "the candidate is at the limit or beyond it in every minute": the half-plane of
`bernoulli` with the other sign. An alternative is g = best + step * (limit - best), a candidate
between the best one and the limit. Three alternatives are bet on as in `mixture`, so the wealth is
an e-process, and by Ville's inequality a candidate at the limit passes with a probability of at
most alpha: the wealth must reach 1/alpha.

Half of the money waits, so that evidence recovers. One minute of total failure at 1,000 requests
leaves nothing of what was staked before it; what is released afterwards bets from anew. Nothing
caps a minute, because advancing late is the only harm in it.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from rollout.core.gate.algebra.bernoulli import Counts, Line, log_e_value, log_mean_exp, log_ratio
from rollout.core.gate.algebra.mixture import Mixture

ERROR_STEPS = (0.0, 0.15, 0.4)
LATENCY_STEPS = (0.0, 0.35, 0.7)
"""Alternatives, from "as good as stable" (0) on the way to the limit (1)."""


class Evidence(ABC):
    """The evidence of one test in one stage; mutable while a minute is folded."""

    @property
    @abstractmethod
    def ln(self) -> float:
        """Return ln of the odds that the limit is not reached."""

    @abstractmethod
    def add(self, ln_values: Sequence[float], patience: float) -> None:
        """Fold one minute.

        Args:
            ln_values: ln of one e-value for each alternative; empty where the minute says nothing.
            patience: Over how many minutes the money that waits is released.
        """

    @abstractmethod
    def dump(self) -> list[float]:
        """Return its JSON form, which `load` reads back."""


class Restartable(Evidence):
    """Evidence that can recover: a mixture without a cap."""

    def __init__(self, process: Mixture | None = None) -> None:
        self._process = process or Mixture.fresh(len(ERROR_STEPS))

    @property
    def ln(self) -> float:
        return self._process.ln_wealth

    def add(self, ln_values: Sequence[float], patience: float) -> None:
        self._process.bet(ln_values, alpha=None, planned_minutes=patience)

    def dump(self) -> list[float]:
        return self._process.dump()


class Products(Evidence):
    """The evidence of the first rules: running products, of which nothing is ever kept back.

    Rollouts that began under those are judged by them to their end.
    """

    def __init__(self, products: Sequence[float] | None = None) -> None:
        self._products = list(products or [0.0] * len(ERROR_STEPS))

    @property
    def ln(self) -> float:
        return log_mean_exp(self._products)

    def add(self, ln_values: Sequence[float], patience: float) -> None:
        del patience
        if ln_values:
            pairs = zip(self._products, ln_values, strict=True)
            self._products = [product + value for product, value in pairs]

    def dump(self) -> list[float]:
        return self._products


def load(stored: Sequence[float]) -> Evidence:
    """Read `dump`'s list back: a mixture has its reserve beside the three stakes."""
    if len(stored) == len(ERROR_STEPS):
        return Products(stored)
    return Restartable(Mixture.load(stored))


def values(
    line: Line,
    alternative: tuple[float, float],
    candidate: Counts,
    stable: Counts,
    *,
    steps: Sequence[float] = ERROR_STEPS,
) -> list[float]:
    """Return ln of one minute's e-value for each step.

    Args:
        line: The limit.
        alternative: (best, stable): the candidate's share where all is well, and stable's.
        candidate: Effective counts.
        stable: Effective counts.
        steps: Where between best and limit the alternatives are.
    """
    best, share = alternative
    limit = line.at(share)
    return [
        log_e_value(line, (best + step * (limit - best), share), candidate, stable)
        for step in steps
    ]


def values_alone(
    limit: float, best: float, candidate: Counts, *, steps: Sequence[float] = ERROR_STEPS
) -> list[float]:
    """Return them for a minute in which stable has no traffic: the limit is a known share."""
    if candidate.requests <= 0:
        return [0.0] * len(steps)
    return [log_ratio(candidate, best + step * (limit - best), limit) for step in steps]
