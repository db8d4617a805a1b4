"""What four percentiles of a minute tell of all its durations. They are never averaged."""

from itertools import pairwise
from math import exp, log

from rollout.core.records.observation import Percentiles

QUANTILES = (0.50, 0.90, 0.95, 0.99)
NAMES = ("P50", "P90", "P95", "P99")
_MIN_POSITIVE = 1e-6
"""Keeps logarithms and divisors away from 0."""


def percentile(latency: Percentiles | None, quantile: float) -> float | None:
    if latency is None:
        return None
    value = (latency.p50, latency.p90, latency.p95, latency.p99)[QUANTILES.index(quantile)]
    return value if value > 0 else None


def tail(latency: Percentiles, ln_threshold: float) -> float:
    """The share of requests above a threshold, rebuilt from four percentiles.

    -ln(1 - p) is interpolated linearly in ln(latency), above P99 with the slope of P95 to P99.
    Below P50 p itself falls linearly, with the slope of P50 to P90, and stays in [0, 0.5].
    """
    points = [
        (log(max(value, _MIN_POSITIVE)), quantile)
        for value, quantile in zip(
            (latency.p50, latency.p90, latency.p95, latency.p99), QUANTILES, strict=True
        )
    ]
    lowest, highest = points[0][0], points[-1][0]
    if ln_threshold < lowest:
        rise = max(points[1][0] - lowest, _MIN_POSITIVE)
        below = QUANTILES[0] - (QUANTILES[1] - QUANTILES[0]) * (lowest - ln_threshold) / rise
        return 1 - min(max(below, 0.0), QUANTILES[0])
    if ln_threshold >= highest:
        before, quantile = points[-2]
        if highest <= before:
            return 0.0
        slope = (_depth(QUANTILES[-1]) - _depth(quantile)) / (highest - before)
        return exp(-(_depth(QUANTILES[-1]) + slope * (ln_threshold - highest)))
    (left, low), (right, high) = next(
        pair for pair in pairwise(points) if pair[1][0] > ln_threshold
    )
    part = (ln_threshold - left) / (right - left)
    return exp(-(_depth(low) + part * (_depth(high) - _depth(low))))


def _depth(quantile: float) -> float:
    return -log(1 - quantile)
