"""Alerts in every phase: stale or not, naming the candidate, another one or nobody."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from rollout.core.records.effects import Attention
from rollout.core.records.phases import FINAL_PHASES, FORWARD_PHASES, Phase
from rollout.core.records.rollout import Cause, HoldReason, Seen
from rollout.core.records.signals import AlertFired
from tests.support.builders import (
    BLUE,
    GREEN,
    NOW,
    a_rollout,
    after,
    held,
    minutes,
    rollout_of,
    signal,
)

BEFORE_TRAFFIC = {Phase.CREATING, Phase.VALIDATING}
WITH_TRAFFIC = sorted(FORWARD_PHASES - BEFORE_TRAFFIC)
BACK = [Phase.ROLLING_BACK, Phase.DISCARDING]


def an_alert(deployment: str | None = GREEN, window_end: datetime | None = NOW) -> AlertFired:
    return AlertFired("id", "rule", deployment, window_end, "5xx above 1 %")


@pytest.mark.parametrize("phase", WITH_TRAFFIC)
@pytest.mark.parametrize("hold", [True, False])
def test_an_alert_on_the_candidate_sends_the_traffic_back(phase: Phase, *, hold: bool) -> None:
    rollout = a_rollout(phase)
    decision = signal(held(rollout) if hold else rollout, an_alert(), after(1))
    assert decision.outcome == "rolling back"
    moved = rollout_of(decision)
    assert (moved.phase, moved.cause, moved.hold) == (Phase.ROLLING_BACK, Cause.ALERT, None)
    assert [entry.kind for entry in decision.history] == ["AlertReceived", "PhaseChanged", "Notice"]


@pytest.mark.parametrize("phase", WITH_TRAFFIC)
def test_the_name_is_compared_without_case(phase: Phase) -> None:
    decision = signal(a_rollout(phase), an_alert("Green-7"))
    assert rollout_of(decision).phase is Phase.ROLLING_BACK


@pytest.mark.parametrize("phase", WITH_TRAFFIC)
@pytest.mark.parametrize(
    ("ended", "stale"),
    [(None, False), (minutes(0), False), (minutes(2), False), (timedelta(minutes=2.1), True)],
    ids=["no times", "at once", "just within the allowance", "before any traffic"],
)
def test_an_alert_is_stale_only_if_its_window_ended_before_the_candidates_traffic(
    phase: Phase, ended: timedelta | None, *, stale: bool
) -> None:
    window_end = None if ended is None else NOW - ended
    decision = signal(a_rollout(phase), an_alert(window_end=window_end), after(30))
    assert (decision.outcome == "ignored") is stale
    assert (rollout_of(decision).phase is phase) is stale
    assert len(decision.history) == (0 if stale else 3)


def test_a_late_alert_for_the_first_stage_is_true_at_the_next_one() -> None:
    second = a_rollout(Phase.BAKING, stage=1, asked_for_traffic_at=NOW - minutes(20))
    decision = signal(second, an_alert(window_end=NOW - minutes(15)))
    assert rollout_of(decision).phase is Phase.ROLLING_BACK


def test_a_resume_never_makes_an_alert_on_the_candidate_stale() -> None:
    resumed = a_rollout(Phase.BAKING, resumed_at=after(10))
    assert rollout_of(signal(resumed, an_alert(), after(11))).phase is Phase.ROLLING_BACK


@pytest.mark.parametrize("phase", sorted(BEFORE_TRAFFIC))
@pytest.mark.parametrize("timed", [True, False])
def test_before_any_traffic_only_an_alert_without_times_counts(
    phase: Phase, *, timed: bool
) -> None:
    decision = signal(a_rollout(phase), an_alert(window_end=NOW if timed else None))
    assert rollout_of(decision).phase is (phase if timed else Phase.DISCARDING)
    assert decision.outcome == ("ignored" if timed else "rolling back")


@pytest.mark.parametrize("phase", sorted(FORWARD_PHASES))
@pytest.mark.parametrize("whom", [BLUE, None, "red"])
def test_an_alert_that_does_not_name_the_candidate_holds_and_asks_for_a_person(
    phase: Phase, whom: str | None
) -> None:
    decision = signal(a_rollout(phase), an_alert(whom))
    hold = rollout_of(decision).hold
    assert decision.outcome == "held"
    assert hold is not None
    assert hold.reason is HoldReason.ALERT
    assert rollout_of(decision).phase is phase
    assert any(isinstance(effect, Attention) for effect in decision.effects)


@pytest.mark.parametrize(
    ("ended", "outcome"), [(after(-1), "ignored"), (after(1), "held"), (None, "held")]
)
def test_an_alert_on_nobody_is_ignored_if_it_is_older_than_the_last_resume(
    ended: datetime | None, outcome: str
) -> None:
    resumed = a_rollout(Phase.BAKING, resumed_at=NOW)
    assert signal(resumed, an_alert(None, ended), after(2)).outcome == outcome


def test_a_rollout_that_is_held_by_a_person_keeps_that_hold() -> None:
    decision = signal(held(a_rollout(Phase.BAKING)), an_alert(BLUE))
    assert decision.outcome == "recorded"
    hold = rollout_of(decision).hold
    assert hold is not None
    assert hold.reason is HoldReason.OPERATOR


def test_a_hold_that_would_lift_itself_gives_way_to_the_alert() -> None:
    waiting = held(a_rollout(Phase.BAKING), HoldReason.METRIC_SOURCE)
    hold = rollout_of(signal(waiting, an_alert(BLUE))).hold
    assert hold is not None
    assert hold.reason is HoldReason.ALERT


@pytest.mark.parametrize("phase", BACK)
@pytest.mark.parametrize("whom", [GREEN, BLUE, None])
def test_while_going_back_an_alert_is_only_recorded(phase: Phase, whom: str | None) -> None:
    decision = signal(a_rollout(phase), an_alert(whom))
    assert decision.outcome == "recorded"
    assert rollout_of(decision).phase is phase
    assert not decision.effects


@pytest.mark.parametrize("phase", [Phase.RETIRING, Phase.SUCCEEDED])
@pytest.mark.parametrize("stable", [BLUE, None])
def test_without_a_way_back_an_alert_asks_for_a_person(phase: Phase, stable: str | None) -> None:
    decision = signal(a_rollout(phase, stable=stable), an_alert())
    assert decision.outcome == "recorded"
    assert "start the version before it again" in decision.text
    assert [entry.kind for entry in decision.history] == ["AlertReceived", "AttentionNeeded"]
    assert rollout_of(decision).phase is phase


def test_while_retiring_an_alert_on_somebody_else_is_recorded() -> None:
    assert signal(a_rollout(Phase.RETIRING), an_alert(BLUE)).outcome == "recorded"


@pytest.mark.parametrize("phase", sorted(FINAL_PHASES - {Phase.SUCCEEDED}))
def test_an_alert_on_a_candidate_that_failed_is_ignored(phase: Phase) -> None:
    decision = signal(a_rollout(phase), an_alert())
    assert (decision.outcome, decision.text) == ("ignored", f"the rollout ended {phase}")


@pytest.mark.parametrize("phase", sorted(FINAL_PHASES))
def test_after_the_end_an_alert_on_somebody_else_is_ignored(phase: Phase) -> None:
    decision = signal(a_rollout(phase), an_alert(BLUE))
    assert decision.outcome == "ignored"
    assert decision.history == ()


def test_an_endpoint_that_never_had_a_rollout_ignores_alerts() -> None:
    decision = signal(None, an_alert())
    assert decision.outcome == "ignored"
    assert decision.current.alerts.unwritten == 1


def test_the_alert_makes_the_next_wake_up_look() -> None:
    baking = a_rollout(Phase.BAKING)
    decision = signal(baking, an_alert(), next_look=after(1))
    assert decision.current.next_look is None


def test_the_cause_that_came_first_stays() -> None:
    blamed = replace(a_rollout(Phase.PROMOTED), cause=Cause.GATE)
    assert rollout_of(signal(blamed, an_alert())).cause is Cause.GATE


def test_a_repeated_alert_on_nobody_asks_for_a_person_once() -> None:
    baking = held(a_rollout(Phase.BAKING), HoldReason.ALERT)
    decision = signal(baking, an_alert(BLUE))
    assert decision.outcome == "recorded"
    assert not any(isinstance(effect, Attention) for effect in decision.effects)


def test_an_approval_given_does_not_hide_an_alert() -> None:
    decision = signal(held(a_rollout(Phase.BAKING), HoldReason.APPROVAL), an_alert(BLUE))
    hold = rollout_of(decision).hold
    assert hold is not None
    assert hold.reason is HoldReason.ALERT


@pytest.mark.parametrize("phase", sorted(FORWARD_PHASES))
def test_an_alert_on_a_name_that_is_not_there_any_more_is_recorded_and_holds_nothing(
    phase: Phase,
) -> None:
    known = a_rollout(phase, seen=Seen(True, present=(BLUE, GREEN, "red")))
    decision = signal(known, an_alert("Green-6"))
    assert (decision.outcome, decision.text) == (
        "recorded",
        "Green-6 is not on this endpoint (any more)",
    )
    assert (rollout_of(decision).hold, decision.effects) == (None, ())


@pytest.mark.parametrize("whom", [BLUE, "red", None])
def test_an_alert_on_what_is_there_or_on_nobody_still_holds(whom: str | None) -> None:
    known = a_rollout(Phase.BAKING, seen=Seen(True, present=(GREEN, "red")))
    assert signal(known, an_alert(whom)).outcome == "held"
