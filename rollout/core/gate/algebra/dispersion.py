"""How bursty stable is, and what a burst is worth as evidence.

Requests that fail together are one piece of evidence, not many. If any two requests of a minute
have the intra-class correlation rho, the variance of its share of bad requests is D = 1 + (n - 1)
rho times that of n independent ones (the design effect of cluster sampling), so n requests are
worth n / D. `spread` is D; both counts of a minute are divided by it.

rho is estimated from blocks of stable's own minutes. For neighbouring blocks of n1 and n2 requests
with shares r1 and r2, X = h (r1 - r2)**2 / (p (1 - p)) with h = n1 n2 / (n1 + n2) has mean 1 if
requests are independent, and 1 + (m - 1) rho, m being the mean of 2 h, if they are not. So rho is
(mean of X - 1) / (m - 1). Neighbours are compared because both drift with the day.
"""

from collections.abc import Iterator, Sequence
from math import sqrt

from rollout.core.gate.algebra.bernoulli import Counts

ERROR_BLOCKS = (1, 15)
LATENCY_BLOCKS = (1, 5)
"""Minutes a block: short bursts show at one minute, long ones at more."""

ERROR_SAFETY = 1.5
LATENCY_SAFETY = 1.0
"""An estimate from one day is multiplied by this before it is used."""

MIN_BAD = 5.0
"""With fewer bad requests there is nothing to estimate from."""


def spread(requests: float, correlation: float) -> float:
    """What both counts of a minute are divided by: the design effect of one cluster."""
    return 1 + max(requests - 1, 0.0) * correlation


def effective(counts: Counts, correlation: float) -> Counts:
    return counts.divided(spread(counts.requests, correlation)) if correlation else counts


def correlation(
    minutes: Sequence[Counts], *, blocks: Sequence[int], safety: float, floor: float = 0.0
) -> float:
    """Estimate the intra-class correlation, in 0..1, from stable's minutes in order of time.

    What sampling noise alone may show (two standard errors of the mean of X) is taken off.

    Args:
        minutes: Whole minutes, gaps included as zeroes, so that blocks keep their length.
        blocks: Block lengths in minutes; the worst one counts.
        safety: Factor on the estimate.
        floor: The least value returned.
    """
    worst = max((_of_blocks(minutes, length) for length in blocks), default=0.0)
    return max(min(1.0, safety * worst), floor)


def _of_blocks(minutes: Sequence[Counts], length: int) -> float:
    requests = sum(each.requests for each in minutes)
    bad = sum(each.bad for each in minutes)
    if bad < MIN_BAD or bad >= requests:
        return 0.0
    share = bad / requests
    pairs, excess, weight = 0, 0.0, 0.0
    previous: Counts | None = None
    for block in _blocks(minutes, length):
        if previous is not None and block.requests > 0 and previous.requests > 0:
            harmonic = previous.requests * block.requests / (previous.requests + block.requests)
            difference = previous.bad / previous.requests - block.bad / block.requests
            pairs += 1
            excess += harmonic * difference * difference / (share * (1 - share))
            weight += 2 * harmonic
        previous = block
    if not pairs or weight / pairs <= 1:
        return 0.0
    noise = 2 * sqrt(3 / pairs + 1 / bad)
    return length * max(0.0, excess / pairs - 1 - noise) / (weight / pairs - 1)


def _blocks(minutes: Sequence[Counts], length: int) -> Iterator[Counts]:
    if length == 1:
        yield from minutes
        return
    for start in range(0, len(minutes) - length + 1, length):
        part = minutes[start : start + length]
        yield Counts(sum(each.requests for each in part), sum(each.bad for each in part))
