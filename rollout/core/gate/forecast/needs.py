"""What a stage waits for at stable's traffic, from live requests and from probes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import exp, expm1, inf
from typing import Any

from rollout.core.gate.algebra import evidence
from rollout.core.gate.algebra.bernoulli import Line
from rollout.core.gate.algebra.latency import EVIDENCE_POINTS
from rollout.core.gate.algebra.streams import line
from rollout.core.gate.checks.errors import FAILURES
from rollout.core.gate.forecast.growth import Need, Part, Traffic, need
from rollout.core.gate.forecast.probing import PairsNeeded, needed_of
from rollout.core.gate.judging.folding import begin_stage
from rollout.core.gate.judging.opening import opened
from rollout.core.gate.judging.state import State
from rollout.core.gate.probing.combining import ON_LIVE
from rollout.core.policy.gate_model import Check, GatePolicy
from rollout.core.policy.model import Stage
from rollout.core.policy.probes_model import Probes, ProbesWhen
from rollout.core.records.outlook import EvidenceFrom
from rollout.units import FULL_WEIGHT, MINUTE

REQUESTS, MINUTES = "requests", "minutes"
LATENCIES = ("P50", "P90", "P95")

EVIDENT = 0.98
"""Evidence can be had where so many of the healthy candidates find it in time. Where fewer do, its
absence says little against a candidate."""

_NO_TRAFFIC = Traffic(0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Probing:
    """The probes that a rollout may send: `inputs` distinct ones, `max` shared by its `stages`."""

    probes: Probes
    inputs: int
    stages: int

    def at(self, requests: float) -> "Probing | None":
        """These probes, where a stage with so many live requests a minute sends any."""
        probes = self.probes
        if probes.when is ProbesWhen.NEVER or not self.inputs:
            return None
        quiet = probes.when is ProbesWhen.ALWAYS or requests < probes.rate
        return self if quiet else None

    @property
    def worth(self) -> float:
        """As how many pairs a stage's may count towards passing."""
        return float(self.inputs * self.probes.repeats)

    def sent(self, within: float) -> float:
        """The pairs of one stage that bakes so many minutes.

        The others take what their inputs are worth, half of an even part of `max` at most: nearly
        all pass with that.
        """
        even = self.probes.max / self.stages
        others = (self.stages - 1) * min(self.worth, even / 2)
        return min(self.probes.rate * within, self.probes.max - others)


@dataclass(frozen=True)
class Place:
    """One stage at stable's traffic: `requests` reach the candidate a minute; see `Traffic`."""

    policy: GatePolicy
    state: State
    traffic: Traffic
    requests: float

    @classmethod
    def of(
        cls, policy: GatePolicy, known: Mapping[str, Any], stage: Stage, index: int = 0
    ) -> "Place":
        """Where a stage stands: the baseline's traffic at its weight."""
        state = State.load(
            begin_stage(opened(policy, known, inf), index, stage.weight, stage.mirror)
        )
        traffic = Traffic.at(known["per_minute"], stage.weight, stage.mirror)
        return cls(policy, state, traffic, known["per_minute"] * stage.share / FULL_WEIGHT)

    @property
    def without_traffic(self) -> "Place":
        return replace(self, traffic=_NO_TRAFFIC, requests=0.0)

    @property
    def within(self) -> float:
        return self.policy.max_bake / MINUTE

    def needs(self, probing: Probing | None = None) -> tuple[Need, ...]:
        """What it waits for, with the chance of each within `max_bake`.

        Of the ways to the same evidence the quickest and the likeliest counts, which leaves out
        what two ways that each fall short may reach together.
        """
        sending = None if probing is None else probing.at(self.requests)
        return (*self._least(sending), *self._proofs(sending))

    def source(self, probing: Probing | None) -> EvidenceFrom:
        """Where nearly every healthy candidate finds evidence."""
        sending = None if probing is None else probing.at(self.requests)
        if not _evident(self.needs(probing)):
            return EvidenceFrom.NOWHERE
        if sending is None:
            return EvidenceFrom.LIVE
        probes = _evident(self.without_traffic.needs(sending))
        live = _evident(self.needs(replace(sending, inputs=1)))
        if probes is live:
            return EvidenceFrom.BOTH
        return EvidenceFrom.PROBES if probes else EvidenceFrom.LIVE

    def _least(self, sending: Probing | None) -> Iterator[Need]:
        seen = 1.0 if sending is not None else -expm1(-self.requests)
        requests = _per(self.policy.min_requests, self.requests)
        if sending is not None:
            with_pairs = self.policy.min_requests / (self.requests + sending.probes.rate)
            spent = with_pairs * sending.probes.rate <= sending.worth
            rest = max(self.policy.min_requests - sending.worth, 0.0)
            requests = with_pairs if spent else _per(rest, self.requests)
        for name, minutes in (
            (MINUTES, _per(self.policy.min_minutes, seen)),
            (REQUESTS, requests),
        ):
            yield Need(name, minutes, 1.0 if minutes <= self.within else 0.0)

    def _proofs(self, sending: Probing | None) -> Iterator[Need]:
        if sending is None:
            pairs: dict[str, PairsNeeded] = {}
            cold = _per(self.policy.settle_requests, self.requests)
        else:
            rate = float(sending.probes.rate)
            pairs = {each.name: each for each in needed_of(self.policy, self.state, rate)}
            cold = _per(self.policy.settle_requests, self.requests + rate)
        for part in _parts(self.policy, self.state):
            late = 0.0 if part.name == FAILURES else cold
            within = max(self.within - late, 0.0)
            found = self._live(part, sending, pairs.get(part.name), within)
            if sending is not None:
                found = _sooner(found, _probed(pairs[part.name], sending, within))
            yield replace(found, minutes=late + found.minutes)

    def _live(
        self, part: Part, sending: Probing | None, pairs: PairsNeeded | None, within: float
    ) -> Need:
        """What live requests take, given what probes bring (failures) or cost (latency)."""
        advance = self.policy.budget.advance
        if sending is not None and pairs is not None:
            if part.name == FAILURES:
                given = pairs.given(sending.worth, sending.sent(within))
                advance = min(advance * exp(given), _CERTAIN)
            else:
                advance *= ON_LIVE
        return need(part, self.traffic, advance, within)


_CERTAIN = 0.5
"""However much probes bring, some evidence of live requests is asked for before they take part."""


def needs_of(policy: GatePolicy, known: Mapping[str, Any], stage: Stage) -> tuple[Need, ...]:
    """Return what a stage waits for without probes; its arguments are those of `forecast`."""
    return Place.of(policy, known, stage).needs()


def _evident(needs: tuple[Need, ...]) -> bool:
    return all(each.chance >= EVIDENT for each in needs)


def _probed(pairs: PairsNeeded, sending: Probing, within: float) -> Need:
    sent = pairs.sent(sending.worth)
    minutes = sent / sending.probes.rate if sent <= sending.sent(within) else inf
    return Need(pairs.name, minutes, pairs.chance(sending.worth, sending.sent(within)))


def _sooner(one: Need, other: Need) -> Need:
    return Need(one.name, min(one.minutes, other.minutes), max(one.chance, other.chance))


def _per(count: float, a_minute: float) -> float:
    if not count:
        return 0.0
    return count / a_minute if a_minute > 0 else inf


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
