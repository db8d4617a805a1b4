"""What a rollout's decisions start from: stable's history, the plan made from it, the gate's state.

All of it is kept in the rollout's history, so that every verdict can be computed again from there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from rollout.core.gate import NONE, baseline, earlier, live_a_minute, opened, thresholds
from rollout.core.gate.forecast.needs import Probing
from rollout.core.gate.forecast.planner import NoPlan, Terms, attempt
from rollout.core.machine.bake_window import the_bake
from rollout.core.policy.gate_document import GATE
from rollout.core.policy.gate_model import Check, GatePolicy
from rollout.core.policy.model import OnInconclusive, Policy
from rollout.core.policy.probes_document import PROBES
from rollout.core.policy.quality_document import QUALITY
from rollout.core.records.observation import MetricsSeen, SlowThresholds
from rollout.core.records.outlook import EvidenceFrom, Outlook
from rollout.core.records.promotions import Promotions
from rollout.core.records.rollout import Rollout
from rollout.units import FULL_WEIGHT, MINUTE

NO_TIME = timedelta(0)


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


def minutes_left(policy: Policy, stage: int, baked: timedelta = NO_TIME) -> float:
    """For how many minutes of the clock the stages from number `stage` on may still bake.

    `baked` is how long this one has.
    """
    gate = policy.gate
    whole = gate.settle + gate.ingestion_delay + gate.max_bake
    this, *others = (max(each.bake, whole) for each in policy.stages[stage:])
    return (max(this - baked, NO_TIME) + sum(others, NO_TIME)) / MINUTE


def gate_state(rollout: Rollout) -> Mapping[str, Any]:
    """Return the gate's state, which begins with the first window."""
    if rollout.gate:
        return rollout.gate
    policy = rollout.policy
    return opened(policy.gate, rollout.baseline or NONE, planned_minutes(policy))


def live_requests_a_minute(rollout: Rollout) -> float:
    """The candidate's live requests a minute: in this stage, or as stable's history lets expect."""
    found = live_a_minute(rollout.gate)
    if found is not None:
        return found
    usual = float((rollout.baseline or {}).get("per_minute", 0.0))
    return usual * rollout.policy.stages[rollout.stage].share / FULL_WEIGHT


def judged_by(rollout: Rollout) -> GatePolicy:
    """Return what the gate judges by: what an operator accepted of predictions only reports."""
    return rollout.policy.gate.with_accepted(rollout.accepted)


def slow_thresholds(rollout: Rollout) -> SlowThresholds | None:
    """Return what slow requests are counted against; None where logs are not asked."""
    return thresholds(rollout.policy.gate, gate_state(rollout))


@dataclass(frozen=True)
class Ahead:
    """What a rollout begins with once stable's history was looked at.

    `policy` is the one given, with what it left to the start chosen; `document` is what the history
    keeps: the gate's policy, the baseline, the plan.
    """

    policy: Policy
    outlook: Outlook
    document: Mapping[str, Any]


def look_ahead(
    policy: Policy, known: Mapping[str, Any] | None, inputs: int, why_not: str = ""
) -> Ahead:
    """Plan, and choose by the plan what the policy leaves open.

    Args:
        policy: The policy of the service, or a rollout's frozen one.
        known: The baseline, None where it is not known yet.
        inputs: The distinct inputs of probes that there are.
        why_not: Why it is not known.
    """
    outlook, plan = Outlook(inputs), {"unknown": why_not or "stable's history was not read yet"}
    found = (
        None if known is None else attempt(policy.gate, known, policy.stages, terms(policy, inputs))
    )
    if isinstance(found, NoPlan):
        plan = {"unknown": found.why}
    elif found is not None:
        policy = replace(policy, gate=replace(policy.gate, max_bake=found.max_bake))
        stages = [each.source for each in found.stages] or [EvidenceFrom.NOWHERE] * len(
            policy.stages
        )
        outlook, plan = Outlook(inputs, tuple(stages)), found.document()
    document = {
        "gate": GATE.show(policy.gate),
        "probes": None if policy.probes is None else PROBES.show(policy.probes),
        "quality": None if policy.quality is None else QUALITY.show(policy.quality),
        "inputs": inputs,
        "onInconclusive": policy.on_inconclusive.value,
        "plannedMinutes": planned_minutes(policy),
        "baseline": None if known is None else dict(known),
        "plan": plan,
    }
    return Ahead(policy, outlook, document)


def terms(policy: Policy, inputs: int) -> Terms:
    """What a plan depends on beside the gate, with so many distinct inputs of probes."""
    probing = None
    if policy.probes is not None:
        probing = Probing(policy.probes, inputs, len(policy.stages))
    before = policy.create.deadline + policy.validating
    room = policy.deadline - before - len(policy.stages) * policy.shift_deadline
    if_clean = policy.on_inconclusive in (OnInconclusive.AUTO, OnInconclusive.ADVANCE_IF_CLEAN)
    bake = room if policy.max_bake_auto else None
    return Terms(probing, bake, if_clean, policy.quality)


def plan_failure(document: Mapping[str, Any]) -> str:
    """Return what operators are told, once, of a plan that could not be made; "" if it could.

    Args:
        document: What `look_ahead` made for the history. A plan that waits for stable's history is
            none that failed.
    """
    if document["baseline"] is None or "unknown" not in document["plan"]:
        return ""
    return (
        f"{document['plan']['unknown']}: the rollout goes on without a plan, which decides "
        "nothing; report this with the first row of its history"
    )
