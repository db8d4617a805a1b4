"""Verdicts that rest on predictions are given again from the records of passes and looks."""

import json
from dataclasses import replace
from typing import Any

import pytest

from rollout.core.gate import (
    Moment,
    Verdict,
    begin_stage,
    fold,
    fold_predictions,
    fold_round,
    judge,
    numbers_of,
    opened,
    probes_sent,
    round_of,
)
from rollout.core.gate.history.audit import Folded, Ledger, Origin, Window, recompute
from rollout.core.gate.history.documents import round_document, round_from
from rollout.core.gate.history.prediction_documents import (
    predictions_document,
    predictions_from,
)
from rollout.core.records.answers import AnswerPair
from rollout.core.records.observation import Minute
from tests.support.answer_builders import LABELLED, LIVE, look, pair, side
from tests.support.gate_builders import KNOWN, MINUTE, PLANNED, START
from tests.support.gate_builders import side as minute_side
from tests.support.probe_builders import GATE, PROBES, quick, seen

QUALITY = replace(LABELLED, live=LIVE.live)
ORIGIN = Origin(GATE, KNOWN, PLANNED, PROBES, QUALITY)


def kept(value: Any) -> Any:
    return json.loads(json.dumps(value, allow_nan=False))


def equal(place: int) -> AnswerPair:
    key = "ab"[place % 2]
    return pair(place, key, loss=0.0, stable_loss=0.0, again=False if place % 10 == 0 else None)


def turned(place: int) -> AnswerPair:
    return pair(place, "ab"[place % 2], "ba"[place % 2], loss=float(place % 2), stable_loss=0.0)


def null(place: int) -> AnswerPair:
    return replace(equal(place), candidate=replace(equal(place).candidate, fault="null"))


GOOD = side(10, 0, [1] * 10), side(90, 1, [9] * 10, 1)
BAD = side(10, 8, [1] * 10), side(90, 1, [9] * 10)
TOP = side(10, 0, [0] * 9 + [10]), side(90, 0, [9] * 10)


@pytest.mark.parametrize(
    ("answer", "live", "last"),
    [
        (equal, GOOD, Verdict.ADVANCE),
        (turned, GOOD, Verdict.HOLD),
        (null, GOOD, Verdict.ROLLBACK),
        (equal, BAD, Verdict.ROLLBACK),
        (equal, TOP, Verdict.HOLD),
    ],
)
def test_every_verdict_on_predictions_is_given_again(answer: Any, live: Any, last: Verdict) -> None:
    state = begin_stage(opened(GATE, KNOWN, PLANNED), 0, 10)
    ledger = Ledger(ORIGIN)
    ledger.begin(0, 10)
    folded: list[Any] = []
    for number in range(20):
        minute = Minute(START + number * MINUTE, minute_side(4), minute_side(1))
        state, _ = fold(GATE, kept(state), [minute])
        one = seen(quick(), quick(shift=number % 20), first=probes_sent(state))
        bodies = [
            replace(each, answers=answer((number * 20 + at) % 40))
            for at, each in enumerate(one.pairs)
        ]
        counted = round_of(GATE, state, replace(one, pairs=tuple(bodies)))
        state = fold_round(GATE, PROBES, kept(state), counted, QUALITY)
        passed = numbers_of(GATE, state, QUALITY)
        read = look(live, first=number)
        state = fold_predictions(GATE, QUALITY, kept(state), read)
        # What a rollout stores of these, and nothing else, goes to the auditor.
        again: list[Folded] = [
            minute,
            round_from(kept(round_document(counted))),
            predictions_from(kept(predictions_document(read))),
        ]
        _, of_pass, of_look = ledger.fold(again)
        assert kept(of_pass) == kept(passed)
        assert kept(of_look) == kept(numbers_of(GATE, state, QUALITY))
        folded += again
        moment = Moment(START + (number + 5) * MINUTE, START, (number + 5) * MINUTE, 5 * MINUTE)
        judged = judge(GATE, state, moment, quality=QUALITY)
        assert ledger.judge(moment) == judged
    assert recompute(ORIGIN, [Window(0, 10, folded)], moment) == judged
    assert judged.verdict is last


def test_a_look_means_nothing_where_no_predictions_are_judged() -> None:
    ledger = Ledger(replace(ORIGIN, quality=None))
    before = dict(ledger.state)
    assert ledger.fold([look(BAD)]) == [numbers_of(GATE, before)]
    assert ledger.state == before
