"""Who is told of what: the tables decide, once a hold and once more before it expires."""

from dataclasses import replace
from datetime import timedelta

import pytest

from rollout.core.machine.apply import apply
from rollout.core.machine.conclusion import Conclusion
from rollout.core.machine.decision import Decision
from rollout.core.machine.draft import Draft
from rollout.core.machine.holds import ATTENTION_BEFORE_EXPIRY, HOLD_REASONS
from rollout.core.machine.telling import GOING_BACK, tell, tell_change
from rollout.core.machine.transitions import HOLDS, TRANSITIONS, Finding
from rollout.core.records.effects import Attention, Notice
from rollout.core.records.phases import PHASES, Phase
from rollout.core.records.rollout import Baking, Cause, HoldReason, Rollout, Seen
from rollout.core.records.told import Told
from tests.support.builders import (
    BLUE,
    GREEN,
    NOW,
    a_current,
    a_hold,
    a_rollout,
    after,
    held,
    look,
    ours,
    rollout_of,
    seen,
)

TENTH = {BLUE: 90, GREEN: 10}
BAKING = a_rollout(Phase.BAKING, seen=Seen(True, split=TENTH, at=NOW))
SHOWN = "now blue 90 %, green-7 10 %"


def told(decision: Decision) -> list[type[Attention | Notice]]:
    return [type(each) for each in decision.effects if isinstance(each, Attention | Notice)]


def concluded(before: Rollout, finding: Finding, cause: Cause | None = None) -> Decision:
    draft = Draft(a_current(before), after(1))
    apply(draft, Conclusion(finding, before, "why", cause))
    return draft.done()


def severity(said: Told) -> list[type[Attention | Notice]]:
    effects: dict[Told, list[type[Attention | Notice]]] = {
        Told.NOBODY: [],
        Told.NOTICE: [Notice],
        Told.ATTENTION: [Attention],
    }
    return effects[said]


@pytest.mark.parametrize("finding", list(HOLDS))
def test_a_hold_tells_what_its_row_says(finding: Finding) -> None:
    phases = [phase for phase, row in TRANSITIONS.items() if finding in row]
    for phase in phases:
        decision = concluded(a_rollout(phase), finding)
        assert told(decision) == severity(HOLD_REASONS[HOLDS[finding]].told), phase


@pytest.mark.parametrize("phase", [each for each in Phase if each is not Phase.NONE])
def test_entering_a_phase_tells_what_its_row_says(phase: Phase) -> None:
    draft = Draft(a_current(a_rollout(phase, cause=Cause.GATE)), NOW)
    tell_change(draft, BEFORE[phase], "why")
    said = PHASES[phase].told
    assert told(draft.done()) == severity(Told.NOTICE if said is Told.BY_CAUSE else said)


BEFORE: dict[Phase, Rollout] = {
    phase: a_rollout(Phase.BAKING if phase is not Phase.BAKING else Phase.SHIFTING)
    for phase in Phase
    if phase is not Phase.NONE
}


@pytest.mark.parametrize("cause", list(Cause))
def test_going_back_tells_what_the_row_of_its_cause_says(cause: Cause) -> None:
    decision = concluded(BAKING, Finding.CANCELLED, cause)
    assert told(decision) == severity(GOING_BACK[cause])


def test_every_cause_has_its_row() -> None:
    assert set(GOING_BACK) == set(Cause)
    assert Told.BY_CAUSE not in GOING_BACK.values()


@pytest.mark.parametrize("phase", [Phase.ROLLED_BACK, Phase.FAILED, Phase.LOST])
def test_an_ending_names_its_cause_and_the_quarantine(phase: Phase) -> None:
    ended = a_rollout(phase, cause=Cause.GATE, cause_text="37 of 100 failed")
    draft = Draft(a_current(ended), NOW)
    tell_change(draft, BAKING, "green-7 is gone")
    (effect,) = draft.done().effects
    assert isinstance(effect, Attention | Notice)
    assert f"{phase} (gate): 37 of 100 failed; the release is quarantined; now " in effect.text


def test_who_is_told_of_a_bake_also_reads_its_evidence() -> None:
    baking = Baking(NOW, evidence="37 of 410 failed; stable: 3 of 3,700")
    draft = Draft(a_current(replace(BAKING, baking=baking)), NOW)
    draft.ask_for_operator("look at this")
    (row,) = draft.done().history
    assert row.data["evidence"] == "37 of 410 failed; stable: 3 of 3,700"


