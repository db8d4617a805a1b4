"""Requests and failures of both sides, minute by minute, from a truth that is known.

The four kinds of trouble that break gates in practice are here beside independent requests: a day's
rhythm, noise from minute to minute, bursts that hit both sides, and bursts that hit one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from math import pi, sin
from random import Random

from dev.bench.gate.sampling import binomial, poisson

DAY = 1440
SWING = 0.8
"""Of the day's rhythm: traffic and, with a phase of its own, the share of failures."""

GAMMA_SHAPE = 2.0
BURST_STARTS = 0.01
BURST_MINUTES = 3.0
BURST_POINTS = 0.10


class Kind(StrEnum):
    IID = "i.i.d."
    DIURNAL = "diurnal"
    GAMMA = "gamma noise"
    SHARED = "shared bursts"
    INDEPENDENT = "independent bursts"


@dataclass(frozen=True)
class Harm:
    """From minute `onset` (0: the first) the candidate fails ratio * share + points."""

    ratio: float = 1.0
    points: float = 0.0
    onset: int = 0

    def at(self, share: float, minute: int) -> float:
        return min(1.0, self.ratio * share + self.points) if minute >= self.onset else share


@dataclass(frozen=True)
class Truth:
    """`base` is stable's share of failures, `traffic` all requests a minute, on average.

    From minute `outage` on both sides fail with `outage_share`.
    """

    base: float
    traffic: float
    kind: Kind = Kind.IID
    harm: Harm = Harm()
    outage: int | None = None
    outage_share: float = 1.0


@dataclass(frozen=True, slots=True)
class Counted:
    """One minute: requests and failures of stable and of the candidate."""

    stable: int
    stable_failed: int
    candidate: int
    candidate_failed: int


class World:
    """Draws minutes; a new one for every run. History first, then the rollout's minutes."""

    def __init__(self, truth: Truth, rng: Random) -> None:
        self._truth = truth
        self._rng = rng
        self._weather = _weather(truth, rng)
        self._harm = truth.harm
        self._minute = 0
        self.shares = (truth.base, truth.base)
        """Stable's and the candidate's share of failures in the present minute."""

    def history(self, minutes: int = DAY) -> list[tuple[int, int]]:
        """Stable's requests and failures with all the traffic."""
        rng, traffic = self._rng, self._truth.traffic
        found = []
        for load, share, _ in _first(self._weather, minutes):
            requests = poisson(rng, traffic * load)
            found.append((requests, binomial(rng, requests, share)))
        return found

    def harmed_from_now(self, harm: Harm) -> None:
        self._harm = replace(harm, onset=self._minute)

    def minute(self, weight: int) -> Counted:
        """The next minute at the candidate's weight in percent."""
        rng, truth = self._rng, self._truth
        load, stable_share, candidate_share = next(self._weather)
        candidate_share = self._harm.at(candidate_share, self._minute)
        if truth.outage is not None and self._minute >= truth.outage:
            stable_share = candidate_share = truth.outage_share
        self._minute += 1
        self.shares = stable_share, candidate_share
        total = truth.traffic * load
        stable = poisson(rng, total * (100 - weight) / 100) if weight < 100 else 0  # noqa: PLR2004
        candidate = poisson(rng, total * weight / 100)
        return Counted(
            stable,
            binomial(rng, stable, stable_share),
            candidate,
            binomial(rng, candidate, candidate_share),
        )


def _first(
    weather: Iterator[tuple[float, float, float]], minutes: int
) -> Iterator[tuple[float, float, float]]:
    return (next(weather) for _ in range(minutes))


def _weather(truth: Truth, rng: Random) -> Iterator[tuple[float, float, float]]:
    """Each minute's load, stable's share of failures and a healthy candidate's."""
    base = truth.base
    if truth.kind is Kind.DIURNAL:
        yield from _diurnal(base, rng)
    elif truth.kind is Kind.GAMMA:
        while True:
            noise = [rng.gammavariate(GAMMA_SHAPE, 1 / GAMMA_SHAPE) for _ in range(2)]
            yield 1.0, min(base * noise[0], 1.0), min(base * noise[1], 1.0)
    elif truth.kind is Kind.SHARED:
        for burst in _bursts(rng):
            yield 1.0, base + burst, base + burst
    elif truth.kind is Kind.INDEPENDENT:
        for candidate, stable in zip(_bursts(rng), _bursts(rng), strict=False):
            yield 1.0, base + stable, base + candidate
    while True:
        yield 1.0, base, base


def _diurnal(base: float, rng: Random) -> Iterator[tuple[float, float, float]]:
    load_phase, share_phase = rng.random(), rng.random()
    minute = 0
    while True:
        day = minute / DAY
        share = base * (1 + SWING * sin(2 * pi * (day + share_phase)))
        yield 1 + SWING * sin(2 * pi * (day + load_phase)), share, share
        minute += 1


def _bursts(rng: Random) -> Iterator[float]:
    """Points on top: bursts of geometric length, from the stationary state on."""
    often = BURST_STARTS * BURST_MINUTES / (1 + BURST_STARTS * BURST_MINUTES)
    bursting = rng.random() < often
    while True:
        yield BURST_POINTS if bursting else 0.0
        bursting = rng.random() < (1 - 1 / BURST_MINUTES if bursting else BURST_STARTS)
