"""Answers to probes while a pass decides: what is still sent, what holds, and what is told."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from rollout.core.decide import Context, decide
from rollout.core.gate import answers_wanted, asks_twice
from rollout.core.machine.answers_shown import answers_sentence
from rollout.core.machine.decision import Decision
from rollout.core.machine.gate_inputs import gate_state, judged_by
from rollout.core.machine.probing import ProbesWanted, probes_wanted, with_probes
from rollout.core.policy.gate_model import Check
from rollout.core.policy.model import SampleRequest, Validate
from rollout.core.policy.probes_model import Probes
from rollout.core.policy.quality_model import Difference, Quality
from rollout.core.records.answers import Answer, AnswerPair
from rollout.core.records.examination import Examination
from rollout.core.records.observation import Observation
from rollout.core.records.outlook import Outlook
from rollout.core.records.own_requests import OwnMinute, Probed
from rollout.core.records.phases import Phase
from rollout.core.records.probes import ProbeAnswer, ProbePair, ProbesSeen
from rollout.core.records.rollout import HoldReason, Rollout
from rollout.core.records.signals import Command, Verb, Wake
from rollout.units import NO_TIME
from tests.support.builders import (
    BLUE,
    GREEN,
    KNOWN_OF_STABLE,
    POLICY,
    a_current,
    a_rollout,
    after,
    held,
    metrics,
    ours,
    rollout_of,
    seen,
    side,
    some_minutes,
)

INPUTS = 400
JUDGED = replace(
    POLICY,
    probes=Probes(),
    validate=Validate((SampleRequest("sample.json"),)),
    # A contract would be asked before the first probe.
    quality=Quality(contract=None),
)
MEANT = replace(JUDGED, quality=Quality(Difference.EXPECTED, contract=None))
QUIET = {**KNOWN_OF_STABLE, "per_minute": 10.0}
BAKING = a_rollout(Phase.BAKING, policy=JUDGED, baseline=QUIET, outlook=Outlook(INPUTS))
VALIDATING = a_rollout(
    Phase.VALIDATING,
    policy=JUDGED,
    baseline=QUIET,
    validated="passed",
    exam=Examination(began=NO_TIME),
    outlook=Outlook(INPUTS),
)
"""It was examined before."""

TENTH, ALL_BLUE = {BLUE: 90, GREEN: 10}, {BLUE: 100}
MANY = metrics(*some_minutes(3, side(200), side(1800), after(1)))
DUE = after(5)


def pair(number: int, *, differs: bool = False, fault: str = "") -> ProbePair:
    good = ProbeAnswer(200, 20.0)
    mine = Answer(fault, f"k{number % 7}{'x' if differs else ''}")
    change = "label 0 -> 1" if differs else ""
    answers = AnswerPair(number, mine, Answer("", f"k{number % 7}"), differs, change)
    return ProbePair(number, good, good, answers)


def probed(pairs: Sequence[ProbePair], at: Any = DUE, inputs: int = INPUTS) -> Probed:
    counts = {"200": len(pairs)}
    return Probed(
        ProbesSeen(at, inputs, len(pairs), tuple(pairs)), (OwnMinute(at, counts, counts),)
    )


def alike(number: int, first: int = 0) -> list[ProbePair]:
    return [pair(first + each) for each in range(number)]


def changed(number: int, first: int = 0) -> list[ProbePair]:
    return [pair(first + each, differs=True) for each in range(number)]


def knowing(rollout: Rollout, pairs: Sequence[ProbePair], inputs: int = INPUTS) -> Rollout:
    """The rollout after an earlier pass with these pairs."""
    return with_probes(rollout, probed(pairs, after(2), inputs), after(2))[0]


def decided(rollout: Rollout, what: Observation, now: Any = DUE) -> Decision:
    return decide(a_current(rollout), Wake(), what, Context(now))


def wanted(rollout: Rollout, what: Observation, now: Any = DUE) -> ProbesWanted | None:
    return probes_wanted(a_current(rollout), decided(rollout, what, now), what, now)


def in_bake(shown: Any = MANY, **changes: Any) -> Observation:
    return seen(TENTH, ours(1), metrics=shown, **changes)


def test_stable_answers_the_first_inputs_and_every_tenth_later_one_twice() -> None:
    assert ProbesWanted(0, 25).twice(100) == {each for each in range(25) if asks_twice(each)}
    assert ProbesWanted(95, 10).twice(300) == {100}


def test_an_input_whose_turn_comes_again_is_not_asked_twice() -> None:
    assert ProbesWanted(95, 10).twice(97) == frozenset()


def test_inputs_go_on_from_stage_to_stage() -> None:
    later = replace(knowing(BAKING, alike(20)), stage=1, own=BAKING.own)

    found = wanted(later, seen({BLUE: 50, GREEN: 50}, ours(1), metrics=metrics()))

    assert found is not None
    assert found.first == 20


@pytest.mark.parametrize(
    ("policy", "pairs", "sends"),
    [
        (JUDGED, [], True),
        (JUDGED, alike(20), True),
        (JUDGED, alike(60), False),
        (MEANT, alike(20), False),
        (replace(JUDGED, quality=None), alike(20), False),
    ],
)
def test_with_clients_enough_probes_are_sent_until_answers_have_shown_what_they_must(
    policy: Any,
    pairs: list[ProbePair],
    sends: bool,  # noqa: FBT001 - a table's column
) -> None:
    rollout = replace(BAKING, policy=policy)
    if pairs:
        rollout = knowing(rollout, pairs)

    assert (wanted(rollout, in_bake()) is not None) is sends


@pytest.mark.parametrize("phase", [Phase.VALIDATING, Phase.BAKING])
def test_answers_that_differ_hold_for_a_person(phase: Phase) -> None:
    rollout = BAKING if phase is Phase.BAKING else VALIDATING
    rollout = knowing(rollout, changed(20))
    found = probed(changed(20, 20))
    what = in_bake(probes=found) if phase is Phase.BAKING else seen(ALL_BLUE, probes=found)

    decision = decided(rollout, what)

    after_it = rollout_of(decision)
    assert after_it.phase is phase
    assert after_it.hold is not None
    assert (after_it.hold.reason, after_it.hold.about) == (HoldReason.PREDICTIONS, ("answers",))
    assert "40 of 40 answers differ (100 %): label 0 -> 1 in 40 of them" in after_it.hold.text
    assert after_it.hold.text.startswith("at 0 %: ") is (phase is Phase.VALIDATING)
    assert "AttentionNeeded" in [entry.kind for entry in decision.history]
    assert [each.pair for each in decision.minutes][-1] == 20


def test_all_inputs_that_cannot_tell_hold_before_the_first_weight() -> None:
    few = [*changed(2), *alike(18, 2)]

    found = rollout_of(decided(VALIDATING, seen(ALL_BLUE, probes=probed(few, inputs=20))))

    assert found.hold is not None
    assert "2 of 20 answers differ (10 %)" in found.hold.text
    assert found.hold.about == ("answers",)


def doubted(rollout: Rollout, inputs: int = INPUTS) -> Rollout:
    """Held for its predictions, with 20 of its inputs compared."""
    known = knowing(rollout, changed(20), inputs)
    doubt = held(known, HoldReason.PREDICTIONS)
    assert doubt.hold is not None
    return replace(doubt, hold=replace(doubt.hold, about=("answers",)), outlook=Outlook(inputs))


@pytest.mark.parametrize(("inputs", "sends"), [(INPUTS, True), (20, False)])
@pytest.mark.parametrize("phase", [Phase.VALIDATING, Phase.BAKING])
def test_a_person_who_is_asked_is_shown_all_the_inputs(
    phase: Phase,
    inputs: int,
    sends: bool,  # noqa: FBT001 - a table's column
) -> None:
    baking = phase is Phase.BAKING
    rollout = doubted(BAKING if baking else VALIDATING, inputs)
    what = in_bake() if baking else seen(ALL_BLUE)

    assert (wanted(rollout, what) is not None) is sends
    # Once a minute at most, as in a bake.
    assert wanted(rollout, what, after(2)) is None


@pytest.mark.parametrize(
    "reason",
    # The last of these would be lifted by the same look.
    [
        each
        for each in HoldReason
        if each not in {HoldReason.PREDICTIONS, HoldReason.GATE, HoldReason.METRIC_SOURCE}
    ],
)
def test_under_another_hold_nothing_is_sent(reason: HoldReason) -> None:
    assert wanted(held(knowing(BAKING, changed(20)), reason), in_bake()) is None


@pytest.mark.parametrize(("faults", "sends"), [(0, False), (9, True)])
def test_a_hold_of_the_gate_that_only_probes_can_end_does_not_stop_them(
    faults: int,
    sends: bool,  # noqa: FBT001 - a table's column
) -> None:
    pairs = [pair(number, fault="null at 'x'" if number < faults else "") for number in range(80)]
    rollout = held(knowing(replace(BAKING, policy=MEANT), pairs), HoldReason.GATE)

    leaning = metrics() if sends else in_bake().metrics
    decision = decided(rollout, in_bake(leaning))
    found = probes_wanted(a_current(rollout), decision, in_bake(leaning), DUE)

    assert (found is not None) is sends


def test_while_everything_is_suspended_not_even_a_doubt_is_cleared() -> None:
    rollout = replace(doubted(BAKING), suspended=True)
    current = a_current(rollout)
    decision = decide(current, Wake(), in_bake(), Context(DUE, suspended=True))

    assert probes_wanted(current, decision, in_bake(), DUE) is None


def test_inputs_that_answer_alike_lift_the_hold() -> None:
    rollout = held(knowing(BAKING, [*changed(4), *alike(16, 4)]), HoldReason.PREDICTIONS)

    found = rollout_of(decided(rollout, in_bake(probes=probed(alike(100, 20)))))

    assert found.hold is None


def test_what_an_operator_accepted_only_reports() -> None:
    rollout = doubted(VALIDATING)
    accepting = Command(Verb.ADVANCE, "ann", "meant")
    current = decide(a_current(rollout), accepting, Observation(), Context(after(4))).current
    assert current.rollout is not None
    assert current.rollout.accepted == ("answers",)

    twice = replace(current.rollout, own=replace(rollout.own, looks=2))
    decision = decided(twice, seen(ALL_BLUE))

    moved = rollout_of(decision)
    assert (moved.phase, moved.hold) == (Phase.SHIFTING, None)
    assert judged_by(moved).observe_only == (Check.ANSWERS,)
    assert not answers_wanted(judged_by(moved), JUDGED.quality, gate_state(moved))
    told = next(entry.text for entry in decision.history if entry.kind == "PhaseChanged")
    assert "; 20 of 20 answers differ (100 %): label 0 -> 1 in 20 of them" in told


def test_a_verdict_is_stored_with_what_was_accepted() -> None:
    rollout = replace(BAKING, accepted=("answers", "of a later version"))

    (*_, record) = decided(rollout, in_bake()).minutes

    assert record.data["judgement"]["accepted"] == ["answers", "of a later version"]
    assert judged_by(rollout).observe_only == (Check.ANSWERS,)


def test_answers_are_told_of_once_some_were_compared() -> None:
    assert answers_sentence(BAKING) == ""
    assert answers_sentence(knowing(BAKING, alike(20))) == "0 of 20 answers differ (0 %)"
    assert answers_sentence(knowing(replace(BAKING, policy=MEANT), changed(1))).startswith("1 of 1")
