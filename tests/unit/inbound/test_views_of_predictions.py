"""What both sides predicted, as people see it."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from rollout.core.gate import fold_probes, opened
from rollout.core.policy.probes_model import Probes
from rollout.core.policy.quality_model import Difference, Labelled, Live, Metric, Quality
from rollout.core.records.answers import Answer, AnswerPair
from rollout.core.records.collected import Collected
from rollout.core.records.phases import Phase
from rollout.core.records.probes import ProbeAnswer, ProbePair, ProbesSeen
from rollout.inbound.views import summary_view
from tests.support.builders import KNOWN_OF_STABLE, NOW, POLICY, a_current, a_rollout

AT = datetime(2026, 1, 31, 12, 1, tzinfo=UTC)
GOOD = ProbeAnswer(200, 20.0)
QUALITY = Quality(difference=Difference.ROLLBACK, probed=Labelled(Metric.ACCURACY))


def shown(**changes: Any) -> Any:
    rollout = a_rollout(Phase.BAKING, policy=replace(POLICY, quality=QUALITY))
    return summary_view("fraud", "endpoint", a_current(replace(rollout, **changes)), NOW)[
        "rollout"
    ]["predictions"]


def test_a_policy_that_judges_none_has_no_such_part() -> None:
    assert shown(policy=POLICY) is None


@pytest.mark.parametrize("gate", [{}, opened(POLICY.gate, KNOWN_OF_STABLE, 60.0)])
def test_before_the_first_comparison_there_are_no_numbers(gate: Any) -> None:
    assert shown(gate=gate) == {
        "difference": "rollback",
        "accepted": [],
        "paired": None,
        "labels": None,
        "live": None,
        "collected": None,
    }


def test_what_changed_and_how_often_is_shown() -> None:
    pairs = tuple(
        ProbePair(
            number,
            GOOD,
            GOOD,
            AnswerPair(
                number,
                Answer("null at 'x'" if number == 5 else "", "k", float(number < 3)),
                Answer("", "k", 0.0),
                number < 3,
                "label 0 -> 1" if number < 3 else "",
                again=number == 4 if number < 5 else None,
            ),
        )
        for number in range(20)
    )
    state = opened(POLICY.gate, KNOWN_OF_STABLE, 60.0)
    state = fold_probes(POLICY.gate, Probes(), state, ProbesSeen(AT, 40, 20, pairs), QUALITY)

    found = shown(gate=state, accepted=("answers",))

    assert found["accepted"] == ["answers"]
    assert found["paired"] == {
        "text": (
            "3 of 20 answers differ (15 %): label 0 -> 1 in 3 of them; "
            "stable itself answered 1 of 5 in two ways"
        ),
        "compared": 20,
        "inputs": 40,
        "differing": 3,
        "changes": {"label 0 -> 1": 3},
        "askedTwice": 5,
        "differedTwice": 1,
        "pairs": 20,
        "faulty": 1,
        "stableFaulty": 0,
        "faults": {"null at 'x'": 1},
    }
    assert found["labels"]["labelled"] == 20
    assert found["labels"]["candidateLoss"] == pytest.approx(0.15)
    assert found["live"] is None


def test_what_of_live_answers_is_not_judged_is_shown() -> None:
    collected = Collected(more=True, silent="blue does not collect", left_out=7)
    policy = replace(POLICY, quality=Quality(live=Live()))

    assert shown(policy=policy)["collected"] == {
        "silent": None,
        "unequal": None,
        "more": False,
        "leftOut": 0,
    }
    assert shown(policy=policy, collected=collected)["collected"] == {
        "silent": "blue does not collect",
        "unequal": None,
        "more": True,
        "leftOut": 7,
    }
