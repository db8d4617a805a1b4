"""The gate and the rules of others on the same minutes: what the comparison in docs/ is made of."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from math import log
from multiprocessing import get_context
from random import Random
from statistics import median

from dev.bench.gate.error_streams import Harm, Kind, Truth, World
from dev.bench.gate.latency_streams import FULL, LatencyTruth, LatencyWorld, Source
from dev.bench.gate.latency_trials import Slowness
from dev.bench.gate.rules import (
    FAILURE_LIMIT,
    IN_A_ROW,
    KAYENTA_FIRST,
    RULES,
    always_valid_means,
    is_high,
    z_of_means,
)
from dev.bench.gate.trials import LOOKS, Errors, Outcome
from rollout.core.gate import Verdict

WEIGHT = 10
BASE = 0.005
ALARM_RUNS, POWER_RUNS, KAYENTA_RUNS = 500, 200, 100
GATE = "gate"
PASSED = "gate advances"
SLOWER = 1.2
LATENCY_FIRST = 5
MIXED_SLOWNESS = log(1.1)
"""As `rules.MIXED_POINTS`, for the logarithm of a factor."""

DAYS = 20


@dataclass(frozen=True)
class Scenario:
    """`truth` decides which streams are drawn; `harmful`: whether a rollback is right."""

    name: str
    truth: Truth | LatencyTruth
    harmful: bool


@dataclass(frozen=True)
class Compared:
    """What each rule did in one scenario: all its runs' outcomes, by the rule's name."""

    scenario: Scenario
    outcomes: Mapping[str, Sequence[Outcome]]


def scenarios() -> Iterator[Scenario]:
    """`traffic` in names is the candidate's, at 10 % of all."""
    yield from _healthy()
    yield from _harmful()


def _healthy() -> Iterator[Scenario]:
    for base in (0.001, 0.005, 0.02):
        for traffic in (1, 10, 100, 1000):
            yield _errors(f"{_percent(base)} fail, {traffic:,}/min", base, traffic)
    for kind in (Kind.DIURNAL, Kind.GAMMA, Kind.SHARED, Kind.INDEPENDENT):
        for traffic in (100, 1000):
            yield _errors(f"{_percent(BASE)} fail, {kind}, {traffic:,}/min", BASE, traffic, kind)
    for traffic in (10, 100, 1000):
        yield _latency(f"as fast, {traffic:,}/min", traffic, 1.0)


def _harmful() -> Iterator[Scenario]:
    for name, harm in (
        ("x2 (0.5 % to 1 %)", Harm(ratio=2.0)),
        ("x5 (0.5 % to 2.5 %)", Harm(ratio=5.0)),
        ("+5 pp (0.5 % to 5.5 %)", Harm(points=0.05)),
        ("everything fails", Harm(0.0, 1.0)),
    ):
        for traffic in (1, 10, 100, 1000):
            yield _errors(f"{name}, {traffic:,}/min", BASE, traffic, harm=harm)
    for kind in (Kind.SHARED, Kind.INDEPENDENT):
        yield _errors(f"+5 pp, {kind}, 100/min", BASE, 100, kind, Harm(points=0.05))
    for factor in (1.3, 2.0):
        for traffic in (10, 100, 1000):
            yield _latency(f"{factor:g}x as slow, {traffic:,}/min", traffic, factor)


def compare(workers: int) -> Iterator[Compared]:
    """Run all scenarios, in their order."""
    with get_context("spawn").Pool(workers) as pool:
        yield from pool.imap(compared, list(scenarios()))


def compared(scenario: Scenario) -> Compared:
    runs = POWER_RUNS if scenario.harmful else ALARM_RUNS
    outcomes: dict[str, list[Outcome]] = {}
    for run in range(runs):
        for name, outcome in _outcomes(scenario, f"{scenario.name}/{run}", run):
            outcomes.setdefault(name, []).append(outcome)
    return Compared(scenario, outcomes)


def _outcomes(scenario: Scenario, seed: str, run: int) -> Iterator[tuple[str, Outcome]]:
    """Every rule sees the stream of the same seed; the costly ones do not see all of them."""
    truth = scenario.truth
    yield GATE, _trial(truth, block=4 if scenario.harmful else LOOKS).run(_random(seed))
    if not scenario.harmful and run < POWER_RUNS:
        yield PASSED, _trial(truth, until_passed=True).run(_random(seed))
    if isinstance(truth, Truth):
        world = World(truth, _random(seed))
        world.history()
        minutes = [world.minute(WEIGHT) for _ in range(LOOKS)]
        failed = [each.candidate_failed for each in minutes]
        for name, rule in RULES.items():
            if name != "Kayenta" or run < KAYENTA_RUNS:
                yield name, _outcome(rule(minutes), failed)
        return
    percentiles = _percentiles(truth, _random(seed))
    for name, slow_rule in SLOW_RULES.items():
        if name != "Kayenta" or run < KAYENTA_RUNS:
            yield name, _outcome(slow_rule(percentiles), [])


