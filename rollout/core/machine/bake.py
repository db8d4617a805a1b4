"""BAKING: minutes become evidence, and evidence becomes a verdict."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from rollout.core.gate import (
    Doubt,
    Judgement,
    Verdict,
    begin_stage,
    doubted,
    first_minute,
    fold,
    judge,
    near_harm,
    settled_until,
    split_settled,
)
from rollout.core.gate.history.documents import minute_document
from rollout.core.machine.answers_shown import with_answers_told
from rollout.core.machine.bake_verdicts import conclude_verdict
from rollout.core.machine.bake_window import (
    MINUTES_A_PASS,
    due_minutes,
    knows_stable,
    stage_shares,
    the_bake,
)
from rollout.core.machine.conclusion import Conclusion, wait
from rollout.core.machine.gate_inputs import (
    gate_state,
    judged_by,
    known_of_stable,
    look_ahead,
    plan_failure,
)
from rollout.core.machine.halts import lift_hold_for, machine_time
from rollout.core.machine.judged import judged_document, moment_of
from rollout.core.machine.live_answers import with_live_answers
from rollout.core.machine.live_minutes import NOT_COUNTED, live_minutes, live_provisional
from rollout.core.machine.live_told import with_live_told
from rollout.core.machine.look import Look
from rollout.core.machine.part_minutes import divided, may_be_bad, running
from rollout.core.machine.probing import with_probes
from rollout.core.machine.sizes import sized
from rollout.core.machine.transitions import Finding
from rollout.core.machine.warming import before_raise, warm_up_told
from rollout.core.machine.watching import told_not_counted
from rollout.core.records.history import MinuteRecord
from rollout.core.records.observation import Minute
from rollout.core.records.own_requests import OwnMinute
from rollout.core.records.rollout import HoldReason, Rollout
from rollout.units import MINUTE


def baking(look: Look) -> Conclusion:
    """Fold what settled, judge, and say what the stage has earned."""
    if not knows_stable(look.rollout):
        return _learn(look)
    look = replace(look, rollout=_begin_window(look.rollout))
    metrics, due = look.seen.metrics, due_minutes(look.rollout, look.now)
    if metrics is not None and metrics.unreachable:
        return _source_failed(look, metrics.unreachable)
    if metrics is None and due is not None:
        return wait(look.rollout, "the metrics were not read")
    settled: list[Minute] = []
    provisional: list[Minute] = []
    runs: list[Minute] = []
    if metrics is not None and due is not None:
        asked = [minute for minute in metrics.minutes if due[0] <= minute.at < due[1]]
        over, runs = divided(look.rollout, sized(look, asked), look.now)
        settled, provisional = split_settled(look.rollout.policy.gate, over, look.now)
        look = replace(look, rollout=_source_answers(look.rollout, look.now))
    return _judge_minutes(look, settled, provisional, runs)


def _judge_minutes(
    look: Look,
    settled: Sequence[Minute],
    provisional: Sequence[Minute],
    runs: Sequence[Minute],
) -> Conclusion:
    since = first_minute(look.rollout.policy.gate, the_bake(look.rollout).window_start)
    live = live_minutes(look.rollout.own, settled, since)
    settled, provisional = live.minutes, live_provisional(live.own, provisional)
    runs = running(look.rollout, live_provisional(live.own, runs), look.now)
    rollout, numbers = _fold(replace(look.rollout, own=live.own), settled)
    rollout, probed = with_probes(rollout, look.seen.probes, look.now)
    rollout, read = with_live_answers(rollout, look.seen, look.now)
    alarming = near_harm(rollout.policy.gate, _copy(rollout, provisional))
    verdict, judged = _judge(rollout, (*provisional, *runs), look.now)
    bake = the_bake(rollout)
    if settled or verdict.verdict != bake.verdict:
        bake = replace(bake, verdict=verdict.verdict, evidence=verdict.text, judged_at=look.now)
    rollout, behind = replace(rollout, baking=bake), _behind(rollout, settled, look.now)
    doubt = _doubt(rollout, verdict)
    if not behind and (verdict.verdict is not Verdict.HOLD or doubt is not None):
        rollout = lift_hold_for(HoldReason.GATE, rollout, look.now)
    if not behind and doubt is None:
        rollout = lift_hold_for(HoldReason.PREDICTIONS, rollout, look.now)
    conclusion = conclude_verdict(rollout, verdict, doubt, confirmed=look.confirms)
    if behind and conclusion.finding is not Finding.HARM:
        # An hour of minutes is folded a look; the rest may still show otherwise, and no limit is
        # judged before it was seen.
        text = f"catching up with the metrics: {verdict.text}"
        conclusion = wait(rollout, text, soon=True)
    elif conclusion.finding is Finding.WAIT and _overdue(rollout, look.now):
        left_out = told_not_counted(rollout.deadline_clock)
        text = f"not finished within {rollout.policy.deadline}{left_out}: {conclusion.text}"
        conclusion = Conclusion(Finding.OVERDUE, rollout, text)
    if conclusion.finding is Finding.STAGE_PASSED:
        conclusion = _once_warm(look, conclusion)
    conclusion = with_live_told(with_answers_told(conclusion))
    if look.rollout.own.counted and not live.own.counted:
        conclusion = replace(conclusion, notice=NOT_COUNTED)
    if alarming and may_be_bad(rollout, runs, look.now):
        conclusion = replace(conclusion, soon=True)
    records = _records(rollout, live.taken, settled, numbers, judged)
    return replace(conclusion, minutes=(*records, *probed, *read), data=judged)


def _once_warm(look: Look, passed: Conclusion) -> Conclusion:
    """The next weight waits for warm-up requests, where the policy has them."""
    rollout, awaited = before_raise(passed.rollout, look.seen)
    if awaited:
        return wait(rollout, f"{passed.text}; {awaited}", soon=True)
    return replace(passed, rollout=rollout, text=f"{passed.text}{warm_up_told(rollout)}")


def _behind(rollout: Rollout, settled: Sequence[Minute], now: datetime) -> bool:
    """A whole pass of minutes was folded, and more have settled."""
    further = the_bake(rollout).folded_until
    return (
        len(settled) == MINUTES_A_PASS
        and further is not None
        and further < settled_until(rollout.policy.gate, now)
    )


def _overdue(rollout: Rollout, now: datetime) -> bool:
    return machine_time(rollout.deadline_clock, rollout, now) > rollout.policy.deadline


def _learn(look: Look) -> Conclusion:
    """Stable's history could not be read at the start; nothing is judged without it."""
    rollout, history = look.rollout, look.seen.history
    if history is None:
        return wait(rollout, "stable's history is read next", soon=True)
    if history.unreachable:
        return _source_failed(look, history.unreachable)
    rollout = _source_answers(rollout, look.now)
    known = known_of_stable(rollout.policy, history, look.promotions)
    ahead = look_ahead(rollout.policy, known, rollout.outlook.inputs)
    rollout = replace(rollout, baseline=known, policy=ahead.policy, outlook=ahead.outlook)
    return Conclusion(
        Finding.WAIT,
        rollout,
        "stable's history is known",
        soon=True,
        planned=ahead.document,
        notice=plan_failure(ahead.document),
    )


