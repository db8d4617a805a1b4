"""Minutes go into the state once, in order, and the same way however they come."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from math import log
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout.core.gate import NONE, begin_stage, fold, judge, opened, thresholds
from rollout.core.gate.judging.odds import excused, standings
from rollout.core.gate.judging.state import State
from rollout.core.policy.gate_model import GatePolicy, LatencyCheck, LogQueries
from rollout.core.records.observation import Minute, SideMinute, SlowCounts
from tests.support.gate_builders import (
    ERRORS,
    LATENCY,
    MINUTE,
    PLANNED,
    QUICK,
    START,
    a_moment,
    after,
    loaded,
    side,
    slower,
    some,
    start,
    tallied,
    with_checks,
)

HEALTHY = side(100, 0.5, client_errors=1, latency=QUICK)
STABLE = side(900, 4.5, client_errors=9, latency=QUICK)
SLO = replace(LATENCY, latency=LatencyCheck(slo=timedelta(milliseconds=250)))


def random_minutes(count: int, seed: int) -> list[Minute]:
    """Binomial failures of both sides, with gaps and idle minutes."""
    random = Random(seed)  # noqa: S311 - a seeded stream, no secret

    def one(requests: int, share: float) -> SideMinute | None:
        kind = random.random()
        if kind < 0.05:
            return None
        if kind < 0.1:
            return side(0)
        bad = sum(random.random() < share for _ in range(requests))
        return side(requests, bad, client_errors=bad, latency=slower(random.uniform(0.8, 1.3)))

    return [
        Minute(START + n * MINUTE, one(90, 0.01), one(10, 0.03 if n > count // 2 else 0.01))
        for n in range(count)
    ]


def one_by_one(
    policy: GatePolicy, state: dict[str, Any], those: Sequence[Minute]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Each minute in a call of its own, through JSON in between, as after a restart."""
    left = []
    for minute in those:
        state, one = fold(policy, json.loads(json.dumps(state)), [minute])
        left.extend(one)
    return state, left


@pytest.mark.parametrize("policy", [ERRORS, LATENCY, SLO], ids=["errors", "latency", "slo"])
def test_restarts_after_every_minute_change_nothing(policy: GatePolicy) -> None:
    those = random_minutes(60, 1)
    together = fold(policy, start(policy), those)
    assert one_by_one(policy, start(policy), those) == together


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32), st.data())
def test_minutes_that_come_again_or_late_change_nothing_but_their_count(
    seed: int, data: st.DataObject
) -> None:
    those = random_minutes(20, seed)
    straight, left = fold(ERRORS, start(), those)
    state, repeated, late = start(), [], 0
    for number, minute in enumerate(those):
        again = data.draw(st.lists(st.sampled_from(those[: number + 1]), max_size=3))
        rewritten = [replace(each, candidate=side(1000, 1000)) for each in again]
        state, more = fold(ERRORS, state, [minute, *rewritten])
        repeated.extend(more)
        late += len(again)
    assert state == {**straight, "late": late}
    forget = ("late", "gaps")
    assert [{k: v for k, v in each.items() if k not in forget} for each in repeated] == [
        {k: v for k, v in each.items() if k not in forget} for each in left
    ]


def test_a_minute_that_comes_twice_counts_once() -> None:
    (minute,) = random_minutes(1, 1)
    once, _ = fold(ERRORS, start(), [minute])
    assert fold(ERRORS, start(), [minute, minute])[0] == {**once, "late": 1}


def test_every_stored_verdict_can_be_computed_again_from_the_minutes() -> None:
    those = random_minutes(60, 3)
    told, state = [], start(LATENCY)
    for number, minute in enumerate(those):
        state, left = fold(LATENCY, state, [minute])
        judged = judge(LATENCY, state, a_moment(number + 1))
        told.append((left[0], judged.verdict, judged.text, dict(judged.numbers)))
    again = start(LATENCY)
    for number, (row, verdict, text, numbers) in enumerate(told):
        again, left = fold(LATENCY, again, [those[number]])
        assert left == [row] == [{"minute": those[number].at.isoformat(), **numbers}]
        judged = judge(LATENCY, again, a_moment(number + 1))
        assert (judged.verdict, judged.text) == (verdict, text)
    assert fold(LATENCY, start(LATENCY), those) == (state, [row for row, *_ in told])


