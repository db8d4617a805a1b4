"""BAKING: minutes become evidence, evidence a verdict, a verdict what the stage has earned."""

from dataclasses import replace

import pytest

from rollout.core.gate.history.documents import minute_from
from rollout.core.policy.gate_model import LatencyCheck
from rollout.core.policy.model import Stage
from rollout.core.reads import ReadHistory, reads_needed
from rollout.core.records.effects import Recheck
from rollout.core.records.observation import (
    Instances,
    Minute,
    Observation,
    ProvisioningState,
    Unreachable,
)
from rollout.core.records.outlook import EvidenceFrom, Outlook
from rollout.core.records.phases import Phase
from rollout.core.records.promotions import Promotions
from rollout.core.records.rollout import Baking, Cause, HoldReason
from tests.support.bakes import (
    BAKING,
    DOWN,
    DUE,
    FAILING,
    HEALTHY,
    TENTH,
    baked,
    hold_of,
    with_policy,
)
from tests.support.builders import (
    BLUE,
    GREEN,
    NOW,
    POLICY,
    a_current,
    after,
    held,
    look,
    metrics,
    minutes,
    ours,
    rollout_of,
    seen,
    side,
    some_minutes,
)


def test_healthy_minutes_earn_the_next_stage() -> None:
    decision = baked()
    moved = rollout_of(decision)
    assert (moved.phase, moved.stage, moved.write, moved.baking) == (Phase.SHIFTING, 1, 2, None)
    assert len(decision.minutes) == 8
    sizes = Instances(candidate=2, stable=2)
    assert minute_from(decision.minutes[0].data) == Minute(after(1), side(900), side(100), sizes)
    assert decision.history[0].data["verdict"] == "advance"
    assert decision.history[0].data["numbers"]["stageCandidate"] == [800, 0, 0]


def test_each_minute_keeps_its_numbers_and_the_last_one_how_the_look_was_judged() -> None:
    first, *_, last = baked().minutes
    assert first.data["numbers"]["minutes"] == 1
    assert "judgement" not in first.data
    assert last.data["numbers"]["minutes"] == 8
    assert last.data["judgement"]["verdict"] == "advance"
    assert last.data["judgement"]["judged"]["now"] == DUE.isoformat()
    assert last.data["window"] == NOW.isoformat()


def test_the_last_stage_promotes() -> None:
    last = replace(BAKING, stage=2)
    shown = metrics(*some_minutes(18, side(1000), None, after(1)))
    there = seen({GREEN: 100}, ours(1), metrics=shown)
    assert rollout_of(look(last, there, after(19))).phase is Phase.BAKING
    moved = rollout_of(look(last, there, after(20)))
    assert (moved.phase, moved.promoted_at) == (Phase.PROMOTED, after(20))


def test_before_its_bake_no_stage_passes() -> None:
    decision = baked(now=after(9.9))
    assert rollout_of(decision).phase is Phase.BAKING
    assert not decision.history
    baking = rollout_of(decision).baking
    assert baking is not None
    assert (baking.verdict, baking.judged_at) == ("continue", after(9.9))
    assert baking.folded_until == after(8)


def test_a_stage_passes_only_from_a_split_that_this_look_saw() -> None:
    for endpoint in (
        Unreachable("arm"),
        seen(TENTH, ours(1), ProvisioningState.UPDATING).endpoint,
    ):
        decision = baked(endpoint=endpoint)
        assert rollout_of(decision).phase is Phase.BAKING
        assert Recheck() in decision.effects
        assert decision.current.next_look is None


@pytest.mark.parametrize("hold", [True, False])
def test_harm_goes_back_even_while_held(*, hold: bool) -> None:
    moved = rollout_of(baked(FAILING, held(BAKING) if hold else BAKING))
    assert (moved.phase, moved.cause) == (Phase.ROLLING_BACK, Cause.GATE)


def test_a_stage_passes_only_from_deployments_that_this_look_read() -> None:
    decision = baked(deployments=Unreachable("429"))
    assert (rollout_of(decision).phase, rollout_of(decision).stage) == (Phase.BAKING, 0)
    assert Recheck() in decision.effects
    failing = baked(FAILING, deployments=Unreachable("429"))
    assert rollout_of(failing).phase is Phase.ROLLING_BACK


def test_harm_is_found_before_the_bake_is_over() -> None:
    assert rollout_of(baked(FAILING, now=after(6))).phase is Phase.ROLLING_BACK


def test_checks_go_on_while_held_and_nothing_advances() -> None:
    decision = baked(rollout=held(BAKING))
    assert rollout_of(decision).phase is Phase.BAKING
    assert len(decision.minutes) == 8


def test_both_sides_failing_holds_until_both_recover() -> None:
    both = metrics(*some_minutes(8, side(100, 50), side(900, 450), after(1)))
    decision = baked(both)
    assert hold_of(decision) is HoldReason.GATE
    assert "stable breaks the limit too" in decision.history[0].text
    well = metrics(*some_minutes(30, side(100), side(900), after(9)))
    later = baked(well, rollout_of(decision), now=after(40))
    assert (hold_of(later), rollout_of(later).phase) == (None, Phase.SHIFTING)


