"""One run of the gate over both sides' answers, or over what their data collectors wrote."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

from dev.bench.gate.answer_streams import Answering, AnswersTruth
from dev.bench.gate.error_streams import DAY
from dev.bench.gate.output_streams import PATH, Outputs, OutputsTruth
from dev.bench.gate.trials import MINUTE, MOMENTS, PLANNED, Outcome
from rollout.core.gate import (
    Moment,
    Verdict,
    begin_stage,
    fold_predictions,
    fold_probes,
    judge,
    opened,
)
from rollout.core.gate.checks.stage import RULES
from rollout.core.policy.gate_model import Check, GatePolicy
from rollout.core.policy.probes_model import Probes
from rollout.core.policy.quality_model import Live, Output, Quality
from rollout.core.records.predictions import PredictionsSeen
from rollout.core.records.probes import ProbesSeen

PREDICTIONS = frozenset(
    {
        Check.ANSWERS,
        Check.LOSSES,
        Check.FAULTS,
        Check.CONSTANT,
        Check.BODIES,
        Check.OUTPUTS,
        Check.ODD,
    }
)
POLICY = GatePolicy(
    latency=None,
    rejected=None,
    split=None,
    creep=None,
    min_minutes=1,
    min_requests=1,
    observe_only=tuple(each for each in Check if each not in PREDICTIONS),
    stale=timedelta(days=1),
    stale_limit=timedelta(days=2),
)
"""Only predictions decide, so a stage passes by what they prove, and silence of the metrics says
nothing."""

BY_DEFAULT = Quality()
ONE_OUTPUT = Live(outputs=(Output(PATH),))

A_PASS = 10
WEIGHT = 10

ENDS = frozenset({Verdict.HOLD, Verdict.ROLLBACK, Verdict.ADVANCE})


@dataclass(frozen=True)
class Answers:
    """`inputs` distinct inputs, each sent once, `A_PASS` of them a pass, and judged after each.

    The first HOLD, ROLLBACK or, with `until_passed`, ADVANCE ends the run. The outcome's minute is
    the number of inputs until then.
    """

    truth: AnswersTruth
    quality: Quality = BY_DEFAULT
    inputs: int = 1000
    until_passed: bool = False
    a_pass: int = A_PASS

    def run(self, rng: Random) -> Outcome:
        answering = Answering(self.truth, rng)
        state: Mapping[str, Any] = _begun()
        probes = Probes(rate=self.a_pass, max=self.inputs)
        sent = 0
        for number in range(self.inputs // self.a_pass):
            sent += self.a_pass
            pairs = answering.pairs(self.a_pass)
            seen = ProbesSeen(MOMENTS[DAY + number], self.inputs, self.a_pass, pairs)
            state = fold_probes(POLICY, probes, state, seen, self.quality)
            if not self.until_passed and not state["fired"]:
                # Nothing is held or rolled back before a check has reached its odds.
                continue
            verdict = _judged(state, number, self.quality)
            if verdict in ENDS and (self.until_passed or verdict is not Verdict.ADVANCE):
                return Outcome(verdict, sent)
        return Outcome(Verdict.CONTINUE, sent)


@dataclass(frozen=True)
class Collected:
    """`minutes` of both sides' collected outputs, a batch a minute, judged after each.

    The first HOLD or ROLLBACK ends the run.
    """

    truth: OutputsTruth
    live: Live = ONE_OUTPUT
    minutes: int = 180
    planned: float = PLANNED

    def run(self, rng: Random) -> Outcome:
        outputs = Outputs(self.truth, rng)
        quality = Quality(live=self.live)
        state: Mapping[str, Any] = _begun(self.planned)
        bins = outputs.bins
        for number in range(self.minutes):
            seen = PredictionsSeen((outputs.batch(),), bins)
            state = fold_predictions(POLICY, quality, state, seen)
            if not state["fired"]:
                continue
            verdict = _judged(state, number, quality)
            if verdict in (Verdict.HOLD, Verdict.ROLLBACK):
                return Outcome(verdict, number + 1)
        return Outcome(Verdict.CONTINUE, self.minutes)


_FAILED = {"bad": 50.0, "requests": 10_000.0, "scale": 1.0, "correlation": 0.0}
KNOWN = {
    "rules": RULES,
    "minutes": 1440,
    "hours": 24.0,
    "per_minute": 100.0,
    "errors": _FAILED,
    "rejected": {**_FAILED, "bad": 0.0},
    "latency": None,
}
"""A stable whose requests fail independently of each other."""


def _begun(planned: float = PLANNED) -> Mapping[str, Any]:
    return begin_stage(opened(POLICY, KNOWN, planned), 0, WEIGHT)


def _judged(state: Mapping[str, Any], number: int, quality: Quality) -> Verdict:
    began, now = MOMENTS[DAY], MOMENTS[DAY + number] + MINUTE
    moment = Moment(now, began, now - began, timedelta(0))
    return judge(POLICY, state, moment, quality=quality).verdict
