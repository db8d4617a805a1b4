"""A bake's first minute and the one that still runs: what is read, judged, kept and looked at."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from rollout.core.gate.history.documents import minute_from
from rollout.core.machine.decision import Decision
from rollout.core.machine.part_minutes import TOO_YOUNG
from rollout.core.policy.gate_model import ErrorsCheck
from rollout.core.reads import ReadMetrics, reads_needed
from rollout.core.records.effects import Recheck
from rollout.core.records.observation import Minute, Observation, SideMinute
from rollout.core.records.own_requests import OwnMinute, OwnRequests
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Baking, Rollout
from tests.support.bakes import BAKING, baked
from tests.support.builders import (
    GREEN,
    NOW,
    POLICY,
    a_current,
    after,
    look,
    metrics,
    minutes,
    ours,
    rollout_of,
    seen,
    side,
)

BEGAN = NOW + timedelta(seconds=40)
"""The weight was seen 20 seconds before a minute's end."""

AT_ONCE = replace(
    BAKING,
    policy=replace(
        POLICY,
        gate=replace(POLICY.gate, settle=minutes(0), ingestion_delay=timedelta(seconds=2)),
    ),
    baking=Baking(window_start=BEGAN),
)
STABLE = side(900)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def shown(*candidates: SideMinute | None, stable: SideMinute | None = STABLE) -> Any:
    """One minute after the other from NOW on."""
    return metrics(*(Minute(after(n), stable, each) for n, each in enumerate(candidates)))


def looked(seconds: float, *candidates: SideMinute | None, rollout: Rollout = AT_ONCE) -> Decision:
    return baked(shown(*candidates), rollout, at(seconds))


def test_the_first_minute_and_the_running_one_are_read() -> None:
    def read(rollout: Rollout, now: datetime) -> list[ReadMetrics]:
        needed = reads_needed(a_current(rollout), Observation(), now, suspended=False, zones=None)
        return [each for each in needed if isinstance(each, ReadMetrics)]

    assert read(AT_ONCE, at(45)) == [ReadMetrics(NOW, after(1), None)]
    assert read(AT_ONCE, at(70)) == [ReadMetrics(NOW, after(2), None)]
    assert read(BAKING, at(59)) == []
    assert read(BAKING, at(70)) == [ReadMetrics(after(1), after(2), None)]


def test_what_fails_from_the_first_weight_on_goes_back_in_the_next_minute() -> None:
    first = looked(63, side(50, 50), side(5, 5))
    kept = rollout_of(first)
    assert (kept.phase, first.effects) == (Phase.BAKING, (Recheck(),))
    (record,) = first.minutes
    assert minute_from(record.data).rest == 0.0
    assert minute_from(record.data).candidate == side(50, 50)

    second = baked(shown(side(50, 50), side(45, 45)), kept, at(78))
    assert rollout_of(second).phase is Phase.ROLLING_BACK
    judgement = second.history[0].data
    assert "candidate 95 of 95 failed" in second.history[0].text
    assert judgement["provisional"][0]["rest"] > 0


def test_what_the_app_sent_itself_is_taken_out_of_the_first_minute() -> None:
    own = OwnRequests((OwnMinute(NOW, {"424": 20}, {"200": 20}),))
    failed = SideMinute(20, 20, by_status={"424": 20})
    decision = looked(63, failed, None, rollout=replace(AT_ONCE, own=own))
    folded = minute_from(decision.minutes[0].data)
    assert folded.candidate is not None
    assert folded.candidate.requests == 0
    assert decision.effects == ()


@pytest.mark.parametrize(
    ("candidates", "seconds", "soon"),
    [
        ((side(50, 50), None), 63, True),
        ((side(50, 50), side(20)), 75, False),
        ((side(50, 50), side(40, 3)), 90, True),
        ((side(50, 50), side(40, 2)), 90, False),
        ((side(50), side(2, 2)), 63, False),
    ],
    ids=[
        "the next minute is young",
        "it is good so far",
        "it is as bad",
        "it is within the limit",
        "nothing was bad before",
    ],
)
def test_a_bake_is_looked_at_soon_while_one_more_bad_minute_may_be_running(
    candidates: tuple[SideMinute | None, ...], seconds: float, *, soon: bool
) -> None:
    assert timedelta(seconds=10) < TOO_YOUNG <= timedelta(seconds=15)
    decision = looked(seconds, *candidates)
    assert rollout_of(decision).phase is Phase.BAKING
    assert decision.effects == ((Recheck(),) if soon else ())
    assert (decision.current.next_look is None) is soon


def test_without_an_absolute_limit_parts_decide_nothing() -> None:
    policy = AT_ONCE.policy
    without = replace(policy, gate=replace(policy.gate, errors=ErrorsCheck(slo=None)))
    decision = looked(90, side(50, 50), side(80, 80), rollout=replace(AT_ONCE, policy=without))
    assert (rollout_of(decision).phase, decision.effects) == (Phase.BAKING, ())


def test_at_all_the_traffic_stable_need_not_be_heard() -> None:
    rollout = replace(AT_ONCE, stage=2)
    bad = shown(side(500, 500), side(450, 450), stable=None)
    decision = look(rollout, seen({GREEN: 100}, ours(1), metrics=bad), at(78))
    assert rollout_of(decision).phase is Phase.ROLLING_BACK
