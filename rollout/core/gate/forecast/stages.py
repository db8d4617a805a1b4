"""What one stage needs at stable's traffic, and what it can see."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import exp, expm1, inf, isfinite, log
from typing import Any

from rollout.core.gate.algebra import evidence
from rollout.core.gate.algebra.bernoulli import Counts, Line
from rollout.core.gate.algebra.latency import EVIDENCE_POINTS, Latency, Slow
from rollout.core.gate.algebra.mixture import ALTERNATIVES, Mixture
from rollout.core.gate.algebra.percentiles import tail
from rollout.core.gate.algebra.streams import Stream, line
from rollout.core.gate.checks.errors import FAILURES
from rollout.core.gate.forecast.growth import Need, Part, Traffic, growth, need, smallest, threshold
from rollout.core.gate.judging.folding import begin_stage
from rollout.core.gate.judging.opening import opened
from rollout.core.gate.judging.state import State
from rollout.core.policy.gate_model import Check, GatePolicy, LatencyCheck
from rollout.core.policy.model import Stage
from rollout.core.records.observation import Percentiles
from rollout.units import FULL_WEIGHT, MINUTE

REQUESTS, MINUTES = "requests", "minutes"
LATENCIES = ("P50", "P90", "P95")
MAX_SLOWDOWN = 100.0
_DIGITS = 4


@dataclass(frozen=True)
class StagePlan:
    """A stage's forecast for a healthy candidate, and what it would find in a bad one.

    `requests` reach the candidate a minute; `needs` are what it waits for, `chance` is that of the
    least likely one; `lasts` is the whole stage in minutes of the clock (`inf`: it never passes).
    `rise` is the smallest share of failures, `slowdown` the smallest factor on every latency, that
    is found within max_bake, as likely as not; None: none is.
    """

    index: int
    weight: int
    requests: float
    needs: tuple[Need, ...]
    lasts: float
    rise: float | None
    slowdown: float | None

    @property
    def chance(self) -> float:
        return min(each.chance for each in self.needs)

    def document(self) -> dict[str, Any]:
        """Return JSON values; None stands for never and for not at all."""
        return {
            "stage": self.index,
            "weight": self.weight,
            "requestsPerMinute": round(self.requests, _DIGITS),
            "minutes": {each.name: _finite(each.minutes) for each in self.needs},
            "chance": round(self.chance, _DIGITS),
            "lastsMinutes": _finite(self.lasts),
            "findsFailuresFrom": None if self.rise is None else round(self.rise, _DIGITS),
            "findsSlowdownFrom": None if self.slowdown is None else round(self.slowdown, _DIGITS),
        }


def forecast(
    policy: GatePolicy, known: Mapping[str, Any], stage: Stage, index: int = 0
) -> StagePlan:
    """Say what a stage will need and see.

    Args:
        policy: The gate policy.
        known: What `baseline` returned, with requests in it.
        stage: Its weight and bake.
        index: Its place among the stages.
    """
    state = State.load(begin_stage(opened(policy, known, inf), index, stage.weight))
    traffic = Traffic.at(known["per_minute"], stage.weight)
    requests = known["per_minute"] * stage.weight / FULL_WEIGHT
    within = policy.max_bake / MINUTE
    needs = tuple(_needs(policy, state, traffic, requests))
    minutes = max(each.minutes for each in needs)
    waits = (policy.settle + policy.ingestion_delay) / MINUTE
    return StagePlan(
        index=index,
        weight=stage.weight,
        requests=requests,
        needs=needs,
        lasts=max(stage.bake / MINUTE, waits + minutes),
        rise=_rise(policy, state, traffic, within * traffic.minutes),
        slowdown=_slowdown(
            policy, state, traffic, max(within - policy.settle_requests / requests, 0.0)
        ),
    )


def needs_of(policy: GatePolicy, known: Mapping[str, Any], stage: Stage) -> tuple[Need, ...]:
    """Return a forecast's needs alone; its arguments are those of `forecast`."""
    state = State.load(begin_stage(opened(policy, known, inf), 0, stage.weight))
    traffic = Traffic.at(known["per_minute"], stage.weight)
    requests = known["per_minute"] * stage.weight / FULL_WEIGHT
    return tuple(_needs(policy, state, traffic, requests))


def percentiles(state: State) -> Percentiles | None:
    """Stable's usual percentiles, as the thresholds have them; None where they are not known.

    At little traffic thresholds may have changed places, and four times that do not rise are no
    percentiles: they are put in order.
    """
    known = [each.ln for each in state.latency.thresholds if each.ln is not None]
    if len(known) < len(state.latency.thresholds):
        return None
    return Percentiles(*(exp(each) for each in sorted(known)))


def _needs(policy: GatePolicy, state: State, traffic: Traffic, requests: float) -> Iterator[Need]:
    within = policy.max_bake / MINUTE
    for name, minutes in (
        (MINUTES, policy.min_minutes / -expm1(-requests)),
        (REQUESTS, policy.min_requests / requests),
    ):
        yield Need(name, minutes, 1.0 if minutes <= within else 0.0)
    cold = policy.settle_requests / requests
    for part in _parts(policy, state):
        if part.name == FAILURES:
            yield need(part, traffic, policy.budget.advance, within)
            continue
        found = need(part, traffic, policy.budget.advance, max(within - cold, 0.0))
        yield replace(found, minutes=cold + found.minutes)


def _parts(policy: GatePolicy, state: State) -> Iterator[Part]:
    soak = state.stage.soak
    if Check.ERRORS not in policy.observe_only:
        limit, share = line(policy.errors.limit), state.errors.stable_share
        alone = limit.at(soak.low) if soak is not None else None
        best = share if alone is None else min(share, alone / 2)
        correlation = state.errors.correlation
        steps = evidence.ERROR_STEPS
        yield Part(FAILURES, limit, best, share, share, correlation, steps, alone)
    if policy.latency is not None and Check.LATENCY not in policy.observe_only:
        yield from _latency_parts(state, alone=soak is not None)


def _latency_parts(state: State, *, alone: bool) -> Iterator[Part]:
    for name, points, each in zip(
        LATENCIES, EVIDENCE_POINTS, state.latency.thresholds, strict=False
    ):
        limit = Line(1.0, points)
        best = min(each.share_limit, each.share)
        if alone and not state.latency.vouches:
            # Nothing is compared with shares that are hardly known: no evidence grows.
            best = limit.at(each.share)
        yield Part(
            name,
            line=limit,
            best=best,
            truth=best,
            share=each.share,
            correlation=each.correlation,
            steps=evidence.LATENCY_STEPS,
            alone=limit.at(each.share) if alone else None,
        )


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
