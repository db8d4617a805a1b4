"""What predictions hold a rollout for, and which holds only further probes can end."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from rollout.core.gate import Moment, Verdict, doubted, fold_probes, judge, undecided
from rollout.core.policy.gate_model import Check
from rollout.core.policy.quality_model import Difference, Labelled, Metric, Quality
from rollout.core.records.answers import Answer, AnswerPair
from rollout.core.records.probes import ProbePair, ProbesSeen
from tests.support.gate_builders import MINUTE, START
from tests.support.probe_builders import BAD, GATE, GOOD, PROBES, answers, begun, probed

QUALITY = Quality(probed=Labelled(Metric.ACCURACY))
EXPECTED = replace(QUALITY, difference=Difference.EXPECTED)
MOMENT = Moment(START + 9 * MINUTE, START, 9 * MINUTE, 2 * MINUTE)


def compared(
    passes: int,
    differing: int = 0,
    *,
    inputs: int = 1000,
    worse: int = 0,
    faulty: int = 0,
    quality: Quality | None = QUALITY,
) -> dict[str, Any]:
    """The state after passes of 20 pairs: `differing` and so on of each are, the first ones."""
    state = begun()
    for one in range(passes):
        pairs = tuple(
            ProbePair(
                20 * one + at,
                GOOD,
                GOOD,
                AnswerPair(
                    (20 * one + at) % inputs,
                    Answer("null at 'x'" if at < faulty else "", f"k{at % 7}", float(at < worse)),
                    Answer("", f"k{at % 7}", 0.0),
                    at < differing,
                    "label 0 -> 1" if at < differing else "",
                    again=False,
                ),
            )
            for at in range(20)
        )
        seen = ProbesSeen(START + one * MINUTE, inputs, 20, pairs)
        state = fold_probes(GATE, PROBES, state, seen, quality)
    return state


@pytest.mark.parametrize(
    ("state", "checks"),
    [
        (begun(), ()),
        (compared(3), ()),
        (compared(6, 5), ("answers",)),
        (compared(30, 0, worse=6), ("losses",)),
        (compared(30, 6, worse=6), ("answers", "losses")),
        (compared(1, 2, inputs=20), ("answers",)),
        (compared(1, 0, inputs=20, worse=1), ("losses",)),
    ],
)
def test_what_is_proven_or_cannot_be_told_asks_a_person(
    state: dict[str, Any], checks: Sequence[str]
) -> None:
    found = doubted(GATE, state, QUALITY)

    assert (() if found is None else found.checks) == tuple(checks)
    judged = judge(GATE, state, MOMENT, quality=QUALITY)
    if found is None:
        assert judged.verdict is not Verdict.HOLD
    else:
        # A person reads all of it; the gate says the first.
        assert judged.verdict is Verdict.HOLD
        assert found.text.startswith(judged.text)


def test_a_set_that_is_proven_and_complete_is_told_of_once() -> None:
    found = doubted(GATE, compared(6, 20, inputs=120), QUALITY)

    assert found is not None
    assert found.checks == ("answers",)
    assert "hold at 200:1" in found.text
    assert "all the inputs there are" not in found.text


@pytest.mark.parametrize(
    ("policy", "quality"),
    [
        (GATE, None),
        (GATE, EXPECTED),
        (GATE, replace(QUALITY, difference=Difference.ROLLBACK)),
        (GATE.with_accepted(["answers"]), QUALITY),
    ],
)
def test_what_does_not_hold_asks_nobody(policy: Any, quality: Quality | None) -> None:
    assert doubted(policy, compared(6, 5), quality) is None


def test_only_checks_that_were_accepted_report() -> None:
    assert GATE.with_accepted([]) is GATE
    accepted = GATE.with_accepted(["losses", "answers", "losses", "unknown"])
    assert accepted.observe_only == (Check.ANSWERS, Check.LOSSES)
    assert accepted.with_accepted(["answers"]) is accepted


@pytest.mark.parametrize(
    ("state", "leans"),
    [
        (compared(3), False),
        (compared(5, faulty=2), True),
        (compared(12, faulty=2), False),
        (probed(begun(), [(answers(12, 3), answers(15))] * 3), True),
        (probed(begun(), [(answers(15), answers(15))] * 3), False),
    ],
)
def test_odds_that_stop_a_stage_and_prove_nothing_ask_for_more_probes(
    state: dict[str, Any],
    leans: bool,  # noqa: FBT001 - a table's column
) -> None:
    assert BAD.failed
    assert undecided(GATE, state, EXPECTED) is leans
    assert undecided(replace(GATE, observe_only=tuple(Check)), state, EXPECTED) is False
