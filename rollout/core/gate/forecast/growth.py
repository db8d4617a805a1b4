"""How fast evidence grows at a given traffic: the arithmetic behind a plan.

All of it is in expectations: what an average minute adds, times the minutes. An average minute goes
through the very processes that will judge, so that a plan cannot drift away from the gate.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import erfc, exp, expm1, floor, inf, lgamma, log, log1p, sqrt

from rollout.core.gate.algebra import evidence
from rollout.core.gate.algebra.bernoulli import Counts, Line, log_mean_exp
from rollout.core.gate.algebra.dispersion import effective
from rollout.core.gate.algebra.mixture import Mixture
from rollout.units import FULL_WEIGHT

_STEPS = 30
_MANY = 50.0
"""With more bad requests than this the normal approximation of their number is good enough."""


@dataclass(frozen=True)
class Traffic:
    """Requests of each side in the minutes that can say something, and the share of such minutes.

    A minute in which one side has no request says nothing. Arrivals are taken to be random.
    """

    candidate: float
    stable: float
    minutes: float

    @classmethod
    def at(cls, per_minute: float, weight: int, mirror: int = 0) -> "Traffic":
        """Split `per_minute` at the candidate's weight in percent; without any no minute speaks.

        What is mirrored, in percent at weight 0, takes nothing from stable.
        """
        if not per_minute:
            return cls(0.0, 0.0, 0.0)
        candidate = per_minute * (mirror or weight) / FULL_WEIGHT
        stable = per_minute if mirror else per_minute - candidate
        seen = -expm1(-candidate)
        if weight == FULL_WEIGHT:
            return cls(candidate / seen, 0.0, seen)
        stable_seen = -expm1(-stable)
        return cls(candidate / seen, stable / stable_seen, seen * stable_seen)


@dataclass(frozen=True)
class Part:
    """One test that a stage must pass, as `evidence` bets on it.

    `best` is the candidate's share of bad requests that the first alternative assumes, `truth` what
    a healthy candidate has, `share` stable's. `alone` is the limit where stable has no traffic.
    """

    name: str
    line: Line
    best: float
    truth: float
    share: float
    correlation: float
    steps: Sequence[float]
    alone: float | None = None

    def values(self, candidate: Counts, stable: Counts) -> list[float]:
        """Return ln of the e-value of these effective counts for each alternative."""
        if self.alone is not None:
            return evidence.values_alone(self.alone, self.best, candidate, steps=self.steps)
        alternative = (self.best, self.share)
        return evidence.values(self.line, alternative, candidate, stable, steps=self.steps)


@dataclass(frozen=True)
class Need:
    """What a stage waits for: the minutes expected, and how likely it is there within max_bake."""

    name: str
    minutes: float
    chance: float


def need(part: Part, traffic: Traffic, advance: float, within: float) -> Need:
    """Say how long a healthy candidate needs for this part.

    `minutes` is (ln 1/advance + ln 6) / growth per minute: the alternative that grows fastest has a
    third of the half that is staked at once. It is a little longer than the median. `chance` asks
    how many bad requests the evidence bears after `within` minutes, over which the half that waits
    is released, and how likely a healthy candidate has no more. Without traffic it is never there.
    """
    if not traffic.minutes or not within:
        return Need(part.name, inf, 0.0)
    candidate = effective(
        Counts(traffic.candidate, traffic.candidate * part.truth), part.correlation
    )
    stable = effective(Counts(traffic.stable, traffic.stable * part.share), part.correlation)
    values = part.values(candidate, stable)
    growth = max(values) * traffic.minutes
    minutes = threshold(advance, len(values)) / growth if growth > 0 else inf
    most = _bearable(part, candidate.requests, stable, advance, within * traffic.minutes)
    requests = candidate.requests * within * traffic.minutes
    return Need(part.name, minutes, at_most(most, requests, part.truth))


def at_most(most: float, requests: float, share: float) -> float:
    """How likely at most `most` of `requests` are bad; 0 where `most` is negative."""
    if most < 0:
        return 0.0
    if most >= requests or share <= 0:
        return 1.0
    if share >= 1:
        return 0.0
    mean = requests * share
    if mean > _MANY:
        away = (floor(most) + 0.5 - mean) / sqrt(mean * (1 - share))
        return erfc(-away / sqrt(2)) / 2
    whole = lgamma(requests + 1)
    terms = (
        exp(
            whole
            - lgamma(bad + 1)
            - lgamma(requests - bad + 1)
            + bad * log(share)
            + (requests - bad) * log1p(-share)
        )
        for bad in range(floor(most) + 1)
    )
    return min(sum(terms), 1.0)


def growth(process: Mixture) -> float:
    """What one minute brought the alternative it helped most, in ln; `process` was fresh before.

    The minute must have been bet without releasing any reserve: with infinitely many to come.
    """
    start = Mixture.fresh(len(process.stakes)).stakes[0]
    return log(max(process.stakes) / start)


def threshold(alpha: float, alternatives: int) -> float:
    """What one alternative must grow by for the whole to reach 1/alpha: it starts with 1/2K."""
    return log(1 / alpha) + log(2 * alternatives)


def smallest(enough: Callable[[float], bool], low: float, high: float) -> float | None:
    """Return the least value in [low, high] from which on `enough` says yes; None if none is."""
    if not enough(high):
        return None
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if enough(middle):
            high = middle
        else:
            low = middle
    return high


def _grown(value: float) -> float:
    """Return ln of what 1 becomes where half is staked at once and half evenly over all minutes.

    `value` is ln of what all minutes together make of a stake that was there from the start: with
    even growth the half that waits becomes (exp(value) - 1) / value times itself.
    """
    if value < -_MANY or abs(value) < 1 / _MANY**2:
        return value if abs(value) < 1 else -log(-value) - log(2)
    return value + log1p(-expm1(-value) / value) - log(2)


def _bearable(part: Part, requests: float, stable: Counts, advance: float, minutes: float) -> float:
    """Most bad requests of the candidate with which the evidence is there; -1: not even with none.

    The evidence of each alternative is linear in them.
    """
    none = part.values(Counts(requests, 0.0), stable)
    every = part.values(Counts(requests, requests), stable)
    each = [(all_bad - clean) / requests for all_bad, clean in zip(every, none, strict=True)]

    def short(bad: float) -> bool:
        values = [clean * minutes + step * bad for clean, step in zip(none, each, strict=True)]
        return log_mean_exp([_grown(value) for value in values]) < log(1 / advance)

    if short(0.0):
        return -1.0
    most = smallest(short, 0.0, requests * minutes)
    return requests * minutes if most is None else most