def test_metrics_that_are_not_complete_yet_may_roll_back_and_never_advance() -> None:
    healthy = metrics(*some_minutes(3, side(100), side(900), after(1)))
    # At 12:03:30 the minute 12:01 has settled and 12:02 has not.
    patient = with_policy(stages=(Stage(10, minutes(1)), *POLICY.stages[1:]))
    decision = baked(healthy, patient, now=after(3.5))
    assert (len(decision.minutes), rollout_of(decision).phase) == (1, Phase.BAKING)
    failing = metrics(*some_minutes(2, side(100, 50), side(900), after(1)))
    decision = baked(failing, now=after(3.5))
    assert rollout_of(decision).phase is Phase.ROLLING_BACK
    assert len(decision.minutes) == 1
    assert len(decision.history[0].data["provisional"]) == 1


def test_harm_seen_in_an_earlier_stage_is_remembered_in_the_next() -> None:
    worse = metrics(*some_minutes(8, side(100, 3), side(900, 4), after(1)))
    first = rollout_of(baked(worse))
    second = replace(first, phase=Phase.BAKING, stage=1, write=1, baking=Baking(after(20)))
    there = seen({BLUE: 50, GREEN: 50}, ours(1), metrics=None)
    gate = rollout_of(look(second, there, after(20.5))).gate
    assert gate["errors"]["process"] == first.gate["errors"]["process"]
    assert (gate["stage"]["index"], gate["stage"]["minutes"]) == (1, 0)


def test_without_stables_history_nothing_is_judged() -> None:
    unknown = replace(BAKING, baseline=None, outlook=Outlook(7))
    asked = reads_needed(a_current(unknown), Observation(), DUE, suspended=False)
    start = unknown.started_at - POLICY.gate.history
    assert ReadHistory(POLICY.gate, BLUE, start, unknown.started_at) in asked
    waits = baked(None, unknown)
    assert (rollout_of(waits).phase, Recheck() in waits.effects) == (Phase.BAKING, True)
    failed = baked(None, unknown, history=DOWN)
    baking = rollout_of(failed).baking
    assert baking is not None
    assert baking.source_failures == 1
    history = metrics(*some_minutes(60, None, side(900, 5), after(-120)))
    read = baked(None, rollout_of(failed), history=history)
    baseline = rollout_of(read).baseline
    assert baseline is not None
    assert baseline["minutes"] == 60
    assert [entry.kind for entry in read.history] == ["Planned"]
    assert read.history[0].data["baseline"] == baseline
    assert rollout_of(read).outlook == Outlook(7, (EvidenceFrom.LIVE,) * 3)


def test_a_baseline_learnt_late_knows_of_promotions_too() -> None:
    promotions = tuple(Promotions(after(n), 1, 100, 1, 100) for n in range(3))
    history = metrics(*some_minutes(60, None, side(900, 5), after(-120)))
    unknown = replace(BAKING, baseline=None)
    there = seen(TENTH, ours(1), history=history)
    baseline = rollout_of(look(unknown, there, DUE, promotions=promotions)).baseline
    assert baseline is not None
    assert baseline["creep"]["promotions"] == 1
    gate = replace(POLICY.gate, creep=None)
    off = replace(unknown, policy=replace(POLICY, gate=gate))
    without = rollout_of(look(off, there, DUE, promotions=promotions)).baseline
    assert without is not None
    assert "creep" not in without


def test_a_candidate_that_gets_nothing_while_stable_is_busy_goes_back() -> None:
    dark = metrics(*some_minutes(20, None, side(900), after(1)))
    held_first = baked(metrics(*some_minutes(10, None, side(900), after(1))), now=after(12))
    assert hold_of(held_first) is HoldReason.GATE
    assert rollout_of(baked(dark, now=after(22))).phase is Phase.ROLLING_BACK


def test_nothing_advances_before_every_settled_minute_was_folded() -> None:
    first_hour = metrics(*some_minutes(60, side(100), side(900), after(1)))
    decision = baked(first_hour, now=after(180))
    behind = rollout_of(decision)
    assert (behind.phase, behind.hold, len(decision.minutes)) == (Phase.BAKING, None, 60)


def test_no_limit_is_judged_and_no_hold_lifted_before_every_settled_minute_was_folded() -> None:
    """They were not read while nobody watched: what is ready is seen first."""
    first_hour = metrics(*some_minutes(60, side(100), side(900), after(1)))
    late = after(61 * 24)
    decision = baked(first_hour, now=late)
    assert (hold_of(decision), len(decision.minutes)) == (None, 60)
    for reason in (HoldReason.GATE, HoldReason.PREDICTIONS):
        assert hold_of(baked(first_hour, held(BAKING, reason), now=after(180))) is reason
    failing = metrics(*some_minutes(60, side(100, 60), side(900), after(1)))
    assert rollout_of(baked(failing, now=late)).cause is Cause.GATE


