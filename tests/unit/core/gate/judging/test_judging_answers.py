"""Verdicts on answers to probes: what rolls back, what holds, and what passing asks for."""

from dataclasses import replace
from typing import Any

import pytest

from rollout.core.gate import Judgement, Verdict, begin_stage, fold, harm, judge, opened
from rollout.core.policy.quality_model import Difference, Quality
from tests.support.answer_builders import LABELLED, QUALITY, answered, pair, same, turned
from tests.support.gate_builders import KNOWN, PLANNED, a_moment, side, some
from tests.support.probe_builders import GATE, begun

EXPECTED = replace(QUALITY, difference=Difference.EXPECTED)


def verdict(state: dict[str, Any], quality: Quality = QUALITY, minutes: int = 20) -> Judgement:
    """What is said after quiet minutes with a live request each."""
    quiet = fold(GATE, state, some(minutes, side(1), side(4)))[0]
    return judge(GATE, quiet, a_moment(minutes), quality=quality)


def rounds(count: int, answer: Any = same, inputs: int = 40) -> list[Any]:
    return [answer(place % inputs) for place in range(count)]


def test_equal_answers_pass() -> None:
    state = answered(begun(), rounds(600))
    assert verdict(state).verdict is Verdict.ADVANCE


def test_other_answers_hold_and_the_sentence_says_which() -> None:
    state = answered(begun(), rounds(40, turned))
    judged = verdict(state)
    assert judged.verdict is Verdict.HOLD
    assert judged.text.startswith(
        "the candidate answers differently: 40 of 40 answers differ (100 %): label b -> a in 20 "
        "of them; tolerated 5.0% of the inputs; odds "
    )
    assert judged.text.endswith("`advance` accepts that, `rollback` sends it back")


def test_other_answers_roll_back_where_the_policy_says_so() -> None:
    quality = replace(QUALITY, difference=Difference.ROLLBACK)
    found = harm(GATE, answered(begun(), rounds(40, turned), quality=quality), quality)
    assert found is not None
    assert found.text.startswith("the candidate answers differently: 40 of 40 answers differ")


def test_answers_that_are_meant_to_differ_are_told_and_decide_nothing() -> None:
    state = answered(begun(), rounds(600, turned), quality=EXPECTED)
    judged = verdict(state, EXPECTED)
    assert judged.verdict is Verdict.ADVANCE
    assert judged.numbers["predictions"]["answers"] == [40, 40, 40]


def test_one_class_for_all_rolls_back_even_where_differences_are_meant() -> None:
    constant = [pair(place, "a", "ab"[place % 2]) for place in range(40)]
    found = harm(GATE, answered(begun(), constant, quality=EXPECTED), EXPECTED)
    assert found is not None
    assert found.text.startswith(
        "the candidate predicts one and the same where stable does not: it answered 40 of 40 "
    )


def test_what_no_release_is_meant_to_answer_rolls_back() -> None:
    null = [
        pair(place, "a" if place % 5 else "", "a", fault="" if place % 5 else "null at 'score'")
        for place in range(80)
    ]
    found = harm(GATE, answered(begun(), null, quality=EXPECTED), EXPECTED)
    assert found is not None
    assert "null at 'score' in " in found.text


def test_stables_own_faults_are_no_harm() -> None:
    null = [pair(place, "a", fault="null", stable_fault="null") for place in range(80)]
    assert harm(GATE, answered(begun(), null), QUALITY) is None


def test_what_is_seen_at_0_percent_counts_in_the_first_stage() -> None:
    state = answered(opened(GATE, KNOWN, PLANNED), rounds(40, turned))
    assert verdict(begin_stage(state, 0, 10)).verdict is Verdict.HOLD


def test_a_stage_waits_for_the_answers_that_are_missing() -> None:
    state = answered(begun(), rounds(600, inputs=20), inputs=500)
    judged = verdict(state)
    assert judged.verdict is Verdict.CONTINUE
    assert "or the other 480 of 500 inputs compared" in judged.text
    assert verdict(answered(begun(), rounds(600, inputs=20), inputs=20)).verdict is Verdict.ADVANCE


def test_a_whole_set_with_too_many_differences_for_chance_and_too_few_for_harm_is_unclear() -> None:
    few = [turned(place) if place < 3 else same(place) for place in range(40)]
    state = answered(begun(), few * 15)
    judged = verdict(state)
    assert judged.verdict is Verdict.HOLD
    assert judged.text.startswith("3 of 40 answers differ (8 %): label b -> a in 2 of them. These")
    assert judged.text.endswith("`advance` accepts that, and `rollback` sends it back")


def test_labels_that_say_too_little_are_unclear_too() -> None:
    worse = [replace_loss(place, 1.0 if place < 3 else 0.0) for place in range(40)]
    state = answered(begun(), worse * 15, quality=LABELLED)
    judged = verdict(state, LABELLED)
    assert judged.verdict is Verdict.HOLD
    assert judged.text.startswith("on 40 labelled inputs the candidate's mean loss is 0.075")


def test_worse_by_the_labels_holds() -> None:
    worse = [replace_loss(place, 1.0) for place in range(40)]
    judged = verdict(answered(begun(), worse, quality=LABELLED), LABELLED)
    assert judged.verdict is Verdict.HOLD
    assert judged.text.startswith("the candidate is worse by the labels: on 40 labelled inputs")


def replace_loss(place: int, loss: float) -> Any:
    return pair(place, "ab"[place % 2], loss=loss, stable_loss=0.0)


@pytest.mark.parametrize("quality", [None, QUALITY])
def test_a_rollout_without_a_part_on_predictions_is_judged_as_before(
    quality: Quality | None,
) -> None:
    """Whoever does not pass the part, judges none: also of a state that has some."""
    state = answered(begun(), rounds(40, turned), quality=quality)
    assert ("quality" in state) is (quality is not None)
    assert judge(GATE, state, a_moment(1)).verdict is Verdict.CONTINUE
    constant = [pair(place, "a", "ab"[place % 2]) for place in range(40)]
    assert harm(GATE, answered(begun(), constant, quality=quality)) is None
