"""The sentence about a service says its version, where it is, and why."""

from datetime import timedelta

import pytest

from rollout.core.overview.saying import _SENTENCES, says
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Baking, Cause, Hold, HoldReason, Seen
from tests.support.builders import NOW, a_current, a_rollout, an_offer


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase is not Phase.NONE])
def test_every_phase_has_a_sentence_that_names_the_version(phase: Phase) -> None:
    assert phase in _SENTENCES
    rollout = a_rollout(phase)
    said = says(a_current(rollout))
    assert said.startswith(f"version {rollout.release.version} ")
    assert "None" not in said.replace(str(rollout.stable), "")


def test_a_service_without_a_rollout_says_what_waits() -> None:
    assert says(a_current(None)) == "no version was rolled out yet"
    assert says(a_current(None, waiting=an_offer("8"))) == "version 8 waits"


def test_a_bake_says_its_evidence() -> None:
    baking = Baking(NOW, evidence="healthy: 0 of 300 failed")
    assert says(a_current(a_rollout(Phase.BAKING, baking=baking))).endswith("0 of 300 failed")
    assert says(a_current(a_rollout(Phase.BAKING))).endswith("no minute was judged yet")


def test_a_hold_says_where_and_why() -> None:
    hold = Hold(HoldReason.DRIFT, "rollout", NOW, NOW + timedelta(hours=1), "blue-1 50 %")
    said = says(a_current(a_rollout(Phase.BAKING, hold=hold)))
    assert "is held at 10 % (drift): blue-1 50 %" in said
    by = Hold(HoldReason.OPERATOR, "ann", NOW, NOW + timedelta(hours=1))
    assert says(a_current(a_rollout(Phase.CREATING, hold=by))).endswith("(operator): ann")


def test_a_suspended_rollout_says_so() -> None:
    rollout = a_rollout(Phase.BAKING, suspended=True, halted_since=NOW)
    assert says(a_current(rollout)).endswith("waits at 10 %: rollouts are suspended")


def test_a_way_back_says_why_and_what_was_seen() -> None:
    seen = Seen(True, split={"blue-1": 100}, at=NOW)
    rollout = a_rollout(Phase.ROLLING_BACK, cause=Cause.GATE, cause_text="it fails", seen=seen)
    said = says(a_current(rollout))
    assert "is being rolled back (gate): it fails; the split is blue-1 100 %" in said
