"""One row a hold reason, and what is true of every hold alike."""

from dataclasses import replace

import pytest

from rollout.core.machine.holds import HOLD_REASONS, OnResume
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Cause, HoldReason
from tests.support.builders import (
    BLUE,
    GREEN,
    a_rollout,
    an_offer,
    held,
    look,
    ours,
    rollout_of,
    seen,
)

TENTH = seen({BLUE: 90, GREEN: 10}, ours())


def test_every_reason_has_its_row_in_the_enumerations_order() -> None:
    assert list(HOLD_REASONS) == list(HoldReason)


@pytest.mark.parametrize("reason", HoldReason)
def test_a_refused_resume_says_why(reason: HoldReason) -> None:
    facts = HOLD_REASONS[reason]
    assert bool(facts.resume_refused) is (facts.on_resume is OnResume.REFUSE)


@pytest.mark.parametrize("reason", HoldReason)
def test_an_operator_can_end_every_hold_without_a_rollback(reason: HoldReason) -> None:
    facts = HOLD_REASONS[reason]
    assert facts.advance_lifts or facts.on_resume is not OnResume.REFUSE


@pytest.mark.parametrize("reason", HoldReason)
def test_a_newer_version_replaces_a_held_rollout_unless_an_operator_must_decide(
    reason: HoldReason,
) -> None:
    rollout = held(a_rollout(Phase.BAKING), reason)
    replaced = rollout_of(look(rollout, TENTH, waiting=an_offer()))
    if HOLD_REASONS[reason].until_an_operator:
        assert (replaced.phase, replaced.hold) == (Phase.BAKING, rollout.hold)
    else:
        assert (replaced.phase, replaced.cause) == (Phase.ROLLING_BACK, Cause.SUPERSEDED)
    suspended = look(replace(rollout, suspended=True), TENTH, waiting=an_offer(), suspended=True)
    assert rollout_of(suspended).phase is Phase.BAKING


def test_an_operator_ends_a_pause_a_drift_an_alerts_hold_and_a_replacement() -> None:
    kept = {reason for reason, facts in HOLD_REASONS.items() if facts.until_an_operator}
    assert kept == {
        HoldReason.OPERATOR,
        HoldReason.DRIFT,
        HoldReason.ALERT,
        HoldReason.REPLACED,
    }
