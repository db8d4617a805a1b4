"""Is the candidate worse than it may be in most minutes? A vote that no burst can outshout.

Where stable's history is bursty a minute's requests count little, so the harm process takes long.
But noise around an allowed share puts a minute over the line with a probability of at most c = 0.65
(`CHANCE`), so the minutes themselves are evidence: a minute over the line multiplies the stake on
the alternative v by v / c, any other by (1 - v) / (1 - c), and for v > c the mean of that is at
most 1.

Enumeration over both sides' requests shows that c holds whatever stable's share has become
meanwhile and however little traffic it has, because half a failure is added to stable's, and
because a minute whose line is above `MAX_LINE` does not count as over it.
"""

from math import log

from rollout.core.gate.algebra.bernoulli import Counts, Line
from rollout.core.gate.algebra.mixture import Mixture

VOTES = (0.8, 0.95)
"""The alternatives v: shares of minutes over the line."""

CHANCE = 0.65
MAX_LINE = 0.09
"""Above it `CHANCE` need not hold (1 - (1 - 1/n) ** n exceeds it from a share of 1/11 on)."""

HALF = 0.5
"""Added to stable's failures of the minute: a few requests without a failure do not prove a share
of 0."""


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
