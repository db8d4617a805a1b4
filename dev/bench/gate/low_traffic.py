"""Whole rollouts at little traffic: the gate, with probes and without, beside the other rules.

A rule that never promotes is not safe, it is absent, and one that cannot see promotes everything.
So what became of good and of bad releases is counted for each: promoted, rolled back, or left to a
person. The other rules watch failures and the P95 for as long as the stages' `bake` lasts, and
promote where neither spoke.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from multiprocessing import get_context
from random import Random
from statistics import median

from dev.bench.gate.comparing import SLOW_RULES, P95s
from dev.bench.gate.endpoint import HISTORIES, Candidate, Endpoint, Service, day_of
from dev.bench.gate.error_streams import Counted, Harm
from dev.bench.gate.rules import RULES
from dev.bench.gate.trials import MINUTE, Outcome
from dev.bench.gate.unattended import POLICY, WRITE, Probing, Unattended
from rollout.core.gate import Verdict

RUNS = 40
TRAFFICS = (1, 10)
WITH_PROBES, WITHOUT = "gate with probes", "gate without"
INPUTS = 40

RELEASES: Mapping[str, Candidate] = {
    "good": Candidate(),
    "+5 pp": Candidate(Harm(points=0.05)),
    "everything fails": Candidate(Harm(0.0, 1.0)),
    "1.3x as slow": Candidate(slower=1.3),
}


@dataclass(frozen=True)
class Release:
    """One kind of release at all clients' requests a minute."""

    traffic: float
    name: str

    @property
    def service(self) -> Service:
        return Service(self.traffic, RELEASES[self.name])


@dataclass(frozen=True)
class Fate:
    """What each rule made of a release: its runs' outcomes, by the rule's name."""

    release: Release
    outcomes: Mapping[str, Sequence[Outcome]]


def compare(workers: int) -> Iterator[Fate]:
    """Run all releases, in the order of `TRAFFICS` and `RELEASES`."""
    releases = [Release(traffic, name) for traffic in TRAFFICS for name in RELEASES]
    with get_context("spawn").Pool(workers) as pool:
        yield from pool.imap(compared, releases)


def compared(release: Release, runs: int = RUNS) -> Fate:
    outcomes: dict[str, list[Outcome]] = {}
    for run in range(runs):
        seed = f"{release.name}, {release.traffic:g}/min/{run}"
        for name, outcome in _outcomes(release.service, seed):
            outcomes.setdefault(name, []).append(outcome)
    return Fate(release, outcomes)


def _outcomes(service: Service, seed: str) -> Iterator[tuple[str, Outcome]]:
    for name, probing in ((WITH_PROBES, Probing(INPUTS)), (WITHOUT, None)):
        yield name, Unattended(service, probing).run(_random(seed))
    counted, p95s = _watched(service, _random(seed))
    for name, rule in RULES.items():
        yield name, _outcome(rule(counted), SLOW_RULES[name](p95s), len(counted))


def _watched(service: Service, rng: Random) -> tuple[list[Counted], P95s]:
    """The minutes of a rollout that takes as long as its bakes, and the writes between them."""
    usual = _usual(replace(service, candidate=Candidate()), rng.randrange(HISTORIES))
    endpoint = Endpoint(service, rng)
    counted: list[Counted] = []
    p95s: list[tuple[float | None, float | None]] = []
    for index, stage in enumerate(POLICY.stages):
        for since in range(stage.bake // MINUTE + (WRITE if index else 0)):
            minute, clients = endpoint.minute(stage.weight, since)
            counted.append(clients)
            sides = (side.latency if side else None for side in (minute.candidate, minute.stable))
            candidate, stable = (None if each is None else each.p95 for each in sides)
            p95s.append((candidate, stable))
    return counted, P95s(p95s, usual)


def _outcome(failing: int | None, slow: int | None, minutes: int) -> Outcome:
    found = [each for each in (failing, slow) if each is not None]
    if not found:
        return Outcome(Verdict.ADVANCE, minutes)
    return Outcome(Verdict.ROLLBACK, min(found))


@lru_cache(maxsize=HISTORIES)
def _usual(healthy: Service, day: int) -> float:
    """Stable's median P95 on one of the service's days."""
    seen = [each.stable.latency for each in day_of(healthy.truth, day) if each.stable is not None]
    return median(each.p95 for each in seen if each is not None)


def _random(seed: str) -> Random:
    return Random(seed)  # noqa: S311 - simulation
