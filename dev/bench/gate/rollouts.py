"""Whole rollouts: several stages, the last one a soak at 100 % in which stable has no traffic.

Every minute is a pass, as in the product: what is settled is folded, what is not yet complete goes
into a copy that may only roll back. Minutes before the settle time, and those that pass between a
verdict's last minute and the next weight, are no evidence, but their failures count as damage.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from dev.bench.gate.error_streams import DAY, Counted, Truth, World
from dev.bench.gate.sampling import binomial
from dev.bench.gate.trials import MINUTE, MOMENTS, POLICY, Outcome, as_minutes, started
from rollout.core.gate import Moment, Verdict, begin_stage, fold, judge
from rollout.core.policy.gate_model import GatePolicy

COMPLETE = (0.95, 0.8, 0.5, 0.2)
"""Parts of a minute's requests that its metrics show in each minute of the ingestion delay, the
oldest minute first."""

SETTLE = POLICY.settle // MINUTE
DELAY = POLICY.ingestion_delay // MINUTE
MAX_STAGE_MINUTES = 90
"""Folded minutes after which a stage that is still held is given up."""


@dataclass(frozen=True)
class Fault:
    """The truth's harm begins `minute` minutes (from 0) after the weight of `stage` was set."""

    stage: int
    minute: int = 0


@dataclass(frozen=True)
class Rollout:
    """`weights` are the stages' in percent. `fault` None: the truth's harm from the start on.

    With `by_hand` somebody passes every stage that stays without evidence.
    """

    truth: Truth
    weights: tuple[int, ...] = (5, 25, 50, 100)
    fault: Fault | None = None
    policy: GatePolicy = POLICY
    provisional: bool = True
    by_hand: bool = False

    def run(self, rng: Random) -> Outcome:
        """ADVANCE says promoted; minutes count from the fault, else from the first weight."""
        return _Run(self, rng).through()


class _Run:
    def __init__(self, rollout: Rollout, rng: Random) -> None:
        self._rollout = rollout
        self._rng = rng
        far = replace(rollout.truth.harm, onset=10**6)
        truth = rollout.truth if rollout.fault is None else replace(rollout.truth, harm=far)
        self._world = World(truth, rng)
        self._seen: list[Counted] = []
        self._onset = 0
        planned = len(rollout.weights) * (rollout.policy.max_bake / MINUTE)
        history = self._world.history()
        self._state: Mapping[str, Any] = started(rollout.policy, history, planned=planned)

    def through(self) -> Outcome:
        verdict = Verdict.CONTINUE
        for index, weight in enumerate(self._rollout.weights):
            verdict = self._stage(index, weight)
            if self._rollout.by_hand and verdict in (Verdict.INCONCLUSIVE, Verdict.HOLD):
                verdict = Verdict.ADVANCE
            if verdict is not Verdict.ADVANCE:
                break
        failed = sum(each.candidate_failed for each in self._seen[self._onset :])
        return Outcome(verdict, len(self._seen) - self._onset, failed)

    def _stage(self, index: int, weight: int) -> Verdict:
        begun = len(self._seen)
        self._state = begin_stage(self._state, index, weight)
        counts_from = begun + SETTLE
        while len(self._seen) < counts_from + DELAY + MAX_STAGE_MINUTES:
            fault = self._rollout.fault
            if fault is not None and (index, len(self._seen) - begun) == (
                fault.stage,
                fault.minute,
            ):
                self._onset = len(self._seen)
                self._world.harmed_from_now(self._rollout.truth.harm)
            self._seen.append(self._world.minute(weight))
            if len(self._seen) > counts_from:
                verdict = self._pass(counts_from)
                if verdict in (Verdict.ROLLBACK, Verdict.ADVANCE, Verdict.INCONCLUSIVE):
                    return verdict
        return Verdict.HOLD

    def _pass(self, counts_from: int) -> Verdict:
        policy = self._rollout.policy
        now = len(self._seen)
        settled = now - DELAY
        if settled > counts_from:
            fresh = as_minutes(self._seen[settled - 1 : settled], settled - 1)
            self._state, _ = fold(policy, self._state, fresh)
        copy = None
        if self._rollout.provisional:
            first = max(settled, counts_from)
            copy, _ = fold(policy, self._state, as_minutes(self._incomplete(first), first))
        moment = Moment(
            MOMENTS[DAY + now],
            MOMENTS[DAY + counts_from],
            MINUTE * max(0, settled - counts_from),
            MINUTE * 0,
        )
        return judge(policy, self._state, moment, provisional=copy).verdict

    def _incomplete(self, first: int) -> Sequence[Counted]:
        young = self._seen[first:]
        return [
            _part(self._rng, minute, share)
            for minute, share in zip(young, COMPLETE[-len(young) :], strict=True)
        ]


def _part(rng: Random, minute: Counted, share: float) -> Counted:
    """What is shown of a minute while its metrics are not complete: a random part of it."""
    stable, candidate = (
        (binomial(rng, requests - failed, share), binomial(rng, failed, share))
        for requests, failed in (
            (minute.stable, minute.stable_failed),
            (minute.candidate, minute.candidate_failed),
        )
    )
    return Counted(sum(stable), stable[1], sum(candidate), candidate[1])
