"""Refusals for want of instances hold a stage and are not blamed on the model."""

from dataclasses import replace

import pytest

from rollout.core.gate import Verdict, begin_stage, fold, judge, opened
from rollout.core.gate.checks.stage import FIRST_RULES
from rollout.core.gate.judging import crowding
from rollout.core.gate.judging.state import State
from rollout.core.records.observation import Instances, Minute, SideMinute
from tests.support.gate_builders import ERRORS, KNOWN, START, a_moment, after, judged, side, some

SMALL, ENOUGH = Instances(1, 4), Instances(2, 4)
STABLE = side(100, 0.5)


def refusing(refused: float, requests: float = 100, failed: float = 0.0) -> SideMinute:
    return side(requests, refused + failed, by_status={"429": refused, "500": failed})


def minutes(
    count: int, candidate: SideMinute, sizes: Instances | None = SMALL, *, first: int = 0
) -> list[Minute]:
    found = some(count, candidate, STABLE, first=first)
    return [replace(minute, instances=sizes) for minute in found]


def test_a_candidate_that_is_too_small_is_held_and_not_blamed() -> None:
    judgement = judged(minutes(20, refusing(10)), weight=50)
    assert judgement.verdict is Verdict.HOLD
    assert judgement.text == (
        "the candidate is too small for this weight: 200 of 2,000 requests were refused (429), it "
        "has 1 of the 2 instances that 50 % of stable's traffic needs; this is not blamed on the "
        "model. Give it more instances, or let it scale by itself; the hold lifts itself after "
        "another 10 min without a refusal"
    )
    assert judgement.numbers["refused"] == [200, 10]
    assert judgement.numbers["candidate"] == [1800, 0, 0]


@pytest.mark.parametrize(
    ("sizes", "refused"),
    [(ENOUGH, 10), (None, 10), (SMALL, 20)],
    ids=["large enough", "sizes unknown", "a fifth of all requests"],
)
def test_other_refusals_are_failures(sizes: Instances | None, refused: float) -> None:
    judgement = judged(minutes(20, refusing(refused), sizes), weight=50)
    assert judgement.verdict is Verdict.ROLLBACK
    assert judgement.numbers["candidate"][1] == 20 * refused


def test_what_the_model_does_wrong_is_found_behind_refusals() -> None:
    judgement = judged(minutes(10, refusing(10, failed=20)), weight=50)
    assert judgement.verdict is Verdict.ROLLBACK


def test_the_hold_lifts_itself_after_ten_minutes_without_a_refusal() -> None:
    seen = [*minutes(3, refusing(10)), *minutes(9, side(100, 0.5), first=3)]
    assert judged(seen, weight=50).verdict is Verdict.HOLD
    then = [*seen, *minutes(1, side(100, 0.5), first=12)]
    assert judged(then, weight=50).verdict is Verdict.ADVANCE
    assert State.load(after(then, weight=50)).crowded is None
    assert "crowded" not in after(then, weight=50)


def test_a_refusal_in_thousands_holds_nothing() -> None:
    seen = some(10, refusing(1, requests=10_000), side(10_000, 50))
    judgement = judged([replace(minute, instances=SMALL) for minute in seen], weight=50)
    assert judgement.verdict is Verdict.ADVANCE


def test_a_new_stage_forgets_refusals() -> None:
    state = after(minutes(3, refusing(10)), weight=50)
    assert state["crowded"] == [10, 30, 300, 1, 2]
    assert "crowded" not in begin_stage(state, 1, 60)


def test_under_the_first_rules_every_refusal_is_a_failure() -> None:
    first = {key: each for key, each in KNOWN.items() if key != "rules"}
    state = begin_stage(opened(ERRORS, first, 180.0), 0, 50)
    assert state["v"] == FIRST_RULES
    state, _ = fold(ERRORS, state, minutes(20, refusing(10)))
    assert judge(ERRORS, state, a_moment(20)).verdict is Verdict.ROLLBACK


@pytest.mark.parametrize(
    ("stable", "weight", "needs"), [(4, 10, 1), (4, 50, 2), (3, 50, 2), (1, 1, 1), (4, 100, 4)]
)
def test_a_share_needs_its_part_of_stables_instances(stable: int, weight: int, needs: int) -> None:
    assert crowding.needed(stable, weight) == needs


def test_without_the_candidates_minute_nothing_was_refused() -> None:
    absent = Minute(START, STABLE, None, SMALL)
    assert crowding.excused(absent, 50) == 0
    before = crowding.Crowded(10, 1.0, 100.0, 1, 2)
    assert crowding.after(before, absent, 50, 0.0) == replace(before, left=9)
