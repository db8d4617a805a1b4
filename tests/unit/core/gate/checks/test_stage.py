"""What belongs to one stage, and what a soak at 100 % compares with."""

import json
from dataclasses import replace

import pytest

from rollout.core.gate.algebra.bernoulli import Counts, rate_bounds
from rollout.core.gate.algebra.streams import Stream
from rollout.core.gate.checks.stage import FIRST_RULES, RULES, History, Soak, Stage, Totals
from tests.support.gate_builders import side

UNSCALED = History(20_000, 1.0)


def test_totals_add_what_is_there() -> None:
    totals = Totals()
    totals.add(side(10, 1, client_errors=2), None)
    totals.add(side(5), side(90, 3, client_errors=0.5))
    assert totals.dump() == [[15, 1, 2], [90, 3, 0.5]]


def test_a_soaks_bounds_hold_stables_share_and_widen_with_bursts() -> None:
    rejected = Stream.opened(Counts(20_000, 200), 0.0)
    calm = Soak.against(Stream.opened(Counts(20_000, 100), 0.0), rejected, 200.0, UNSCALED)
    bursty = Soak.against(Stream.opened(Counts(20_000, 100), 0.2), rejected, 200.0, UNSCALED)
    assert bursty.low < calm.low < 0.005 < calm.high < bursty.high
    assert (calm.low, calm.high) == rate_bounds(Counts(20_000, 100), 0.001)
    by = 1 + 99 * 0.2
    assert (bursty.low, bursty.high) == rate_bounds(Counts(20_000 / by, 100 / by), 0.001)
    assert calm.rejected_high == rate_bounds(Counts(20_000, 200), 0.001)[1]


@pytest.mark.parametrize("correlation", [0.0, 0.005])
def test_a_soak_that_knows_nothing_of_stable_allows_everything(correlation: float) -> None:
    nothing = Stream.opened(Counts(0, 0), correlation)
    assert Soak.against(nothing, nothing, 0.0, History(0.0, 1.0)) == Soak(0.0, 1.0, 1.0)


def test_a_history_that_was_scaled_down_is_as_certain_as_it_was() -> None:
    stream, rejected = (Stream.opened(Counts(20_000, bad), 0.0) for bad in (100, 200))
    whole = Soak.against(stream, rejected, 200.0, History(20_000, 0.1))
    assert (whole.low, whole.high) == pytest.approx(rate_bounds(Counts(200_000, 1000), 0.001))
    stream.learn(Counts(20_000, 100))
    rejected.learn(Counts(20_000, 200))
    later = Soak.against(stream, rejected, 400.0, History(20_000, 0.1))
    # The mean of a share known from 200,000 requests and of one known from 20,000.
    worth = 40_000**2 / (20_000 * 0.1 + 20_000)
    bounds = rate_bounds(Counts(worth, 0.005 * worth), 0.001)
    assert (later.low, later.high) == pytest.approx(bounds)


def test_requests_of_unknown_minutes_count_as_one_burst() -> None:
    stream = Stream.opened(Counts(1001, 10), 1.0)
    assert (
        Soak.against(stream, stream, 0.0, History(1001, 1.0)).high
        == rate_bounds(Counts(1, 10 / 1001), 0.001)[1]
    )


@pytest.mark.parametrize("soak", [None, Soak(0.001, 0.01, 0.02)], ids=["shared", "soak"])
def test_a_stage_survives_json(soak: Soak | None) -> None:
    stage = Stage(2, 100, 7, 5, soak=soak)
    stage.totals.add(side(10, 1), side(90))
    stage.errors.add([-1.5, 0.0, 0.5], 60.0)
    stage.latency[2].add([3.25, 1.0, 0.0], 60.0)
    back = Stage.load(json.loads(json.dumps(stage.dump())))
    assert back.dump() == stage.dump()
    assert replace(back, errors=stage.errors, latency=stage.latency) == stage


def test_a_candidate_is_warm_once_it_has_answered_enough_at_its_weight() -> None:
    stage = Stage.begun(0, 10, None, Stage(), RULES)
    assert not stage.is_warm(30)
    stage.serve(29)
    assert not stage.is_warm(30)
    stage.serve(1)
    assert stage.is_warm(30)
    assert stage.is_warm(0)
    # The same weight again, after an operator's `resume`: it is as warm as it was.
    assert Stage.begun(0, 10, None, stage, RULES).served == 30
    assert Stage.begun(1, 50, None, stage, RULES).served == 0


def test_under_the_first_rules_every_candidate_counts_as_warm() -> None:
    stage = Stage.begun(0, 10, None, Stage(), FIRST_RULES)
    stage.serve(5)
    assert stage.served is None
    assert stage.is_warm(10**6)
    assert "served" not in stage.dump()
    assert stage.dump()["errors"] == [0, 0, 0]
