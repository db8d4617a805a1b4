"""Recorded answers are judged in a replay as they would have been in a rollout."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from rollout.core.gate import Verdict, baseline
from rollout.core.gate.history.audit import Origin
from rollout.core.gate.history.replay import Judged, Predicted, Recording, replay
from rollout.core.policy.gate_model import GatePolicy
from rollout.core.policy.probes_model import Probes
from rollout.core.policy.quality_model import Difference, Live, Quality
from rollout.core.records.answers import Answer, AnswerPair
from rollout.core.records.observation import Minute, SideMinute
from rollout.core.records.predictions import Batch, PredictionsSeen, SideBatch
from rollout.core.records.probes import ProbeAnswer, ProbePair, ProbesSeen

AT = datetime(2026, 1, 31, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
POLICY = GatePolicy(latency=None, split=None)
HISTORY = [Minute(AT - at * MINUTE, SideMinute(1000, 5), None) for at in range(1, 400)]
ORIGIN = Origin(POLICY, baseline(POLICY, HISTORY), 180.0)
HOLDS = Quality()
STAGE = Recording(
    0,
    10,
    15 * MINUTE,
    [Minute(AT + at * MINUTE, SideMinute(900, 4), SideMinute(100, 0)) for at in range(30)],
)


def judged(*passes: ProbesSeen, quality: Quality | None = HOLDS) -> list[Judged]:
    return list(replay(replace(ORIGIN, quality=quality), [STAGE], Predicted(passes)))


def a_pass(minute: int, *, differs: bool, slower: float = 1.0) -> ProbesSeen:
    first = 20 * (minute + 3)
    pairs = tuple(
        ProbePair(
            number,
            ProbeAnswer(200, (20.0 + number % 5) * slower),
            ProbeAnswer(200, 20.0 + number % 5),
            AnswerPair(
                number,
                Answer(key=f"{number % 3} {differs}"),
                Answer(key=f"{number % 3}"),
                differs=differs,
                change="label 0 -> 1" if differs else "",
                again=False,
            ),
        )
        for number in range(first, first + 20)
    )
    return ProbesSeen(AT + minute * MINUTE, 1000, 20, pairs)


def test_answers_that_differ_hold_in_the_minute_after_they_came() -> None:
    looks = judged(a_pass(2, differs=True), a_pass(3, differs=True))
    verdicts = [look.judgement.verdict for look in looks[:5]]
    assert verdicts == [Verdict.CONTINUE] * 3 + [Verdict.HOLD] * 2
    assert "label 0 -> 1" in looks[3].judgement.text


def test_what_came_before_the_first_minute_is_known_in_it() -> None:
    roll_back = Quality(Difference.ROLLBACK)
    before = a_pass(-3, differs=True), a_pass(-2, differs=True)
    looks = judged(*before, quality=roll_back)
    assert [look.judgement.verdict for look in looks] == [Verdict.ROLLBACK]
    assert looks[0].now == AT + MINUTE


def test_like_answers_let_the_stage_pass() -> None:
    looks = judged(*(a_pass(minute, differs=False) for minute in range(15)))
    assert looks[-1].judgement.verdict is Verdict.ADVANCE


def test_pairs_without_durations_say_nothing_of_speed() -> None:
    policy = GatePolicy(split=None, settle_requests=0)
    origin = Origin(policy, baseline(policy, HISTORY), 180.0, Probes(), HOLDS)
    slow = [a_pass(minute, differs=False, slower=20.0) for minute in range(15)]
    for timed, verdict in ((True, Verdict.ROLLBACK), (False, Verdict.CONTINUE)):
        looks = list(replay(origin, [STAGE], Predicted(slow, timed=timed)))
        assert looks[-1].judgement.verdict is verdict


def test_collected_answers_are_judged_too() -> None:
    looks = [
        (at, PredictionsSeen((Batch(at, SideBatch(10, 10), SideBatch(90, 0)),)))
        for at in (AT, AT + MINUTE)
    ]
    origin = replace(ORIGIN, quality=Quality(live=Live()))
    found = list(replay(origin, [STAGE], Predicted(looks=looks)))
    assert [look.judgement.verdict for look in found] == [Verdict.CONTINUE, Verdict.ROLLBACK]


def test_where_no_predictions_are_judged_recorded_ones_change_nothing() -> None:
    passes = a_pass(2, differs=True), a_pass(3, differs=True)
    told = [look.judgement for look in judged(*passes, quality=None)]
    assert told == [look.judgement for look in judged(quality=None)]