def _trial(
    truth: Truth | LatencyTruth, *, block: int = 1, until_passed: bool = False
) -> Errors | Slowness:
    if isinstance(truth, Truth):
        return Errors(truth, WEIGHT, block=block, until_passed=until_passed)
    source = Source.PERCENTILES
    return Slowness(truth, source, WEIGHT, block=block, until_passed=until_passed)


@dataclass(frozen=True)
class P95s:
    """Each minute's P95 in ms of the candidate and of stable, and stable's median one before."""

    minutes: Sequence[tuple[float | None, float | None]]
    usual: float


def _percentiles(truth: LatencyTruth, rng: Random) -> P95s:
    world = LatencyWorld(truth, rng)
    minutes = []
    for _ in range(LOOKS):
        candidate = world.candidate(WEIGHT).seen().latency
        stable = world.stable(FULL - WEIGHT).seen().latency
        minutes.append((candidate.p95 if candidate else None, stable.p95 if stable else None))
        world.next_minute()
    return P95s(minutes, _usual(replace(truth, factor=1.0), rng.randrange(DAYS)))


@lru_cache(maxsize=64)
def _usual(truth: LatencyTruth, day: int) -> float:
    """Stable's median P95 in one of a few days before."""
    before = LatencyWorld(truth, _random(f"{truth}/usual {day}")).history()
    seen = [each.seen().latency for each in before]
    return median(each.p95 for each in seen if each is not None)


def _slow_fixed(seen: P95s) -> int | None:
    row = 0
    for index, (candidate, _) in enumerate(seen.minutes, start=1):
        row = row + 1 if candidate is not None and candidate > SLOWER * seen.usual else 0
        if row == IN_A_ROW:
            return index
    return None


def _slow_limit(seen: P95s) -> int | None:
    failed = 0
    for index, (candidate, _) in enumerate(seen.minutes, start=1):
        failed += candidate is not None and candidate > SLOWER * seen.usual
        if failed > FAILURE_LIMIT:
            return index
    return None


Higher = Callable[[Sequence[float], Sequence[float]], bool]


def _slow_by(
    seen: P95s, first: int, is_higher: Higher, scale: Callable[[float], float] = log
) -> int | None:
    """Ask from minute `first` on whether the candidate's P95s are higher than stable's."""
    candidate: list[float] = []
    stable: list[float] = []
    for index, (candidate_value, stable_value) in enumerate(seen.minutes, start=1):
        if candidate_value is not None:
            candidate.append(scale(candidate_value))
        if stable_value is not None:
            stable.append(scale(stable_value))
        if index >= first and is_higher(candidate, stable):
            return index
    return None


SLOW_RULES: Mapping[str, Callable[[P95s], int | None]] = {
    "fixed": _slow_fixed,
    "failureLimit": _slow_limit,
    "Kayenta": partial(_slow_by, first=KAYENTA_FIRST, is_higher=is_high, scale=float),
    "peeking z": partial(_slow_by, first=LATENCY_FIRST, is_higher=z_of_means),
    "always-valid z": partial(
        _slow_by,
        first=LATENCY_FIRST,
        is_higher=partial(always_valid_means, spread=MIXED_SLOWNESS),
    ),
}


def _outcome(minute: int | None, failed: Sequence[int]) -> Outcome:
    if minute is None:
        return Outcome(Verdict.CONTINUE, LOOKS, sum(failed))
    return Outcome(Verdict.ROLLBACK, minute, sum(failed[:minute]))


def _errors(
    name: str, base: float, traffic: float, kind: Kind = Kind.IID, harm: Harm | None = None
) -> Scenario:
    truth = Truth(base, traffic * FULL / WEIGHT, kind, harm or Harm())
    return Scenario(name, truth, harmful=harm is not None)


def _latency(name: str, traffic: float, factor: float) -> Scenario:
    truth = LatencyTruth("log-normal", traffic * FULL / WEIGHT, factor)
    return Scenario(name, truth, harmful=factor > 1)


def _percent(share: float) -> str:
    return f"{FULL * share:g} %"


def _random(seed: str) -> Random:
    return Random(seed)  # noqa: S311 - simulation
