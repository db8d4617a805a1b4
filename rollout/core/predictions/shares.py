"""Exact intervals for a share: Clopper and Pearson (1934), without tables or SciPy.

The bounds are quantiles of beta distributions (see "Binomial proportion confidence interval" in any
textbook); the beta's distribution function is Lentz's continued fraction (DLMF 8.17.22).
"""

import math

CONFIDENCE = 0.95
_STEPS = 200
_FRACTION_STEPS = 10_000
_TINY = 1e-300
_NEAR = 1e-14


def exact_interval(count: int, of: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the shares that `count` of `of` leave possible.

    Whatever the true share is, it lies inside with at least this confidence. Of nothing everything
    is possible: (0, 1).
    """
    if not 0 <= count <= of:
        raise ValueError(f"{count} of {of} is no share")
    tail = (1 - confidence) / 2
    least = 0.0 if count == 0 else beta_quantile(tail, count, of - count + 1)
    most = 1.0 if count == of else beta_quantile(1 - tail, count + 1, of - count)
    return least, most


def beta_quantile(probability: float, a: float, b: float) -> float:
    """Return the x at which Beta(a, b) has this probability below it, by bisection."""
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if not low < middle < high:
            break
        if beta_below(middle, a, b) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def beta_below(x: float, a: float, b: float) -> float:
    """Return the regularised incomplete beta function I_x(a, b); a and b are positive."""
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    # The fraction converges fast below the mean; above it, mirrored.
    if x > (a + 1) / (a + b + 2):
        return 1 - beta_below(1 - x, b, a)
    log_front = (
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    )
    return math.exp(log_front) * _fraction(x, a, b) / a


def _fraction(x: float, a: float, b: float) -> float:
    ratio, value = 1.0, _clear(1 - (a + b) * x / (a + 1))
    value = 1 / value
    result = value
    for step in range(1, _FRACTION_STEPS):
        for term in (
            step * (b - step) * x / ((a + 2 * step - 1) * (a + 2 * step)),
            -(a + step) * (a + b + step) * x / ((a + 2 * step) * (a + 2 * step + 1)),
        ):
            value = 1 / _clear(1 + term * value)
            ratio = _clear(1 + term / ratio)
            result *= value * ratio
        if abs(value * ratio - 1) < _NEAR:
            break
    return result


def _clear(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
