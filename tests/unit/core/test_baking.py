"""BAKING: minutes become evidence, evidence a verdict, a verdict what the stage has earned."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from rollout.core.draft import Decision
from rollout.core.effects import LookAgain
from rollout.core.observation import MetricsSeen, Observation, ProvisioningState, Unreachable
from rollout.core.policy import LatencyLimits, OnInconclusive, Stage
from rollout.core.state import Baking, Cause, HoldReason, Phase, Rollout
from tests.builders import (
    BLUE,
    GREEN,
    NOW,
    POLICY,
    a_rollout,
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

BAKING = a_rollout(Phase.BAKING)
TENTH = {BLUE: 90, GREEN: 10}
HEALTHY = metrics(*some_minutes(8, side(100), side(900), after(1)))
FAILING = metrics(*some_minutes(8, side(100, 50), side(900), after(1)))
DOWN = MetricsSeen(unreachable="429")
# Ten minutes of bake, one to settle, one to appear: at 12:10 minutes 12:01 to 12:08 are there.
DUE = after(10)


def baked(
    shown: MetricsSeen | None = HEALTHY,
    rollout: Rollout = BAKING,
    now: Any = DUE,
    **changes: Any,
) -> Decision:
    return look(rollout, seen(TENTH, ours(1), metrics=shown, **changes), now)


def hold_of(decision: Decision) -> HoldReason | None:
    hold = rollout_of(decision).hold
    return hold.reason if hold is not None else None


def with_policy(**changes: Any) -> Rollout:
    return replace(BAKING, policy=replace(POLICY, **changes))


def test_healthy_minutes_earn_the_next_stage() -> None:
    decision = baked()
    moved = rollout_of(decision)
    assert (moved.phase, moved.stage, moved.write, moved.baking) == (Phase.SHIFTING, 1, 2, None)
    assert len(decision.minutes) == 8
    assert decision.minutes[0].data == {
        "stable": {"requests": 900, "failures": 0, "byStatus": {}, "p95Ms": None},
        "candidate": {"requests": 100, "failures": 0, "byStatus": {}, "p95Ms": None},
    }
    assert decision.history[0].data["candidate_requests"] == 800


def test_the_last_stage_promotes() -> None:
    last = replace(BAKING, stage=2)
    there = seen({GREEN: 100}, ours(1), metrics=HEALTHY)
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
        assert LookAgain() in decision.effects
        assert decision.current.next_look is None


@pytest.mark.parametrize("hold", [True, False])
def test_harm_goes_back_even_while_held(*, hold: bool) -> None:
    moved = rollout_of(baked(FAILING, held(BAKING) if hold else BAKING))
    assert (moved.phase, moved.cause) == (Phase.ROLLING_BACK, Cause.GATE)


def test_harm_is_found_before_the_bake_is_over() -> None:
    assert rollout_of(baked(FAILING, now=after(6))).phase is Phase.ROLLING_BACK


def test_checks_go_on_while_held_and_nothing_advances() -> None:
    decision = baked(rollout=held(BAKING))
    assert rollout_of(decision).phase is Phase.BAKING
    assert len(decision.minutes) == 8


def test_both_sides_failing_holds() -> None:
    both = metrics(*some_minutes(8, side(100, 50), side(900, 450), after(1)))
    assert hold_of(baked(both)) is HoldReason.INCONCLUSIVE


@pytest.mark.parametrize(
    ("choice", "candidate", "phase", "reason"),
    [
        (OnInconclusive.HOLD, side(1), Phase.BAKING, HoldReason.INCONCLUSIVE),
        (OnInconclusive.ROLLBACK, side(1), Phase.ROLLING_BACK, None),
        (OnInconclusive.ADVANCE_IF_CLEAN, side(1), Phase.SHIFTING, None),
        (OnInconclusive.ADVANCE_IF_CLEAN, side(1, 1), Phase.BAKING, HoldReason.INCONCLUSIVE),
    ],
)
def test_too_little_evidence_ends_as_the_policy_says(
    choice: OnInconclusive, candidate: Any, phase: Phase, reason: HoldReason | None
) -> None:
    few = metrics(*some_minutes(60, candidate, side(900), after(1)))
    gate = replace(POLICY.gate, max_bake=timedelta(minutes=60))
    decision = baked(few, with_policy(on_inconclusive=choice, gate=gate), now=after(62))
    assert (rollout_of(decision).phase, hold_of(decision)) == (phase, reason)


@pytest.mark.parametrize("choice", list(OnInconclusive))
def test_silence_never_advances_and_never_rolls_back(choice: OnInconclusive) -> None:
    silent = metrics(*some_minutes(60, None, side(900), after(1)))
    gate = replace(POLICY.gate, max_bake=timedelta(minutes=60))
    decision = baked(silent, with_policy(on_inconclusive=choice, gate=gate), now=after(62))
    assert rollout_of(decision).phase is Phase.BAKING
    assert hold_of(decision) is HoldReason.INCONCLUSIVE


def test_nothing_advances_before_every_settled_minute_was_folded() -> None:
    first_hour = metrics(*some_minutes(60, side(100), side(900), after(1)))
    decision = baked(first_hour, now=after(180))
    assert rollout_of(decision).phase is Phase.BAKING
    assert len(decision.minutes) == 60


def test_harm_is_not_hidden_by_a_doubt_elsewhere() -> None:
    slow = replace(side(100, 50), p95_ms=90_000.0)
    both_fail = metrics(*some_minutes(8, slow, replace(side(900, 450), p95_ms=10.0), after(1)))
    gate = replace(POLICY.gate, latency_p95=LatencyLimits())
    moved = rollout_of(baked(both_fail, with_policy(gate=gate)))
    assert (moved.phase, moved.cause) == (Phase.ROLLING_BACK, Cause.GATE)


def test_a_next_stage_with_approval_waits_for_a_person() -> None:
    asks = with_policy(stages=(Stage(10), Stage(50, approval=True), Stage(100)))
    assert hold_of(baked(rollout=asks)) is HoldReason.APPROVAL
    approved = replace(asks, approved_stage=1)
    assert rollout_of(baked(rollout=approved)).phase is Phase.SHIFTING


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
    decision = baked(None, now=after(1))
    baking = rollout_of(decision).baking
    assert baking is not None
    assert (baking.verdict, baking.folded_until) == ("continue", None)
    again = baked(None, rollout_of(decision), now=after(1.5))
    assert rollout_of(again).baking == baking


def test_metrics_that_were_not_due_are_not_folded() -> None:
    decision = baked(HEALTHY, now=after(1))
    assert not decision.minutes


def test_a_bake_without_a_record_starts_with_its_phase() -> None:
    decision = baked(None, replace(BAKING, baking=None), now=after(1))
    baking = rollout_of(decision).baking
    assert baking is not None
    assert baking.window_start == NOW


def test_a_side_without_a_series_is_stored_as_absent() -> None:
    decision = baked(metrics(*some_minutes(1, None, None, after(1))), now=after(3))
    assert decision.minutes[0].data == {"stable": None, "candidate": None}


def test_nothing_seen_at_all_neither_passes_nor_goes_back() -> None:
    decision = look(BAKING, Observation(), after(119))
    assert rollout_of(decision).phase is Phase.BAKING
    assert not decision.history
