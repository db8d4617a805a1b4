"""Exact random counts that `random` lacks, fast enough for a million minutes."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, exp, floor, lgamma, log, sqrt
from random import Random
from statistics import NormalDist

_SMALL_MEAN = 10.0
_SMALL_SAMPLE = 16
_GRID = 4000
_REACH = 7.0
_NORMAL = NormalDist()


def poisson(rng: Random, mean: float) -> int:
    """Draw a Poisson count: by products of uniforms, above a mean of 10 by PTRS.

    PTRS is Hörmann's transformed rejection (Insurance: Mathematics and Economics 12, 1993).
    """
    if mean < _SMALL_MEAN:
        limit, count, product = exp(-mean), 0, rng.random()
        while product > limit:
            count += 1
            product *= rng.random()
        return count
    b = 0.931 + 2.53 * sqrt(mean)
    a = -0.059 + 0.02483 * b
    inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
    quick = 0.9277 - 3.6224 / (b - 2)
    while True:
        u, v = rng.random() - 0.5, rng.random()
        distance = 0.5 - abs(u)
        if distance <= 0:
            continue
        count = floor((2 * a / distance + b) * u + mean + 0.43)
        if distance >= 0.07 and v <= quick:  # noqa: PLR2004 - the algorithm's own constants
            return count
        if count < 0 or (distance < 0.013 and v > distance):  # noqa: PLR2004 - as above
            continue
        bound = -mean + count * log(mean) - lgamma(count + 1)
        if v <= 0 or log(v * inverse_alpha / (a / (distance * distance) + b)) <= bound:
            return count


def binomial(rng: Random, trials: int, share: float) -> int:
    return rng.binomialvariate(trials, min(max(share, 0.0), 1.0)) if trials else 0


@dataclass(frozen=True)
class Durations:
    """A mixture of log-normal durations: (weight, median in ms, sigma of the logarithm) each."""

    parts: tuple[tuple[float, float, float], ...]

    def share_below(self, ln_ms: float) -> float:
        return sum(
            weight * _NORMAL.cdf((ln_ms - log(median)) / sigma)
            for weight, median, sigma in self.parts
        )

    def ln_quantile(self, share: float) -> float:
        """Return ln(ms) below which `share` of the requests are."""
        if len(self.parts) == 1:
            _, median, sigma = self.parts[0]
            return log(median) + sigma * _NORMAL.inv_cdf(min(max(share, 1e-15), 1 - 1e-15))
        xs, shares = _table(self)
        place = min(max(bisect_right(shares, share), 1), len(xs) - 1)
        low, high = shares[place - 1], shares[place]
        part = (share - low) / (high - low) if high > low else 0.0
        return xs[place - 1] + min(max(part, 0.0), 1.0) * (xs[place] - xs[place - 1])

    def tail_slowed(self, share: float, factor: float) -> "Durations":
        """The same durations, of which a random `share` takes `factor` times as long."""
        same = tuple((weight * (1 - share), median, sigma) for weight, median, sigma in self.parts)
        slow = tuple(
            (weight * share, median * factor, sigma) for weight, median, sigma in self.parts
        )
        return Durations(same + slow)


@lru_cache(maxsize=8)
def _table(durations: Durations) -> tuple[list[float], list[float]]:
    low = min(log(median) - _REACH * sigma for _, median, sigma in durations.parts)
    high = max(log(median) + _REACH * sigma for _, median, sigma in durations.parts)
    xs = [low + (high - low) * step / _GRID for step in range(_GRID + 1)]
    return xs, [durations.share_below(x) for x in xs]


@dataclass(frozen=True)
class OrderStatistics:
    """Some of `size` sorted uniforms: (rank from 1, value), ascending."""

    size: int
    known: tuple[tuple[int, float], ...]

    def at(self, quantile: float) -> float:
        """The uniform at the nearest rank of a quantile."""
        rank = nearest_rank(quantile, self.size)
        return next(value for known, value in self.known if known == rank)

    def counts_above(self, rng: Random, shares: Sequence[float]) -> list[int]:
        """How many of all are above each of the shares, drawn jointly and given what is known.

        Between two known order statistics the others are independent and uniform, so each share
        splits its gap binomially and becomes known itself.
        """
        found = [0] * len(shares)
        edges = [(0, 0.0), *self.known, (self.size + 1, 1.0)]
        for index in sorted(range(len(shares)), key=shares.__getitem__):
            share = min(max(shares[index], 0.0), 1.0)
            place = next((i for i, (_, value) in enumerate(edges) if value > share), len(edges) - 1)
            (rank, value), (next_rank, next_value) = edges[place - 1], edges[place]
            free = next_rank - rank - 1
            part = (share - value) / (next_value - value) if next_value > value else 0.0
            below = rank + binomial(rng, free, part)
            found[index] = self.size - below
            # A split is not an order statistic: it lies behind `below` values and before the next.
            edges.insert(place, (below, share))
        return found


def nearest_rank(quantile: float, size: int) -> int:
    return min(max(ceil(quantile * size - 1e-9), 1), size)


def order_statistics(rng: Random, size: int, quantiles: Sequence[float]) -> OrderStatistics:
    """Draw the uniforms at the nearest ranks of the quantiles, without drawing all `size`."""
    ranks = sorted({nearest_rank(quantile, size) for quantile in quantiles})
    if size <= _SMALL_SAMPLE:
        values = sorted(rng.random() for _ in range(size))
        return OrderStatistics(size, tuple(enumerate(values, start=1)))
    known: list[tuple[int, float]] = []
    rank, value = 0, 0.0
    for following in ranks:
        step = rng.betavariate(following - rank, size + 1 - following)
        rank, value = following, value + (1 - value) * step
        known.append((rank, value))
    return OrderStatistics(size, tuple(known))
