"""Minute by minute, is the candidate worse than it may be? A vote that bursts cannot outshout.

Where stable's history is bursty a minute's requests count little, so the harm process needs long.
But noise around an allowed share puts a minute over the line at most 65 times in 100, so minutes
themselves are evidence. Enumeration over both sides' requests shows that this holds whatever
stable's share has become meanwhile and however little traffic it has, because half a failure is
added to stable's, and because a minute whose line is above `MAX_LINE` is not over it.
"""

from math import log

from rollout.core.gate.algebra.bernoulli import Counts, Line
from rollout.core.gate.algebra.mixture import Mixture

VOTES = (0.8, 0.95)
"""The alternatives: shares of minutes over the line."""

CHANCE = 0.65
MAX_LINE = 0.09
"""Above it the 65 % need not hold (1 - (1 - 1/n) ** n exceeds them from a share of 1/11 on)."""

HALF = 0.5
"""Added to stable's failures of the minute: few requests without one are no proof of none."""


def fresh() -> Mixture:
    return Mixture.fresh(len(VOTES))


def vote(
    process: Mixture,
    line: Line,
    stable_share: float,
    candidate: Counts,
    stable: Counts,
    *,
    alpha: float,
    planned: float,
) -> None:
    """Fold one minute; `stable_share` is what was known of stable before it."""
    values: list[float] = []
    both = candidate.requests > 0 and stable.requests > 0
    if both and line.at(stable_share) <= MAX_LINE:
        seen = max((stable.bad + HALF) / stable.requests, stable_share)
        most = line.ratio * seen + line.points
        over = most <= MAX_LINE and candidate.bad > candidate.requests * most
        values = _ballot(over=over)
    process.bet(values, alpha=alpha, planned_minutes=planned)


def vote_alone(
    process: Mixture, most: float, candidate: Counts, *, alpha: float, planned: float
) -> None:
    """Fold one minute in which stable has no traffic; `most` is the share allowed."""
    values: list[float] = []
    if candidate.requests > 0 and most <= MAX_LINE:
        values = _ballot(over=candidate.bad > candidate.requests * most)
    process.bet(values, alpha=alpha, planned_minutes=planned)


def _ballot(*, over: bool) -> list[float]:
    return [log(q / CHANCE) if over else log((1 - q) / (1 - CHANCE)) for q in VOTES]
