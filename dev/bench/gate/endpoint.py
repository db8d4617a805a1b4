"""An endpoint with one candidate: clients' requests, and the probes that the app sends itself.

Everything a minute of metrics shows of both sides is drawn together: failures, other 4xx, and
percentiles of the durations, which contain the probes as Azure's would. Of a side that nobody
called for an hour the metrics show nothing at all, not zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import exp
from random import Random
from typing import Any

from dev.bench.gate.error_streams import DAY, Counted, Harm, Kind, Truth, World
from dev.bench.gate.latency_streams import QUANTILES, SHAPES
from dev.bench.gate.sampling import Durations, binomial, nearest_rank, order_statistics
from dev.bench.gate.trials import MOMENTS
from rollout.core.gate import baseline
from rollout.core.policy.gate_model import GatePolicy
from rollout.core.records.observation import Minute, Percentiles, SideMinute
from rollout.core.records.probes import ProbeAnswer, ProbePair

DURATIONS = SHAPES["log-normal"]
REFUSED = 0.01
"""Both sides' share of other 4xx."""

LOOK_BACK = 60
"""Minutes without a request after which a side's series are not there (`AzureMetrics`)."""

HISTORIES = 200
"""Days of one service that its runs share: to draw and walk through a day takes as long as a
rollout."""

OK, BROKEN = 200, 500


HEALTHY = Harm()


@dataclass(frozen=True)
class Candidate:
    """What is true of the candidate; nothing is wrong by default.

    It takes `slower` times as long as stable, and its `first` requests, whoever sent them,
    `first_slower` times. In the minute `glitch` after each weight was set all its requests fail.
    With `only_live` its probes are answered as stable answers them.
    """

    harm: Harm = HEALTHY
    slower: float = 1.0
    first: int = 0
    first_slower: float = 1.0
    glitch: int | None = None
    only_live: bool = False


@dataclass(frozen=True)
class Service:
    """`traffic` are all clients' requests a minute, on average; `base` is stable's failed share."""

    traffic: float
    candidate: Candidate = Candidate()
    base: float = 0.005
    kind: Kind = Kind.IID

    @property
    def truth(self) -> Truth:
        return Truth(self.base, self.traffic, self.kind, self.candidate.harm)


class Endpoint:
    """Draws minutes; a new one for every rollout.

    Clients, durations and probes have streams of chance of their own: two rollouts from one seed
    see the same clients, whether probes are sent or not.
    """

    def __init__(self, service: Service, rng: Random) -> None:
        self._service = service
        clients, self._durations, self._probing = (Random(rng.random()) for _ in range(3))  # noqa: S311 - simulation
        self._world = World(service.truth, clients)
        self._minute = 0
        self._served = 0
        self._all_fail = False
        self._called = [0, -LOOK_BACK - 1]
        self._probed: tuple[list[float], list[float]] = ([], [])

    def minute(self, weight: int, since: int) -> tuple[Minute, Counted]:
        """The next minute as the metrics show it once complete, and clients' counts in it.

        Args:
            weight: The candidate's, in percent.
            since: Minutes since it was set.
        """
        counted = self._world.minute(weight)
        trouble = self._service.candidate
        self._all_fail = weight > 0 and since == trouble.glitch
        if self._all_fail:
            counted = Counted(
                counted.stable, counted.stable_failed, counted.candidate, counted.candidate
            )
        cold = self._cold(counted.candidate)
        probed, self._probed = self._probed, ([], [])
        slower = trouble.slower
        late = slower * trouble.first_slower
        stable = self._side(0, counted.stable, counted.stable_failed, _Took(probed[0]))
        took = _Took(probed[1], slower, cold, late)
        candidate = self._side(1, counted.candidate, counted.candidate_failed, took)
        at = MOMENTS[DAY + self._minute]
        self._minute += 1
        return Minute(at, stable, candidate), counted

    def probe(self, first: int, count: int) -> tuple[ProbePair, ...]:
        """Send the pairs numbered from `first`; the next minute's percentiles contain them."""
        stable_share, candidate_share = self._world.shares
        trouble = self._service.candidate
        cold = self._cold(count)
        pairs = []
        for index in range(count):
            slower = 1.0 if trouble.only_live else trouble.slower
            if index < cold:
                slower *= trouble.first_slower
            share = stable_share if trouble.only_live else candidate_share
            candidate = self._answer(1.0 if self._all_fail else share, slower)
            stable = self._answer(stable_share, 1.0)
            pairs.append(ProbePair(first + index, candidate, stable))
        self._probed[0].extend(pair.stable.took for pair in pairs)
        self._probed[1].extend(pair.candidate.took for pair in pairs)
        return tuple(pairs)

    def _cold(self, count: int) -> int:
        """How many of the candidate's next `count` requests are among its first."""
        cold = min(count, max(0, self._service.candidate.first - self._served))
        self._served += count
        return cold

    def _answer(self, share: float, slower: float) -> ProbeAnswer:
        failed = self._probing.random() < share
        return ProbeAnswer(BROKEN if failed else OK, slower * _duration(self._probing))

    def _side(self, side: int, requests: int, failed: int, took: "_Took") -> SideMinute | None:
        if requests or took.probes:
            self._called[side] = self._minute
        elif self._minute - self._called[side] > LOOK_BACK:
            return None
        rng = self._durations
        refused = binomial(rng, requests - failed, REFUSED)
        return SideMinute(
            float(requests),
            float(failed),
            client_errors=float(refused),
            latency=took.percentiles(rng, requests),
        )


