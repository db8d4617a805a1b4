"""Both streams of evidence, as people see them."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from rollout.core.gate import begin_stage, fold, fold_probes, opened
from rollout.core.policy.probes_model import Probes, ProbesWhen
from rollout.core.records.observation import Minute, SideMinute
from rollout.core.records.own_requests import OwnRequests
from rollout.core.records.phases import Phase
from rollout.core.records.probes import ProbeAnswer, ProbePair, ProbesSeen
from rollout.core.records.rollout import Rollout
from rollout.inbound.views import summary_view
from tests.support.builders import KNOWN_OF_STABLE, NOW, POLICY, a_current, a_rollout

AT = datetime(2026, 1, 31, 12, 1, tzinfo=UTC)
POLICY_WITH = replace(POLICY, probes=Probes(max=100))


def shown(rollout: Rollout) -> Any:
    return summary_view("fraud", "endpoint", a_current(rollout), NOW)["rollout"]


def baking(**changes: Any) -> Rollout:
    return a_rollout(Phase.BAKING, **{"policy": POLICY_WITH, **changes})


def a_state(stopped: str = "") -> dict[str, Any]:
    state = begin_stage(opened(POLICY.gate, KNOWN_OF_STABLE, 60.0), 0, 10)
    minute = Minute(AT, SideMinute(90.0, 2.0), SideMinute(10.0, 1.0))
    state, _ = fold(POLICY.gate, state, [minute])
    good, bad = ProbeAnswer(200, 20.0), ProbeAnswer(500, 20.0)
    pairs = tuple(ProbePair(number, bad if number == 0 else good, good) for number in range(9))
    return fold_probes(POLICY.gate, Probes(), state, ProbesSeen(AT, 40, 10, pairs, stopped))


def test_both_streams_are_shown() -> None:
    found = shown(baking(gate=a_state(), own=OwnRequests(counted=False)))

    assert found["probes"] == {
        "pairs": 9,
        "candidateFailed": 1,
        "stableFailed": 0,
        "sent": 10,
        "of": 100,
        "rate": 20,
        "inMetrics": False,
    }
    assert found["evidence"]["live"] == {
        "candidate": 10,
        "candidateFailed": 1,
        "stable": 90,
        "stableFailed": 2,
    }


def test_a_rate_that_was_halved_is_shown() -> None:
    assert shown(baking(gate=a_state("429 from stable")))["probes"]["rate"] == 10


def test_before_the_first_probe_all_counts_are_zero() -> None:
    state = opened(POLICY.gate, KNOWN_OF_STABLE, 60.0)

    for gate in ({}, state):
        found = shown(baking(gate=gate))["probes"]
        assert (found["sent"], found["rate"], found["inMetrics"]) == (0, 20, True)


def test_a_rollout_that_never_probes_has_no_such_part() -> None:
    for probes in (None, Probes(when=ProbesWhen.NEVER)):
        assert shown(baking(policy=replace(POLICY, probes=probes)))["probes"] is None


@pytest.mark.parametrize("phase", [Phase.CREATING, Phase.SHIFTING])
def test_live_counts_are_those_of_a_bake(phase: Phase) -> None:
    assert shown(a_rollout(phase))["evidence"]["live"] is None
