"""What comes next: by itself and when at the earliest, or by a person and until when."""

from dataclasses import replace
from datetime import timedelta

import pytest

from rollout.core.machine.holds import HOLD_REASONS
from rollout.core.overview.upcoming import _NEXT, Upcoming, upcoming
from rollout.core.policy.freeze_model import Frozen
from rollout.core.policy.model import Approval, Stage
from rollout.core.records.phases import PHASES, Phase
from rollout.core.records.rollout import Baking, HoldReason
from rollout.core.records.suspensions import Suspension
from tests.support.builders import NOW, POLICY, a_current, a_rollout, after, an_offer, held

HOUR = timedelta(hours=1)


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase is not Phase.NONE])
def test_every_live_phase_says_what_comes_next_and_no_other_does(phase: Phase) -> None:
    found = upcoming(a_current(a_rollout(phase)))
    assert (found is not None) == (phase in _NEXT) == (not PHASES[phase].final)


def test_what_waits_starts_next() -> None:
    waiting = an_offer("8")
    assert upcoming(a_current(None)) is None
    assert upcoming(a_current(None, waiting=waiting)) == Upcoming("version 8 starts")


@pytest.mark.parametrize("reason", HoldReason)
def test_a_hold_waits_for_a_person_until_it_expires(reason: HoldReason) -> None:
    rollout = held(a_rollout(Phase.BAKING), reason)
    assert rollout.hold is not None
    step = HOLD_REASONS[reason].next_step
    assert upcoming(a_current(rollout)) == Upcoming(step, rollout.hold.expires, person=True)


def test_a_suspended_rollout_waits_for_a_person() -> None:
    found = upcoming(a_current(a_rollout(Phase.BAKING, suspended=True, halted_since=NOW)))
    assert found is not None
    assert found.person


def test_a_bake_says_the_next_weight_and_when_at_the_earliest() -> None:
    rollout = a_rollout(Phase.BAKING, baking=Baking(NOW))
    bake = rollout.policy.stages[0].bake
    assert upcoming(a_current(rollout)) == Upcoming(
        "10 % -> 50 % once the gate lets it pass", NOW + bake
    )


def test_an_approval_and_a_promotion_are_said() -> None:
    policy = replace(POLICY, stages=(Stage(10), Stage(100, HOUR, approval=Approval.ANYBODY)))
    first = a_rollout(Phase.BAKING, policy=policy)
    found = upcoming(a_current(first))
    assert found is not None
    assert found.what == "10 % -> 100 % waits for an approval once the gate lets it pass"
    last = upcoming(a_current(replace(first, stage=1)))
    assert last is not None
    assert last.what == "the candidate is promoted once the gate lets it pass"


def test_a_kept_stable_is_deleted_at_its_time() -> None:
    rollout = a_rollout(Phase.PROMOTED, delete_due=NOW + HOUR)
    assert upcoming(a_current(rollout)) == Upcoming(f"{rollout.stable} is deleted", NOW + HOUR)


def test_a_suspension_with_an_end_ends_by_itself() -> None:
    order = Suspension("ann", "an incident", NOW, after(60))
    bakes = a_rollout(Phase.BAKING, suspended=True, halted_since=NOW)
    found = upcoming(a_current(bakes, suspension=order))
    assert found == Upcoming("the suspension ends by itself", after(60))
    waits = upcoming(a_current(None, waiting=an_offer(), suspension=replace(order, until=None)))
    assert waits is not None
    assert waits.person


def test_a_freeze_ends_at_its_time() -> None:
    frozen = Frozen(after(60), "Mon 08:00 UTC")
    bakes = a_rollout(Phase.BAKING, frozen=frozen, halted_since=NOW)
    assert upcoming(a_current(bakes)) == Upcoming("frozen until Mon 08:00 UTC", after(60))
    lost = replace(bakes, frozen=replace(frozen, until=None))
    found = upcoming(a_current(lost))
    assert found is not None
    assert found.person
