"""Odd inputs of a forecast: single requests, shares of nothing and of all, swapped thresholds."""

import json
from math import log
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from rollout.core.gate import baseline
from rollout.core.gate.forecast import growth
from rollout.core.gate.forecast.planner import NoPlan, Plan, attempt, plan
from rollout.core.policy.gate_model import ErrorsCheck, GatePolicy, Margin
from rollout.core.policy.model import Stage
from rollout.core.records.observation import Minute, Percentiles, SideMinute
from rollout.units import MINUTE
from tests.support.forecasts import STAGES, known, planned
from tests.support.gate_builders import START


@pytest.mark.parametrize(
    ("most", "requests", "share", "chance"),
    [
        (-1.0, 10.0, 0.5, 0.0),
        (10.0, 10.0, 0.5, 1.0),
        (1.5, 3.0, 0.5, 0.5),
        (0.0, 100.0, 0.01, 0.99**100),
        (100.0, 10_000.0, 0.01, 0.5266),
    ],
)
def test_the_chance_of_few_bad_requests_is_binomial(
    most: float, requests: float, share: float, chance: float
) -> None:
    assert growth.at_most(most, requests, share) == pytest.approx(chance, abs=0.01)


histories = some.builds(
    lambda per_minute, share, correlation, hours, slow, order: known(
        per_minute,
        share,
        correlation=correlation,
        hours=hours,
        latency=[[log(100) + each / 50, slow, slow / 3, correlation] for each in order],
    ),
    some.floats(1e-6, 1e6),
    some.floats(0, 1),
    some.floats(0, 1),
    some.floats(0.02, 24),
    some.floats(1e-6, 0.5),
    # At little traffic thresholds change places.
    some.permutations([0.0, 30.0, 40.0, 60.0]),
)


weights = some.lists(some.integers(1, 99), max_size=1)


@pytest.mark.no_cover  # tracing hundreds of plans covers what the plans above cover
@settings(max_examples=15, deadline=None)
@given(of=histories, weights=weights, points=some.floats(0.0003, 0.3))
def test_any_history_can_be_planned_with(
    of: dict[str, Any], weights: list[int], points: float
) -> None:
    policy = GatePolicy(errors=ErrorsCheck(limit=Margin(1.5, points)))
    found = plan(policy, of, [Stage(each) for each in (*weights, 100)])
    assert json.dumps(found.document(), allow_nan=False)
    for stage in found.stages:
        assert 0 <= stage.chance <= 1
        assert stage.lasts >= 15
        assert stage.rise is None or found.share * 0.4 <= stage.rise <= 1


def test_thresholds_that_changed_places_are_planned_with_in_order() -> None:
    """ln P99 below ln P95: nothing is above 1.2 times both, and a share of 0 has no logarithm."""
    swapped = [[5.38, 0.67, 0.11, 0.0], [5.41, 0.15, 0.1, 0.0], *[[5.42, 0.13, 0.1, 0.0]] * 2]
    swapped[3] = [5.40, 0.12, 0.1, 0.0]
    found = planned(known(5, 0.005, latency=swapped))
    assert "gate.latency.limit" in found.warnings[0] or "sample traffic" in found.warnings[0]
    assert json.dumps(found.document(), allow_nan=False)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_shares_of_nothing_and_of_all_have_a_chance_too(share: float) -> None:
    assert growth.at_most(3.0, 10.0, share) == 1.0 - share


durations = some.floats(1, 1e5)


quiet_minutes = some.lists(
    some.tuples(
        some.integers(0, 1400),
        some.integers(1, 3),
        some.integers(0, 3),
        some.one_of(
            # One request: all four are its duration.
            durations.map(lambda took: (took,) * 4),
            some.tuples(*[durations] * 4),
        ),
    ),
    min_size=1,
    max_size=40,
)
"""Stable's minutes of a day with requests: at, requests, failures, percentiles in any order."""


@pytest.mark.no_cover  # as below
@settings(max_examples=15, deadline=None)
@given(quiet_minutes)
def test_a_day_of_single_requests_can_be_planned_with(
    rows: list[tuple[int, int, int, tuple[float, float, float, float]]],
) -> None:
    minutes = [
        Minute(
            START + at * MINUTE,
            SideMinute(
                float(requests), float(min(failed, requests)), latency=Percentiles(*percentiles)
            ),
            None,
        )
        for at, requests, failed, percentiles in rows
    ]
    found = plan(GatePolicy(), baseline(GatePolicy(), minutes), STAGES)
    assert json.dumps(found.document(), allow_nan=False)
    assert found.sentences()


def test_a_forecast_that_fails_is_a_result() -> None:
    damaged = known(100, 0.005)
    del damaged["errors"]
    found = attempt(GatePolicy(), damaged, STAGES)
    assert isinstance(found, NoPlan)
    assert found.why == "the forecast failed (KeyError: 'errors')"
    assert isinstance(attempt(GatePolicy(), known(5000, 0.005), STAGES), Plan)