def test_a_copy_takes_provisional_minutes_and_the_state_does_not() -> None:
    settled = some(3, HEALTHY, STABLE)
    state = after(settled)
    before = json.dumps(state)
    copy, _ = fold(ERRORS, state, some(3, side(100, 90), STABLE, first=3))
    assert json.dumps(state) == before
    assert copy["fired"]
    assert not state["fired"]


def test_a_minute_leaves_its_numbers() -> None:
    _, left = fold(LATENCY, start(LATENCY), some(2, HEALTHY, STABLE))
    row = left[1]
    assert row["minute"] == "2026-01-31T12:01:00+00:00"
    assert (row["stage"], row["minutes"]) == (0, 2)
    assert row["candidate"] == row["stageCandidate"] == [200, 1, 2]
    assert row["stable"] == row["stageStable"] == [1800, 9, 18]
    assert set(row["harm"]) == {"errors", "majority", "slo", "rejected", "latency"}
    assert all(ln < 0 for ln in row["harm"].values())
    assert row["evidence"] > 0
    assert len(row["latencyEvidence"]) == 3
    assert not {"quiet", "fired", "late", "gaps"} & set(row)


def test_what_is_out_of_the_ordinary_is_in_the_numbers() -> None:
    broken = some(3, side(100, 100), STABLE)
    absent = some(1, None, None, first=3)
    dark = some(2, side(0), STABLE, first=4)
    _, left = fold(ERRORS, start(), [*broken, broken[0], *absent, *dark])
    last = left[-1]
    assert last["quiet"] == [2, 180]
    assert last["fired"]["errors"] == "2026-01-31T12:01Z"
    assert (last["late"], last["gaps"]) == (1, 1)
    assert "latencyEvidence" not in last


@pytest.mark.parametrize(
    ("minute", "answered", "gaps", "heard"),
    [
        ((HEALTHY, STABLE), 1, 0, True),
        ((side(0), STABLE), 0, 0, True),
        ((None, STABLE), 0, 0, True),
        ((HEALTHY, None), 1, 0, True),
        ((None, None), 0, 1, False),
    ],
    ids=["both", "idle", "no candidate", "no stable", "absent"],
)
def test_absent_is_not_zero(
    minute: tuple[SideMinute | None, SideMinute | None],
    answered: int,
    gaps: int,
    heard: bool,  # noqa: FBT001 - a table's column
) -> None:
    state = loaded(some(1, *minute))
    assert (state.stage.minutes, state.stage.answered, state.gaps) == (1, answered, gaps)
    assert state.mark == START
    assert state.heard == (START if heard else None)


@pytest.mark.parametrize(
    ("candidate", "stable"),
    [
        (side(100, 100, client_errors=100, latency=slower(9)), None),
        (None, STABLE),
        (side(0), STABLE),
    ],
    ids=["no stable", "no candidate", "idle candidate"],
)
def test_with_one_side_no_comparison_is_made(
    candidate: SideMinute | None, stable: SideMinute | None
) -> None:
    state = loaded(some(40, candidate, stable), LATENCY)
    for ln in (
        state.errors.process.ln_wealth,
        state.memories["majority"].ln_wealth,
        state.rejected.process.ln_wealth,
        state.latency.ln_wealth,
    ):
        assert ln == pytest.approx(0.0, abs=1e-5)
    assert state.stage.errors.ln == pytest.approx(0.0, abs=1e-5)


@pytest.mark.parametrize("requests", [1, 10, 1000, 1e9])
@pytest.mark.parametrize("weight", [1, 50, 90])
def test_one_bad_minute_alone_never_fires(requests: float, weight: int) -> None:
    stable_requests = requests * (100 - weight) / weight
    usual = side(requests, requests * 0.005, latency=QUICK)
    stable = side(stable_requests, stable_requests * 0.005, latency=QUICK)
    bad = side(requests, requests, client_errors=requests, latency=slower(1000))
    for before in (0, 20):
        state = after(some(before, usual, stable), SLO, weight)
        state, _ = fold(SLO, state, some(1, bad, stable, first=before))
        assert state["fired"] == {}


