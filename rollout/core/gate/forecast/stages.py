"""What one stage needs at stable's traffic, and what it can see."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, inf, isfinite, log
from typing import Any

from rollout.core.gate.algebra.bernoulli import Counts
from rollout.core.gate.algebra.latency import Latency, Slow
from rollout.core.gate.algebra.mixture import ALTERNATIVES, Mixture
from rollout.core.gate.algebra.percentiles import tail
from rollout.core.gate.algebra.streams import Stream, line
from rollout.core.gate.forecast.growth import Need, Traffic, growth, smallest, threshold
from rollout.core.gate.forecast.needs import Place, Probing
from rollout.core.gate.forecast.predictions import PredictionsAhead, predictions_ahead
from rollout.core.gate.judging.state import State
from rollout.core.policy.gate_model import GatePolicy, LatencyCheck
from rollout.core.policy.model import Stage, stage_shown
from rollout.core.policy.quality_model import Quality
from rollout.core.records.observation import Percentiles
from rollout.core.records.outlook import EvidenceFrom
from rollout.units import MINUTE

MAX_SLOWDOWN = 100.0
_DIGITS = 4


@dataclass(frozen=True)
class StagePlan:
    """A stage's forecast for a healthy candidate, and what it would find in a bad one.

    `requests` reach the candidate a minute; `needs` are what it waits for, `chance` is that of the
    least likely one; `source` is where nearly every healthy candidate finds evidence, and `probed`
    says that probes are sent. `lasts` is the whole stage in minutes of the clock (`inf`: it never
    passes). `rise` is the smallest share of failures, `slowdown` the smallest factor on every
    latency, that live requests show within max_bake, as likely as not; None: none is.
    `predictions` is None where none are judged.
    """

    index: int
    weight: int
    requests: float
    needs: tuple[Need, ...]
    source: EvidenceFrom
    probed: bool
    lasts: float
    rise: float | None
    slowdown: float | None
    mirror: int = 0
    predictions: PredictionsAhead | None = None

    @property
    def chance(self) -> float:
        return min(each.chance for each in self.needs)

    @property
    def shown(self) -> str:
        return stage_shown(self.weight, self.mirror)

    def document(self) -> dict[str, Any]:
        """Return JSON values; None stands for never and for not at all."""
        return {
            "stage": self.index,
            "weight": self.weight,
            **({"mirror": self.mirror} if self.mirror else {}),
            "requestsPerMinute": round(self.requests, _DIGITS),
            "minutes": {each.name: _finite(each.minutes) for each in self.needs},
            "chance": round(self.chance, _DIGITS),
            "evidenceFrom": self.source.value,
            "probed": self.probed,
            "lastsMinutes": _finite(self.lasts),
            "findsFailuresFrom": None if self.rise is None else round(self.rise, _DIGITS),
            "findsSlowdownFrom": None if self.slowdown is None else round(self.slowdown, _DIGITS),
            **({} if self.predictions is None else {"predictions": self.predictions.document()}),
        }


def forecast(
    policy: GatePolicy,
    known: Mapping[str, Any],
    stage: Stage,
    index: int = 0,
    *,
    probing: Probing | None = None,
    if_clean: bool = False,
    quality: Quality | None = None,
) -> StagePlan:
    """Say what a stage will need and see.

    Args:
        policy: The gate policy.
        known: What `baseline` returned, with requests in it unless there are probes.
        stage: Its weight and bake.
        index: Its place among the stages.
        probing: The probes that the rollout may send.
        if_clean: A stage that cannot have evidence passes after max_bake if it is clean.
        quality: What is judged of predictions.
    """
    place = Place.of(policy, known, stage, index)
    within, traffic = place.within, place.traffic
    needs = place.needs(probing)
    minutes = max(each.minutes for each in needs)
    waits = (policy.settle + policy.ingestion_delay) / MINUTE
    source = place.source(probing)
    last = min(minutes, within) if source is EvidenceFrom.NOWHERE and if_clean else minutes
    cold = policy.settle_requests / place.requests if place.requests else inf
    return StagePlan(
        index=index,
        weight=stage.weight,
        requests=place.requests,
        needs=needs,
        source=source,
        probed=probing is not None and probing.at(place.requests) is not None,
        lasts=max(stage.bake / MINUTE, waits + last),
        rise=_rise(policy, place.state, traffic, within * traffic.minutes),
        slowdown=_slowdown(policy, place.state, traffic, max(within - cold, 0.0)),
        mirror=stage.mirror,
        predictions=None if quality is None else predictions_ahead(place, index, quality, probing),
    )


def percentiles(state: State) -> Percentiles | None:
    """Stable's usual percentiles, as the thresholds have them; None where they are not known.

    At little traffic thresholds may have changed places, and four times that do not rise are no
    percentiles: they are put in order.
    """
    known = [each.ln for each in state.latency.thresholds if each.ln is not None]
    if len(known) < len(state.latency.thresholds):
        return None
    return Percentiles(*(exp(each) for each in sorted(known)))


def _rise(policy: GatePolicy, state: State, traffic: Traffic, minutes: float) -> float | None:
    """The smallest share of failures whose harm odds reach their threshold within `minutes`."""
    known, soak, alpha = state.errors, state.stage.soak, policy.budget.errors
    stable = Counts(traffic.stable, traffic.stable * known.stable_share)

    def found(share: float) -> bool:
        stream = Stream(Mixture.fresh(), known.bad, known.requests, known.correlation)
        candidate = Counts(traffic.candidate, traffic.candidate * share)
        if soak is not None:
            limit = line(policy.errors.limit).at(soak.high)
            stream.bet_alone(limit, candidate, alpha=alpha, planned=inf)
        else:
            tolerance = line(policy.errors.tolerance)
            stream.bet(tolerance, candidate, stable, alpha=alpha, planned=inf)
        process = stream.process
        return growth(process) * minutes >= threshold(alpha, len(process.stakes))

    return smallest(found, known.stable_share, 1.0)


def _slowdown(policy: GatePolicy, state: State, traffic: Traffic, within: float) -> float | None:
    """The smallest factor on stable's latency that raises an alarm `within` minutes."""
    check, usual, alpha = policy.latency, percentiles(state), policy.budget.latency / 2
    minutes = within * traffic.minutes
    if check is None or usual is None:
        return None
    stored, alone = state.latency.dump(), state.stage.soak is not None
    exact = policy.logs is not None and policy.logs.slow_counts
    stable = [
        Slow(Counts(traffic.stable, traffic.stable * each.share), Counts(0.0, 0.0))
        for each in state.latency.thresholds
    ]

    def found(factor: float) -> bool:
        latency = Latency.load(stored)
        candidate = _slowed(check, latency, usual, traffic.candidate, factor)
        if alone:
            latency.bet_alone(candidate, alpha=alpha, planned=inf)
        else:
            latency.bet(candidate, stable, exact=exact, alpha=alpha, planned=inf)
        single = max(growth(each.process) for each in latency.thresholds) * minutes
        together = growth(latency.together) * minutes
        # Half of the money is on all thresholds together, the rest on the four one by one.
        half = threshold(alpha, ALTERNATIVES) + log(2)
        return together >= half or single >= half + log(len(latency.thresholds))

    return smallest(found, 1.0, MAX_SLOWDOWN)


def _slowed(
    check: LatencyCheck, latency: Latency, usual: Percentiles, requests: float, factor: float
) -> list[Slow]:
    """Slow requests of a candidate that takes `factor` times as long as stable usually does."""

    def over(ln: float, limit: float) -> Counts:
        return Counts(requests, requests * tail(usual, ln + log(limit / factor)))

    known = [each.ln for each in latency.thresholds if each.ln is not None]
    return [Slow(over(ln, check.tolerance), over(ln, check.limit)) for ln in known]


def _finite(minutes: float) -> float | None:
    return round(minutes, 1) if isfinite(minutes) else None
