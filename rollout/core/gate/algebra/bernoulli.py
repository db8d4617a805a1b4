"""Likelihood ratios of two Bernoulli streams against a half-plane of null hypotheses.

An e-value is a number whose mean is at most 1 wherever the null hypothesis holds; here it is the
ratio of an alternative's likelihood to that of its KL projection on the null (Turner, Ly, Grunwald,
arXiv 2106.02693, with margins added). All are returned as natural logarithms. Counts may be
fractional: dividing both counts by the same number keeps an e-value one (the power is concave).
"""

from dataclasses import dataclass
from math import exp, log

TINY = 1e-12
"""Keeps probabilities inside (0, 1), where their logarithms exist."""

_STEPS = 60


@dataclass(frozen=True, slots=True)
class Counts:
    """Requests and bad ones among them, of one side in one minute; both may be fractional."""

    requests: float
    bad: float

    def divided(self, by: float) -> "Counts":
        return Counts(self.requests / by, self.bad / by)


@dataclass(frozen=True, slots=True)
class Line:
    """The edge of a null hypothesis: candidate = ratio * stable + points, as shares in 0..1."""

    ratio: float
    points: float

    def at(self, stable: float) -> float:
        """The candidate's share on the line, kept inside (0, 1)."""
        return min(max(self.ratio * stable + self.points, TINY), 1 - TINY)


def divergence(p: float, q: float) -> float:
    """KL(p || q) of two Bernoulli shares in nats; p may be 0 or 1, q may not."""
    at_one = p * log(p / q) if p > 0 else 0.0
    at_zero = (1 - p) * log((1 - p) / (1 - q)) if p < 1 else 0.0
    return at_one + at_zero


def log_ratio(counts: Counts, alternative: float, null: float) -> float:
    """Return ln of the likelihood ratio of two shares for these counts."""
    good = counts.requests - counts.bad
    value = counts.bad * log(alternative / null) if counts.bad > 0 else 0.0
    return value + (good * log((1 - alternative) / (1 - null)) if good > 0 else 0.0)


def projection(
    line: Line, alternative: tuple[float, float], candidate_weight: float, stable_weight: float
) -> float:
    """The stable share of the point on `line` that is nearest to the alternative.

    Minimises `candidate_weight * KL(g || line(beta)) + stable_weight * KL(b || beta)` over beta,
    which is convex. Its derivative times all denominators is a cubic; Newton's steps are kept
    inside the bracket.

    Args:
        line: The edge of the null.
        alternative: (g, b), the shares of candidate and stable, g off the line.
        candidate_weight: Effective requests of the candidate, above 0.
        stable_weight: Effective requests of stable, above 0.
    """
    g, b = alternative
    ratio, points = line.ratio, line.points
    on_line = (g - points) / ratio
    low, high = (b, on_line) if on_line > b else (max(on_line, 0.0), b)
    high = min(high, (1 - points) / ratio - TINY)
    weight = candidate_weight / stable_weight * ratio
    if points == 0.0 and ratio == 1.0:
        return (weight * g + b) / (weight + 1)
    beta = (weight * max(on_line, 0.0) + b) / (weight + 1)
    for _ in range(_STEPS):
        q = ratio * beta + points
        spread, q_spread = beta * (1 - beta), q * (1 - q)
        value = weight * (q - g) * spread + (beta - b) * q_spread
        if value > 0:
            high = beta
        else:
            low = beta
        slope = (
            weight * (ratio * spread + (q - g) * (1 - 2 * beta))
            + q_spread
            + (beta - b) * ratio * (1 - 2 * q)
        )
        step = value / slope if slope > 0 else 0.0
        moved = beta - step
        if slope <= 0 or not low < moved < high:
            moved = (low + high) / 2
        if abs(moved - beta) <= 1e-14 * beta:
            return moved
        beta = moved
    return beta


def log_e_value(
    line: Line, alternative: tuple[float, float], candidate: Counts, stable: Counts
) -> float:
    """Return ln of the two-sample e-value of one minute; 0 where either side had no requests.

    Which side of the line is the null follows from the alternative, which lies on the other.
    """
    if candidate.requests <= 0 or stable.requests <= 0:
        return 0.0
    g, b = alternative
    beta = projection(line, alternative, candidate.requests, stable.requests)
    beta = min(max(beta, TINY), 1 - TINY)
    return log_ratio(candidate, g, line.at(beta)) + log_ratio(stable, b, beta)


def rate_bounds(counts: Counts, error: float) -> tuple[float, float]:
    """Chernoff bounds of a share: each side misses the truth with at most `error`.

    Returns:
        (lower, upper), found by bisection of `requests * KL(share || x) = ln(1 / error)`.
        (0, 1) without requests.
    """
    if counts.requests <= 0:
        return 0.0, 1.0
    share = min(max(counts.bad / counts.requests, 0.0), 1.0)
    target = log(1 / error) / counts.requests

    def edge(inside: float, outside: float) -> float:
        for _ in range(_STEPS):
            middle = (inside + outside) / 2
            bounded = min(max(middle, TINY), 1 - TINY)
            if divergence(share, bounded) > target:
                outside = middle
            else:
                inside = middle
        return outside

    return edge(share, 0.0), edge(share, 1.0)


def log_mean_exp(values: list[float]) -> float:
    """Return ln of the mean of the exponentials, without overflow."""
    most = max(values)
    return most + log(sum(exp(value - most) for value in values) / len(values))
