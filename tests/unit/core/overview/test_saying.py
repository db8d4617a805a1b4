"""The sentence about a service says its version, where it is, and why."""

from datetime import timedelta

import pytest

from rollout.core.overview.saying import _SENTENCES, says
from rollout.core.policy.freeze_model import Frozen
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Baking, Cause, Hold, HoldReason, Refused, Seen
from rollout.core.records.suspensions import Suspension
from tests.support.builders import NOW, a_current, a_rollout, after, an_offer


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


def test_a_write_that_azure_refuses_is_said_with_the_reason() -> None:
    rollout = a_rollout(
        Phase.ROLLING_BACK, refused=Refused("A lock on /subscriptions/s forbids it")
    )
    said = says(a_current(rollout))
    assert said.endswith("; Azure refuses it: A lock on /subscriptions/s forbids it")


def test_what_is_suspended_says_by_whom_until_when_and_why() -> None:
    order = Suspension("ann", "an incident", NOW, after(60))
    told = "suspended by ann until 2026-01-31 13:00 UTC: an incident"
    bakes = a_rollout(Phase.BAKING, suspended=True, halted_since=NOW)
    assert says(a_current(bakes, suspension=order)).endswith(f"waits at 10 %: {told}")
    assert says(a_current(bakes, suspended_with_all=order)).endswith(f"waits at 10 %: {told}")
    assert says(a_current(None, suspension=order)) == f"nothing starts: {told}"
    waits = a_current(None, suspension=order, waiting=an_offer("9"))
    assert says(waits) == f"version 9 waits: {told}"
    ended = a_current(a_rollout(Phase.SUCCEEDED), suspension=order)
    assert says(ended).endswith(f"is stable now; nothing starts: {told}")
    back = a_current(a_rollout(Phase.ROLLING_BACK), suspension=order)
    assert "is being rolled back" in says(back)


def test_what_is_frozen_says_until_when() -> None:
    frozen = Frozen(after(60), "Mon 08:00 Europe/Berlin")
    bakes = a_rollout(Phase.BAKING, frozen=frozen, halted_since=NOW)
    assert says(a_current(bakes)).endswith("waits at 10 %: frozen until Mon 08:00 Europe/Berlin")
    waits = a_current(None, waiting=an_offer("9"), start_frozen=frozen)
    assert says(waits) == "version 9 waits: frozen until Mon 08:00 Europe/Berlin"
