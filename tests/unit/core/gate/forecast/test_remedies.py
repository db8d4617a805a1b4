"""What a plan warns of, and which changes it names: each enough by itself, and just enough."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from rollout.core.gate.forecast.planner import plan
from rollout.core.gate.forecast.remedies import LIKELY
from rollout.core.policy.gate_model import Check, ErrorsCheck, GatePolicy, Margin
from rollout.core.policy.model import Stage
from tests.support.forecasts import TIGHT, failures, known, planned


def test_every_remedy_that_is_named_is_enough_and_just_enough() -> None:
    of = known(100, 0.005)
    warning, offer = planned(of).warnings
    assert offer.startswith("The app could ask both sides itself")
    assert warning.startswith(
        "Stage 1 (10 %) gives the candidate 10 requests a minute: a healthy one needs about 80 min "
        "for its evidence on failures, and gate.max_bake is 1 h. About 42 in 100 healthy "
        "candidates would pass"
    )
    assert (
        "gate.errors.limit.points 1.6%; gate.max_bake 120m; a weight of 20 %; sample traffic of 93 "
        "requests a minute to the endpoint (5,580 in 1 h)" in warning
    )

    def chance(policy: GatePolicy, per_minute: float = 100, weight: int = 10) -> float:
        return failures(policy, known(per_minute, 0.005), weight).chance

    def points(value: float) -> GatePolicy:
        return replace(TIGHT, errors=ErrorsCheck(limit=Margin(1.5, value)))

    def bake(minutes: int) -> GatePolicy:
        return replace(TIGHT, max_bake=timedelta(minutes=minutes))

    policy = TIGHT
    assert chance(points(0.015)) < LIKELY <= chance(points(0.016))
    assert chance(bake(115)) < LIKELY <= chance(bake(120))
    assert chance(policy, weight=19) < LIKELY <= chance(policy, weight=20)
    assert chance(policy, 190) < LIKELY <= chance(policy, 193)


def test_limits_for_failures_and_latency_are_widened_together() -> None:
    warnings = planned(known(30, 0.005)).warnings
    assert any("gate.errors.limit.points 4.1% with gate.latency.limit 1.5;" in w for w in warnings)


def test_no_weight_is_proposed_that_the_next_stage_has() -> None:
    first = plan(TIGHT, known(100, 0.005), (Stage(10), Stage(15), Stage(100))).warnings[0]
    assert "a weight of" not in first
    assert "gate.max_bake" in first


@pytest.mark.parametrize(
    ("of", "policy", "lacks"),
    [
        # Even 20 points are not enough for failures at this traffic.
        (known(2, 0.005), TIGHT, "gate.errors.limit.points"),
        # Latency is short and stable's percentiles are unknown: no limit can be named.
        (
            known(20, 0.005, latency=None),
            replace(TIGHT, observe_only=(Check.ERRORS,)),
            "latency.limit",
        ),
        # Not evidence but requests are short: no limit helps.
        (known(1000, 0.005), replace(TIGHT, min_requests=100_000), "limit"),
    ],
)
def test_a_remedy_that_does_not_help_is_not_named(
    of: dict[str, Any], policy: GatePolicy, lacks: str
) -> None:
    warning = next(each for each in planned(of, policy).warnings if "Stage 1 (10 %) gives" in each)
    assert lacks not in warning
    assert "sample traffic of" in warning


def test_where_nothing_helps_alone_it_says_so() -> None:
    warning = next(
        each
        for each in planned(known(0.02, 0.3)).warnings
        if each.startswith("Stage 3 (100 %) gives")
    )
    assert warning.startswith("Stage 3 (100 %)")
    assert "more than a week for its evidence on failures" in warning
    assert "No single change of the policy helps" in warning


def test_more_traffic_is_not_looked_for_where_there_is_plenty() -> None:
    """A pattern of bursts no amount of requests outweighs."""
    of = known(2_000_000, 0.02, correlation=0.5)
    warning = next(each for each in planned(of).warnings if "Stage 1 (10 %) gives" in each)
    assert "sample traffic" not in warning


def test_little_history_is_warned_of() -> None:
    short = planned(known(5000, 0.005, hours=2.0, minutes=120)).warnings
    assert len(short) == 1
    assert "Only 2.0 h of stable's traffic are known, fewer than 6 h" in short[0]
    assert "0.005" in short[0]
    few = planned(known(5000, 0.005, hours=0.1, minutes=6)).warnings
    assert "6 minutes only" in few[1]


def test_unknown_percentiles_are_warned_of_only_where_latency_is_checked() -> None:
    of = known(5000, 0.005, latency=None)
    (warning,) = planned(of).warnings
    assert "RequestLatency_P50" in warning
    assert planned(of, replace(TIGHT, latency=None)).warnings == ()


def test_bursts_are_warned_of_with_what_is_left_of_the_requests() -> None:
    warnings = planned(known(1000, 0.005, correlation=0.05)).warnings
    assert "correlation 0.05" in warnings[0]
    assert "1,000 requests a minute count as 19.6" in warnings[0]
    assert "within 16 minutes by the majority check" in warnings[0]


def test_a_stage_that_is_nearly_blind_is_warned_of() -> None:
    policy = replace(TIGHT, max_bake=timedelta(days=2))
    sees_little = planned(known(10, 0.005)).warnings
    assert any("only from 10.6% on (stable has 0.50%)" in each for each in sees_little)
    sees_nothing = planned(known(0.01, 0.0), replace(policy, min_requests=1)).warnings
    assert any("would not even see a candidate that fails every" in each for each in sees_nothing)
