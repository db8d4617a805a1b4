"""Minutes of healthy and broken sides, and what a judgement must say."""

from dataclasses import replace
from datetime import timedelta

from rollout.core.gate import Judgement, Verdict
from rollout.core.policy.gate_model import Check, GatePolicy, LatencyCheck
from tests.support.gate_builders import LATENCY, QUICK, side

HEALTHY = side(100, 0.5, client_errors=1, latency=QUICK)


STABLE = side(900, 4.5, client_errors=9, latency=QUICK)


BROKEN = side(100, 100)


SLO = replace(LATENCY, latency=LatencyCheck(slo=timedelta(milliseconds=250)))


def only(policy: GatePolicy, *deciding: Check) -> GatePolicy:
    """The policy with every other check observed only."""
    return replace(policy, observe_only=tuple(each for each in Check if each not in deciding))


def tells(judgement: Judgement, verdict: Verdict, *parts: str) -> None:
    assert judgement.verdict is verdict, judgement.text
    for part in parts:
        assert part in judgement.text
    assert judgement.numbers
