"""Minute by minute, is the candidate worse than it may be? A vote that bursts cannot outshout.

Where stable's history is bursty a minute's requests count little, so the harm process needs long.
But noise around an allowed share puts a minute over the line at most 65 times in 100, so minutes
themselves are evidence. Where stable has few requests it mostly fails none of them, whatever its
share: ln 2 is added to its failures, which then are below their mean at most every other time (a
Poisson median is at least the mean less ln 2). Enumerated worst case: 55 in 100.
"""

from math import log

from rollout.core.gate.bernoulli import Counts, Line
from rollout.core.gate.mixture import Mixture

VOTES = (0.8, 0.95)
"""The alternatives: shares of minutes over the line."""

CHANCE = 0.65
MEDIAN_BELOW_MEAN = log(2)
LARGEST_LINE = 0.1
"""Above it the 65 % need not hold, and the path rests."""


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
    if both and line.at(stable_share) <= LARGEST_LINE:
        seen = max((stable.bad + MEDIAN_BELOW_MEAN) / stable.requests, stable_share)
        over = candidate.bad > candidate.requests * (line.ratio * seen + line.points)
        values = [log(q / CHANCE) if over else log((1 - q) / (1 - CHANCE)) for q in VOTES]
    process.bet(values, alpha=alpha, planned_minutes=planned)
