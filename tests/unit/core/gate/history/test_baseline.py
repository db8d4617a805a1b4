"""What is learnt of stable before a rollout, and the state a rollout opens with."""

import json
from dataclasses import replace
from math import log
from random import Random

import pytest

from rollout.core.gate import NONE, baseline, opened
from rollout.core.gate.judging.state import State
from rollout.core.policy.gate_model import GatePolicy, LatencyCheck
from rollout.core.records.observation import Minute
from tests.support.gate_builders import (
    ERRORS,
    KNOWN,
    LATENCY,
    MINUTE,
    PLANNED,
    QUICK,
    START,
    history,
    side,
    slower,
    some,
    with_checks,
)


def bursty(count: int) -> list[Minute]:
    random = Random(5)  # noqa: S311 - a seeded stream, no secret
    failing = (90 * (random.random() < 0.1) for _ in range(count))
    return [
        Minute(START + n * MINUTE, side(90, bad, latency=slower(10 if bad else 1)), None)
        for n, bad in enumerate(failing)
    ]


def test_a_day_of_a_calm_stable() -> None:
    known = baseline(LATENCY, history(count=1440))
    assert (known["minutes"], known["hours"], known["per_minute"]) == (1440, 24.0, 90.0)
    assert known["errors"]["requests"] == pytest.approx(20_000)
    assert known["errors"]["bad"] == pytest.approx(100)
    assert known["errors"]["correlation"] == 0.0
    assert known["rejected"]["bad"] == pytest.approx(200)
    assert len(known["latency"]) == 4
    ln, share, share_limit, correlation = known["latency"][0]
    assert ln == pytest.approx(log(100))
    assert share == pytest.approx(0.5)
    assert 0 < share_limit < share
    assert correlation == 0.0


def test_a_little_history_is_not_scaled() -> None:
    known = baseline(ERRORS, history(count=100))
    assert known["errors"]["requests"] == pytest.approx(9000)
    assert known["errors"]["bad"] == pytest.approx(45)


@pytest.mark.parametrize(
    ("count", "correlation"), [(359, 0.005), (360, 0.0)], ids=["short of six hours", "six hours"]
)
def test_a_short_history_assumes_some_burstiness(count: int, correlation: float) -> None:
    known = baseline(LATENCY, history(count=count))
    assert known["errors"]["correlation"] == correlation
    assert known["rejected"]["correlation"] == correlation
    assert {row[3] for row in known["latency"]} == {correlation}


def test_bursts_are_seen_in_failures_and_in_latency() -> None:
    known = baseline(LATENCY, bursty(1440))
    assert known["errors"]["correlation"] > 0.5
    assert known["latency"][2][3] > 0.05
    assert known["rejected"]["correlation"] == 0.0


@pytest.mark.parametrize("apart", [1, 60], ids=["in a row", "over many hours"])
def test_with_fewer_than_ten_minutes_the_assumed_burstiness_is_used_alone(apart: int) -> None:
    those = [replace(each, at=START + n * apart * MINUTE) for n, each in enumerate(bursty(9))]
    known = baseline(LATENCY, those)
    assert known["minutes"] == 9
    assert known["errors"]["correlation"] == 0.005
    assert {row[3] for row in known["latency"]} == {0.005}
    assert baseline(LATENCY, bursty(10))["errors"]["correlation"] >= 0.005


@pytest.mark.parametrize(
    "those",
    [[], some(20, side(10), None), some(20, None, side(0)), some(20, None, None)],
    ids=["nothing", "the candidate only", "no requests", "absent"],
)
def test_no_history_is_said_to_be_none(those: list[Minute]) -> None:
    assert baseline(LATENCY, those) == NONE


def test_gaps_are_minutes_without_requests() -> None:
    whole = history(count=100)
    those = [each for n, each in enumerate(whole) if not 20 <= n < 70]
    known = baseline(LATENCY, those)
    assert known["minutes"] == 50
    assert known["hours"] == pytest.approx(100 / 60, abs=0.01)
    assert known["per_minute"] == pytest.approx(45)
    assert known["errors"]["requests"] == pytest.approx(4500)


def test_idle_ends_and_the_order_do_not_count() -> None:
    idle = some(50, None, side(0), first=-50)
    busy = some(50, None, side(90, 1, latency=QUICK))
    absent = some(50, None, None, first=50)
    assert baseline(LATENCY, [*idle, *busy, *absent]) == baseline(LATENCY, busy)
    assert baseline(LATENCY, busy[::-1]) == baseline(LATENCY, busy)


def test_a_history_without_latency_knows_none() -> None:
    assert baseline(LATENCY, history(side(90, 1)))["latency"] is None
    assert baseline(ERRORS, history())["latency"] is None


def test_a_rollout_opens_with_what_is_known() -> None:
    state = State.load(opened(LATENCY, KNOWN, PLANNED))
    assert state.errors.stable_share == pytest.approx(0.005, rel=0.01)
    assert state.rejected.stable_share == pytest.approx(0.01, rel=0.01)
    assert state.known_minutes == pytest.approx(20_000 / 90)
    assert state.planned == PLANNED
    thresholds = state.latency.asked(LatencyCheck())
    assert thresholds is not None
    assert thresholds.stable == pytest.approx((100, 190, 230, 320))


@pytest.mark.parametrize("known", [NONE, baseline(ERRORS, history())], ids=["none", "no latency"])
def test_a_rollout_opens_without_latency_and_assumes_bursts(known: dict[str, object]) -> None:
    state = State.load(opened(LATENCY, known, PLANNED))
    assert all(each.ln is None for each in state.latency.thresholds)
    assert {each.correlation for each in state.latency.thresholds} == {0.005}


def test_a_rollout_opens_with_nothing() -> None:
    state = State.load(opened(with_checks("mine"), NONE, PLANNED))
    assert (state.errors.requests, state.errors.correlation) == (0.0, 0.005)
    assert state.memories["mine"].correlation == 0.005
    assert state.known_minutes == 0.0


@pytest.mark.parametrize("policy", [ERRORS, LATENCY], ids=["errors", "latency"])
def test_a_baseline_survives_json(policy: GatePolicy) -> None:
    known = baseline(policy, bursty(30))
    assert json.loads(json.dumps(known)) == known
    assert opened(policy, json.loads(json.dumps(known)), PLANNED) == opened(policy, known, PLANNED)


def test_the_shares_of_a_history_that_always_fails() -> None:
    known = baseline(ERRORS, history(side(90, 90)))
    assert known["errors"]["correlation"] == 0.0
    assert State.load(opened(ERRORS, known, PLANNED)).errors.stable_share == 0.5
