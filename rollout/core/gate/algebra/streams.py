"""Two sides compared: is the candidate's share of bad requests beyond the margin over stable's.

`Stream` is the harm process over all minutes of a rollout. It bets each minute with what it knew of
stable before that minute, and learns from the minute afterwards. Only the choice of alternatives
rests on what is known: the null of `bernoulli` holds for every share of stable, so stable may drift
and the bet stays fair.
"""

from dataclasses import dataclass
from typing import Any

from rollout.core.gate.algebra.bernoulli import Counts, Line, log_e_value, log_ratio
from rollout.core.gate.algebra.dispersion import effective
from rollout.core.gate.algebra.mixture import ALTERNATIVES, Mixture
from rollout.core.policy.gate_model import Margin

MIN_SHARE, MAX_SHARE = 1e-5, 0.5
"""Stable's share is taken to be inside these when alternatives are chosen."""

WORST_SHARE = 0.95
"""The alternatives reach from the tolerance up to this share of bad requests."""

_BEND = 1.5


@dataclass
class Stream:
    """One harm process. `bad` and `requests` are what is known of stable so far."""

    process: Mixture
    bad: float
    requests: float
    correlation: float

    @classmethod
    def opened(cls, known: Counts, correlation: float) -> "Stream":
        return cls(Mixture.fresh(), known.bad, known.requests, correlation)

    @classmethod
    def load(cls, stored: dict[str, Any]) -> "Stream":
        return cls(
            Mixture.load(stored["process"]),
            stored["bad"],
            stored["requests"],
            stored["correlation"],
        )

    def dump(self) -> dict[str, Any]:
        return {
            "process": self.process.dump(),
            "bad": self.bad,
            "requests": self.requests,
            "correlation": self.correlation,
        }

    @property
    def stable_share(self) -> float:
        share = (self.bad + 0.5) / (self.requests + 1)
        return min(max(share, MIN_SHARE), MAX_SHARE)

    def bet(
        self, line: Line, candidate: Counts, stable: Counts, *, alpha: float, planned: float
    ) -> None:
        """Fold one minute of both sides; without requests on one of them nothing is learnt of harm.

        Nothing is bet before anything is known of stable: that minute is what it learns from.
        """
        values: list[float] = []
        if self.requests > 0 and candidate.requests > 0 and stable.requests > 0:
            share = self.stable_share
            candidate = effective(candidate, self.correlation)
            stable = effective(stable, self.correlation)
            values = [
                log_e_value(line, (alternative, share), candidate, stable)
                for alternative in alternatives(line.at(share))
            ]
        self.process.bet(values, alpha=alpha, planned_minutes=planned)

    def learn(self, stable: Counts) -> None:
        """Add stable's minute to what is known; after every bet on that minute."""
        self.bad += stable.bad
        self.requests += stable.requests

    def bet_alone(self, limit: float, candidate: Counts, *, alpha: float, planned: float) -> None:
        """Fold a minute in which stable has no traffic: the candidate against a known limit."""
        self.process.bet(
            one_sided(limit, effective(candidate, self.correlation)),
            alpha=alpha,
            planned_minutes=planned,
        )


def line(margin: Margin) -> Line:
    return Line(margin.ratio, margin.points)


def alternatives(limit: float) -> list[float]:
    """Shares above `limit`, denser near it: limit * (worst / limit) ** ((k / 8) ** 1.5).

    Empty where the limit allows nearly everything: an alternative must lie beyond the null.
    """
    if limit >= WORST_SHARE:
        return []
    reach = WORST_SHARE / limit
    return [
        limit * reach ** ((step / ALTERNATIVES) ** _BEND) for step in range(1, ALTERNATIVES + 1)
    ]


def one_sided(limit: float, counts: Counts) -> list[float]:
    """Return ln of an e-value per alternative to "at most `limit`"; empty without requests."""
    if counts.requests <= 0:
        return []
    limit = max(limit, MIN_SHARE)
    return [log_ratio(counts, share, limit) for share in alternatives(limit)]
