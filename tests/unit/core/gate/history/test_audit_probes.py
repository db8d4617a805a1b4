"""Verdicts that rest on probes are given again from the records of minutes and of passes."""

import json
from typing import Any

import pytest

from rollout.core.gate import (
    Moment,
    Verdict,
    begin_stage,
    fold,
    fold_round,
    judge,
    numbers_of,
    opened,
    round_of,
)
from rollout.core.gate.history.audit import Ledger, Origin, Window, recompute
from rollout.core.gate.history.documents import (
    minute_document,
    minute_from,
    round_document,
    round_from,
)
from rollout.core.records.observation import Minute
from rollout.core.records.probes import ProbeAnswer
from tests.support.gate_builders import KNOWN, MINUTE, PLANNED, START, side
from tests.support.probe_builders import GATE, PROBES, answers, quick, seen

ORIGIN = Origin(GATE, KNOWN, PLANNED, PROBES)


def kept(value: Any) -> Any:
    return json.loads(json.dumps(value, allow_nan=False))


@pytest.mark.parametrize(
    ("candidate", "last"),
    [
        (quick(), Verdict.ADVANCE),
        (quick(1.5), Verdict.ROLLBACK),
        (answers(18, 2), Verdict.ROLLBACK),
    ],
)
def test_every_verdict_of_two_streams_is_given_again(
    candidate: list[ProbeAnswer], last: Verdict
) -> None:
    state = begin_stage(opened(GATE, KNOWN, PLANNED), 0, 10)
    ledger = Ledger(ORIGIN)
    ledger.begin(0, 10)
    folded: list[Any] = []
    for number in range(20):
        minute = Minute(START + number * MINUTE, side(4), side(1))
        state, left = fold(GATE, kept(state), [minute])
        now = START + (number + 5) * MINUTE
        one = round_of(GATE, state, seen(candidate, quick(shift=number % 20), at=now))
        state = fold_round(GATE, PROBES, state, one)
        # What a rollout stores of this pass, and nothing else, goes to the auditor.
        again = minute_from(kept(minute_document(minute))), round_from(kept(round_document(one)))
        assert again == (minute, one)
        assert kept(ledger.fold([again[0]])) == kept(left)
        assert kept(ledger.probe(again[1])) == kept(numbers_of(GATE, state))
        folded += again
        moment = Moment(now, START, (number + 5) * MINUTE, 5 * MINUTE)
        judged = judge(GATE, state, moment)
        assert ledger.judge(moment) == judged
    assert recompute(ORIGIN, [Window(0, 10, folded)], moment) == judged
    assert judged.verdict is last


def test_what_stopped_a_pass_is_kept() -> None:
    one = round_of(GATE, opened(GATE, KNOWN, PLANNED), seen([], [], stopped="429 from stable"))
    assert round_document(one)["stopped"] == "429 from stable"
    assert round_from(kept(round_document(one))) == one


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"stable": None}, "a side is missing"),
        ({"sent": "many"}, "'many' is not a number"),
        ({"sent": -1}, "-1 is not a number that can be counted"),
    ],
)
def test_what_is_no_record_of_a_pass_is_refused(change: dict[str, Any], why: str) -> None:
    one = round_of(GATE, opened(GATE, KNOWN, PLANNED), seen(quick(), quick()))
    with pytest.raises(ValueError, match=why):
        round_from({**round_document(one), **change})


def test_a_record_without_its_inputs_is_refused() -> None:
    one = round_document(round_of(GATE, opened(GATE, KNOWN, PLANNED), seen(quick(), quick())))
    del one["inputs"]
    with pytest.raises(ValueError, match="a pass of probes: it has no 'inputs'"):
        round_from(one)
