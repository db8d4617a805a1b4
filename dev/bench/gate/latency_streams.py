"""Durations of both sides, minute by minute: as percentiles, or as counts of slow requests.

Percentiles are order statistics at the nearest rank, and counts are drawn jointly with them, so no
single request has to be drawn however many there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import exp, log, pi, sin
from random import Random

from dev.bench.gate.error_streams import DAY
from dev.bench.gate.sampling import Durations, OrderStatistics, order_statistics, poisson
from rollout.core.records.observation import Percentiles, SideMinute, SlowCounts, SlowThresholds

FULL = 100
QUANTILES = (0.50, 0.90, 0.95, 0.99)
MODE_SIGMA = 0.22
"""The published design names the modes' medians only. Without `shift` this width finds 1.3x after
7, 24 and 5.5 minutes (raw 10/min, percentiles 10/min, 100/min), it published 8, 28 and 6. Wider
modes hide more: at 0.25 the bimodal cells of rows 20 and 22 miss their medians by 1 to 3 minutes.
"""

SHAPES = {
    "log-normal": Durations(((1.0, 100.0, 0.5),)),
    "bimodal": Durations(((0.9, 80.0, MODE_SIGMA), (0.1, 400.0, MODE_SIGMA))),
}
MINUTE_NOISE = 0.05
"""Sigma of each side's own factor in a minute."""

LOAD_SWING, LOAD_MINUTES = 0.15, 180
"""Both sides' common factor goes up and down: by how much, and the minutes that a cycle takes."""


class Source(StrEnum):
    PERCENTILES = "percentiles"
    ROWS = "raw rows"


@dataclass(frozen=True)
class LatencyTruth:
    """The candidate takes `factor` times as long, or only a random `tail` of its requests does.

    `traffic` are all requests a minute, on average; `noisy` adds noise of minutes and load.
    """

    shape: str
    traffic: float
    factor: float = 1.0
    tail: float | None = None
    noisy: bool = False


@dataclass(frozen=True)
class SlowCounter:
    """Counts rows above thresholds in ms: `over` them, and over the `limit`."""

    rng: Random
    over: Sequence[float]
    limit: Sequence[float]

    @classmethod
    def of(cls, rng: Random, asked: SlowThresholds, *, candidate: bool) -> "SlowCounter":
        return cls(rng, asked.candidate if candidate else asked.stable, asked.limit)


@dataclass(frozen=True)
class Drawn:
    """One side's minute: its durations, ln of a factor on them, and what was drawn of them."""

    durations: Durations
    shift: float
    drawn: OrderStatistics | None

    def seen(self, rows: SlowCounter | None = None) -> SideMinute:
        """What a source shows of it: percentiles, and counts where single rows can be asked."""
        if self.drawn is None:
            return SideMinute(0.0, 0.0)
        latency = Percentiles(
            *(
                exp(self.durations.ln_quantile(self.drawn.at(quantile)) + self.shift)
                for quantile in QUANTILES
            )
        )
        slow = None
        if rows is not None:
            shares = [
                self.durations.share_below(log(each) - self.shift)
                for each in (*rows.over, *rows.limit)
            ]
            counts = [float(each) for each in self.drawn.counts_above(rows.rng, shares)]
            slow = SlowCounts(float(self.drawn.size), tuple(counts[:4]), tuple(counts[4:]))
        return SideMinute(float(self.drawn.size), 0.0, latency=latency, slow=slow)


class LatencyWorld:
    """Draws minutes; a new one for every history."""

    def __init__(self, truth: LatencyTruth, rng: Random) -> None:
        self._truth = truth
        self._rng = rng
        self._stable = SHAPES[truth.shape]
        self._candidate = self._stable
        self._slower = truth.factor
        if truth.tail is not None:
            self._candidate = self._stable.tail_slowed(truth.tail, truth.factor)
            self._slower = 1.0
        self._phase = rng.random()
        self._minute = 0

    def history(self) -> list[Drawn]:
        """Stable's day with all the traffic."""
        found = []
        for _ in range(DAY):
            found.append(self.stable(FULL))
            self.next_minute()
        return found

    def next_minute(self) -> None:
        self._minute += 1

    def stable(self, percent: float) -> Drawn:
        """Stable's present minute at `percent` of the traffic."""
        return self._drawn(self._stable, percent, 1.0)

    def candidate(self, percent: float) -> Drawn:
        return self._drawn(self._candidate, percent, self._slower)

    def _drawn(self, durations: Durations, percent: float, factor: float) -> Drawn:
        rng, truth = self._rng, self._truth
        requests = poisson(rng, truth.traffic * percent / FULL)
        shift = log(factor)
        if truth.noisy:
            shift += rng.gauss(0.0, MINUTE_NOISE) + self._load()
        drawn = order_statistics(rng, requests, QUANTILES) if requests else None
        return Drawn(durations, shift, drawn)

    def _load(self) -> float:
        return log(1 + LOAD_SWING * sin(2 * pi * (self._minute / LOAD_MINUTES + self._phase)))