@dataclass(frozen=True)
class _Took:
    """How long a side's requests of a minute took: the probes' ms, and factors of the clients'.

    `cold` of these took `late` times as long as usual, the others `slower` times.
    """

    probes: Sequence[float]
    slower: float = 1.0
    cold: int = 0
    late: float = 1.0

    def percentiles(self, rng: Random, requests: int) -> Percentiles | None:
        if not self.probes and not self.cold:
            return _percentiles(rng, requests, self.slower) if requests else None
        took = [self.late * _duration(rng) for _ in range(self.cold)]
        took += [self.slower * _duration(rng) for _ in range(requests - self.cold)]
        took = sorted([*took, *self.probes])
        return Percentiles(*(took[nearest_rank(each, len(took)) - 1] for each in QUANTILES))


def incomplete(rng: Random, minute: Minute, share: float) -> Minute:
    """What is shown of a minute while its metrics are not complete: a random part of it."""
    return Minute(minute.at, _part(rng, minute.stable, share), _part(rng, minute.candidate, share))


@lru_cache(maxsize=HISTORIES)
def known(policy: GatePolicy, healthy: Truth, day: int) -> Any:
    """What the gate learns of stable from one of the service's days."""
    return baseline(policy, day_of(healthy, day))


def day_of(healthy: Truth, day: int) -> list[Minute]:
    """One of the days before a rollout, of which a service has `HISTORIES`."""
    rng = Random(f"{healthy}/day {day}")  # noqa: S311 - simulation
    minutes = []
    for at, (requests, failed) in zip(MOMENTS, World(healthy, rng).history(), strict=False):
        latency = _percentiles(rng, requests, 1.0) if requests else None
        refused = float(binomial(rng, requests - failed, REFUSED))
        side = SideMinute(float(requests), float(failed), client_errors=refused, latency=latency)
        minutes.append(Minute(at, side, None))
    return minutes


def _part(rng: Random, side: SideMinute | None, share: float) -> SideMinute | None:
    if side is None or not side.requests:
        return side
    failed = binomial(rng, int(side.failures), share)
    refused = binomial(rng, int(side.client_errors), share)
    good = binomial(rng, int(side.requests - side.failures - side.client_errors), share)
    requests = failed + refused + good
    latency = side.latency if requests else None
    return SideMinute(float(requests), float(failed), client_errors=float(refused), latency=latency)


def _duration(rng: Random, durations: Durations = DURATIONS) -> float:
    ((_, median, sigma),) = durations.parts
    return median * exp(sigma * rng.gauss(0.0, 1.0))


def _percentiles(rng: Random, requests: int, slower: float) -> Percentiles:
    drawn = order_statistics(rng, requests, QUANTILES)
    return Percentiles(
        *(slower * exp(DURATIONS.ln_quantile(drawn.at(quantile))) for quantile in QUANTILES)
    )
