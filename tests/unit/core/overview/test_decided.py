"""The log line of a decision: every field, from whatever a row can hold."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from rollout.core.machine.decision import Decision
from rollout.core.overview.decided import decision_line, is_told
from rollout.core.records.decision_fields import DECISION_FIELDS
from rollout.core.records.history import HistoryEntry, MinuteRecord
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Baking, Cause, Current
from rollout.core.records.signals import Command, Verb
from tests.support.builders import (
    BLUE,
    GREEN,
    NOW,
    ROLLOUT_ID,
    a_current,
    a_rollout,
    after,
    held,
    look,
    metrics,
    ours,
    seen,
    side,
    signal,
    some_minutes,
)

BAKING = a_rollout(Phase.BAKING)
TENTH = {BLUE: 90, GREEN: 10}


def an_entry(kind: str = "PhaseChanged", number: int = 1, **changes: Any) -> HistoryEntry:
    entry = HistoryEntry(ROLLOUT_ID, number, NOW, kind, Phase.BAKING, 0, f"{kind} {number}")
    return replace(entry, **changes)


def a_minute(data: Mapping[str, Any], **changes: Any) -> MinuteRecord:
    return replace(MinuteRecord(ROLLOUT_ID, NOW, 0, data), **changes)


def the_line(saved: Current, before: Current | None = None, **decided: Any) -> dict[str, Any]:
    return decision_line(before, Decision(saved, **decided), saved)


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase is not Phase.NONE])
@pytest.mark.parametrize("begun", [True, False])
def test_every_line_has_every_field_in_order(phase: Phase, *, begun: bool) -> None:
    current = a_current(a_rollout(phase))
    line = the_line(current, None if begun else current, history=(an_entry(),))
    assert list(line) == list(DECISION_FIELDS)
    assert line["phase"] == phase
    assert line["phaseBefore"] == ("NONE" if begun else phase)


def test_an_endpoint_without_a_rollout_has_a_line_as_well() -> None:
    line = the_line(a_current(), a_current(), history=(an_entry("OfferDecided"),))
    assert list(line) == list(DECISION_FIELDS)
    assert (line["rollout"], line["version"], line["phase"]) == ("0", "", "NONE")
    assert (line["weight"], line["odds"], line["text"]) == (0, None, "OfferDecided 1")


def test_a_rollout_that_follows_another_begins_without_weight() -> None:
    before = a_current(replace(a_rollout(Phase.SUCCEEDED), id="20260130T100000000000Z-0001"))
    line = the_line(a_current(a_rollout(Phase.CREATING)), before, history=(an_entry(),))
    assert (line["phaseBefore"], line["weightBefore"]) == ("NONE", 0)


def test_what_a_look_merely_remembers_has_no_line() -> None:
    assert not is_told(Decision(a_current(BAKING)))
    assert is_told(Decision(a_current(BAKING), history=(an_entry(),)))
    assert is_told(Decision(a_current(BAKING), minutes=(a_minute({}),)))


def test_the_minutes_of_requests_are_counted_and_no_others() -> None:
    counted = {
        "candidate": {"requests": 10, "failures": 2},
        "stable": {"requests": 90, "failures": 1},
    }
    records = (
        a_minute(counted),
        a_minute({**counted, "stable": None}),
        a_minute(counted, pair=3),
        a_minute(counted, answers=True),
    )
    line = the_line(a_current(BAKING), minutes=records)
    assert line["minutes"] == 2
    assert (line["requests"], line["failed"]) == (20, 4)
    assert (line["stableRequests"], line["stableFailed"]) == (90, 1)


def test_without_a_history_row_the_text_is_the_evidence() -> None:
    baking = Baking(NOW, verdict="undecided", evidence="3 of 40 failed")
    line = the_line(a_current(replace(BAKING, baking=baking)), minutes=(a_minute({}),))
    assert (line["text"], line["verdict"], line["kinds"]) == ("3 of 40 failed", "undecided", [])
    assert (line["sequence"], line["actor"]) == (0, "")


def test_the_kinds_actor_and_number_are_those_of_the_rows() -> None:
    rows = (an_entry(), an_entry("Notice", 2, actor="ann"))
    line = the_line(a_current(BAKING), history=rows)
    assert line["kinds"] == ["PhaseChanged", "Notice"]
    assert (line["sequence"], line["actor"], line["text"]) == (2, "ann", "PhaseChanged 1")


def test_a_hold_and_a_cause_are_named() -> None:
    assert the_line(a_current(held(BAKING)))["hold"] == "operator"
    back = a_rollout(Phase.ROLLING_BACK, cause=Cause.GATE, cause_text="harm")
    line = the_line(a_current(back), a_current(BAKING), history=(an_entry(),))
    assert (line["cause"], line["weight"], line["weightBefore"]) == ("gate", 0, 10)


def test_harm_that_the_gate_finds_is_on_the_line_of_the_rollback() -> None:
    minutes = some_minutes(8, side(100, 60), side(900, 1), after(1))
    observation = seen(TENTH, ours(), metrics=metrics(*minutes))
    before = a_current(BAKING)
    begun = look(BAKING, seen(TENTH, ours(), metrics=metrics()), NOW)
    assert begun.current.rollout is not None
    decision = look(begun.current.rollout, observation, after(12))
    line = decision_line(before, decision, decision.current)
    assert (line["phase"], line["phaseBefore"]) == ("ROLLING_BACK", "BAKING")
    assert (line["verdict"], line["cause"]) == ("rollback", "gate")
    assert line["check"]
    assert line["odds"] > line["oddsNeeded"] > 1
    assert line["failed"] > line["stableFailed"]


def test_an_order_names_who_gave_it() -> None:
    decision = signal(BAKING, Command(Verb.PAUSE, "ann", "looking"))
    line = decision_line(a_current(BAKING), decision, decision.current)
    assert line["actor"] == "ann"
    assert "Commanded" in line["kinds"]
