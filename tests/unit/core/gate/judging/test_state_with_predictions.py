"""The gate's memory with everything on: small, and JSON keeps it."""

import json
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rollout.core.gate import begin_stage, fold, fold_predictions, fold_probes, judge, probes_sent
from rollout.core.gate.judging.state import MAX_BYTES, MAX_BYTES_WITH_PREDICTIONS, State
from rollout.core.policy.quality_model import (
    MAX_OUTPUTS,
    Labelled,
    Live,
    Metric,
    Output,
    OutputKind,
    Quality,
)
from rollout.core.predictions.labels import LABEL_CHARACTERS
from rollout.core.predictions.outputs import MAX_CLASSES
from rollout.core.records.answers import CHANGE_CHARACTERS
from rollout.core.records.observation import Minute, Percentiles, Tally
from rollout.core.records.predictions import Batch, Bins, PredictionsSeen, SideBatch
from tests.support.answer_builders import answered, looked, pair, side
from tests.support.gate_builders import MINUTE, START, a_moment, start
from tests.support.gate_builders import side as minute_side
from tests.support.probe_builders import PROBES, begun, quick, seen
from tests.unit.core.gate.judging.test_state import FULL, NAMES, stored

OUTPUTS = tuple(
    Output(f"predictions.outputs[0].label_{n}", OutputKind.LABEL if n else OutputKind.NUMBER)
    for n in range(MAX_OUTPUTS)
)
QUALITY = Quality(probed=Labelled(Metric.LOG_LOSS), live=Live(outputs=OUTPUTS))
BINS = tuple(
    Bins(
        each.path,
        classes=tuple(f"{n}".rjust(LABEL_CHARACTERS, "x") for n in range(MAX_CLASSES)),
    )
    if each.kind is OutputKind.LABEL
    else Bins(each.path, edges=tuple(0.1234567 * n for n in range(1, 10)))
    for each in OUTPUTS
)


def batch(number: int, answers: int, skew: int, bad: int = 0) -> SideBatch:
    counts = {each.path: _spread(answers, each.size, number * skew) for each in BINS}
    return SideBatch(answers, bad, counts, {each.path: bad for each in BINS})


def _spread(total: int, bins: int, shift: int) -> tuple[int, ...]:
    parts = [
        total * ((place + shift) % bins + 1) // (bins * (bins + 1) // 2) for place in range(bins)
    ]
    return (*parts[:-1], total - sum(parts[:-1]))


def full_state() -> dict[str, Any]:
    """An hour and a half in which everything was on, and every digit is used."""
    state = start(FULL)
    for number in range(90):
        share = 0.3 + number % 2 * 0.1234567891
        slow = Percentiles(*(1e4 * (1 + each + share) for each in (0.1, 0.2, 0.3, 0.4)))
        stable, candidate = (
            minute_side(
                requests,
                requests * bad,
                client_errors=requests * bad,
                unknown=12345.678912,
                latency=slow,
                custom={name: Tally(requests, requests * bad) for name in NAMES},
            )
            for requests, bad in ((98765.4321, 0.0123456789), (12345.6789, share))
        )
        if number == 60:
            state = begin_stage(state, 2, 50)
        state, _ = fold(FULL, state, [Minute(START + number * MINUTE, stable, candidate)])
        one = seen(quick(1.23456), quick(), first=probes_sent(state), at=START, inputs=3000)
        pairs = tuple(
            replace(
                each,
                answers=pair(
                    # Every third input is left out for ever: runs of neighbours.
                    (number * 20 + at) * 3 // 2,
                    f"{number}/{at}".rjust(32, "k"),
                    f"{at}".rjust(32, "k"),
                    change=f"label {number} -> ".ljust(CHANGE_CHARACTERS, "x"),
                    fault=f"null at 'predictions.outputs[0].score_{number}'",
                    loss=0.1234567891 * at,
                    stable_loss=0.0987654321 * at,
                    again=at % 3 == 0,
                ),
            )
            for at, each in enumerate(one.pairs)
        )
        state = fold_probes(FULL, PROBES, state, replace(one, pairs=pairs), QUALITY)
        both = Batch(START, batch(number, 12345, 1, 2345), batch(number, 987654, 2))
        state = fold_predictions(FULL, QUALITY, state, PredictionsSeen((both,), BINS))
    return state


def test_a_state_with_everything_on_is_small() -> None:
    state = full_state()
    text = stored(state)
    assert MAX_BYTES < len(text.encode()) <= MAX_BYTES_WITH_PREDICTIONS
    assert json.loads(text) == state
    assert State.load(state).dump() == state
    assert {"faults", "bodies", "odd"} <= set(state["fired"])


def test_a_state_of_a_rollout_without_predictions_has_no_room_for_them() -> None:
    assert "quality" not in answered(begun(), [pair()], quality=None)


COUNTS = st.lists(st.integers(0, 10**6), min_size=10, max_size=10)
SIDES = st.builds(
    lambda counts, failed, odd: side(sum(counts), failed % (sum(counts) + 1), counts, odd),
    COUNTS,
    st.integers(0, 10**6),
    st.integers(0, 10**6),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(SIDES, SIDES), max_size=6))
def test_whatever_was_collected_the_state_survives_json_and_has_a_verdict(
    batches: list[tuple[SideBatch, SideBatch]],
) -> None:
    live = Quality(live=Live(outputs=(Output("score"),)))
    state = looked(begun(), *batches, quality=live)
    assert State.load(json.loads(stored(state))).dump() == state
    assert judge(FULL, state, a_moment(1), quality=live).text


KEYS = st.sampled_from(["", "a", "b", "c"])
PAIRS = st.builds(
    pair,
    st.integers(0, 200),
    KEYS,
    KEYS,
    again=st.sampled_from([None, False, True]),
    fault=st.sampled_from(["", "null"]),
    loss=st.one_of(st.none(), st.floats()),
    stable_loss=st.one_of(st.none(), st.floats()),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(PAIRS, max_size=120))
def test_whatever_is_answered_the_state_survives_json_and_has_a_verdict(pairs: list[Any]) -> None:
    quality = Quality(probed=Labelled(Metric.MAE))
    state = answered(begun(), pairs, quality=quality, inputs=201)
    assert State.load(json.loads(stored(state))).dump() == state
    judged = judge(FULL, state, a_moment(1), quality=quality)
    json.dumps(judged.numbers, allow_nan=False)
