"""Verdicts given while minutes came in are given again from what was stored of them."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from rollout.core.gate import Moment, Verdict, baseline, begin_stage, fold, judge, opened
from rollout.core.gate.history.audit import Ledger, Origin, Window, recompute
from rollout.core.gate.history.documents import (
    minute_document,
    minute_from,
    moment_document,
    moment_from,
)
from rollout.core.policy.gate_model import GatePolicy
from rollout.core.records.observation import Minute, Percentiles, SideMinute

AT = datetime(2026, 1, 31, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
POLICY = GatePolicy()
PLANNED = 180.0
STAGES = ((0, 10), (1, 50))


def followed(
    origin: Origin, windows: Iterable[Window]
) -> tuple[Mapping[str, Any], list[dict[str, Any]]]:
    """The state after all windows, and what each minute left behind."""
    ledger, numbers = Ledger(origin), []
    for window in windows:
        ledger.begin(window.index, window.weight)
        numbers += ledger.fold(window.minutes)
    return ledger.state, numbers


def side(random: Random, requests: int, share: float) -> SideMinute:
    scale = 100 * random.lognormvariate(0, 0.03)
    return SideMinute(
        requests=requests,
        failures=random.binomialvariate(requests, share),
        by_status={"200": requests},
        latency=Percentiles(scale, 1.9 * scale, 2.3 * scale, 3.2 * scale),
    )


def kept(value: Any) -> Any:
    return json.loads(json.dumps(value, allow_nan=False))


class Played:
    """A rollout of two stages as it happens: what it stores, and each verdict when it was given."""

    def __init__(self, share: float, seed: int) -> None:
        random = Random(seed)  # noqa: S311 - draws that can be repeated, nothing secret
        history = [Minute(AT - at * MINUTE, side(random, 900, 0.005), None) for at in range(1, 361)]
        self.known = kept(baseline(POLICY, history))
        self.stored: list[dict[str, Any]] = []
        state = opened(POLICY, self.known, PLANNED)
        at = AT
        for index, weight in STAGES:
            state = begin_stage(state, index, weight)
            for _ in range(8):
                sides = side(random, 1000 - 10 * weight, 0.005), side(random, 10 * weight, share)
                minute = Minute(at, *sides)
                state, (left,) = fold(POLICY, kept(state), [minute])
                at += MINUTE
                unsettled = Minute(at, side(random, 900, 0.005), side(random, 100, share))
                moment = Moment(at + 5 * MINUTE, AT, 12 * MINUTE, 10 * MINUTE)
                copy, _ = fold(POLICY, state, [unsettled])
                verdict = judge(POLICY, state, moment, provisional=copy)
                self.stored.append(
                    {
                        "stage": [index, weight],
                        "minute": kept({**minute_document(minute), "numbers": left}),
                        "judged": kept(moment_document(moment)),
                        "provisional": kept([minute_document(unsettled)]),
                        "verdict": verdict,
                    }
                )


@pytest.mark.parametrize(("share", "last"), [(0.005, Verdict.ADVANCE), (0.06, Verdict.ROLLBACK)])
def test_every_stored_verdict_is_given_again(share: float, last: Verdict) -> None:
    played = Played(share, seed=3)
    origin = Origin(POLICY, played.known, PLANNED)
    for count, row in enumerate(played.stored, 1):
        seen = played.stored[:count]
        windows = [
            Window(
                index,
                weight,
                [minute_from(each["minute"]) for each in seen if each["stage"] == [index, weight]],
            )
            for index, weight in STAGES
            if index <= row["stage"][0]
        ]
        again = recompute(
            origin,
            windows,
            moment_from(row["judged"]),
            [minute_from(each) for each in row["provisional"]],
        )
        assert again == row["verdict"]
        numbers = followed(origin, windows)[1]
        assert kept(numbers) == [each["minute"]["numbers"] for each in seen]
    assert played.stored[-1]["verdict"].verdict is last


def test_a_verdict_before_the_first_minute_is_given_again() -> None:
    played = Played(0.005, seed=4)
    moment = Moment(AT + 4 * MINUTE, AT + 3 * MINUTE, 4 * MINUTE, 10 * MINUTE)
    state = begin_stage(opened(POLICY, played.known, PLANNED), 0, 10)
    origin = Origin(POLICY, played.known, PLANNED)
    assert recompute(origin, [Window(0, 10, [])], moment) == judge(POLICY, state, moment)
    assert judge(POLICY, state, moment).verdict is Verdict.CONTINUE


def test_a_window_begun_anew_starts_its_evidence_anew() -> None:
    minutes = [minute_from(each["minute"]) for each in Played(0.005, seed=5).stored[:8]]
    origin = Origin(POLICY, Played(0.005, seed=5).known, PLANNED)
    once, _ = followed(origin, [Window(0, 10, minutes)])
    anew, _ = followed(origin, [Window(0, 10, minutes[:4]), Window(0, 10, minutes[4:])])
    assert once["errors"] == anew["errors"]
    assert once["stage"]["minutes"] == 8
    assert anew["stage"]["minutes"] == 4
