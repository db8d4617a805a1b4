"""BAKING: minutes become evidence, evidence becomes a verdict, a verdict becomes a finding."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from rollout.core.gate import (
    Judgement,
    Moment,
    Verdict,
    begin_stage,
    fold,
    judge,
    settled_from,
    settled_until,
    split_settled,
)
from rollout.core.gate.history.documents import minute_document, moment_document
from rollout.core.machine.bake_window import MINUTES_A_PASS, due_minutes, knows_stable, the_bake
from rollout.core.machine.conclusion import Conclusion, wait
from rollout.core.machine.gate_inputs import gate_state, known_of_stable, plan_document
from rollout.core.machine.halts import lift_hold, machine_time
from rollout.core.machine.sight import Sight, compare
from rollout.core.machine.transitions import Finding
from rollout.core.policy.model import OnInconclusive
from rollout.core.records.history import MinuteRecord
from rollout.core.records.observation import EndpointSeen, Minute, Observation
from rollout.core.records.rollout import Cause, HoldReason, Rollout
from rollout.units import MINUTE


def baking(rollout: Rollout, seen: Observation, now: datetime, *, first_look: bool) -> Conclusion:
    """Fold what settled, judge, and say what the stage has earned."""
    if not knows_stable(rollout):
        return _learn(rollout, seen, now, first_look=first_look)
    rollout = _begun(rollout)
    metrics = seen.metrics
    if metrics is not None and metrics.unreachable:
        return _source_failed(rollout, metrics.unreachable, count=first_look)
    due = due_minutes(rollout, now)
    if metrics is None and due is not None:
        return wait(rollout, "the metrics were not read")
    settled: list[Minute] = []
    provisional: list[Minute] = []
    if metrics is not None and due is not None:
        asked = [minute for minute in metrics.minutes if due[0] <= minute.at < due[1]]
        settled, provisional = split_settled(rollout.policy.gate, asked, now)
        rollout = _source_answers(rollout, now)
    rollout, numbers = _folded(rollout, settled)
    verdict, judged = _judged(rollout, provisional, now)
    bake = the_bake(rollout)
    if settled or verdict.verdict != bake.verdict:
        bake = replace(bake, verdict=verdict.verdict, evidence=verdict.text, judged_at=now)
    rollout = replace(rollout, baking=bake)
    if verdict.verdict is not Verdict.HOLD:
        rollout = _lifted(rollout, HoldReason.GATE, now)
    conclusion = _concluded(rollout, verdict, seen)
    further = the_bake(rollout).folded_until
    behind = further is not None and further < settled_until(rollout.policy.gate, now)
    if conclusion.finding is not Finding.HARM and len(settled) == MINUTES_A_PASS and behind:
        # An hour of minutes is folded a look; the rest may still tell otherwise.
        text = f"catching up with the metrics: {verdict.text}"
        conclusion = Conclusion(Finding.WAIT, rollout, text, soon=True)
    if conclusion.finding is Finding.WAIT and _overdue(rollout, now):
        text = f"not finished within {rollout.policy.deadline}: {conclusion.text}"
        conclusion = Conclusion(Finding.OVERDUE, rollout, text)
    records = _records(rollout, settled, numbers, judged)
    return replace(conclusion, minutes=records, data=judged)


def _learn(rollout: Rollout, seen: Observation, now: datetime, *, first_look: bool) -> Conclusion:
    """Stable's history could not be read at the start; nothing is judged without having asked."""
    history = seen.history
    if history is None:
        return wait(rollout, "stable's history is read next", soon=True)
    if history.unreachable:
        return _source_failed(rollout, history.unreachable, count=first_look)
    rollout = _source_answers(rollout, now)
    known = known_of_stable(rollout.policy, history)
    planned = plan_document(rollout.policy, known, "")
    rollout = replace(rollout, baseline=known)
    text = "stable's history is known"
    return Conclusion(Finding.WAIT, rollout, text, soon=True, planned=planned)


def _begun(rollout: Rollout) -> Rollout:
    """Tell the gate of a window it does not know yet."""
    bake = the_bake(rollout)
    if bake.begun:
        return rollout
    weight = rollout.policy.stages[rollout.stage].weight
    state = begin_stage(gate_state(rollout), rollout.stage, weight)
    return replace(rollout, gate=state, baking=replace(bake, begun=True))