def test_what_goes_back_without_a_cause_is_told_all_the_same() -> None:
    draft = Draft(a_current(a_rollout(Phase.ROLLING_BACK)), NOW)
    tell_change(draft, BAKING, "why")
    assert told(draft.done()) == [Notice]


def test_the_sentence_and_its_fields_say_which_what_why_now_and_next() -> None:
    decision = concluded(BAKING, Finding.DRIFTED)
    (effect,) = [each for each in decision.effects if isinstance(each, Attention)]
    assert effect.text == (
        "fraud version 7: held for drift: why; unanswered, it rolls back at "
        f"2026-02-01 12:01 UTC; {SHOWN}; "
        "next: find out who set the split; put it back and resume, or rollback"
    )
    assert effect.fields == {
        "service": "fraud",
        "version": "7",
        "cause": "drift",
        "split": "blue 90 %, green-7 10 %",
        "next": "find out who set the split; put it back and resume, or rollback",
        "since": "2026-01-31 12:01 UTC",
        "by": "the controller",
        "evidence": "",
    }
    row = decision.history[-1]
    assert (row.kind, row.text, row.data) == ("AttentionNeeded", effect.text, effect.fields)


def test_a_notice_is_history_and_a_line_in_the_log() -> None:
    decision = concluded(BAKING, Finding.HARM, Cause.GATE)
    (effect,) = [each for each in decision.effects if isinstance(each, Notice)]
    assert effect.text == (
        f"fraud version 7: ROLLING_BACK (gate): why; {SHOWN}; "
        "next: see that stable takes the traffic, else repair it or set the split by hand"
    )
    assert (decision.history[-1].kind, decision.history[-1].text) == ("Notice", effect.text)
    assert effect.fields["cause"] == "gate"


@pytest.mark.parametrize(
    ("phase", "reason", "end"),
    [
        (Phase.BAKING, HoldReason.OPERATOR, "unanswered, it rolls back at 2026-02-01 12:00 UTC"),
        (Phase.PROMOTED, HoldReason.GATE, "the hold is lifted at 2026-02-01 12:00 UTC"),
        (Phase.PROMOTED, HoldReason.OPERATOR, "asked again before 2026-02-01 12:00 UTC"),
    ],
)
def test_an_operator_is_asked_once_more_before_a_hold_expires(
    phase: Phase, reason: HoldReason, end: str
) -> None:
    rollout = held(a_rollout(phase), reason)
    split = TENTH if phase is Phase.BAKING else {GREEN: 100}
    there = seen(split, ours(rollout.write))
    early = look(rollout, there, after(22 * 60 - 1))
    assert told(early) == []
    due = look(rollout, there, after(22 * 60))
    (asked,) = [each for each in due.effects if isinstance(each, Attention)]
    assert f"held for {reason} since 2026-01-31 12:00 UTC and no operator acted; {end}" in (
        asked.text
    )
    again = look(rollout_of(due), there, after(22 * 60 + 1))
    assert told(again) == []


def test_a_hold_that_goes_on_asks_again_before_it_expires_the_next_time() -> None:
    reminded = replace(a_hold(HoldReason.OPERATOR), reminded=True)
    promoted = a_rollout(Phase.PROMOTED, hold=reminded, halted_since=NOW)
    there = seen({GREEN: 100}, ours(1))
    extended = rollout_of(look(promoted, there, after(24 * 60)))
    assert told(look(extended, there, after(45 * 60))) == []
    assert told(look(extended, there, after(46 * 60))) == [Attention]


def test_a_short_hold_is_asked_for_twice_too() -> None:
    hold = replace(a_hold(HoldReason.INCONCLUSIVE), expires=NOW + ATTENTION_BEFORE_EXPIRY)
    rollout = a_rollout(Phase.BAKING, hold=hold, halted_since=NOW)
    there = seen(TENTH, ours(1))
    assert told(look(rollout, there, after(59))) == []
    assert told(look(rollout, there, NOW + timedelta(hours=1))) == [Attention]


def test_whoever_is_told_is_told_what_to_do() -> None:
    usual = PHASES[Phase.NONE].next_step
    for phase, facts in PHASES.items():
        assert (facts.next_step == usual) is (
            facts.told is Told.NOBODY and facts.attention_after is None
        ), phase
    assert all(facts.next_step for facts in HOLD_REASONS.values())


def test_only_a_phase_is_told_by_its_cause() -> None:
    draft = Draft(a_current(BAKING), NOW)
    with pytest.raises(ValueError, match="looked up"):
        tell(draft, Told.BY_CAUSE, "why")
