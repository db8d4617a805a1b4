"""Slower altogether: one bet on all thresholds of a minute at once.

The thresholds cut a side's requests into five bins. Where every duration grows, all bins say so,
and together they say it sooner than the best threshold alone. The null "at every threshold the
candidate's share above is at most stable's" is a convex set of pairs (gamma, beta) of multinomials.

Let (g, b) be an alternative and p = (n_c g + n_s b) / (n_c + n_s) the pooled bins, with n_c and n_s
the requests of both sides. (p, p) is the KL projection of (g, b) on the null if no step from it
towards a point of the null lowers the divergence, that is if n_c sum(gamma g / p) + n_s sum(beta
b / p) <= n_c + n_s. Since n_s b / p = n_c + n_s - n_c g / p, this is n_c sum((gamma - beta) r) <= 0
with r = g / p. Where r grows from bin to bin it holds, because gamma's tails are below beta's
(sum by parts). So the likelihood ratio to (p, p) is an e-value, as in `bernoulli`.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import exp, log

from rollout.core.gate.algebra.bernoulli import Counts
from rollout.core.gate.algebra.mixture import ALTERNATIVES

MAX_LN_FACTOR = 7.0
"""ln of the largest factor on the odds that a request is slow."""

_MAX_RATIO = 0.98
"""A tail is at most this part of the one before it, so that no bin is empty."""


def log_e_values(
    tails: Sequence[float],
    slacks: Sequence[float],
    candidate: Sequence[Counts],
    stable: Sequence[Counts],
) -> list[float]:
    """Return ln of an e-value per alternative; empty where either side had no requests.

    The alternatives multiply the odds of being above each threshold, which makes the ratio grow
    from bin to bin whatever stable's durations are.

    Args:
        tails: Stable's shares above the thresholds as known before the minute, thresholds rising.
        slacks: By how much the candidate's tails may exceed stable's, thresholds rising.
        candidate: Effective requests, and those above each threshold times the tolerance.
        stable: Effective requests, and those above each threshold.
    """
    candidate_requests, stable_requests = candidate[0].requests, stable[0].requests
    if candidate_requests <= 0 or stable_requests <= 0:
        return []
    falling = _falling(tails)
    guess = _bins(1.0, falling)
    candidate_bins = _bins(candidate_requests, [each.bad for each in candidate])
    stable_bins = _bins(stable_requests, [each.bad for each in stable])
    found = []
    for step in range(1, ALTERNATIVES + 1):
        odds = exp(MAX_LN_FACTOR * (step / ALTERNATIVES) ** 2)
        slower = _bins(1.0, [odds * tail / (1 + (odds - 1) * tail) for tail in falling])
        pooled = [
            (candidate_requests * g + stable_requests * b) / (candidate_requests + stable_requests)
            for g, b in zip(slower, guess, strict=True)
        ]
        ratios = [g / p for g, p in zip(slower, pooled, strict=True)]
        value = sum(
            count * log(ratio) for count, ratio in zip(candidate_bins, ratios, strict=True)
        ) + sum(count * log(b / p) for count, b, p in zip(stable_bins, guess, pooled, strict=True))
        # Summed by parts, a slack of d at a threshold adds at most n_c * d * (rise of r there) to
        # ln of the mean: that is taken off, so the mean stays at most 1.
        steps = (after - before for before, after in pairwise(ratios))
        excess = sum(slack * rise for slack, rise in zip(slacks, steps, strict=True))
        found.append(value - candidate_requests * excess)
    return found


def _falling(tails: Sequence[float]) -> list[float]:
    found, most = [], 1.0
    for tail in tails:
        most = min(tail, _MAX_RATIO * most)
        found.append(most)
    return found


def _bins(total: float, tails: Sequence[float]) -> list[float]:
    """The parts between the thresholds, the fastest first; tails that rise are cut."""
    found, left = [], total
    for tail in tails:
        inside = min(tail, left)
        found.append(left - inside)
        left = inside
    return [*found, left]
