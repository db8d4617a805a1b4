"""How many inputs a policy's evidence takes where there is no traffic."""

from dataclasses import replace
from math import inf, log

import pytest

from rollout.core.gate.forecast.probing import (
    COMFORT,
    inputs_needed,
    lacking,
    minutes_needed,
    pairs_needed,
)
from rollout.core.gate.judging.state import State
from rollout.core.gate.probing.combining import on_failures
from rollout.core.policy.gate_model import Budget, Check, ErrorsCheck, Margin
from rollout.core.policy.probes_model import Probes
from tests.support.gate_builders import KNOWN
from tests.support.probe_builders import GATE, PROBES, answers, begun, probed


def test_each_test_of_a_stage_has_its_pairs() -> None:
    needed = {each.name: each for each in pairs_needed(GATE, PROBES, KNOWN)}
    assert list(needed) == ["failures", "P50", "P90", "P95"]
    assert needed["failures"].target == pytest.approx(log(20))
    assert needed["P95"].target == pytest.approx(log(20) + log(4 / 3))
    assert needed["P50"].worth < needed["P90"].worth < needed["P95"].worth


def test_the_growth_is_that_of_the_gate() -> None:
    """One failure in 201 pairs is what is assumed of a healthy candidate."""
    policy = replace(GATE, latency=None)
    needed = pairs_needed(policy, PROBES)[0]
    usual = [(answers(20), answers(20))] * 9 + [(answers(19, 1), answers(19, 1))]
    state = State.load(probed(begun(policy), usual * 10, policy=policy))
    assert state.probes is not None
    # Counted as 400 pairs at most: what it began with hardly matters any more.
    assert on_failures(state.probes.stage) == pytest.approx(400 * needed.growth, rel=0.15)


def test_more_inputs_take_fewer_minutes_until_they_no_longer_matter() -> None:
    times = [minutes_needed(GATE, PROBES, inputs) for inputs in (1, 10, 25, 40, 100, 1000)]
    assert times[:2] == [inf, inf]
    assert times[2] > times[3] == times[4] == times[5]


def test_inputs_that_suffice_are_not_told_of() -> None:
    needed = inputs_needed(GATE, PROBES)
    assert needed is not None
    assert lacking(GATE, PROBES, needed) == ""
    assert minutes_needed(GATE, PROBES, needed) < 60
    assert lacking(GATE, PROBES, needed - 1)


def test_too_few_inputs_are_told_of_with_what_would_do() -> None:
    text = lacking(GATE, Probes(repeats=5), 40)
    assert text.startswith("Without live traffic a stage needs about ")
    assert "evidence on P95, and 40 inputs, counted 5 times each, can be worth 200" in text
    assert "(or probes.repeats 8, which trusts each of them more)" in text
    assert "probes.repeats" not in lacking(GATE, Probes(repeats=5), 1)


def test_bursts_ask_for_more_inputs() -> None:
    bursty = {**KNOWN, "errors": {**KNOWN["errors"], "correlation": 0.2}}
    calm, worse = (pairs_needed(GATE, PROBES, known)[0].worth for known in (KNOWN, bursty))
    assert worse == pytest.approx(calm * (1 + 19 * 0.2))


def test_what_only_reports_needs_nothing() -> None:
    quiet = replace(GATE, observe_only=(Check.ERRORS, Check.LATENCY))
    assert pairs_needed(quiet, PROBES) == ()
    assert inputs_needed(quiet, PROBES) == 0
    assert minutes_needed(quiet, PROBES, 1) == 0.0
    assert [each.name for each in pairs_needed(replace(GATE, latency=None), PROBES)] == ["failures"]


def test_a_limit_without_room_is_never_proved() -> None:
    strict = replace(GATE, errors=ErrorsCheck(limit=Margin(1.0, 0.0)), budget=Budget())
    assert inputs_needed(strict, PROBES) is None
    assert minutes_needed(strict, PROBES, 10_000) == inf
    assert "however many inputs" in lacking(strict, PROBES, 10_000)
    assert COMFORT > 1
