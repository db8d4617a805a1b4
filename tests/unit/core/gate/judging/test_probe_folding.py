"""Probes in the gate's memory, in its verdicts and in its sentences."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout.core.gate import (
    Judgement,
    Moment,
    Verdict,
    begin_stage,
    fold,
    fold_probes,
    harm,
    judge,
    opened,
    probe_rate,
    probes_sent,
)
from rollout.core.gate.judging.state import MAX_BYTES, State
from rollout.core.policy.gate_model import Check, CustomCheck, GatePolicy, LogQueries
from rollout.core.policy.probes_model import Probes
from rollout.core.records.observation import SideMinute
from rollout.core.records.probes import ProbeAnswer
from tests.support.gate_builders import KNOWN, MINUTE, PLANNED, START, side, some
from tests.support.probe_builders import GATE, PROBES, answers, begun, probed, quick, seen

NOBODY = side(0)
HEALTHY = [(quick(), quick(shift=at)) for at in range(20)]
SPARSE = {**KNOWN, "errors": {**KNOWN["errors"], "requests": 144.0, "bad": 0.0}, "per_minute": 0.1}
"""A stable that gets a request in ten minutes."""

CALM, HELD = (False, False), (True, True)


def quiet_minutes(
    state: dict[str, Any], count: int, candidate: SideMinute = NOBODY, policy: GatePolicy = GATE
) -> dict[str, Any]:
    return fold(policy, state, some(count, candidate, side(1)))[0]


def verdict(state: dict[str, Any], minutes: int, policy: GatePolicy = GATE) -> Judgement:
    now = START + minutes * MINUTE
    return judge(policy, state, Moment(now, START, minutes * MINUTE, 15 * MINUTE))


def test_a_rollout_without_probes_stores_nothing_of_them() -> None:
    assert "probes" not in begun()
    assert probes_sent(begun()) == 0
    assert probe_rate(PROBES, begun()) == PROBES.rate


def test_pairs_are_counted_over_the_rollout() -> None:
    state = probed(begun(), HEALTHY[:3])
    assert probes_sent(state) == 60
    state = begin_stage(state, 1, 50)
    assert probes_sent(state) == 60
    state = probed(state, HEALTHY[:1])
    assert probes_sent(state) == 80


def test_pairs_left_out_were_sent() -> None:
    state = fold_probes(GATE, PROBES, begun(), replace(seen([], []), sent=7))
    assert probes_sent(state) == 7
    assert "of 0 probes" not in verdict(state, 3).text


def test_a_pass_that_stops_halves_the_rate_until_the_stage_ends() -> None:
    state = begun()
    for rate in (10, 5, 2, 1, 1, 1):
        stopped = seen([], [], stopped="429 from the candidate")
        state = fold_probes(GATE, PROBES, state, stopped)
        assert probe_rate(PROBES, state) == rate
    assert probe_rate(PROBES, begin_stage(state, 1, 50)) == PROBES.rate


def test_probes_alone_let_a_stage_pass_and_the_sentence_says_so() -> None:
    state = quiet_minutes(probed(begun(), HEALTHY), 15)
    passed = verdict(state, 20)
    assert passed.verdict is Verdict.ADVANCE
    assert "of 400 probes the candidate failed 0, stable 0" in passed.text
    assert "100% of the evidence came from probes" in passed.text
    assert passed.numbers["probes"]["fromProbes"] == 1.0
    assert passed.clean


def test_without_enough_inputs_probes_never_suffice() -> None:
    state = quiet_minutes(probed(begun(), HEALTHY, inputs=1), 15)
    waits = verdict(state, 20)
    assert waits.verdict is Verdict.CONTINUE
    assert "odds 20:1 on failures (now 1." in waits.text
    assert "40 requests to the candidate" in waits.text
    assert waits.clean


def test_a_candidate_that_fails_every_probe_is_found_by_the_second_pass() -> None:
    broken = (answers(0, 20), answers(20))
    once = probed(begun(), [broken])
    assert verdict(once, 1).verdict is not Verdict.ROLLBACK
    twice = probed(begun(), [broken, broken])
    found = verdict(twice, 2)
    assert found.verdict is Verdict.ROLLBACK
    assert found.text.startswith(
        "the candidate answers probes worse: of 40 probes the candidate failed 40, stable 0; "
        "tolerated failures 1.2 x stable + 0.02 points, times 1.1 x stable's; harm odds "
    )
    assert "reached in the minute of 12:01 UTC" in found.text
    assert found.numbers["fired"] == {"probes": "2026-01-31T12:01Z"}


def test_harm_at_0_percent_is_told_before_any_stage() -> None:
    state = opened(GATE, KNOWN, PLANNED)
    assert harm(GATE, state) is None
    state = probed(state, [(answers(0, 20), answers(20))] * 2)
    found = harm(GATE, state)
    assert found is not None
    assert found.verdict is Verdict.ROLLBACK


def test_what_probes_showed_before_a_stage_is_harm_in_it_and_no_evidence() -> None:
    state = probed(opened(GATE, KNOWN, PLANNED), [(answers(0, 20), answers(20))])
    state = probed(begin_stage(state, 0, 10), [(answers(0, 20), answers(20))])
    assert harm(GATE, state) is not None
    healthy = begin_stage(probed(opened(GATE, KNOWN, PLANNED), HEALTHY), 0, 10)
    assert verdict(quiet_minutes(healthy, 15), 20).verdict is Verdict.CONTINUE


def test_a_failed_probe_of_both_sides_is_not_blamed() -> None:
    state = probed(begun(), [(answers(10, 10), answers(10, 10))] * 20)
    assert harm(GATE, state) is None


def test_a_slower_candidate_is_found_by_probes_alone() -> None:
    passes = [(quick(1.5, at), quick(1.0)) for at in range(19)]
    found = harm(GATE, probed(begun(), passes))
    assert found is not None
    assert "probes that both answered the candidate took longer than" in found.text


def test_the_first_answers_at_a_weight_tell_nothing_of_speed() -> None:
    """Probes warm the candidate as requests do; what they take until then is not compared."""
    policy = replace(GATE, settle_requests=60)
    cold = [(quick(5.0), quick())] * 3
    state = probed(begun(policy), cold, policy=policy)
    memory = State.load(state).probes
    assert memory is not None
    assert memory.stage.timed == 0
    assert memory.latency.knows_stable
    assert harm(policy, state) is None
    assert harm(policy, probed(state, cold, policy=policy)) is not None
    again = begin_stage(state, 1, 50)
    assert harm(policy, probed(again, cold, policy=policy)) is None


def test_probes_that_only_report_never_roll_back() -> None:
    policy = replace(GATE, observe_only=(Check.PROBES,))
    state = probed(begun(policy), [(answers(0, 20), answers(20))] * 3, policy=policy)
    assert harm(policy, state) is None
    assert verdict(state, 3, policy).numbers["harm"]["probes"] > 5


def test_without_a_latency_check_durations_are_not_compared() -> None:
    policy = replace(GATE, latency=None)
    state = probed(begun(policy), [(quick(5.0), quick())] * 15, policy=policy)
    assert harm(policy, state) is None
    assert State.load(state).probes is not None


def test_good_probes_do_not_hide_live_failures() -> None:
    live = quiet_minutes(begun(), 8, side(1, 1))
    alone = verdict(live, 12)
    both = verdict(probed(live, HEALTHY), 12)
    assert alone.verdict is both.verdict is Verdict.ROLLBACK
    assert alone.numbers["harm"]["errors"] == both.numbers["harm"]["errors"]


def test_live_failures_outweigh_good_probes_in_the_evidence_too() -> None:
    few = fold(GATE, begun(), some(1, side(40, 8), side(40)))[0]
    state = probed(few, HEALTHY)
    judged = verdict(state, 6)
    assert judged.verdict is not Verdict.ADVANCE
    assert not judged.clean


@pytest.mark.parametrize(
    ("known", "heard", "told"),
    [(SPARSE, 2, CALM), (SPARSE, 15, HELD), (KNOWN, 2, HELD)],
)
def test_silence_that_so_little_traffic_explains_does_not_hold_while_probes_answer(
    known: dict[str, Any], heard: int, told: tuple[bool, bool]
) -> None:
    state = begin_stage(opened(GATE, known, PLANNED), 0, 10)
    now = 20
    pairs = quick(), quick()
    state = fold_probes(GATE, PROBES, state, seen(*pairs, at=START + (now - heard) * MINUTE))
    judged = verdict(state, now)
    silent = "no metrics for 16 min" in judged.text
    assert (judged.verdict is Verdict.HOLD, silent) == told


def test_silence_holds_where_nothing_is_known_of_stable() -> None:
    state = begin_stage(opened(GATE, {"minutes": 0, "per_minute": 0.0}, PLANNED), 0, 10)
    state = probed(state, HEALTHY)
    assert "no metrics for 16 min" in verdict(state, 20).text


def test_a_pass_that_nobody_answered_is_not_heard() -> None:
    state = begin_stage(opened(GATE, SPARSE, PLANNED), 0, 10)
    state = probed(state, [(answers(0, 20), answers(0, 20))] * 19)
    assert "no metrics for 16 min" in verdict(state, 20).text


ANSWER = st.builds(ProbeAnswer, st.sampled_from([0, 200, 424, 500]), st.floats(1e-3, 1e7))
ANSWERS = st.lists(st.tuples(ANSWER, ANSWER), max_size=20)
FULL = GatePolicy(
    logs=LogQueries("workspace", checks=tuple(CustomCheck(f"check-{n}" * 4, "q") for n in range(3)))
)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(ANSWERS, min_size=1, max_size=8), st.integers(1, 1000), st.sampled_from(["", "429"])
)
def test_whatever_is_answered_the_state_is_small_and_survives_json_and_has_a_verdict(
    passes: list[list[tuple[ProbeAnswer, ProbeAnswer]]], inputs: int, stopped: str
) -> None:
    state = begin_stage(opened(FULL, KNOWN, PLANNED), 0, 10)
    for number, each in enumerate(passes):
        candidate, stable = [one for one, _ in each], [one for _, one in each]
        at = START + number * MINUTE + timedelta(seconds=12)
        one = seen(candidate, stable, at=at, inputs=inputs, stopped=stopped)
        state = fold_probes(FULL, Probes(rate=1), state, one)
        text = json.dumps(state, separators=(",", ":"), allow_nan=False)
        assert len(text.encode()) <= MAX_BYTES
        assert json.loads(text) == state
        assert State.load(state).dump() == state
        judged = verdict(state, number + 1, FULL)
        assert judged.text
        json.dumps(judged.numbers, allow_nan=False)


def test_folding_changes_a_copy() -> None:
    state = probed(begun(), HEALTHY[:2])
    before = json.dumps(state)
    probed(state, HEALTHY[:2])
    begin_stage(state, 1, 50)
    assert json.dumps(state) == before
