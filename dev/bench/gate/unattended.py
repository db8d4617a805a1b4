"""Whole rollouts at an endpoint's traffic, as the service carries them out with nobody watching.

Each minute is a pass: settled minutes are folded, young ones go into a copy that may only roll
back, and where the stage goes on probes are sent and it is judged again. Before the first weight
two looks of probes find what no client should meet. Each raise comes after the policy's warm-up
requests, all of which the candidate answers in one pass.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from typing import Any

from dev.bench.gate.endpoint import HISTORIES, Endpoint, Service, incomplete, known
from dev.bench.gate.error_streams import DAY, Harm
from dev.bench.gate.rollouts import COMPLETE
from dev.bench.gate.trials import MINUTE, MOMENTS, Outcome
from rollout.core.gate import (
    Moment,
    Verdict,
    begin_stage,
    fold,
    fold_probes,
    harm,
    judge,
    opened,
    pairs_due,
    settled_from,
    split_settled,
)
from rollout.core.machine.gate_inputs import (
    NO_TIME,
    Ahead,
    look_ahead,
    minutes_left,
    planned_minutes,
)
from rollout.core.policy.model import OnInconclusive, Policy, Stage
from rollout.core.policy.probes_model import Probes
from rollout.core.records.observation import Minute
from rollout.core.records.probes import ProbesSeen
from rollout.units import FULL_WEIGHT

LOOKS_BEFORE_TRAFFIC = 2
WRITE = 2
"""Minutes between a verdict and the moment when the next weight is seen."""

ENDED = (Verdict.ROLLBACK, Verdict.ADVANCE, Verdict.INCONCLUSIVE)


DEFAULTS = Probes()


@dataclass(frozen=True)
class Probing:
    """Probes as the policy has them, with so many distinct `inputs`."""

    inputs: int
    policy: Probes = DEFAULTS


POLICY = Policy(service="service", endpoint="endpoint", model="model", max_bake_auto=True)
"""Every default, as of a document that says nothing."""


@dataclass(frozen=True)
class Unattended:
    """One rollout of a service.

    `probing` None: no probes are sent; else only while fewer live requests a minute than its rate
    are to be expected at the candidate. What the policy leaves to the start is chosen as a start
    does, from stable's history.

    The outcome's ADVANCE says promoted; its minutes count from the first of the looks before the
    first weight. INCONCLUSIVE and HOLD need a person.
    """

    service: Service
    probing: Probing | None = None
    policy: Policy = POLICY

    def run(self, rng: Random) -> Outcome:
        return _Run(self, rng).through()


@dataclass(frozen=True)
class NoLater:
    """Harm among live requests, with and without probes that see none of it.

    ROLLBACK says that with probes it was found at most `minutes` later than without.
    """

    service: Service
    probing: Probing
    minutes: int = 1

    def run(self, rng: Random) -> Outcome:
        seed = rng.random()
        alone, probed = (
            Unattended(self.service, probing).run(Random(seed))  # noqa: S311 - simulation
            for probing in (None, self.probing)
        )
        found = probed.verdict is alone.verdict is Verdict.ROLLBACK
        soon = found and probed.minute <= alone.minute + self.minutes
        return replace(probed, verdict=Verdict.ROLLBACK if soon else Verdict.CONTINUE)


class _Run:
    def __init__(self, trial: Unattended, rng: Random) -> None:
        self._trial = trial
        self._rng = rng
        healthy = replace(trial.service.truth, harm=Harm())
        before = known(trial.policy.gate, healthy, rng.randrange(HISTORIES))
        ahead = _ahead(trial, before)
        self._policy, self._outlook = ahead.policy, ahead.outlook
        self._gate = self._policy.gate
        self._state: Mapping[str, Any] = opened(self._gate, before, planned_minutes(self._policy))
        self._endpoint = Endpoint(trial.service, rng)
        self._now = 0
        self._failed = 0
        self._unproven = 0
        self._sent_in_stage = 0
        self._index = 0

    def through(self) -> Outcome:
        verdict = self._before_traffic()
        if verdict is Verdict.ADVANCE:
            for index, stage in enumerate(self._trial.policy.stages):
                verdict = self._stage(index, stage)
                if verdict is not Verdict.ADVANCE:
                    break
        return Outcome(verdict, self._now, self._failed, self._unproven)

    def _before_traffic(self) -> Verdict:
        self._warm_up()
        for _ in range(LOOKS_BEFORE_TRAFFIC):
            self._next_minute(0, 0)
            if self._trial.probing is not None:
                self._probe(self._trial.probing)
            if harm(self._gate, self._state) is not None:
                return Verdict.ROLLBACK
        return Verdict.ADVANCE

    def _stage(self, index: int, stage: Stage) -> Verdict:
        self._state = begin_stage(self._state, index, stage.weight)
        self._sent_in_stage = 0
        self._index = index
        began = self._now
        counts_from = settled_from(self._gate, MOMENTS[DAY + began])
        due: list[Minute] = []
        verdict = Verdict.CONTINUE
        while verdict not in ENDED:
            if self._now >= self._trial.policy.deadline / MINUTE:
                return Verdict.HOLD
            seen = self._next_minute(stage.weight, self._now - began)
            if seen.at >= counts_from:
                due.append(seen)
            moment = Moment(
                MOMENTS[DAY + self._now], counts_from, MINUTE * (self._now - began), stage.bake
            )
            verdict = self._pass(due, moment, stage.weight)
        if verdict is Verdict.ADVANCE:
            if index + 1 < len(self._trial.policy.stages):
                self._warm_up()
            for _ in range(WRITE):
                self._next_minute(stage.weight, self._now - began)
        return verdict

    def _pass(self, due: list[Minute], moment: Moment, weight: int) -> Verdict:
        settled, young = split_settled(self._gate, due, moment.now)
        self._state, _ = fold(self._gate, self._state, settled)
        del due[: len(settled)]
        shown = [
            incomplete(self._rng, minute, share)
            for minute, share in zip(young, COMPLETE[-len(young) :], strict=False)
        ]
        copy = None
        # Minutes without a request change no odds, and at little traffic most are such.
        if any(_has_requests(minute) for minute in shown):
            copy, _ = fold(self._gate, self._state, shown)
        verdict = self._judged(moment, copy)
        probing = self._trial.probing
        live = self._trial.service.traffic * weight / FULL_WEIGHT
        if verdict in ENDED or probing is None or live >= probing.policy.rate:
            return verdict
        self._probe(probing, moment.baked)
        return self._judged(moment, copy)

    def _judged(self, moment: Moment, copy: Mapping[str, Any] | None) -> Verdict:
        judged = judge(self._gate, self._state, moment, provisional=copy)
        if judged.verdict is not Verdict.INCONCLUSIVE or not self._unproven_passes():
            return judged.verdict
        if judged.clean:
            self._unproven += 1
            return Verdict.ADVANCE
        # As in `bake_verdicts`: what is not clean goes on, and silence is for a person.
        return Verdict.INCONCLUSIVE if "silentMinutes" in judged.numbers else Verdict.CONTINUE

    def _unproven_passes(self) -> bool:
        assert self._policy.on_inconclusive is OnInconclusive.AUTO
        return self._outlook.without_evidence(self._index)

    def _probe(self, probing: Probing, baked: timedelta = NO_TIME) -> None:
        left = minutes_left(self._policy, self._index, baked)
        count = pairs_due(probing.policy, self._state, left)
        if not count:
            return
        pairs = self._endpoint.probe(self._sent_in_stage, count)
        seen = ProbesSeen(MOMENTS[DAY + self._now], probing.inputs, count, pairs)
        self._state = fold_probes(self._gate, probing.policy, self._state, seen)
        self._sent_in_stage += count

    def _warm_up(self) -> None:
        if self._trial.probing is not None:
            self._endpoint.warm_up(self._trial.probing.policy.warm_up)

    def _next_minute(self, weight: int, since: int) -> Minute:
        minute, counted = self._endpoint.minute(weight, since)
        self._now += 1
        self._failed += counted.candidate_failed
        return minute


def _ahead(trial: Unattended, before: Mapping[str, Any]) -> Ahead:
    probing = trial.probing
    policy = replace(trial.policy, probes=None if probing is None else probing.policy)
    return look_ahead(policy, before, 0 if probing is None else probing.inputs)


def _has_requests(minute: Minute) -> bool:
    return any(side is not None and side.requests for side in (minute.stable, minute.candidate))
