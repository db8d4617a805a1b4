"""An absolute limit on the candidate's share of bad requests, and the rule for a shared outage.

Three processes bet that a share is above the limit. `own` and `stable` do so for each side. `blame`
bets on the candidate too, but only in minutes in which stable does not lean towards breaking the
limit. Where stable should have had a request since the trouble began and had none, minutes are kept
in `pending` until such a request shows whether they count.

`blame` is a supermartingale like the others: with x_t = 1 in minutes that count and 0 in others its
factor is E_t ** x_t, and x_t depends on the past and on stable's requests alone. Given those, the
candidate's requests of the minute are still random, so the mean of E_t is at most 1. A minute that
is pending is counted or dropped by stable's later requests, which tell nothing of the candidate's.
After an outage of both sides `blame` stands where it stood before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import Any

from rollout.core.gate.algebra.bernoulli import Counts, log_mean_exp
from rollout.core.gate.algebra.dispersion import effective
from rollout.core.gate.algebra.mixture import Mixture
from rollout.core.gate.algebra.streams import one_sided
from rollout.units import FULL_WEIGHT

STABLE_LEANS = 0.7
"""ln of the odds against stable above which it counts as leaning towards breaking the limit."""

WITNESS_DUE, WITNESS_OVERDUE = 1.0, 8.0
"""Without a request of stable a minute is pending while the expected number of stable's requests
lies between these: below the first the wait would take too long, from the second on stable
evidently gets no traffic, and the candidate stands alone."""

WITNESS_MEMORY = 0.7
"""What stable's counts are multiplied by each minute: an outage that stable has left behind is
forgotten within minutes, even while the candidate's goes on."""

CEILING = 10.0
"""`own` and `stable` stop at this many times the odds that decide, so that a finished outage is
forgotten quickly."""

NOTHING = Counts(0.0, 0.0)
_CALM = 1e-6
"""Rounding may leave a wealth that was never staked a little above 1."""


@dataclass
class Absolute:
    """The processes of one limit.

    `witness` are stable's effective counts, fading, and `expected` the requests that its weight
    made likely, both since `own` was last at or below 1, when the trouble began.
    """

    own: Mixture
    stable: Mixture
    blame: Mixture
    pending: Mixture
    witness: Counts = NOTHING
    expected: float = 0.0

    @classmethod
    def fresh(cls) -> "Absolute":
        return cls(Mixture.fresh(), Mixture.fresh(), Mixture.fresh(), Mixture.fresh())

    @classmethod
    def load(cls, stored: dict[str, Any]) -> "Absolute":
        return cls(
            Mixture.load(stored["own"]),
            Mixture.load(stored["stable"]),
            Mixture.load(stored["blame"]),
            Mixture.load(stored["pending"]),
            Counts(*stored["witness"]),
            stored["expected"],
        )

    def dump(self) -> dict[str, Any]:
        return {
            "own": self.own.dump(),
            "stable": self.stable.dump(),
            "blame": self.blame.dump(),
            "pending": self.pending.dump(),
            "witness": [self.witness.requests, self.witness.bad],
            "expected": self.expected,
        }

    def bet(
        self,
        limit: float,
        candidate: Counts,
        stable: Counts,
        *,
        correlation: float,
        weight: int,
        alpha: float,
        planned: float,
        mirror: int = 0,
    ) -> None:
        """Fold one minute of both sides at the candidate's `weight` in percent.

        `mirror` is the percentage of stable's requests that it gets too, at weight 0.
        """
        expected = candidate.requests * (FULL_WEIGHT - weight) / (mirror or weight)
        candidate, stable = effective(candidate, correlation), effective(stable, correlation)
        if self.own.ln_wealth <= _CALM:
            self.witness, self.expected = stable, expected
        else:
            self.witness = Counts(
                WITNESS_MEMORY * self.witness.requests + stable.requests,
                WITNESS_MEMORY * self.witness.bad + stable.bad,
            )
            self.expected += expected
        ceiling = CEILING / alpha
        values = one_sided(limit, candidate)
        self.stable.bet(one_sided(limit, stable), alpha=alpha, planned_minutes=planned)
        self.stable.lower_to(ceiling)
        self.own.bet(values, alpha=alpha, planned_minutes=planned)
        self.own.lower_to(ceiling)
        self._blame(values, limit, alpha, planned)

    def _blame(self, values: Sequence[float], limit: float, alpha: float, planned: float) -> None:
        if self._leans(limit):
            # What was pending falls in the outage of both, like this minute.
            self.blame.bet([], alpha=alpha, planned_minutes=planned)
            self.pending = self.blame.copy()
            return
        self.pending.bet(values, alpha=alpha, planned_minutes=planned)
        if self._waits:
            self.blame.bet([], alpha=alpha, planned_minutes=planned)
        else:
            self.blame = self.pending.copy()

    def broken(self, alpha: float) -> bool:
        """The candidate breaks the limit, whoever is to blame."""
        return self.own.ln_wealth >= log(1 / alpha)

    def excuse(self, limit: float) -> str:
        """Why the candidate is not to blame, or not yet; "" where it is."""
        if self._leans(limit):
            return "stable breaks the limit too"
        return "stable has had no request since the trouble began" if self._waits else ""

    def _leans(self, limit: float) -> bool:
        since = one_sided(limit, self.witness)
        leans_since = bool(since) and log_mean_exp(since) > STABLE_LEANS
        return self.stable.ln_wealth > STABLE_LEANS or leans_since

    @property
    def _waits(self) -> bool:
        return self.witness.requests <= 0 and WITNESS_DUE <= self.expected < WITNESS_OVERDUE
