"""What a rollout's decisions start from: stable's history, the plan made from it, the gate's state.

All of it is kept in the rollout's history, so that every verdict can be computed again from there.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rollout.core.gate import NONE, baseline, earlier, opened, thresholds
from rollout.core.gate.forecast.planner import NoPlan, attempt
from rollout.core.machine.bake_window import the_bake
from rollout.core.policy.gate_document import GATE
from rollout.core.policy.gate_model import Check
from rollout.core.policy.model import Policy
from rollout.core.policy.probes_document import PROBES
from rollout.core.records.observation import MetricsSeen, SlowThresholds
from rollout.core.records.promotions import Promotions
from rollout.core.records.rollout import Rollout
from rollout.units import MINUTE


def history_span(policy: Policy, until: datetime) -> tuple[datetime, datetime]:
    """Which minutes of stable are read before a rollout: whole ones, [start, end)."""
    end = until.replace(second=0, microsecond=0)
    return end - policy.gate.history, end


def span_to_learn(rollout: Rollout) -> tuple[datetime, datetime]:
    """Which minutes a rollout's missing baseline is learnt from: stable's before the rollout.

    Where stable was replaced meanwhile, its minutes since then: the earlier ones are another's.
    """
    since = rollout.specs.stable_since
    if since is None:
        return history_span(rollout.policy, rollout.started_at)
    start, end = history_span(rollout.policy, the_bake(rollout).window_start)
    return max(start, min(since.replace(second=0, microsecond=0), end - MINUTE)), end


def known_of_stable(
    policy: Policy, history: MetricsSeen | None, promotions: Sequence[Promotions]
) -> dict[str, Any] | None:
    """Return the gate's baseline; None where the history was not looked at or not readable."""
    if history is None or history.unreachable:
        return None
    known = baseline(policy.gate, history.minutes)
    then = None if policy.gate.creep is None else earlier(promotions)
    return known if then is None else {**known, Check.CREEP.value: then}


def planned_minutes(policy: Policy) -> float:
    """The most minutes that all stages together may bake."""
    return sum(max(stage.bake, policy.gate.max_bake) / MINUTE for stage in policy.stages)


def gate_state(rollout: Rollout) -> Mapping[str, Any]:
    """Return the gate's state, which begins with the first window."""
    if rollout.gate:
        return rollout.gate
    policy = rollout.policy
    return opened(policy.gate, rollout.baseline or NONE, planned_minutes(policy))


def slow_thresholds(rollout: Rollout) -> SlowThresholds | None:
    """Return what slow requests are counted against; None where logs are not asked."""
    return thresholds(rollout.policy.gate, gate_state(rollout))


def plan_document(policy: Policy, known: Mapping[str, Any] | None, why_not: str) -> dict[str, Any]:
    """Return what the history keeps of a start: the gate's policy, the baseline, the plan.

    Args:
        policy: The frozen policy.
        known: The baseline, None where it is not known yet.
        why_not: Why it is not known.
    """
    document: dict[str, Any] = {
        "gate": GATE.show(policy.gate),
        "probes": None if policy.probes is None else PROBES.show(policy.probes),
        "plannedMinutes": planned_minutes(policy),
        "baseline": None if known is None else dict(known),
    }
    if known is None:
        return {**document, "plan": {"unknown": why_not or "stable's history was not read yet"}}
    found = attempt(policy.gate, known, policy.stages)
    return {
        **document,
        "plan": {"unknown": found.why} if isinstance(found, NoPlan) else found.document(),
    }


def plan_failure(document: Mapping[str, Any]) -> str:
    """Return what operators are told, once, of a plan that could not be made; "" if it could.

    Args:
        document: What `plan_document` returned. A plan that waits for stable's history is none
            that failed.
    """
    if document["baseline"] is None or "unknown" not in document["plan"]:
        return ""
    return (
        f"{document['plan']['unknown']}: the rollout goes on without a plan, which decides "
        "nothing; report this with the first row of its history"
    )
