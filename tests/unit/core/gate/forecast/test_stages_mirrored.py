"""What is foretold of a stage that mirrors requests: stable keeps them all."""

from dataclasses import replace
from datetime import timedelta

import pytest

from rollout.core.gate.forecast.growth import Traffic
from rollout.core.gate.forecast.planner import plan
from rollout.core.gate.forecast.remedies import LIKELY
from rollout.core.gate.forecast.stages import forecast
from rollout.core.policy.gate_model import GatePolicy
from rollout.core.policy.model import Stage
from tests.support.forecasts import STAGES, TIGHT, known

MIRROR = Stage(0, timedelta(minutes=30), mirror=20)


def test_the_candidate_gets_a_part_of_stables_requests_and_takes_none() -> None:
    busy = Traffic.at(1000.0, 0, 20)
    assert (busy.candidate, busy.stable, busy.minutes) == pytest.approx((200.0, 1000.0, 1.0))
    little = Traffic.at(1.0, 0, 20)
    # As many copies as chance gives: few minutes have any.
    assert little.minutes == pytest.approx(0.1813 * 0.6321, rel=0.001)
    assert Traffic.at(0.0, 0, 20).minutes == 0


def test_a_mirror_needs_a_little_less_than_a_weight_of_the_same_share() -> None:
    mirrored = forecast(TIGHT, known(1000, 0.005), MIRROR)
    weighted = forecast(TIGHT, known(1000, 0.005), Stage(20))
    assert mirrored.requests == weighted.requests == 200
    for one, other in zip(mirrored.needs, weighted.needs, strict=True):
        assert one.minutes <= other.minutes
    assert mirrored.rise is not None
    assert weighted.rise is not None
    assert mirrored.rise <= weighted.rise


def test_its_plan_names_the_mirror() -> None:
    found = plan(GatePolicy(), known(1000, 0.005), (MIRROR, *STAGES))
    assert found.stages[0].document()["mirror"] == 20
    assert "mirror" not in found.stages[1].document()
    assert found.sentences()[0].startswith("20 % mirrored: 200 requests a minute")
    assert found.satisfiable


def test_where_copies_are_too_few_a_larger_mirror_may_do() -> None:
    few = plan(TIGHT, known(100, 0.005), (replace(MIRROR, mirror=10), *STAGES))
    warning = few.warnings[0]
    assert warning.startswith("Stage 1 (10 % mirrored) gives the candidate 10 requests a minute")
    told = int(warning.partition("a mirror of ")[2].partition(" %")[0])
    assert _chance(told - 1) < LIKELY <= _chance(told)
    assert "a weight of" not in warning


def _chance(mirror: int) -> float:
    return forecast(TIGHT, known(100, 0.005), replace(MIRROR, mirror=mirror)).chance


def test_a_mirror_is_never_told_to_be_more_than_half() -> None:
    few = plan(TIGHT, known(5, 0.005), (replace(MIRROR, mirror=10), *STAGES))
    assert "a mirror of" not in few.warnings[0]
