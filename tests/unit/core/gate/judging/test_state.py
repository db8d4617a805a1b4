"""The gate's memory: its size, its version, and that JSON keeps it."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout.core.gate import begin_stage, fold, judge
from rollout.core.gate.judging.state import MAX_BYTES, State
from rollout.core.policy.gate_model import CustomCheck, GatePolicy, LatencyCheck, LogQueries, OnHarm
from rollout.core.records.observation import Minute, Percentiles, SideMinute, SlowCounts, Tally
from tests.support.gate_builders import KNOWN, LATENCY, MINUTE, START, a_moment, side, start

NAMES = ("prediction-drift-per-hour", "answers-without-any-label", "violations-of-the-schema")
FULL = GatePolicy(
    latency=LatencyCheck(slo=timedelta(milliseconds=250)),
    logs=LogQueries(
        "workspace",
        checks=tuple(CustomCheck(name, "a query", on_harm=OnHarm.ROLLBACK) for name in NAMES),
    ),
)
"""Everything that can be checked is."""

REQUESTS = st.one_of(
    st.just(0.0),
    st.integers(1, 1000).map(float),
    st.floats(1e-6, 1e12),
)
PARTS = st.one_of(st.sampled_from([0.0, 1.0]), st.floats(0, 1))
LATENCIES = st.one_of(
    st.none(), st.builds(Percentiles, *[st.one_of(st.just(0.0), st.floats(1e-3, 1e7))] * 4)
)


@st.composite
def sides(draw: st.DrawFn) -> SideMinute:
    requests = draw(REQUESTS)
    slow = None
    if draw(st.booleans()):
        counts = tuple(requests * draw(PARTS) for _ in range(9))
        slow = SlowCounts(requests, counts[:4], counts[4:8], counts[8])
    return side(
        requests,
        requests * draw(PARTS),
        client_errors=requests * draw(PARTS),
        unknown=requests * draw(PARTS),
        latency=draw(LATENCIES),
        slow=slow,
        custom={
            name: Tally(requests, requests * 2 * draw(PARTS))
            for name in draw(st.lists(st.sampled_from(NAMES), unique=True))
        },
    )


RUNS = st.lists(
    st.tuples(
        st.one_of(st.none(), sides()),
        st.one_of(st.none(), sides()),
        st.integers(1, 15),
        st.sampled_from([0, 0, 0, 1, 10, 50, 99, 100]),
    ),
    max_size=8,
)
"""Runs of equal minutes: (stable, candidate, how many, a new stage's weight or 0)."""


def stored(state: dict[str, Any]) -> str:
    """The state as a table row holds it: JSON without blanks."""
    return json.dumps(state, separators=(",", ":"), allow_nan=False)


def steps(runs: list[Any]) -> list[tuple[Minute, int]]:
    found, at = [], START
    for stable, candidate, times, weight in runs:
        for again in range(times):
            found.append((Minute(at, stable, candidate), 0 if again else weight))
            at += MINUTE
    return found


@settings(max_examples=40, deadline=None)
@given(RUNS)
def test_whatever_comes_the_state_is_small_and_survives_json_and_has_a_verdict(
    runs: list[Any],
) -> None:
    state = start(FULL)
    for number, (minute, weight) in enumerate(steps(runs)):
        if weight:
            state = begin_stage(state, state["stage"]["index"] + 1, weight)
        state, left = fold(FULL, state, [minute])
        if number % 3:
            continue
        text = stored(state)
        assert len(text.encode()) <= MAX_BYTES
        assert json.loads(text) == state
        assert State.load(state).dump() == state
        json.dumps(left, allow_nan=False)
        judged = judge(FULL, state, a_moment(number + 1))
        assert judged.text
        json.dumps(judged.numbers, allow_nan=False)


def test_a_state_where_everything_has_fired_and_every_digit_is_used_is_small() -> None:
    state = start(FULL)
    for number in range(90):
        wrong = number % 2 * 0.1234567891
        stable, candidate = (
            side(
                requests,
                requests * share,
                client_errors=requests * share,
                unknown=12345.678912,
                latency=Percentiles(*(1e4 * (1 + each + share) for each in (0.1, 0.2, 0.3, 0.4))),
                custom={name: Tally(requests, requests * share) for name in NAMES},
            )
            for requests, share in ((98765.4321, 0.0123456789), (12345.6789, 0.3 + wrong))
        )
        weight = 100 if number == 60 else 0
        if weight:
            state = begin_stage(state, 3, weight)
        minute = Minute(START + number * MINUTE, stable, candidate)
        state, _ = fold(FULL, state, [minute, minute])
    assert {"errors", "majority", "slo", "rejected", "latency", *NAMES} <= set(state["fired"])
    assert 3000 < len(stored(state)) <= MAX_BYTES


def test_what_nobody_can_tell_from_nothing_is_stored_as_nothing() -> None:
    state = State.load(start())
    state.errors.process.stakes[0] = 1.23456789012e-99
    state.errors.process.stakes[1] = 9e-100
    state.errors.bad = 123.456789012
    stored = state.dump()["errors"]
    assert stored["process"][1:3] == [1.234568e-99, 0.0]
    assert stored["bad"] == 123.4568


def test_a_state_of_another_version_is_refused() -> None:
    with pytest.raises(ValueError, match="the gate's state has version 3, not 1 to 2"):
        State.load({**start(), "v": 3})


def test_a_new_state_is_a_copy() -> None:
    state = start(LATENCY)
    before = json.dumps(state)
    fold(LATENCY, state, [Minute(START, side(90), side(10, 10))])
    begin_stage(state, 1, 100)
    assert json.dumps(state) == before
    assert replace(LATENCY) == LATENCY
    assert KNOWN["minutes"] == 400
