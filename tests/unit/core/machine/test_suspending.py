"""Orders to suspend one service, the order for all as a row follows it, freezes and overrides."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rollout.adapters.zones import zone_named
from rollout.core.decide import Context, decide
from rollout.core.machine.decision import Decision
from rollout.core.machine.halts import human_time
from rollout.core.machine.suspending import OVERRIDE_WITHOUT_END, in_force
from rollout.core.policy.freeze_model import FreezeWindow, Frozen
from rollout.core.records.observation import Observation
from rollout.core.records.phases import FINAL_PHASES, Phase
from rollout.core.records.rollout import Current, Rollout
from rollout.core.records.signals import Command, Expected, Signal, Verb, Wake
from rollout.core.records.suspensions import Suspension
from rollout.errors import RefusedError
from tests.support.builders import (
    BLUE,
    GREEN,
    NOW,
    a_current,
    a_rollout,
    after,
    an_offer,
    minutes,
    ours,
    rollout_of,
    seen,
)

ORDER = Suspension("ann", "an incident", NOW)
BAKING = a_rollout(Phase.BAKING)
TENTH = {BLUE: 90, GREEN: 10}


def ordered(current: Current, verb: Verb, at: datetime = NOW, **more: Any) -> Decision:
    command = Command(verb, "ann", "an incident", **more)
    return decide(current, command, Observation(), Context(at))


def looked(current: Current, at: datetime, **context: Any) -> Decision:
    return decide(current, Wake(), seen(TENTH, ours(1)), Context(at, **context))


def kinds(decision: Decision) -> list[str]:
    return [entry.kind for entry in decision.history]


def test_a_suspension_stops_the_rollout_and_its_clocks() -> None:
    decision = ordered(a_current(BAKING), Verb.SUSPEND, after(1))
    assert kinds(decision) == ["Commanded", "Suspended"]
    assert decision.current.suspension == replace(ORDER, since=after(1))
    suspended = rollout_of(decision)
    assert suspended.suspended
    assert suspended.halted_since == after(1)
    lifted = ordered(decision.current, Verb.UNSUSPEND, after(4))
    assert kinds(lifted) == ["Commanded", "Unsuspended"]
    assert lifted.current.suspension is None
    assert not rollout_of(lifted).suspended
    assert human_time(rollout_of(lifted), after(9)) == minutes(3)


@pytest.mark.parametrize("phase", sorted(FINAL_PHASES))
def test_a_service_with_nothing_under_way_can_be_suspended(phase: Phase) -> None:
    for current in (a_current(None), a_current(a_rollout(phase))):
        decision = ordered(current, Verb.SUSPEND)
        assert kinds(decision) == ["Commanded"]
        assert decision.current.suspension == ORDER
        again = ordered(decision.current, Verb.UNSUSPEND, after(1))
        assert again.current.suspension is None


def test_a_suspension_ends_by_itself() -> None:
    decision = ordered(a_current(BAKING), Verb.SUSPEND, until=after(3))
    assert "before" in decision.text
    still = looked(decision.current, after(3) - timedelta(seconds=1))
    assert rollout_of(still).suspended
    over = looked(still.current, after(3))
    assert not rollout_of(over).suspended
    assert over.current.suspension is None
    assert over.history[0].text.endswith("it ended by itself")


def test_an_end_that_is_over_is_refused() -> None:
    with pytest.raises(RefusedError, match="give a later end"):
        ordered(a_current(BAKING), Verb.SUSPEND, until=NOW)
    with pytest.raises(ValueError, match="cannot end"):
        replace(ORDER, until=NOW)


def test_a_later_order_takes_the_place_of_the_one_before() -> None:
    first = ordered(a_current(BAKING), Verb.SUSPEND)
    second = ordered(first.current, Verb.SUSPEND, after(1), until=after(9))
    assert kinds(second) == ["Commanded", "Suspended"]
    assert second.current.suspension is not None
    assert second.current.suspension.until == after(9)
    assert rollout_of(second).halted_since == NOW


def test_the_order_for_all_stops_what_has_none_of_its_own() -> None:
    decision = looked(a_current(BAKING), after(1), of_all=ORDER)
    assert rollout_of(decision).suspended
    assert decision.current.suspended_with_all == ORDER
    assert decision.history[0].data["all"] is True
    repeated = looked(decision.current, after(2), of_all=replace(ORDER, since=after(2)))
    assert repeated.current.suspended_with_all == ORDER
    assert not repeated.history
    lifted = looked(repeated.current, after(3))
    assert kinds(lifted) == ["Unsuspended"]
    assert not rollout_of(lifted).suspended


def test_an_order_for_all_that_is_over_stops_nothing() -> None:
    ended = replace(ORDER, until=after(1))
    assert not rollout_of(looked(a_current(BAKING), after(1), of_all=ended)).suspended


def test_a_service_stays_suspended_with_all() -> None:
    both = a_current(BAKING, suspension=ORDER)
    command = Command(Verb.UNSUSPEND, "ann", "over")
    of_all = replace(ORDER, by="bob")
    decision = decide(both, command, Observation(), Context(after(1), of_all=of_all))
    assert decision.text.endswith("all services stay suspended by bob: an incident")
    assert rollout_of(decision).suspended
    assert in_force(decision.current) == of_all
    with pytest.raises(RefusedError, match="all services are suspended by bob"):
        decide(decision.current, command, Observation(), Context(after(2), of_all=of_all))


def test_what_is_not_suspended_cannot_be_let_go() -> None:
    with pytest.raises(RefusedError, match="not suspended by an order of its own"):
        ordered(a_current(BAKING), Verb.UNSUSPEND)


@pytest.mark.parametrize("verb", [Verb.SUSPEND, Verb.UNSUSPEND, Verb.OVERRIDE])
def test_an_order_on_an_outdated_view_is_refused(verb: Verb) -> None:
    with pytest.raises(RefusedError, match="the rollout is"):
        ordered(a_current(BAKING, suspension=ORDER), verb, expected=Expected("another"))


def test_a_raise_that_may_be_under_way_is_told() -> None:
    shifting = a_rollout(Phase.SHIFTING, write=2)
    told = "asked for before and may still be seen"
    assert told in ordered(a_current(shifting), Verb.SUSPEND).text
    shown = replace(shifting, seen=replace(shifting.seen, stamp=ours(2)))
    assert told not in ordered(a_current(shown), Verb.SUSPEND).text


def test_advance_says_what_stops_it() -> None:
    suspended = ordered(a_current(BAKING), Verb.SUSPEND).current
    with pytest.raises(RefusedError, match="suspended by ann: an incident"):
        ordered(suspended, Verb.ADVANCE, after(1), skip_evidence=True)
    frozen = a_current(replace(BAKING, frozen=Frozen(after(9), "Mon 08:00 UTC")))
    with pytest.raises(RefusedError, match="frozen until Mon 08:00 UTC: override first"):
        ordered(frozen, Verb.ADVANCE, after(1), skip_evidence=True)


NOON = datetime(2026, 2, 2, 12, tzinfo=UTC)
"""A Monday."""

LUNCH = FreezeWindow(12 * 60, 13 * 60, "UTC")


def frozen_rollout(phase: Phase = Phase.BAKING) -> Rollout:
    rollout = a_rollout(phase)
    return replace(rollout, policy=replace(rollout.policy, freeze=(LUNCH,)))


def at_lunch(current: Current, minute: float, signal: Signal | None = None) -> Decision:
    moment = NOON + minutes(minute)
    context = Context(moment, zones=zone_named)
    return decide(current, signal or Wake(), seen(TENTH, ours(1)), context)


def test_a_freeze_of_the_policy_it_runs_under_halts_a_rollout() -> None:
    current = replace(a_current(frozen_rollout()), saved_at=NOON)
    assert rollout_of(at_lunch(current, -1)).frozen is None
    frozen = at_lunch(current, 5)
    assert rollout_of(frozen).frozen == Frozen(NOON + minutes(60), "Mon 13:00 UTC")
    assert rollout_of(frozen).halted_since == NOON + minutes(5)
    over = at_lunch(frozen.current, 60)
    assert rollout_of(over).frozen is None
    assert rollout_of(over).halted_since is None
    assert human_time(rollout_of(over), NOON + minutes(90)) == minutes(55)


@pytest.mark.parametrize("phase", [Phase.SHIFTING, Phase.BAKING, Phase.PROMOTED])
def test_a_rollback_works_in_a_freeze(phase: Phase) -> None:
    frozen = at_lunch(a_current(frozen_rollout(phase)), 5)
    order = Command(Verb.ROLLBACK, "ann", "harm")
    assert rollout_of(at_lunch(frozen.current, 6, order)).phase is Phase.ROLLING_BACK


def test_an_override_lasts_until_the_window_ends() -> None:
    frozen = at_lunch(a_current(frozen_rollout()), 5)
    decision = at_lunch(frozen.current, 6, Command(Verb.OVERRIDE, "ann", "a hotfix"))
    assert kinds(decision) == ["Commanded"]
    assert decision.text.startswith("override: the freeze until Mon 13:00 UTC is lifted")
    assert rollout_of(decision).frozen is None
    assert rollout_of(at_lunch(decision.current, 59)).frozen is None
    tomorrow = at_lunch(decision.current, 24 * 60 + 1)
    assert rollout_of(tomorrow).frozen == Frozen(NOON + minutes(25 * 60), "Tue 13:00 UTC")


def test_an_override_is_not_for_suspensions() -> None:
    suspended = ordered(a_current(BAKING), Verb.SUSPEND).current
    with pytest.raises(RefusedError, match="no freeze window"):
        ordered(suspended, Verb.OVERRIDE, after(1))


def test_an_override_where_nobody_knows_the_end_lasts_a_day() -> None:
    lost = replace(BAKING, frozen=Frozen(None, "the zone Mars/Olympus is known to this app"))
    decision = ordered(a_current(lost), Verb.OVERRIDE, after(1))
    assert rollout_of(decision).thawed_until == after(1) + OVERRIDE_WITHOUT_END


def test_an_override_lets_a_waiting_version_start() -> None:
    frozen = Frozen(after(9), "Mon 13:00 UTC")
    current = a_current(a_rollout(Phase.SUCCEEDED), waiting=an_offer(), start_frozen=frozen)
    decision = ordered(current, Verb.OVERRIDE, after(1))
    assert decision.text.endswith("the waiting version starts at the next look")
    assert decision.current.start_thawed_until == after(9)
    assert decision.current.head == decision.history[-1].key
    with pytest.raises(RefusedError, match="no freeze window"):
        ordered(replace(current, waiting=None), Verb.OVERRIDE, after(1))
