"""A candidate without requests, a source without minutes, requests without a status."""

from dataclasses import replace

import pytest

from rollout.core.gate import Verdict, begin_stage, fold, judge
from rollout.core.policy.gate_model import Check
from tests.support.gate_builders import (
    ERRORS,
    a_moment,
    after,
    judged,
    side,
    some,
    start,
)
from tests.support.judgements import HEALTHY, STABLE, tells


def test_silence_that_is_only_provisional_is_not_darkness() -> None:
    state = after(some(18, side(0), STABLE))
    copy, _ = fold(ERRORS, state, some(4, None, STABLE, first=18))
    tells(judge(ERRORS, state, a_moment(18), provisional=copy), Verdict.HOLD, "for 18 min")


@pytest.mark.parametrize(
    ("count", "verdict"),
    [(9, Verdict.CONTINUE), (10, Verdict.HOLD), (19, Verdict.HOLD), (20, Verdict.ROLLBACK)],
)
def test_a_dark_candidate_is_held_and_then_rolled_back(count: int, verdict: Verdict) -> None:
    for dark in (None, side(0)):
        tells(judged(some(count, dark, STABLE)), verdict)
    observed = replace(ERRORS, observe_only=(Check.DARK,))
    tells(judged(some(count, side(0), STABLE), observed), Verdict.CONTINUE)


def test_the_reason_of_darkness_is_a_sentence() -> None:
    assert judged(some(20, side(0), side(45))).text == (
        "the candidate had no requests for 20 min although 90 were expected at 10 %: rollback "
        "after 20 min, unless a request reaches it before"
    )


def test_little_traffic_is_not_darkness() -> None:
    unsplit = replace(ERRORS, split=None)
    tells(judged(some(59, side(0), side(3)), unsplit), Verdict.CONTINUE)


@pytest.mark.parametrize(
    ("minute", "verdict"),
    [
        (19.9, Verdict.CONTINUE),
        (20, Verdict.HOLD),
        (39.9, Verdict.HOLD),
        (40, Verdict.INCONCLUSIVE),
    ],
)
@pytest.mark.parametrize("absent", [0, 12])
def test_a_silent_source_holds_and_is_inconclusive_in_the_end(
    minute: float, verdict: Verdict, absent: int
) -> None:
    minutes = [*some(10, side(1), side(9)), *some(absent, None, None, first=10)]
    judgement = judge(ERRORS, after(minutes), a_moment(minute))
    assert judgement.verdict is verdict
    if verdict is not Verdict.CONTINUE:
        assert judgement.text.startswith("no metrics for ")
        assert judgement.text.endswith(
            "nothing moves until they come back; inconclusive after 30 min"
        )


def test_silence_before_the_first_minute_counts_from_the_window() -> None:
    state = start()
    tells(judge(ERRORS, state, a_moment(9)), Verdict.CONTINUE)
    tells(judge(ERRORS, state, a_moment(10)), Verdict.HOLD)
    later = begin_stage(after(some(10, HEALTHY, STABLE)), 1, 50)
    tells(judge(ERRORS, later, a_moment(65, first=60)), Verdict.CONTINUE)


def test_too_many_requests_of_unknown_status_hold_with_the_numbers() -> None:
    unknown = replace(HEALTHY, unknown=2)
    tells(
        judged(some(10, unknown, STABLE)),
        Verdict.HOLD,
        "20 of the candidate's 1,020 requests in this stage have no HTTP status (1.96%, at most ",
        "1.00%)",
        "the hold lifts itself".capitalize(),
    )
    assert judged(some(10, unknown, STABLE)).numbers["unknown"] == 20
    more, _ = fold(ERRORS, after(some(10, unknown, STABLE)), some(11, HEALTHY, STABLE, first=10))
    tells(
        judge(ERRORS, more, a_moment(21)),
        Verdict.ADVANCE,
        "candidate 10 of 2,100 failed (20 more have no HTTP status), stable",
    )


def test_a_candidate_whose_every_request_is_of_unknown_status_is_neither_healthy_nor_dark() -> None:
    mute = side(0, unknown=100)
    tells(judged(some(40, mute, STABLE)), Verdict.HOLD, "4,000 of the candidate's 4,000 requests")
    assert not judged(some(40, mute, STABLE)).clean


def test_a_new_stage_begins_without_the_unknown_requests_of_the_last() -> None:
    before = after(some(10, side(0, unknown=9), STABLE))
    assert begin_stage(before, 1, 50)["stage"].get("unknown") is None


def test_stables_requests_of_unknown_status_hold_nothing() -> None:
    tells(judged(some(10, HEALTHY, replace(STABLE, unknown=500))), Verdict.ADVANCE)
