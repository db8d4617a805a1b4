"""A bet spread over alternatives: running products of e-values, with money kept for later.

`wealth` is a supermartingale from 1 wherever the null holds in every minute, so it ever reaches
1/alpha with probability at most alpha, however often it is looked at (Ville's inequality). Half the
money starts at once; the rest is spread evenly over the planned minutes, which keeps power for
faults that begin late. One minute is capped so that it can never decide alone.
"""

from collections.abc import Sequence
from math import exp, log

ALTERNATIVES = 8
MAX_WEALTH = 1e9
MIN_WEALTH = 1e-200
MIN_LN = -60.0
"""Bounds of the running product, of all of them and of one minute's logarithm: numbers, not
decisions. Past every threshold more wealth only makes a hold outlast its reason. After a long time
without harm nothing is left to bet with, but odds have a logarithm."""

_CAP_SHARE = 0.6
_MAX_OF_THRESHOLD = 0.99
_RESERVE = 0.5
_FADING = 0.05


class Mixture:
    """Mutable while a minute is folded; `dump` and `load` are its JSON form."""

    __slots__ = ("reserve", "stakes")

    def __init__(self, stakes: list[float], reserve: float) -> None:
        self.stakes = stakes
        self.reserve = reserve

    @classmethod
    def fresh(cls, alternatives: int = ALTERNATIVES) -> "Mixture":
        return cls([(1 - _RESERVE) / alternatives] * alternatives, _RESERVE)

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

    def lower_to(self, ceiling: float) -> None:
        """Scale the stakes down to a sum; a process that is only watched need not grow for ever."""
        total = sum(self.stakes)
        if total > ceiling:
            self.stakes = [stake * ceiling / total for stake in self.stakes]

    def bet(self, ln_values: Sequence[float], *, alpha: float, planned_minutes: float) -> None:
        """Fold one minute: release a share of the reserve, then multiply each stake.

        Args:
            ln_values: ln of one e-value per alternative; empty for a minute without evidence.
            alpha: The level at which the wealth is going to be judged; it sets the cap.
            planned_minutes: Over how many minutes the reserve is spread.
        """
        even = _RESERVE / planned_minutes
        kept = self.reserve - even
        # The last of it fades instead of ending: a hold may make a rollout longer than planned.
        released = even if kept >= _FADING else self.reserve / (1 + planned_minutes)
        self.reserve -= released
        share = released / len(self.stakes)
        cap = min(
            _CAP_SHARE * (log(1 / alpha) + log(2 * len(self.stakes))),
            # Without this a level above 1/64 could be reached from 1 in a single minute.
            _MAX_OF_THRESHOLD * log(1 / alpha),
        )
        values = ln_values or [0.0] * len(self.stakes)
        self.stakes = [
            min((stake + share) * exp(min(max(value, MIN_LN), cap)), MAX_WEALTH)
            for stake, value in zip(self.stakes, values, strict=True)
        ]
