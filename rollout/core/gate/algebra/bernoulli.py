"""E-values of two Bernoulli streams against a half-plane of null hypotheses.

An e-value is a number of at least 0 whose mean is at most 1 wherever the null holds. The null is
every pair of shares (candidate p, stable s) on one side of `line`. For an alternative (g, b) beyond
it let (q, beta) be its KL projection: the point of the null that minimises n_c KL(g || q) + n_s
KL(b || beta), n_c and n_s being the requests of both sides. The likelihood ratio of (g, b) to
(q, beta) is an e-value (Turner, Ly and Grunwald, arXiv 2106.02693; a margin only moves the line):
with A = p g/q + (1 - p)(1 - g)/(1 - q), the mean ratio of one request of the candidate, and B
likewise for stable, its mean is A ** n_c * B ** n_s, and ln of that is at most n_c (A - 1) + n_s
(B - 1). This is the slope of the divergence at (q, beta) against the way to (p, s), so at most 0,
because (q, beta) is the nearest point and the null is convex.

All e-values are returned as natural logarithms. Counts may be fractional. Dividing a side's counts
by d > 1 puts its ratio to the power 1/d, which is concave, so the mean is at most A ** (n_c / d)
(Jensen) and the same bound holds, with (q, beta) the projection for the divided counts.
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
    """The stable share `beta` of the point on `line` that is nearest to the alternative.

    Minimises f(beta) = n_c KL(g || q) + n_s KL(b || beta) with q = ratio * beta + points, which is
    convex. With w = ratio * n_c / n_s its derivative is

        f'(beta) / n_s = w (q - g) / (q (1 - q)) + (beta - b) / (beta (1 - beta))

    and times both denominators, which are above 0, it has the sign of the cubic

        w (q - g) beta (1 - beta) + (beta - b) q (1 - q)

    that `value` is. f' is below 0 at the lower of b and the line's share for g, and above 0 at the
    higher one, so these bracket the root. A Newton step, `value / slope`, is taken where it stays
    inside the bracket; else the bracket is halved. Without a margin the root is the pooled share.

    Args:
        line: The edge of the null.
        alternative: (g, b), the shares of candidate and stable, g off the line.
        candidate_weight: Effective requests of the candidate, above 0.
        stable_weight: Effective requests of stable, above 0.
    """
    g, b = alternative
    ratio, points = line.ratio, line.points
    # Where the line reaches the candidate's share g.
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
    """Return ln of the e-value of one minute with both sides; 0 where either had no requests.

    It is ln of (g, b)'s likelihood less that of its projection (line(beta), beta). Which side of
    the line is the null follows from the alternative, which lies on the other.
    """
    if candidate.requests <= 0 or stable.requests <= 0:
        return 0.0
    g, b = alternative
    beta = projection(line, alternative, candidate.requests, stable.requests)
    beta = min(max(beta, TINY), 1 - TINY)
    return log_ratio(candidate, g, line.at(beta)) + log_ratio(stable, b, beta)


def rate_bounds(counts: Counts, error: float) -> tuple[float, float]:
    """Chernoff bounds of a share: each is wrong with a probability of at most `error`.

    If x is the true share, P(the share seen is s or further from x) <= exp(-n KL(s || x)), n being
    the requests. So a bound is the x at which n KL(s || x) = ln(1 / error), found by bisection.

    Returns:
        (lower, upper); (0, 1) without requests.
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
