"""Where an endpoint sleeps, until when, and what keeps it awake."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from rollout.core.machine.sleeping import LONGEST_SLEEP, asleep, sleeps_until, wakes_at
from rollout.core.policy.freeze_model import Frozen
from rollout.core.policy.quality_model import Live, Quality
from rollout.core.records.observation import Observation, ProvisioningState, Unreachable
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Current, Hold, HoldReason, Rollout, Seen
from rollout.core.records.specs import Specs
from rollout.core.records.suspensions import Suspension
from rollout.ports import FURTHEST_DUE
from tests.support.builders import (
    BLUE,
    GREEN,
    NOW,
    POLICY,
    a_current,
    a_rollout,
    after,
    an_endpoint,
    an_offer,
    held,
    ours,
    seen,
)

LATER = after(60)
FULL = NOW + LONGEST_SLEEP
SOON = NOW + timedelta(minutes=2)
SUSPENDED = Suspension("ann", "an incident", NOW)

KEPT = replace(
    a_rollout(Phase.PROMOTED),
    since=after(-30),
    promoted_at=after(-30),
    policy=replace(POLICY, keep=timedelta(hours=1)),
)
AS_KEPT = seen({GREEN: 100}, ours(KEPT.write))
APPROVAL = held(a_rollout(Phase.VALIDATING), HoldReason.APPROVAL)
AT_ZERO = seen({BLUE: 100})


def until(
    rollout: Rollout | None, what: Observation = AT_ZERO, *, stopped: bool = True, **row: Any
) -> datetime | None:
    return sleeps_until(a_current(rollout, **row), what, NOW, stopped=stopped)


def test_in_the_keep_it_sleeps_for_minutes_at_a_time_until_its_end() -> None:
    assert until(KEPT, AS_KEPT) == FULL
    ends_soon = replace(KEPT, policy=replace(POLICY, keep=timedelta(minutes=32)))
    assert until(ends_soon, AS_KEPT) == SOON
    over = replace(KEPT, policy=replace(POLICY, keep=timedelta(minutes=30)))
    assert until(over, AS_KEPT) is None


@pytest.mark.parametrize(
    "kept",
    [
        replace(KEPT, since=after(-9)),
        replace(KEPT, policy=replace(KEPT.policy, quality=Quality(live=Live()))),
        replace(KEPT, seen=Seen(foreign=1)),
        replace(KEPT, seen=Seen(absent=1)),
        replace(KEPT, specs=Specs(fault="it was replaced")),
        replace(KEPT, specs=Specs(stable="a", stable_now="b")),
    ],
    ids=["fresh", "live answers", "foreign", "absent", "replaced", "stable replaced"],
)
def test_what_may_still_harm_or_change_keeps_it_awake(kept: Rollout) -> None:
    assert until(kept, AS_KEPT) is None


@pytest.mark.parametrize(
    "what",
    [
        seen({GREEN: 90, BLUE: 10}, ours(KEPT.write)),
        seen(endpoint=an_endpoint({GREEN: 100}, ours(), state=ProvisioningState.UPDATING)),
        seen(endpoint=Unreachable("429")),
        Observation(),
    ],
    ids=["another split", "busy", "not read", "nothing"],
)
def test_it_sleeps_only_after_it_was_seen_as_it_is_wanted(what: Observation) -> None:
    assert until(KEPT, what) is None


def test_offers_and_a_version_that_waits_keep_it_awake() -> None:
    assert until(KEPT, AS_KEPT, waiting=an_offer()) is None
    assert until(KEPT, AS_KEPT, offers=(an_offer(),)) is None


@pytest.mark.parametrize("phase", [Phase.CREATING, Phase.VALIDATING])
def test_a_hold_before_any_traffic_sleeps(phase: Phase) -> None:
    assert until(held(a_rollout(phase), HoldReason.OPERATOR)) == FULL
    assert until(a_rollout(phase)) is None


@pytest.mark.parametrize(
    "phase", [Phase.SHIFTING, Phase.RETIRING, Phase.ROLLING_BACK, Phase.DISCARDING]
)
def test_phases_with_traffic_or_on_the_way_back_never_sleep(phase: Phase) -> None:
    rollout = a_rollout(phase)
    for each in (rollout, replace(rollout, suspended=True)):
        assert until(each, seen({BLUE: 90, GREEN: 10}, ours(rollout.write))) is None
        assert until(each, AT_ZERO, suspension=SUSPENDED) is None


def test_a_hold_that_lifts_itself_is_looked_at() -> None:
    assert until(held(APPROVAL, HoldReason.GATE)) is None


@pytest.mark.parametrize("seen_there", [Seen(split={GREEN: 5}), Seen(mirror={GREEN: 5})])
def test_a_candidate_that_somebody_gave_requests_is_looked_at(seen_there: Seen) -> None:
    assert until(replace(APPROVAL, seen=seen_there)) is None
    assert until(replace(APPROVAL, asked_for_mirror_at=NOW)) is None


def test_a_hold_wakes_for_its_reminder_and_for_its_end() -> None:
    hold = APPROVAL.hold
    assert hold is not None
    asked_soon = Hold(hold.reason, hold.by, after(-240), SOON + timedelta(hours=2))
    assert until(replace(APPROVAL, hold=asked_soon)) == SOON
    ends_soon = Hold(hold.reason, hold.by, after(-60 * 60), SOON)
    assert until(replace(APPROVAL, hold=ends_soon)) == SOON


def test_a_suspension_of_the_service_sleeps_until_it_ends() -> None:
    suspended = replace(a_rollout(Phase.CREATING), suspended=True)
    assert until(suspended, suspension=SUSPENDED) == FULL
    assert until(suspended, suspension=replace(SUSPENDED, until=SOON)) == SOON


def test_the_order_about_all_services_keeps_it_awake_since_no_door_tells_of_its_end() -> None:
    suspended = replace(a_rollout(Phase.CREATING), suspended=True)
    assert until(suspended, suspended_with_all=SUSPENDED) is None
    assert until(None, waiting=an_offer(), suspended_with_all=SUSPENDED) is None
    assert until(APPROVAL, suspended_with_all=SUSPENDED) == FULL


def test_a_freeze_sleeps_only_if_it_is_all_that_is_waited_for() -> None:
    frozen = replace(a_rollout(Phase.VALIDATING), frozen=Frozen(LATER, "Sat 13:00"))
    assert until(frozen) == FULL
    assert until(frozen, stopped=False) is None
    assert until(replace(frozen, frozen=Frozen(SOON, "Sat 12:02"))) == SOON
    assert until(replace(frozen, frozen=Frozen(None, "a fault"))) == FULL


def test_a_version_that_cannot_start_sleeps_until_it_may() -> None:
    waits: dict[str, Any] = {"waiting": an_offer()}
    assert until(None, suspension=SUSPENDED, **waits) == FULL
    assert until(None, suspension=replace(SUSPENDED, until=SOON), **waits) == SOON
    assert until(None, start_frozen=Frozen(SOON, "Sat 12:02"), **waits) == SOON
    assert until(None, start_frozen=Frozen(None, "a fault"), **waits) == FULL
    assert until(None, **waits) is None
    # What a start is decided from could not be read at the freeze's end.
    assert until(None, start_frozen=Frozen(NOW, "Sat 12:00"), **waits) is None
    assert until(None, suspension=SUSPENDED) is None
    ended = replace(a_rollout(Phase.SUCCEEDED), ended_at=NOW)
    assert until(ended, suspension=SUSPENDED, **waits) == FULL


def row(**changes: Any) -> Current:
    return a_current(KEPT, **{"next_look": LATER, **changes})


def test_a_row_wakes_at_its_next_look_unless_something_is_left_to_do() -> None:
    assert wakes_at(row()) == LATER
    assert wakes_at(row(next_look=None)) is None
    assert wakes_at(row(offers=(an_offer(),))) is None
    assert wakes_at(row(head="r|00000002", published="r|00000001")) is None


def test_a_bake_is_never_asleep() -> None:
    assert asleep(row())
    assert not asleep(row(next_look=None))
    assert not asleep(replace(row(), rollout=a_rollout(Phase.BAKING)))


def test_no_sleep_comes_near_what_is_taken_for_damage() -> None:
    assert 2 * LONGEST_SLEEP < FURTHEST_DUE
