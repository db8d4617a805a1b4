"""BAKING: minutes become evidence, evidence becomes a verdict, a verdict becomes a finding."""

from dataclasses import replace
from datetime import datetime

from rollout.core.conclusion import Conclusion
from rollout.core.gate import Judgement, Verdict, fold, judge
from rollout.core.halts import lift_hold, machine_time
from rollout.core.looks import due_minutes
from rollout.core.observation import EndpointSeen, MetricsSeen, Minute, Observation, SideMinute
from rollout.core.policy import OnInconclusive
from rollout.core.state import Baking, Cause, HoldReason, MinuteRecord, Rollout
from rollout.core.traffic import Sight, compare, wanted_weight
from rollout.core.transitions import Finding


def baking(rollout: Rollout, seen: Observation, now: datetime, *, first_look: bool) -> Conclusion:
    """Fold what settled, judge, and say what the stage has earned."""
    bake = rollout.baking or Baking(window_start=rollout.since)
    metrics = seen.metrics
    if metrics is not None and metrics.unreachable:
        return _source_failed(rollout, bake, metrics.unreachable, count=first_look)
    minutes: tuple[MinuteRecord, ...] = ()
    due = due_minutes(rollout, now)
    if metrics is not None and due is not None:
        bake, minutes = _folded(rollout, bake, metrics, until=due[1])
        if rollout.hold is not None and rollout.hold.reason is HoldReason.METRIC_SOURCE:
            rollout = lift_hold(rollout, now)
    stage = rollout.policy.stages[rollout.stage]
    verdict = judge(
        rollout.policy.gate,
        stage.weight,
        bake.gate,
        baked=now - bake.window_start,
        least=stage.bake,
    )
    if minutes or verdict.verdict != bake.verdict:
        bake = replace(bake, verdict=verdict.verdict, evidence=verdict.text, judged_at=now)
    rollout = replace(rollout, baking=bake)
    conclusion = _concluded(rollout, verdict, seen)
    behind = metrics is not None and due_minutes(rollout, now) is not None
    if conclusion.finding is not Finding.HARM and behind:
        # An hour of minutes is folded a look; the rest may still tell otherwise.
        text = f"catching up with the metrics: {verdict.text}"
        conclusion = Conclusion(Finding.WAIT, rollout, text, soon=True)
    if conclusion.finding is Finding.WAIT and _overdue(rollout, now):
        text = f"not finished within {rollout.policy.deadline}: {conclusion.text}"
        conclusion = Conclusion(Finding.OVERDUE, rollout, text)
    return replace(conclusion, minutes=minutes, data=dict(verdict.numbers))


def _overdue(rollout: Rollout, now: datetime) -> bool:
    return machine_time(rollout.deadline_clock, rollout, now) > rollout.policy.deadline


def _concluded(rollout: Rollout, judged: Judgement, seen: Observation) -> Conclusion:
    match judged.verdict:
        case Verdict.ROLLBACK:
            return Conclusion(Finding.HARM, rollout, judged.text, Cause.GATE)
        case Verdict.HOLD:
            return Conclusion(Finding.UNCLEAR, rollout, judged.text)
        case Verdict.INCONCLUSIVE:
            return _inconclusive(rollout, judged, seen)
        case Verdict.ADVANCE:
            return _passed(rollout, judged.text, seen)
        case _:
            return Conclusion(Finding.WAIT, rollout, judged.text)


def _inconclusive(rollout: Rollout, judged: Judgement, seen: Observation) -> Conclusion:
    match rollout.policy.on_inconclusive:
        # Silence alone never rolls back, and `clean` is never said of it.
        case OnInconclusive.ROLLBACK if judged.numbers.get("minutes"):
            return Conclusion(Finding.HARM, rollout, judged.text, Cause.INCONCLUSIVE)
        case OnInconclusive.ADVANCE_IF_CLEAN if judged.clean:
            return _passed(rollout, f"{judged.text}; nothing bad was seen", seen)
        case _:
            return Conclusion(Finding.UNCLEAR, rollout, judged.text)


def _passed(rollout: Rollout, text: str, seen: Observation) -> Conclusion:
    """Forward, but only from a split that this very look saw to be ours."""
    endpoint = seen.endpoint
    confirmed = isinstance(endpoint, EndpointSeen) and (
        compare(rollout, endpoint) is Sight.AS_WANTED
    )
    if not confirmed:
        return Conclusion(Finding.WAIT, rollout, f"{text}; the split must be seen first", soon=True)
    upcoming = rollout.stage + 1
    if upcoming >= len(rollout.policy.stages):
        return Conclusion(Finding.ALL_PASSED, rollout, text)
    if rollout.policy.stages[upcoming].approval and rollout.approved_stage < upcoming:
        weight = rollout.policy.stages[upcoming].weight
        return Conclusion(Finding.APPROVAL_NEEDED, rollout, f"{text}; {weight} % needs an approval")
    return Conclusion(Finding.STAGE_PASSED, rollout, text)


def _source_failed(rollout: Rollout, bake: Baking, why: str, *, count: bool) -> Conclusion:
    failures = bake.source_failures + (1 if count else 0)
    rollout = replace(rollout, baking=replace(bake, source_failures=failures))
    text = f"metrics could not be read {failures} times in a row: {why}"
    if failures >= rollout.policy.gate.source_failures:
        return Conclusion(Finding.SOURCE_DOWN, rollout, text)
    return Conclusion(Finding.WAIT, rollout, text)


def _folded(
    rollout: Rollout, bake: Baking, metrics: MetricsSeen, *, until: datetime
) -> tuple[Baking, tuple[MinuteRecord, ...]]:
    weight = wanted_weight(rollout)
    state = fold(rollout.policy.gate, weight, bake.gate, metrics.minutes)
    records = tuple(_record(rollout, minute) for minute in metrics.minutes)
    return replace(bake, gate=state, folded_until=until, source_failures=0), records


def _record(rollout: Rollout, minute: Minute) -> MinuteRecord:
    data = {"stable": _side(minute.stable), "candidate": _side(minute.candidate)}
    return MinuteRecord(rollout.id, minute.at, rollout.stage, data)


def _side(side: SideMinute | None) -> dict[str, object] | None:
    if side is None:
        return None
    return {
        "requests": side.requests,
        "failures": side.failures,
        "byStatus": dict(side.by_status),
        "p95Ms": side.p95_ms,
    }
