"""What a state says: the odds of every check, as numbers that are stored and as what decides."""

from collections.abc import Iterator, Sequence
from typing import Any

from rollout.core.gate.algebra import evidence
from rollout.core.gate.algebra.latency import SLO_SHARE
from rollout.core.gate.judging.state import State
from rollout.core.policy.gate_model import Check, CustomCheck, GatePolicy

UNSURE = "it is not certain yet that it alone does"
_DIGITS = 4

Numbers = dict[str, Any]


def numbers(policy: GatePolicy, state: State) -> Numbers:
    """The evidence of every check: ln of its odds, and the counts it rests on."""
    stage = state.stage
    found: Numbers = {
        "stage": stage.index,
        "minutes": stage.answered,
        "candidate": _rounded(state.totals.candidate),
        "stable": _rounded(state.totals.stable),
        "stageCandidate": _rounded(stage.totals.candidate),
        "stageStable": _rounded(stage.totals.stable),
        "harm": {name: round(ln, _DIGITS) for name, ln, _ in wealths(policy, state)},
        "evidence": round(evidence.reached(stage.errors), _DIGITS),
    }
    if policy.latency is not None:
        found["latencyEvidence"] = [round(evidence.reached(row), _DIGITS) for row in stage.latency]
    if state.quiet.minutes:
        found["quiet"] = [state.quiet.minutes, round(state.quiet.expected, 1)]
    if state.fired:
        found["fired"] = dict(state.fired)
    if state.late or state.gaps:
        found["late"], found["gaps"] = state.late, state.gaps
    return found


def wealths(policy: GatePolicy, state: State) -> Iterator[tuple[str, float, float]]:
    """Each harm process: its check's name, ln of its odds, and the alpha it is judged at."""
    budget = policy.budget
    yield Check.ERRORS.value, state.errors.process.ln_wealth, budget.errors
    yield Check.MAJORITY.value, state.majority.ln_wealth, budget.majority
    if policy.errors.slo is not None:
        yield Check.SLO.value, state.slo.blame.ln_wealth, budget.slo
    if policy.rejected is not None:
        yield Check.REJECTED.value, state.rejected.process.ln_wealth, budget.rejected
    if policy.latency is not None:
        yield Check.LATENCY.value, state.latency.ln_wealth, budget.latency
        if policy.latency.slo is not None:
            ln = state.latency_slo.blame.ln_wealth
            yield Check.LATENCY_SLO.value, ln, budget.latency_slo
    for check in custom_checks(policy):
        yield check.name, state.custom[check.name].process.ln_wealth, check.alpha


def custom_checks(policy: GatePolicy) -> Sequence[CustomCheck]:
    return policy.logs.checks if policy.logs is not None else ()


def excused(policy: GatePolicy, state: State) -> Iterator[tuple[str, float, str]]:
    """Each absolute limit that the candidate breaks; whether it is to blame is asked before this.

    Yields the check's name, ln of the odds that it breaks the limit, and the excuse.
    """
    slo, budget = policy.errors.slo, policy.budget
    if slo is not None and state.slo.broken(budget.slo):
        yield Check.SLO.value, state.slo.own.ln_wealth, state.slo.excuse(slo) or UNSURE
    process = state.latency_slo
    if process.broken(budget.latency_slo):
        yield Check.LATENCY_SLO.value, process.own.ln_wealth, process.excuse(SLO_SHARE) or UNSURE


def _rounded(values: Sequence[float]) -> list[float]:
    return [round(value, _DIGITS) for value in values]
