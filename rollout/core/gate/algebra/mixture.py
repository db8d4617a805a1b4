"""A bet spread over alternatives: running products of e-values, with money kept for later.

With stakes s_k on K alternatives and a reserve r the wealth is W = sum(s_k) + r, at first 1. A
minute moves a part of r to the stakes in equal shares, which leaves W as it is, and multiplies each
s_k by an e-value. Its mean is at most 1 given all earlier minutes, wherever the null holds, so W is
a supermartingale: P(W ever reaches 1/alpha) <= alpha, however often it is judged (Ville).

Half of the money is staked at once. The reserve is released evenly over the planned minutes: a bet
begun at minute t has not lost anything to the minutes before t, which keeps power for faults that
begin late. A minute's e-value is capped, which can only lower its mean, so that no single minute
decides.
"""

from collections.abc import Sequence
from math import exp, log

ALTERNATIVES = 8
MAX_WEALTH = 1e9
MIN_WEALTH = 1e-200
MIN_LN, MAX_LN = -60.0, 60.0
"""Bounds of a stake and of the wealth, and of ln of one minute's e-value. They decide nothing: past
every threshold more wealth would only make a hold outlast its reason, and after a long time without
harm nothing is left to bet with, yet odds need a logarithm."""

_CAP_SHARE = 0.6
_MAX_OF_THRESHOLD = 0.99
"""One minute multiplies a stake by at most exp(0.6 * (ln 1/alpha + ln 2K)), which is the power 0.6
of what a stake of 1/2K needs to reach 1/alpha alone; and never by 1/alpha itself."""

RESERVE = 0.5
_FADING = 0.05
"""The reserve at the start, and the part of the money that is released more and more slowly."""


def release(reserve: float, planned: float) -> float:
    """Return what the reserve gives to the stakes this minute, of `planned` ones.

    The last of it fades instead of ending: a hold may make a rollout longer than planned.
    """
    even = RESERVE / planned
    return even if reserve - even >= _FADING else reserve / (1 + planned)


class Mixture:
    """Mutable while a minute is folded; `dump` and `load` are its JSON form."""

    __slots__ = ("reserve", "stakes")

    def __init__(self, stakes: list[float], reserve: float) -> None:
        self.stakes = stakes
        self.reserve = reserve

    @classmethod
    def fresh(cls, alternatives: int = ALTERNATIVES) -> "Mixture":
        return cls([(1 - RESERVE) / alternatives] * alternatives, RESERVE)

    @classmethod
    def load(cls, stored: Sequence[float]) -> "Mixture":
        """Read `dump`'s list back: the reserve first, then the stakes."""
        return cls(list(stored[1:]), stored[0])

    def copy(self) -> "Mixture":
        return Mixture(list(self.stakes), self.reserve)

    def dump(self) -> list[float]:
        return [self.reserve, *self.stakes]

    @property
    def wealth(self) -> float:
        return min(max(sum(self.stakes) + self.reserve, MIN_WEALTH), MAX_WEALTH)

    @property
    def ln_wealth(self) -> float:
        return log(self.wealth)

    def is_near(self, alpha: float) -> bool:
        """Whether one more minute, as bad as it can be, would bring the wealth to 1/alpha."""
        return sum(self.stakes) * exp(self._cap(alpha)) + self.reserve >= 1 / alpha

    def lower_to(self, ceiling: float) -> None:
        """Scale the stakes down to a sum; giving money away keeps the wealth a supermartingale."""
        total = sum(self.stakes)
        if total > ceiling:
            self.stakes = [stake * ceiling / total for stake in self.stakes]

    def bet(
        self, ln_values: Sequence[float], *, alpha: float | None, planned_minutes: float
    ) -> None:
        """Fold one minute: release a share of the reserve, then multiply each stake.

        Args:
            ln_values: ln of one e-value per alternative; empty for a minute without evidence.
            alpha: The level at which the wealth is going to be judged; it sets the cap. None: there
                is none, because a single minute may decide.
            planned_minutes: Over how many minutes the reserve is spread.
        """
        released = release(self.reserve, planned_minutes)
        self.reserve -= released
        share = released / len(self.stakes)
        cap = MAX_LN if alpha is None else self._cap(alpha)
        values = ln_values or [0.0] * len(self.stakes)
        self.stakes = [
            min((stake + share) * exp(min(max(value, MIN_LN), cap)), MAX_WEALTH)
            for stake, value in zip(self.stakes, values, strict=True)
        ]

    def _cap(self, alpha: float) -> float:
        return min(
            _CAP_SHARE * (log(1 / alpha) + log(2 * len(self.stakes))),
            # Without this a level above 1/64 could be reached from 1 in a single minute.
            _MAX_OF_THRESHOLD * log(1 / alpha),
        )
