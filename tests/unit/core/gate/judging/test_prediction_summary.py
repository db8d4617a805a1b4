"""What is told of predictions, and whether more pairs would help."""

from dataclasses import replace

import pytest

from rollout.core.gate import answers_told, answers_wanted
from rollout.core.policy.quality_model import Difference
from tests.support.answer_builders import (
    LABELLED,
    LIVE,
    QUALITY,
    answered,
    looked,
    pair,
    same,
    side,
    turned,
)
from tests.support.probe_builders import GATE, begun


def test_nothing_is_told_of_what_was_not_seen() -> None:
    assert answers_told(QUALITY, begun()) == {}
    assert answers_told(None, answered(begun(), [same(0)])) == {}


def test_answers_are_told_with_what_changed() -> None:
    state = answered(begun(), [*map(turned, range(5)), *map(same, range(5, 20))])
    assert answers_told(QUALITY, state) == {
        "text": "5 of 20 answers differ (25 %): label b -> a in 3 of them",
        "compared": 20,
        "inputs": 40,
        "differing": 5,
        "changes": {"label b -> a": 3, "label a -> b": 2},
        "askedTwice": 15,
        "differedTwice": 0,
        "pairs": 20,
        "faulty": 0,
        "stableFaulty": 0,
        "faults": {},
    }


def test_labels_and_live_answers_are_told() -> None:
    state = answered(begun(), [pair(0, loss=1.0, stable_loss=0.5)], quality=LABELLED)
    assert answers_told(LABELLED, state)["labels"] == {
        "labelled": 1,
        "candidateLoss": 1.0,
        "stableLoss": 0.5,
        "worse": 0.5,
    }
    live = looked(begun(), (side(10, 1, [10] + [0] * 9, 2), side(90, 0, [9] * 10)))
    assert answers_told(LIVE, live) == {
        "live": {
            "candidate": 10,
            "candidateFailed": 1,
            "stable": 90,
            "stableFailed": 0,
            "odd": {"score": [2, 0]},
            "variation": {"score": pytest.approx(0.9)},
        }
    }


def test_pairs_are_wanted_until_answers_have_shown_what_they_must() -> None:
    assert answers_wanted(GATE, QUALITY, begun())
    assert answers_wanted(GATE, QUALITY, answered(begun(), [same(0)]))
    assert not answers_wanted(GATE, QUALITY, answered(begun(), map(same, range(40))))
    assert not answers_wanted(GATE, QUALITY, answered(begun(), map(same, range(60)), inputs=500))
    assert answers_wanted(GATE, QUALITY, looked(begun(), (side(1), side(9))))


def test_pairs_are_not_wanted_where_answers_do_not_decide() -> None:
    expected = replace(QUALITY, difference=Difference.EXPECTED)
    assert not answers_wanted(GATE, expected, begun())
    assert not answers_wanted(GATE, None, begun())


def test_a_whole_set_that_is_unclear_wants_no_more() -> None:
    few = [turned(place) if place < 3 else same(place) for place in range(40)]
    assert not answers_wanted(GATE, QUALITY, answered(begun(), few))