def _folded(rollout: Rollout, settled: Sequence[Minute]) -> tuple[Rollout, list[dict[str, Any]]]:
    if not settled:
        return rollout, []
    state, numbers = fold(rollout.policy.gate, rollout.gate, settled)
    bake = replace(the_bake(rollout), folded_until=settled[-1].at + MINUTE)
    return replace(rollout, gate=state, baking=bake), numbers


def _judged(
    rollout: Rollout, provisional: Sequence[Minute], now: datetime
) -> tuple[Judgement, dict[str, Any]]:
    """Judge, and say everything that is needed to judge again."""
    gate, bake = rollout.policy.gate, the_bake(rollout)
    moment = Moment(
        now=now,
        counts_from=settled_from(gate, bake.window_start),
        baked=now - bake.window_start,
        least=rollout.policy.stages[rollout.stage].bake,
    )
    copy = fold(gate, rollout.gate, provisional)[0] if provisional else None
    verdict = judge(gate, rollout.gate, moment, provisional=copy)
    judged = {
        "verdict": verdict.verdict.value,
        "numbers": dict(verdict.numbers),
        "judged": moment_document(moment),
        "window": bake.window_start.isoformat(),
        "provisional": [minute_document(minute) for minute in provisional],
    }
    return verdict, judged


def _records(
    rollout: Rollout,
    settled: Sequence[Minute],
    numbers: Sequence[Mapping[str, Any]],
    judged: Mapping[str, Any],
) -> tuple[MinuteRecord, ...]:
    """One row a minute, with what it left behind; the last one tells how the look was judged."""
    bake = the_bake(rollout)
    records = []
    for minute, left in zip(settled, numbers, strict=True):
        data = {
            **minute_document(minute),
            "window": bake.window_start.isoformat(),
            "weight": rollout.policy.stages[rollout.stage].weight,
            "numbers": left,
        }
        if minute is settled[-1]:
            data["judgement"] = {**judged, "text": bake.evidence}
        records.append(MinuteRecord(rollout.id, minute.at, rollout.stage, data))
    return tuple(records)


def _overdue(rollout: Rollout, now: datetime) -> bool:
    return machine_time(rollout.deadline_clock, rollout, now) > rollout.policy.deadline


def _concluded(rollout: Rollout, judged: Judgement, seen: Observation) -> Conclusion:
    match judged.verdict:
        case Verdict.ROLLBACK:
            return Conclusion(Finding.HARM, rollout, judged.text, Cause.GATE)
        case Verdict.HOLD:
            return Conclusion(Finding.DOUBTED, rollout, judged.text)
        case Verdict.INCONCLUSIVE:
            return _inconclusive(rollout, judged, seen)
        case Verdict.ADVANCE:
            return _passed(rollout, judged.text, seen)
        case _:
            return Conclusion(Finding.WAIT, rollout, judged.text)


def _inconclusive(rollout: Rollout, judged: Judgement, seen: Observation) -> Conclusion:
    silent = "silentMinutes" in judged.numbers
    match rollout.policy.on_inconclusive:
        # Silence alone never rolls back, and `clean` is never said of it.
        case OnInconclusive.ROLLBACK if judged.numbers["minutes"] and not silent:
            return Conclusion(Finding.HARM, rollout, judged.text, Cause.INCONCLUSIVE)
        case OnInconclusive.ADVANCE_IF_CLEAN if judged.clean:
            return _passed(rollout, f"advanced without evidence: {judged.text}", seen)
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


def _source_failed(rollout: Rollout, why: str, *, count: bool) -> Conclusion:
    bake = the_bake(rollout)
    failures = bake.source_failures + (1 if count else 0)
    rollout = replace(rollout, baking=replace(bake, source_failures=failures))
    text = f"metrics could not be read {failures} times in a row: {why}"
    if failures >= rollout.policy.gate.source_failures:
        return Conclusion(Finding.SOURCE_DOWN, rollout, text)
    return Conclusion(Finding.WAIT, rollout, text)


def _source_answers(rollout: Rollout, now: datetime) -> Rollout:
    rollout = replace(rollout, baking=replace(the_bake(rollout), source_failures=0))
    return _lifted(rollout, HoldReason.METRIC_SOURCE, now)


def _lifted(rollout: Rollout, reason: HoldReason, now: datetime) -> Rollout:
    held_for_it = rollout.hold is not None and rollout.hold.reason is reason
    return lift_hold(rollout, now) if held_for_it else rollout
