"""How many alerts get a history row, and how often they save the row of their endpoint."""

from dataclasses import replace
from datetime import datetime

import pytest

from rollout.core.machine.alert_rows import MAX_ROWS, NOTED, REPEATS_WITHIN, SAVES_A_SPAN, SPAN
from rollout.core.machine.decision import Decision
from rollout.core.records.alert_tally import AlertTally, NotedAlert
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Current
from rollout.core.records.signals import AlertFired
from rollout.service import Limits
from tests.support.builders import BLUE, GREEN, NOW, a_current, a_rollout, after, held, signal

HELD_BAKE = held(a_rollout(Phase.BAKING))
BACK = a_rollout(Phase.ROLLING_BACK)


def an_alert(number: int = 1, *, resolved: bool = False, deployment: str = BLUE) -> AlertFired:
    return AlertFired(f"alert-{number}", "rule", deployment, NOW, "5xx", resolved=resolved)


def next_one(current: Current, alert: AlertFired, now: datetime) -> Decision:
    tally = current.alerts
    return signal(current.rollout, alert, now, alerts=tally)


def rows(decision: Decision) -> list[str]:
    return [entry.kind for entry in decision.history]


def test_a_repeat_within_ten_minutes_is_counted_and_asks_nobody_again() -> None:
    first = signal(HELD_BAKE, an_alert())
    assert rows(first) == ["AlertReceived", "AttentionNeeded"]
    again = next_one(first.current, an_alert(), after(2))
    assert (again.outcome, again.history, again.effects) == ("recorded", (), ())
    assert again.current.alerts.unwritten == 1
    later = next_one(again.current, an_alert(), NOW + REPEATS_WITHIN)
    assert rows(later) == ["AlertReceived", "AttentionNeeded"]


def test_another_outcome_of_the_same_alert_is_no_repeat() -> None:
    baking = a_rollout(Phase.BAKING)
    first = signal(baking, an_alert())
    assert first.outcome == "held"
    assert rows(next_one(first.current, an_alert(), after(2))) == ["AlertReceived"]


def test_more_saves_in_a_minute_than_a_pass_can_lose_are_refused() -> None:
    assert Limits.races > SAVES_A_SPAN
    current = a_current(BACK)
    for number in range(SAVES_A_SPAN):
        decision = next_one(current, an_alert(number), NOW)
        assert rows(decision) == ["AlertReceived"]
        current = decision.current
    quiet = next_one(current, an_alert(9), NOW)
    assert quiet.outcome == "recorded"
    assert quiet.current == replace(current, sequence=0, head="")
    assert quiet.history == ()
    assert rows(next_one(current, an_alert(9), NOW + SPAN)) == ["AlertReceived"]


@pytest.mark.parametrize("alert", [an_alert(resolved=True), an_alert(deployment="red")])
def test_ignored_alerts_are_counted_once_a_minute_and_leave_room_for_a_row(
    alert: AlertFired,
) -> None:
    over = a_rollout(Phase.SUCCEEDED)
    first = signal(over, alert)
    assert (first.outcome, first.current.alerts.unwritten) == ("ignored", 1)
    at_once = next_one(first.current, alert, NOW)
    assert at_once.current == first.current
    assert next_one(first.current, alert, NOW + SPAN).current.alerts.unwritten == 2
    assert rows(next_one(replace(first.current, rollout=BACK), an_alert(), NOW)) != []


def test_a_rollout_has_at_most_so_many_rows_of_alerts_that_move_nothing() -> None:
    full = AlertTally(rows=MAX_ROWS)
    decision = signal(BACK, an_alert(), alerts=full)
    assert decision.history == ()
    assert decision.current.alerts.unwritten == 1


def test_an_alert_that_acts_has_its_row_whatever_came_before() -> None:
    noted = (NotedAlert("alert-1", "rolling back", NOW),) * NOTED
    full = AlertTally(rows=MAX_ROWS, noted=noted, saves=(NOW, NOW))
    decision = signal(a_rollout(Phase.BAKING), an_alert(deployment=GREEN), alerts=full)
    assert rows(decision) == ["AlertReceived", "PhaseChanged", "Notice"]
    assert len(decision.current.alerts.noted) == NOTED


def test_enough_rows_are_remembered_to_recognise_every_repeat() -> None:
    assert NOTED >= SAVES_A_SPAN * (REPEATS_WITHIN // SPAN)


def test_alerts_cannot_be_fewer_than_none() -> None:
    with pytest.raises(ValueError, match="fewer"):
        AlertTally(rows=-1)


def test_an_alert_that_comes_too_late_asks_for_an_operator_once() -> None:
    first = signal(a_rollout(Phase.RETIRING), an_alert(deployment=GREEN))
    assert rows(first) == ["AlertReceived", "AttentionNeeded"]
    again = next_one(first.current, an_alert(deployment=GREEN), after(2))
    assert (again.outcome, again.history, again.effects) == ("recorded", (), ())