def test_a_fault_that_begins_late_is_seen_within_minutes() -> None:
    state = after(some(60, HEALTHY, STABLE))
    state, left = fold(ERRORS, state, some(5, side(100, 6), STABLE, first=60))
    assert "errors" in state["fired"]
    assert left[3]["fired"]


def test_the_minute_in_which_odds_were_first_reached_is_kept() -> None:
    state = after(some(3, side(100, 100), STABLE))
    since = dict(state["fired"])
    state, _ = fold(ERRORS, state, some(60, HEALTHY, STABLE, first=3))
    assert since["errors"] == state["fired"]["errors"] == "2026-01-31T12:01Z"


def test_a_new_stage_begins_its_evidence_anew_and_keeps_the_odds_of_harm() -> None:
    state = after([*some(8, side(100, 1), STABLE), *some(2, side(0), STABLE, first=8)])
    begun = begin_stage(state, 1, 50)
    for kept in ("errors", "majority", "slo", "rejected", "latency", "totals", "mark", "fired"):
        assert begun[kept] == state[kept]
    stage = State.load(begun).stage
    assert (stage.index, stage.weight, stage.minutes, stage.answered) == (1, 50, 0, 0)
    assert stage.errors.ln == pytest.approx(0.0, abs=1e-6)
    assert stage.totals.candidate == [0, 0, 0]
    assert stage.soak is None
    assert state["quiet"] == [2, 180]
    assert begun["quiet"] == [0, 0]


def soaked(candidate: SideMinute, count: int, policy: GatePolicy = LATENCY) -> dict[str, Any]:
    """A last stage at 100 % after ten healthy minutes at 10 %."""
    state = begin_stage(after(some(10, HEALTHY, STABLE), policy), 1, 100)
    return fold(policy, state, some(count, candidate, None, first=10))[0]


def test_a_soak_compares_with_what_is_known_of_stable() -> None:
    healthy = soaked(side(1000, 5, client_errors=10, latency=QUICK), 10)
    assert healthy["fired"] == {}
    stage = State.load(healthy).stage
    assert stage.errors.ln > log(20)
    assert min(each.ln for each in stage.latency) > log(20)
    broken = soaked(side(1000, 80, client_errors=100, latency=slower(2)), 20)
    assert set(broken["fired"]) == {"errors", "slo", "rejected", "latency"}


def test_a_soak_learns_nothing_of_stable_and_ignores_what_still_reaches_it() -> None:
    before = begin_stage(after(some(10, HEALTHY, STABLE), SLO), 1, 100)
    state, _ = fold(SLO, before, some(5, side(1000, 5, latency=QUICK), side(9, 9), first=10))
    for name in ("errors", "rejected"):
        assert state[name]["bad"] == before[name]["bad"]
        assert state[name]["requests"] == before[name]["requests"]
    assert state["known_minutes"] == before["known_minutes"]
    # A minute within what the history allows is a vote for the candidate.
    assert sum(state["majority"]) < sum(before["majority"])
    assert [row[:4] for row in state["latency"]] == [row[:4] for row in before["latency"]]


def test_custom_checks_rest_in_a_soak() -> None:
    policy = with_checks("drift")
    state = start(policy)
    state, _ = fold(policy, state, some(5, tallied(100, drift=1), tallied(900, drift=9)))
    before = State.load(state).memories["drift"].process.wealth
    state = begin_stage(state, 1, 100)
    state, _ = fold(policy, state, some(5, tallied(100, drift=90), tallied(9, drift=0), first=5))
    assert State.load(state).memories["drift"].process.wealth == pytest.approx(before)


def test_a_custom_check_compares_the_sides() -> None:
    policy = with_checks("drift", "other")
    state = after(some(6, tallied(100, drift=30), tallied(900, drift=9)), policy)
    assert set(state["fired"]) == {"drift"}
    assert State.load(state).memories["other"].process.wealth == pytest.approx(1.0)