def test_a_rollout_deadline_leaves_unwatched_time_out_and_says_so() -> None:
    late = NOW - minutes(60) + POLICY.deadline + minutes(40)
    few = metrics(*some_minutes(3, side(1), side(900), after(1)))
    recent = replace(BAKING, baking=Baking(late - minutes(5)))
    for away, reason in ((60, None), (30, HoldReason.DEADLINE)):
        clock = replace(recent.deadline_clock, unwatched=minutes(away))
        decision = baked(few, replace(recent, deadline_clock=clock), now=late)
        assert hold_of(decision) is reason
    assert "(not counted: 0:30:00 in which nobody watched)" in decision.history[0].text


def test_harm_is_not_hidden_by_a_doubt_elsewhere() -> None:
    both_fail = metrics(*some_minutes(8, side(100, 50, 90_000.0), side(900, 450, 10.0), after(1)))
    gate = replace(POLICY.gate, latency=LatencyCheck())
    moved = rollout_of(baked(both_fail, with_policy(gate=gate)))
    assert (moved.phase, moved.cause) == (Phase.ROLLING_BACK, Cause.GATE)


def test_a_rollout_that_takes_too_long_holds() -> None:
    late = NOW - minutes(60) + POLICY.deadline
    few = metrics(*some_minutes(3, side(1), side(900), after(1)))
    recent = replace(BAKING, baking=Baking(late - minutes(5)))
    assert hold_of(baked(few, recent, now=late)) is None
    assert hold_of(baked(few, recent, now=late + minutes(1))) is HoldReason.DEADLINE


def test_an_unreadable_source_holds_after_several_passes_and_lifts_itself() -> None:
    rollout = BAKING
    for number in range(POLICY.gate.source_failures):
        decision = baked(DOWN, rollout, now=after(4 + number))
        further = look(
            rollout_of(decision), seen(TENTH, ours(1), metrics=DOWN), after(4), first_look=False
        )
        assert rollout_of(further).baking == rollout_of(decision).baking
        rollout = rollout_of(decision)
    assert hold_of(decision) is HoldReason.METRIC_SOURCE
    back = baked(metrics(*some_minutes(3, side(9), side(9), after(1))), rollout, now=after(9))
    assert hold_of(back) is None
    assert back.history[0].kind == "HoldLifted"
    baking = rollout_of(back).baking
    assert baking is not None
    assert baking.source_failures == 0


def test_a_persons_hold_does_not_lift_itself() -> None:
    assert hold_of(baked(rollout=held(BAKING))) is HoldReason.OPERATOR


def test_without_settled_minutes_nothing_is_judged_anew() -> None:
    decision = baked(None, now=after(0.5))
    baking = rollout_of(decision).baking
    assert baking is not None
    assert (baking.verdict, baking.folded_until) == ("continue", None)
    again = baked(None, rollout_of(decision), now=after(0.9))
    assert rollout_of(again).baking == baking


def test_metrics_that_were_not_due_are_not_folded() -> None:
    decision = baked(HEALTHY, now=after(1))
    assert not decision.minutes


def test_the_minute_that_still_runs_is_not_judged() -> None:
    with_it = metrics(*some_minutes(10, side(100), side(900), after(1)))
    judgement = baked(with_it, now=after(10.5)).minutes[-1].data["judgement"]
    assert [minute_from(each).at for each in judgement["provisional"]] == [after(9)]


def test_a_window_begins_once_for_the_gate() -> None:
    begun = rollout_of(baked(None, now=after(1)))
    assert begun.gate["stage"]["index"] == 0
    folded = rollout_of(baked(now=after(9.9), rollout=begun))
    assert folded.gate["stage"]["minutes"] == 7


def test_a_bake_without_a_record_starts_with_its_phase() -> None:
    decision = baked(None, replace(BAKING, baking=None), now=after(1))
    baking = rollout_of(decision).baking
    assert baking is not None
    assert baking.window_start == NOW


def test_a_side_without_a_series_is_stored_as_absent() -> None:
    decision = baked(metrics(*some_minutes(1, side(9), None, after(1))), now=after(3))
    assert decision.minutes[0].data["stable"] is None
    assert minute_from(decision.minutes[0].data) == Minute(
        after(1), None, side(9), Instances(candidate=2, stable=2)
    )


def test_a_minute_that_is_missing_is_waited_for_until_the_gap() -> None:
    hole = [*some_minutes(1, None, None, after(1)), *some_minutes(7, side(9), side(99), after(2))]
    early = baked(metrics(*hole), now=after(10))
    assert not early.minutes
    late = baked(metrics(*hole), now=after(12))
    assert (len(late.minutes), rollout_of(late).gate["gaps"]) == (8, 1)


def test_nothing_seen_at_all_neither_passes_nor_goes_back() -> None:
    decision = look(BAKING, Observation(), after(119))
    assert rollout_of(decision).phase is Phase.BAKING
    assert not decision.history
