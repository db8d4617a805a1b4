"""Minutes of which only a part counts speak to the absolute limit, and never too soon."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout.core.gate import Verdict, begin_stage, fold, judge, near_harm, opened, still_runs
from rollout.core.gate.history.documents import minute_document, minute_from
from rollout.core.gate.judging.parts import MAY_COME
from rollout.core.gate.judging.state import State
from rollout.core.policy.gate_model import Check, ErrorsCheck, GatePolicy
from rollout.core.records.observation import Instances, Minute
from tests.support.gate_builders import (
    ERRORS,
    KNOWN,
    LATENCY,
    MINUTE,
    PLANNED,
    QUICK,
    START,
    a_moment,
    after,
    side,
    some,
    start,
)

STABLE = side(900)
SLO = Check.SLO.value


def part(number: int, candidate: Any, stable: Any = STABLE, rest: float = 0.0) -> Minute:
    return Minute(START + number * MINUTE, stable, candidate, rest=rest)


def runs(minute: Minute, seconds: float, **known: Any) -> Minute | None:
    """The minute as it is judged so many seconds after its start."""
    now = minute.at + timedelta(seconds=seconds)
    return still_runs(minute, now, **{"since": START, "usual": 0.0, "alone": False, **known})


def odds(stored: Any) -> float:
    memory = State.load(stored).memories[SLO]
    return float(memory.blame.ln_wealth)


@pytest.mark.parametrize("policy", [LATENCY, ERRORS])
def test_a_part_of_a_minute_is_judged_by_the_absolute_limit_alone(policy: GatePolicy) -> None:
    before = fold(policy, start(policy), some(3, side(100, latency=QUICK), STABLE))[0]
    seen = side(100, 90, client_errors=5, latency=QUICK)
    was, now = State.load(before), State.load(fold(policy, before, [part(3, seen)])[0])

    changed = {
        name for name in now.memories if now.memories[name].dump() != was.memories[name].dump()
    }
    assert changed == {SLO}
    assert now.memories[SLO].blame.ln_wealth > was.memories[SLO].blame.ln_wealth + 1
    assert now.stage.dump() == was.stage.dump()
    assert (now.quiet, now.crowded) == (was.quiet, was.crowded)
    assert now.known_minutes == was.known_minutes
    assert now.totals.candidate == [400.0, 90.0, 5.0]
    assert (now.mark, now.heard) == (START + 3 * MINUTE, START + 3 * MINUTE)


def test_a_part_that_shows_neither_side_is_not_heard() -> None:
    before = after(some(1, side(100), STABLE))
    state = State.load(fold(ERRORS, before, [part(1, None, None)])[0])
    assert (state.mark, state.heard) == (START + MINUTE, START)


def test_refusals_for_want_of_room_are_left_out_of_a_part() -> None:
    refused = side(100, 15, by_status={"429": 15.0})
    crowded = replace(part(0, refused), instances=Instances(candidate=1, stable=40))
    assert odds(fold(ERRORS, start(), [crowded])[0]) < 0
    assert odds(fold(ERRORS, start(), [part(0, refused)])[0]) > 0
    known = {key: value for key, value in KNOWN.items() if key != "rules"}
    first_rules = begin_stage(opened(ERRORS, known, PLANNED), 0, 10)
    assert odds(fold(ERRORS, first_rules, [crowded])[0]) > 0


def test_two_parts_roll_back_and_one_does_not() -> None:
    one = fold(ERRORS, start(), [part(0, side(7, 7))])[0]
    two = fold(ERRORS, start(), [part(0, side(7, 7)), part(1, side(40, 40), rest=100.0)])[0]
    for copy, verdict in ((one, Verdict.CONTINUE), (two, Verdict.ROLLBACK)):
        assert judge(ERRORS, start(), a_moment(1), provisional=copy).verdict is verdict
    assert "candidate 47 of 47 failed" in judge(ERRORS, start(), a_moment(1), provisional=two).text


@pytest.mark.parametrize(
    ("candidate", "stable"),
    [(None, STABLE), (side(30), STABLE), (side(30, 30), None), (side(30, 30), side(0))],
    ids=["nothing", "no failure", "stable is absent", "stable was not asked"],
)
def test_a_running_minute_that_says_nothing_is_left_out(candidate: Any, stable: Any) -> None:
    assert runs(part(1, candidate, stable), 20) is None


def test_a_running_minute_is_judged_as_if_all_that_may_come_were_good() -> None:
    minute = replace(part(1, side(30, 30)), instances=Instances(2, 2))
    assert runs(minute, 20) == replace(minute, rest=MAY_COME * 1.5 * 40)
    assert runs(minute, 20, usual=600.0) == replace(minute, rest=MAY_COME * 10 * 40)
    later = START + MINUTE + timedelta(seconds=10)
    assert runs(minute, 20, since=later) == replace(minute, rest=MAY_COME * 3 * 40)
    assert runs(minute, 0) == replace(minute, rest=MAY_COME * 30 * 60)
    assert runs(minute, 61) == replace(minute, rest=0.0)
    assert runs(part(1, side(30, 30), None), 20, alone=True) is not None


def test_failures_that_the_metrics_show_before_the_successes_are_no_bad_minute() -> None:
    """A usual minute has 600 requests: those that are not shown yet are taken for good ones."""
    assert runs(part(1, side(30, 30)), 58, usual=600.0) == part(1, side(30, 30), rest=570.0)
    half_a_minute = {"since": START + 1.5 * MINUTE, "usual": 600.0}
    assert runs(part(1, side(30, 30)), 58, **half_a_minute) == part(1, side(30, 30), rest=270.0)
    assert runs(part(1, side(700, 30)), 60, usual=600.0) == part(1, side(700, 30))

    before = [part(0, side(7, 7))]
    late = runs(part(1, side(30, 30)), 59, usual=600.0)
    assert late is not None
    copy = fold(ERRORS, start(), [*before, late])[0]
    assert judge(ERRORS, start(), a_moment(1), provisional=copy).verdict is Verdict.CONTINUE


counts = st.integers(0, 400)


@settings(max_examples=300)
@given(
    before=st.lists(st.tuples(counts, st.floats(0, 1)), max_size=3),
    so_far=st.tuples(counts, counts),
    to_come=st.tuples(counts, counts),
    spare=st.floats(0, 500),
    correlation=st.sampled_from([0.0, 0.002, 0.05, 0.5, 1.0]),
)
def test_a_running_minute_never_shows_more_harm_than_the_whole_one_will(
    before: list[tuple[int, float]],
    so_far: tuple[int, int],
    to_come: tuple[int, int],
    spare: float,
    correlation: float,
) -> None:
    """Whatever its rest is like, as long as it has no more requests than were assumed."""
    (good, bad), (more_good, more_bad) = so_far, to_come
    known = {**KNOWN, "errors": {**KNOWN["errors"], "correlation": correlation}}
    state = begin_stage(opened(ERRORS, known, PLANNED), 0, 10)
    earlier = [
        Minute(START + n * MINUTE, side(900), side(requests, requests * share))
        for n, (requests, share) in enumerate(before)
    ]
    state = fold(ERRORS, state, earlier)[0]
    running = part(5, side(good + bad, bad), rest=more_good + more_bad + spare)
    whole = Minute(running.at, STABLE, side(good + bad + more_good + more_bad, bad + more_bad))
    assert odds(fold(ERRORS, state, [running])[0]) <= odds(fold(ERRORS, state, [whole])[0]) + 1e-5


@pytest.mark.parametrize(
    ("minutes", "near"),
    [
        ([], False),
        ([part(0, side(1, 1))], True),
        ([part(0, side(7, 7))], True),
        (some(2, side(100, 2), STABLE), False),
        ([part(0, side(7, 7)), *some(3, side(100), STABLE, first=1)], False),
    ],
    ids=["fresh", "one failure", "all of seven", "two in a hundred", "forgotten"],
)
def test_harm_is_near_where_one_more_bad_minute_would_show_it(
    minutes: list[Minute], *, near: bool
) -> None:
    state = after(minutes)
    assert near_harm(ERRORS, state) is near
    observed = replace(ERRORS, observe_only=(Check.SLO,))
    assert not near_harm(observed, state)
    without = replace(ERRORS, errors=ErrorsCheck(slo=None))
    assert not near_harm(without, after(minutes, without))


def test_a_verdict_on_parts_is_given_again_from_its_documents() -> None:
    for minute in (part(0, side(7, 7)), part(1, side(40, 40), rest=100.5), *some(1, None, STABLE)):
        assert minute_from(minute_document(minute)) == minute
    assert "rest" not in minute_document(some(1, None, STABLE)[0])