def test_a_query_that_counts_more_bad_ones_than_there_were_counts_all_as_bad() -> None:
    policy = with_checks("drift")
    more, all_bad = (
        after(some(3, tallied(100, drift=bad), tallied(900, drift=9)), policy)
        for bad in (5000, 100)
    )
    assert more == all_bad


def test_parts_that_are_not_checked_are_not_folded() -> None:
    policy = replace(ERRORS, rejected=None, errors=replace(ERRORS.errors, slo=None))
    state, left = fold(policy, start(policy), some(3, side(100, 100, client_errors=0), STABLE))
    assert set(left[-1]["harm"]) == {"errors", "majority"}
    fresh = State.load(start(policy))
    loaded_state = State.load(state)
    assert loaded_state.rejected.process.dump() == fresh.rejected.process.dump()
    assert loaded_state.memories["slo"].dump() == fresh.memories["slo"].dump()


def test_the_absolute_time_is_checked_where_there_is_one() -> None:
    slow = after(some(6, side(100, latency=slower(2)), side(900, latency=QUICK)), SLO)
    assert "latency_slo" in slow["fired"]
    both = after(some(6, side(100, latency=slower(2)), side(900, latency=slower(2))), SLO)
    assert "latency_slo" not in both["fired"]


def test_nothing_is_asked_of_logs_that_are_not_there() -> None:
    logs = LogQueries("workspace")
    known = after([], LATENCY)
    assert thresholds(LATENCY, known) is None
    assert thresholds(replace(LATENCY, logs=replace(logs, slow_counts=False)), known) is None
    assert thresholds(replace(ERRORS, logs=logs), known) is None
    asked = thresholds(replace(LATENCY, logs=logs), known)
    assert asked is not None
    assert asked.candidate[0] == pytest.approx(110)


def test_without_history_stable_is_learnt_first() -> None:
    state = begin_stage(opened(LATENCY, NONE, PLANNED), 0, 10)
    assert thresholds(replace(LATENCY, logs=LogQueries("workspace")), state) is None
    state, left = fold(LATENCY, state, some(1, side(100, 100, latency=QUICK), STABLE))
    assert left[0]["harm"]["errors"] == left[0]["harm"]["latency"] == 0
    assert left[0]["evidence"] == 0
    assert left[0]["latencyEvidence"] == [0, 0, 0]
    state, _ = fold(LATENCY, state, some(2, side(100, 100, latency=QUICK), STABLE, first=1))
    assert "errors" in state["fired"]


def test_counts_from_logs_of_both_sides_are_exact_and_of_one_are_not() -> None:
    counts = SlowCounts(900, (450, 90, 45, 9), (300, 60, 30, 6))
    candidate = SlowCounts(100, (60, 15, 8, 2), (40, 9, 4, 1))
    exact = after(some(3, replace(HEALTHY, slow=candidate), replace(STABLE, slow=counts)), LATENCY)
    mixed = after(some(3, replace(HEALTHY, slow=candidate), STABLE), LATENCY)
    assert State.load(exact).latency.ln_wealth > State.load(mixed).latency.ln_wealth


@pytest.mark.parametrize(
    ("candidate", "stable", "weight", "why"),
    [
        (side(100, 100), side(900, 4), 10, ""),
        (side(100, 100), side(900, 900), 10, "stable breaks the limit too"),
        (side(10, 10), side(0), 90, "stable has had no request since the trouble began"),
    ],
    ids=["to blame", "shared", "no witness"],
)
def test_who_is_to_blame(candidate: SideMinute, stable: SideMinute, weight: int, why: str) -> None:
    state = loaded(some(4, candidate, stable), ERRORS, weight)
    assert ("slo" in state.fired) is not bool(why)
    found = excused(standings(ERRORS, state), state)
    excuses = {standing.check.name: excuse for standing, _, excuse in found}
    assert excuses["slo"] == (why or "it is not yet certain that it alone is to blame")


def test_darkness_counts_minutes_of_stable_alone() -> None:
    minutes = [
        *some(2, side(0), STABLE),
        *some(2, None, None, first=2),
        *some(1, None, STABLE, first=4),
    ]
    assert loaded(minutes).quiet.minutes == 3
    assert loaded([*minutes, *some(1, side(1), STABLE, first=5)]).quiet.minutes == 0
