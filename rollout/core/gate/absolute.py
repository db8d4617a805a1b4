"""An absolute limit on the candidate's share of bad requests, and the rule for a shared outage.

Stable runs the same process. While stable leans towards breaking the limit too, the candidate is
not to blame: hold, do not roll back. Where stable has so little traffic that it has said nothing
since the trouble began, the decision waits for a witness as long as one is to be expected.
"""

from dataclasses import dataclass
from math import log
from typing import Any

from rollout.core.gate.bernoulli import Counts, log_mean_exp
from rollout.core.gate.dispersion import effective
from rollout.core.gate.mixture import Mixture
from rollout.core.gate.streams import one_sided

STABLE_LEANS = 0.7
"""ln of the odds against stable above which it counts as leaning towards breaking the limit."""

WITNESS_DUE, WITNESS_OVERDUE = 1.0, 8.0
"""Without a request of stable the decision waits while so many were to be expected: with less than
the first a wait would take long, with more than the second stable gets no traffic at all."""

FULL_WEIGHT = 100
NOTHING = Counts(0.0, 0.0)
_CALM = 1e-6
"""Rounding may leave a wealth that nobody has bet with a little above 1."""


@dataclass
class Absolute:
    """Both sides' processes.

    `witness` are stable's effective counts, and `expected` the requests its weight made likely,
    since the candidate's wealth last was at or below 1: since its trouble began.
    """

    candidate: Mixture
    stable: Mixture
    witness: Counts = NOTHING
    expected: float = 0.0

    @classmethod
    def fresh(cls) -> "Absolute":
        return cls(Mixture.fresh(), Mixture.fresh())

    @classmethod
    def load(cls, stored: dict[str, Any]) -> "Absolute":
        return cls(
            Mixture.load(stored["candidate"]),
            Mixture.load(stored["stable"]),
            Counts(*stored["witness"]),
            stored["expected"],
        )

    def dump(self) -> dict[str, Any]:
        return {
            "candidate": self.candidate.dump(),
            "stable": self.stable.dump(),
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
    ) -> None:
        """Fold one minute of both sides at the candidate's `weight` in percent."""
        ours, theirs = effective(candidate, correlation), effective(stable, correlation)
        for process, counts in ((self.candidate, ours), (self.stable, theirs)):
            process.bet(one_sided(limit, counts), alpha=alpha, planned_minutes=planned)
        if self.candidate.ln_wealth <= _CALM:
            self.witness, self.expected = NOTHING, 0.0
            return
        self.witness = Counts(
            self.witness.requests + theirs.requests, self.witness.bad + theirs.bad
        )
        self.expected += candidate.requests * (FULL_WEIGHT - weight) / weight

    def fired(self, alpha: float) -> bool:
        return self.candidate.ln_wealth >= log(1 / alpha)

    def shared(self, limit: float) -> bool:
        """Stable leans towards breaking the limit too: over all, or since the trouble began."""
        since = one_sided(limit, self.witness)
        return self.stable.ln_wealth > STABLE_LEANS or (
            bool(since) and log_mean_exp(since) > STABLE_LEANS
        )

    @property
    def unwitnessed(self) -> bool:
        """Stable should have had a request by now that tells the two apart, and had none."""
        return self.witness.requests <= 0 and WITNESS_DUE <= self.expected < WITNESS_OVERDUE
