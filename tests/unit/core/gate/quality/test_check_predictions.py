"""What predictions are charged with, what follows, and the words of it."""

from dataclasses import replace

import pytest

from rollout.core.gate.checks.check import Action
from rollout.core.gate.checks.stage import Totals
from rollout.core.gate.judging.state import State
from rollout.core.gate.quality.check import charges
from rollout.core.policy.gate_model import Check, GatePolicy
from rollout.core.policy.quality_model import Difference, Quality
from tests.support.answer_builders import LABELLED, LIVE, QUALITY, answered, looked, pair, side
from tests.support.probe_builders import GATE, begun

EVERYTHING = replace(LABELLED, live=LIVE.live)
PREDICTIONS = ["answers", "faults", "constant", "losses", "bodies", "outputs", "odd"]


def full_state(quality: Quality = EVERYTHING) -> State:
    """Some of everything: faults, differences, labels, live answers."""
    odd = [
        pair(0, "1", "0", loss=1.0, stable_loss=0.0, again=True, fault="null at 'score'"),
        pair(1, "1", "0", loss=1.0, stable_loss=0.0),
        pair(2, "2", "0", loss=0.0, stable_loss=0.0, again=False),
    ]
    state = answered(begun(), odd, quality=quality)
    batch = side(10, 2, [1] * 10, 3), side(90, 1, [9] * 10, 2)
    return State.load(looked(state, *[batch] * 3, quality=quality))


def actions(policy: GatePolicy, quality: Quality) -> dict[str, Action]:
    found = charges(policy, quality, full_state(quality).quality)
    return {each.name: each.action for each in found}


def test_each_charge_has_its_action_and_its_part_of_the_budget() -> None:
    assert actions(GATE, EVERYTHING) == {
        "answers": Action.HOLD,
        "faults": Action.ROLLBACK,
        "constant": Action.ROLLBACK,
        "losses": Action.HOLD,
        "bodies": Action.ROLLBACK,
        "outputs": Action.HOLD,
        "odd": Action.HOLD,
    }
    budget = replace(GATE.budget, **{name: 0.001 * (n + 1) for n, name in enumerate(PREDICTIONS)})
    found = charges(replace(GATE, budget=budget), EVERYTHING, full_state().quality)
    assert [each.alpha for each in found] == [0.001 * (n + 1) for n in range(7)]


@pytest.mark.parametrize(
    ("difference", "action"),
    [
        (Difference.HOLD, Action.HOLD),
        (Difference.ROLLBACK, Action.ROLLBACK),
        (Difference.EXPECTED, Action.REPORT),
    ],
)
def test_the_policy_says_what_follows_from_differences(
    difference: Difference, action: Action
) -> None:
    assert actions(GATE, replace(EVERYTHING, difference=difference))["answers"] is action


def test_what_is_only_observed_decides_nothing() -> None:
    policy = replace(GATE, observe_only=tuple(Check(name) for name in PREDICTIONS))
    assert set(actions(policy, EVERYTHING).values()) == {Action.REPORT}


def test_nothing_is_charged_of_which_nothing_was_seen() -> None:
    assert charges(GATE, None, full_state().quality) == []
    assert charges(GATE, QUALITY, None) == []
    answers = State.load(answered(begun(), [pair()])).quality
    assert [each.name for each in charges(GATE, QUALITY, answers)] == [
        "answers",
        "faults",
        "constant",
    ]
    live = replace(LIVE, live=replace(LIVE.live, outputs=())) if LIVE.live else LIVE
    seen = State.load(looked(begun(), (side(1), side(9)), quality=live)).quality
    assert [each.name for each in charges(GATE, live, seen)] == ["bodies"]


def test_reasons_have_both_sides_numbers() -> None:
    state = full_state()
    told = {
        each.name: each.seen(state.memory_of(each.name), Totals(), {})
        for each in charges(GATE, EVERYTHING, state.quality)
    }
    assert told == {
        "answers": "3 of 3 answers differ (100 %): label 0 -> 1 in 2 of them; stable itself "
        "answered 1 of 2 in two ways",
        "faults": "of 3 answers to probes 1 of the candidate's, 0 of stable's: "
        "null at 'score' in 1",
        "constant": "it answered 2 of 3 inputs one and the same, 0 of them among the 1 that a "
        "side did not give its usual answer",
        "losses": "on 3 labelled inputs the candidate's mean loss is 0.6667, stable's 0",
        "bodies": "candidate 6 of 30 failed what every answer must meet, stable 3 of 270",
        "outputs": "score: total variation 0.00 between 30 outputs of the candidate and 270 of "
        "stable",
        "odd": "score: candidate 9 of 30 were null or out of range, stable 6 of 270",
    }


def test_words_are_left_out_where_there_are_none() -> None:
    state = State.load(answered(begun(), [pair(0), pair(1)]))
    answers, faults, _ = charges(GATE, QUALITY, state.quality)
    assert answers.seen(state.memory_of("answers"), Totals(), {}) == "0 of 2 answers differ (0 %)"
    assert faults.seen(state.memory_of("faults"), Totals(), {}) == (
        "of 2 answers to probes 0 of the candidate's, 0 of stable's"
    )


def test_odds_are_those_of_what_is_remembered() -> None:
    state = full_state()
    for each in charges(GATE, EVERYTHING, state.quality):
        assert isinstance(each.ln_odds(state.memory_of(each.name)), float)