def _begin_window(rollout: Rollout) -> Rollout:
    """Tell the gate of a window it does not know yet."""
    bake = the_bake(rollout)
    if bake.begun:
        return rollout
    stage = rollout.policy.stages[rollout.stage]
    state = begin_stage(gate_state(rollout), rollout.stage, stage.weight, stage.mirror)
    return replace(rollout, gate=state, baking=replace(bake, begun=True))


def _fold(rollout: Rollout, settled: Sequence[Minute]) -> tuple[Rollout, list[dict[str, Any]]]:
    if not settled:
        return rollout, []
    state, numbers = fold(rollout.policy.gate, rollout.gate, settled)
    bake = replace(the_bake(rollout), folded_until=settled[-1].at + MINUTE)
    return replace(rollout, gate=state, baking=bake), numbers


def _judge(
    rollout: Rollout, provisional: Sequence[Minute], now: datetime
) -> tuple[Judgement, dict[str, Any]]:
    """Judge, and say everything that is needed to judge again."""
    moment = moment_of(rollout, now)
    copy = _copy(rollout, provisional) if provisional else None
    quality = rollout.policy.quality
    verdict = judge(judged_by(rollout), rollout.gate, moment, provisional=copy, quality=quality)
    return verdict, judged_document(rollout, verdict, moment, provisional)


def _copy(rollout: Rollout, provisional: Sequence[Minute]) -> Mapping[str, Any]:
    """The gate's state with minutes that are not complete yet; it is thrown away."""
    return fold(rollout.policy.gate, rollout.gate, provisional)[0]


def _doubt(rollout: Rollout, verdict: Judgement) -> Doubt | None:
    """What predictions ask a person, where the gate holds."""
    if verdict.verdict is not Verdict.HOLD:
        return None
    return doubted(judged_by(rollout), rollout.gate, rollout.policy.quality)


def _records(
    rollout: Rollout,
    taken: Sequence[OwnMinute],
    settled: Sequence[Minute],
    numbers: Sequence[Mapping[str, Any]],
    judged: Mapping[str, Any],
) -> tuple[MinuteRecord, ...]:
    """One row a minute, with what it left behind; the last one tells how the look was judged."""
    bake = the_bake(rollout)
    records = []
    for own, minute, left in zip(taken, settled, numbers, strict=True):
        data = {
            **minute_document(minute),
            "window": bake.window_start.isoformat(),
            **stage_shares(rollout),
            "numbers": left,
        }
        if own.any:
            data["own"] = {"candidate": dict(own.candidate), "stable": dict(own.stable)}
        if minute is settled[-1]:
            data["judgement"] = {**judged, "text": bake.evidence}
        records.append(MinuteRecord(rollout.id, minute.at, rollout.stage, data))
    return tuple(records)


def _source_failed(look: Look, why: str) -> Conclusion:
    bake = the_bake(look.rollout)
    failures = bake.source_failures + int(look.first_look)
    rollout = replace(look.rollout, baking=replace(bake, source_failures=failures))
    text = f"metrics could not be read {failures} times in a row: {why}"
    if failures >= rollout.policy.gate.source_failures:
        return Conclusion(Finding.SOURCE_DOWN, rollout, text)
    return wait(rollout, text)


def _source_answers(rollout: Rollout, now: datetime) -> Rollout:
    rollout = replace(rollout, baking=replace(the_bake(rollout), source_failures=0))
    return lift_hold_for(HoldReason.METRIC_SOURCE, rollout, now)
