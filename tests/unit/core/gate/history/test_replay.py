"""A replay says at each look what a rollout would have been told then."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from rollout.core.gate import NONE, Verdict, baseline
from rollout.core.gate.history.audit import Origin, Window, recompute
from rollout.core.gate.history.replay import Judged, Recording, replay
from rollout.core.gate.judging.judge import Moment
from rollout.core.policy.gate_model import ErrorsCheck, GatePolicy
from rollout.core.records.observation import Minute, SideMinute

AT = datetime(2026, 1, 31, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
BAKE = timedelta(minutes=15)
POLICY = GatePolicy(latency=None, split=None)
"""Recordings here have the same requests at every weight."""
HISTORY = [Minute(AT - at * MINUTE, SideMinute(1000, 5), None) for at in range(1, 400)]
ORIGIN = Origin(POLICY, baseline(POLICY, HISTORY), 180.0)


def minutes(failures: Sequence[int], first: int = 0) -> list[Minute]:
    return [
        Minute(AT + (first + at) * MINUTE, SideMinute(900, 4), SideMinute(100, bad))
        for at, bad in enumerate(failures)
    ]


def stage(recorded: Sequence[Minute], index: int = 0, weight: int = 10) -> Recording:
    return Recording(index, weight, BAKE, recorded)


def looked(*recordings: Recording, origin: Origin = ORIGIN) -> list[Judged]:
    return list(replay(origin, recordings))


def test_nothing_is_settled_before_the_settle_time_and_the_ingestion_delay() -> None:
    looks = looked(stage(minutes([0] * 30)))
    # The fourth minute is the first that counts; it is complete four minutes after its end.
    assert [look.settled for look in looks[:9]] == [0, 0, 0, 0, 0, 0, 0, 1, 2]
    assert [look.provisional for look in looks[:9]] == [0, 0, 0, 1, 2, 3, 4, 4, 4]
    assert looks[0].now == AT + MINUTE


def test_a_healthy_candidate_advances_when_its_bake_is_over() -> None:
    last = looked(stage(minutes([0] * 30)))[-1]
    assert last.judgement.verdict is Verdict.ADVANCE
    assert last.now == AT + BAKE
    assert last.settled == 8


def test_harm_is_seen_in_minutes_that_have_not_settled() -> None:
    last = looked(stage(minutes([0] * 5 + [60] * 30)))[-1]
    assert last.judgement.verdict is Verdict.ROLLBACK
    assert last.provisional > 0
    assert last.now == AT + 7 * MINUTE


def test_without_delays_every_minute_is_judged_at_its_end() -> None:
    policy = GatePolicy(latency=None, settle=timedelta(0), ingestion_delay=timedelta(0))
    looks = looked(stage(minutes([0] * 20)), origin=Origin(policy, ORIGIN.known, 180.0))
    assert [look.settled for look in looks] == list(range(1, 16))
    assert not any(look.provisional for look in looks)


def test_the_recording_goes_on_at_the_next_weight() -> None:
    looks = looked(stage(minutes([0] * 20)), stage(minutes([0] * 20, first=20), 1, 50))
    assert [(look.index, look.weight) for look in looks][:: len(looks) - 1] == [(0, 10), (1, 50)]
    first = [look for look in looks if look.weight == 10]
    assert first[-1].judgement.verdict is Verdict.ADVANCE
    assert looks[-1].now == AT + 20 * MINUTE + BAKE
    assert looks[-1].judgement.verdict is Verdict.ADVANCE


def test_a_recording_that_moved_on_early_is_followed() -> None:
    looks = looked(stage(minutes([0] * 6)), stage(minutes([0] * 20, first=6), 1, 50))
    assert [look.settled for look in looks if look.weight == 10][-1] == 3
    assert [look.judgement.verdict for look in looks if look.weight == 10] == [
        Verdict.CONTINUE
    ] * 10
    assert looks[-1].judgement.verdict is Verdict.ADVANCE


@pytest.mark.parametrize(
    ("recorded", "verdict"),
    [
        (minutes([60] * 20), Verdict.ROLLBACK),
        (
            [Minute(each.at, SideMinute(4, 0), SideMinute(0.4, 0)) for each in minutes([0] * 150)],
            Verdict.INCONCLUSIVE,
        ),
    ],
)
def test_nothing_follows_a_verdict_that_ends_the_rollout(
    recorded: list[Minute], verdict: Verdict
) -> None:
    looks = looked(stage(recorded), stage(minutes([0] * 20, first=90), 1, 50))
    assert looks[-1].judgement.verdict is verdict
    assert {look.weight for look in looks} == {10}


def test_minutes_that_never_came_are_waited_for_until_they_are_a_gap() -> None:
    recorded = [*minutes([0] * 5), Minute(AT + 5 * MINUTE, None, None)]
    looks = looked(stage(recorded))
    assert looks[-1].settled == 3
    assert looks[-1].now == AT + 6 * MINUTE + POLICY.gap
    assert looks[-2].settled == 2


def test_a_recording_within_the_settle_time_has_no_look() -> None:
    assert not looked(stage(minutes([0] * 3)))


def test_every_look_can_be_computed_again() -> None:
    recorded = minutes([0, 1, 0, 2, 60, 60, 60, 60])
    for look in looked(stage(recorded)):
        counted = [minute for minute in recorded if minute.at >= AT + POLICY.settle]
        whole = [minute for minute in counted if minute.at + MINUTE <= look.now]
        moment = Moment(look.now, AT + POLICY.settle, look.now - AT, BAKE)
        windows = [Window(0, 10, whole[: look.settled])]
        assert recompute(ORIGIN, windows, moment, whole[look.settled :]) == look.judgement


def test_without_history_the_first_minute_is_only_learnt_from() -> None:
    policy = GatePolicy(latency=None, errors=ErrorsCheck(slo=None))
    recorded = stage(minutes([60] * 30))
    known = looked(recorded, origin=Origin(policy, ORIGIN.known, 180.0))[-1]
    unknown = looked(recorded, origin=Origin(policy, NONE, 180.0))[-1]
    assert known.judgement.verdict is unknown.judgement.verdict is Verdict.ROLLBACK
    assert unknown.now == known.now + MINUTE
