"""Bundled scenarios: minutes of an imaginary service, the same ones every time.

Stable has 1,000 requests a minute of which 0.5 % fail, and log-normal latencies with a median of
100 ms; each scenario says what is different. They show what a policy does, and a pipeline
can check that it still does.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import exp, sqrt
from random import Random

from rollout.core.policy.model import Stage
from rollout.core.records.observation import Minute, Percentiles, SideMinute
from rollout.units import FULL_WEIGHT, MINUTE

BEGINS = datetime(2026, 1, 31, 10, 0, tzinfo=UTC)
HISTORY_MINUTES = 12 * 60
TROUBLE_FROM = 5
"""The minute in which outages begin: before any stage is passed."""

BURST_CHANCE, BURST_MINUTES, BURST_SHARE = 0.01, 3.0, 0.10
"""How often a burst of failures begins in a minute, its mean length, and what it adds."""

_SIGMA = 0.5
_MEDIAN_MS = 100.0
_NORMAL = (
    (0.50, 0.0, 0.3989),
    (0.90, 1.2816, 0.1755),
    (0.95, 1.6449, 0.1031),
    (0.99, 2.3263, 0.0267),
)
"""Quantile, the standard normal's value there, and its density."""

_ARRIVALS = 20
"""Arrivals are drawn from this many times as many chances: nearly Poisson."""

_MANY = 300


@dataclass(frozen=True)
class Service:
    """How an imaginary side behaves: its share of failures, and a factor on its latency."""

    failing: float = 0.005
    slower: float = 1.0


@dataclass(frozen=True)
class Scenario:
    """What is different from a healthy candidate of an ordinary service.

    `outage`: both sides fail from `TROUBLE_FROM` on; `dark`: the candidate gets no request;
    `silent`: the source says nothing from `TROUBLE_FROM` on; `bursts`: each side has its own.
    """

    text: str
    per_minute: int = 1000
    candidate: Service = Service()
    outage: bool = False
    dark: bool = False
    silent: bool = False
    bursts: bool = False


SCENARIOS: Mapping[str, Scenario] = {
    "healthy": Scenario("the candidate is as good as stable"),
    "broken": Scenario("every request to the candidate fails", candidate=Service(1.0)),
    "five-points-worse": Scenario("5.5 % fail instead of 0.5 %", candidate=Service(0.055)),
    "double-errors": Scenario("1 % fail instead of 0.5 %", candidate=Service(0.01)),
    "slow": Scenario("the candidate takes 1.5 times as long", candidate=Service(slower=1.5)),
    "shared-outage": Scenario("both fail every request from the sixth minute on", outage=True),
    "dark": Scenario("the candidate gets no request", dark=True),
    "silent": Scenario("no metrics arrive from the sixth minute on", silent=True),
    "bursty": Scenario("each side has bursts of failures of its own", bursts=True),
    "low-traffic": Scenario("10 requests a minute, the candidate is healthy", per_minute=10),
}


@dataclass(frozen=True)
class Played:
    """A scenario's minutes: stable's history before the rollout, and the rollout's."""

    history: Sequence[Minute]
    minutes: Sequence[Minute]


def play(name: str, stage: Stage, minutes: int) -> Played:
    """Return a scenario's minutes in a stage."""
    scenario = SCENARIOS[name]
    random = Random(name)  # noqa: S311 - the same minutes every time, nothing secret
    stable, candidate = _bursts(random, scenario), _bursts(random, scenario)
    before = [
        Minute(
            BEGINS + (at - HISTORY_MINUTES) * MINUTE, _side(random, scenario, 100, stable()), None
        )
        for at in range(HISTORY_MINUTES)
    ]
    after = [_minute(random, scenario, stage, at, (stable(), candidate())) for at in range(minutes)]
    return Played(before, after)


def _minute(
    random: Random, scenario: Scenario, stage: Stage, at: int, bursts: tuple[float, float]
) -> Minute:
    moment = BEGINS + at * MINUTE
    trouble = at >= TROUBLE_FROM
    if scenario.silent and trouble:
        return Minute(moment, None, None)
    down = Service(1.0) if scenario.outage and trouble else None
    stable = _side(random, scenario, FULL_WEIGHT - stage.weight, bursts[0], down)
    candidate = _side(random, scenario, stage.share, bursts[1], down or scenario.candidate)
    return Minute(moment, stable, SideMinute(0.0, 0.0) if scenario.dark else candidate)


def _side(
    random: Random, scenario: Scenario, weight: int, burst: float, service: Service | None = None
) -> SideMinute:
    service = service or Service()
    mean = scenario.per_minute * weight / FULL_WEIGHT
    requests = random.binomialvariate(round(mean * _ARRIVALS), 1 / _ARRIVALS)
    failing = min(service.failing + burst, 1.0)
    failures = random.binomialvariate(requests, failing)
    return SideMinute(requests, failures, latency=_latency(random, requests, service.slower))


def _latency(random: Random, requests: int, slower: float) -> Percentiles | None:
    """Draw the percentiles of `requests` requests: from each one, or by approximation for many.

    With many requests each percentile has its own, nearly normal, sampling error.
    """
    if not requests:
        return None
    scale = _MEDIAN_MS * slower
    if requests < _MANY:
        durations = sorted(scale * random.lognormvariate(0, _SIGMA) for _ in range(requests))
        return Percentiles(*(_between(durations, quantile) for quantile, *_ in _NORMAL))
    values = []
    for quantile, normal, density in _NORMAL:
        error = sqrt(quantile * (1 - quantile) / requests) / density
        values.append(scale * exp(_SIGMA * (normal + error * random.gauss())))
    return Percentiles(*sorted(values))


def _between(durations: Sequence[float], quantile: float) -> float:
    """Interpolate a quantile between the two durations it falls between."""
    place = quantile * (len(durations) - 1)
    low = int(place)
    high = min(low + 1, len(durations) - 1)
    return durations[low] + (place - low) * (durations[high] - durations[low])


def _bursts(random: Random, scenario: Scenario) -> Callable[[], float]:
    """Return a function that gives, minute by minute, the share of failures that a burst adds."""
    left = 0

    def share() -> float:
        nonlocal left
        if not scenario.bursts:
            return 0.0
        if left == 0 and random.random() < BURST_CHANCE:
            left = 1 + round(random.expovariate(1 / (BURST_MINUTES - 1)))
        if left == 0:
            return 0.0
        left -= 1
        return BURST_SHARE

    return share
