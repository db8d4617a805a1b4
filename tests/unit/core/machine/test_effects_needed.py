"""Wanted minus seen: what is asked of the world, and when the next look is due."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from rollout.core.machine.effects_needed import effects_needed, next_look
from rollout.core.records.effects import DeleteDeployment, Effect, Recheck, SetTraffic
from rollout.core.records.observation import Absent, Observation, ProvisioningState, Unreachable
from rollout.core.records.phases import FINAL_PHASES, Phase
from rollout.core.records.rollout import Baking, Rollout, Seen
from rollout.core.records.signals import Command, Verb
from tests.support.builders import (
    BLUE,
    GREEN,
    NOW,
    POLICY,
    a_current,
    a_deployment,
    a_rollout,
    after,
    an_endpoint,
    deployments,
    held,
    ours,
    rollout_of,
    seen,
    signal,
    traffic_of,
)

P = ProvisioningState
TENTH, HALF = {BLUE: 90, GREEN: 10}, {BLUE: 50, GREEN: 50}
SHIFTING = a_rollout(Phase.SHIFTING)
SECOND = a_rollout(Phase.SHIFTING, stage=1, write=2)
DISCARDING = a_rollout(Phase.DISCARDING, write=2, asked_for_traffic_at=NOW)


def planned(rollout: Rollout, there: Observation, now: datetime = NOW) -> tuple[Effect, ...]:
    return tuple(effects_needed(a_current(rollout), there, now))


def asked(rollout: Rollout, there: Observation, now: datetime = NOW) -> dict[str, int] | None:
    return traffic_of(planned(rollout, there, now))


@pytest.mark.parametrize(
    "there", [Observation(), seen(endpoint=Absent()), seen(endpoint=Unreachable("arm"))]
)
@pytest.mark.parametrize("phase", [Phase.SHIFTING, Phase.ROLLING_BACK, Phase.DISCARDING])
def test_nothing_is_asked_of_an_endpoint_that_was_not_seen(
    phase: Phase, there: Observation
) -> None:
    assert planned(a_rollout(phase), there) == ()


@pytest.mark.parametrize("phase", sorted(FINAL_PHASES))
def test_nothing_is_asked_once_it_is_over(phase: Phase) -> None:
    assert planned(a_rollout(phase), seen(TENTH)) == ()
    assert tuple(effects_needed(a_current(), seen(), NOW)) == ()


@pytest.mark.parametrize("phase", [Phase.CREATING, Phase.VALIDATING])
def test_before_traffic_no_split_is_asked_for(phase: Phase) -> None:
    assert planned(a_rollout(phase), seen(HALF)) == ()


def test_what_is_there_is_not_asked_for() -> None:
    assert planned(SECOND, seen(HALF, ours(2))) == ()


def test_every_write_carries_its_stamp_and_says_whether_it_raises() -> None:
    assert planned(SECOND, seen(TENTH, ours(1))) == (
        SetTraffic(HALF, {}, ours(2), raises_candidate=True),
        Recheck(),
    )
    back = a_rollout(Phase.ROLLING_BACK)
    assert planned(back, seen(TENTH, ours(1))) == (
        SetTraffic({BLUE: 100}, {}, ours(2), raises_candidate=False),
        Recheck(),
    )


def test_a_write_that_azure_took_is_given_time_to_show() -> None:
    taken = replace(SECOND, asked_at=NOW)
    assert asked(taken, seen(TENTH, ours(1)), NOW + timedelta(seconds=9)) is None
    assert asked(taken, seen(TENTH, ours(1)), NOW + timedelta(seconds=10)) == HALF


def test_the_way_back_does_not_wait_for_the_raise_before_it_to_show() -> None:
    order = Command(Verb.ROLLBACK, "ann", "because")
    back = rollout_of(signal(replace(SECOND, asked_at=NOW), order))
    assert asked(back, seen(TENTH, ours(1))) == {BLUE: 100}


@pytest.mark.parametrize("rollout", [SECOND, a_rollout(Phase.PROMOTED, write=2)])
def test_while_held_or_suspended_nothing_is_raised(rollout: Rollout) -> None:
    assert asked(held(rollout), seen(TENTH, ours(1))) is None
    assert asked(replace(rollout, suspended=True), seen(TENTH, ours(1))) is None


@pytest.mark.parametrize("phase", [Phase.ROLLING_BACK, Phase.DISCARDING])
def test_suspension_does_not_stop_the_way_back(phase: Phase) -> None:
    suspended = a_rollout(phase, write=2, suspended=True, asked_for_traffic_at=NOW)
    assert asked(suspended, seen(TENTH, ours(1))) == {BLUE: 100}


@pytest.mark.parametrize("phase", [Phase.SHIFTING, Phase.BAKING, Phase.PROMOTED, Phase.RETIRING])
def test_somebody_elses_split_is_not_fought(phase: Phase) -> None:
    assert asked(a_rollout(phase, write=2), seen({BLUE: 30, "red": 70}, "who")) is None


@pytest.mark.parametrize(
    ("phase", "wanted"),
    [
        (Phase.BAKING, HALF),
        (Phase.PROMOTED, {GREEN: 100}),
        (Phase.RETIRING, {GREEN: 100}),
    ],
)
def test_a_late_write_of_ours_is_asserted_over(phase: Phase, wanted: dict[str, int]) -> None:
    stage = 1 if phase is Phase.BAKING else 2
    assert asked(a_rollout(phase, stage=stage, write=3), seen(TENTH, ours(1))) == wanted


def test_without_a_look_at_the_candidate_its_weight_is_not_asserted() -> None:
    there = seen(TENTH, ours(1), deployments=None)
    assert asked(a_rollout(Phase.BAKING, stage=1, write=2), there) is None


@pytest.mark.parametrize(
    "candidate",
    [
        None,
        Unreachable("arm"),
        deployments(BLUE),
        deployments(BLUE, a_deployment(GREEN, P.UPDATING)),
        deployments(BLUE, a_deployment(GREEN, P.FAILED)),
    ],
    ids=["not read", "unreadable", "absent", "updating", "failed"],
)
def test_weight_goes_only_to_a_candidate_that_was_seen_ready(candidate: Any) -> None:
    assert asked(SHIFTING, seen(deployments=candidate)) is None


@pytest.mark.parametrize("phase", [Phase.ROLLING_BACK, Phase.DISCARDING])
@pytest.mark.parametrize(
    ("stable", "asks"),
    [
        (Unreachable("arm"), True),
        (deployments(BLUE, GREEN), True),
        (deployments(GREEN), False),
        (deployments(a_deployment(BLUE, P.FAILED)), False),
        (deployments(a_deployment(BLUE, P.SCALING)), True),
    ],
    ids=["unreadable", "ready", "absent", "failed", "scaling"],
)
def test_the_way_back_needs_a_stable_that_can_take_it(
    phase: Phase, stable: Any, *, asks: bool
) -> None:
    rollout = a_rollout(phase, write=2, asked_for_traffic_at=NOW)
    assert (asked(rollout, seen(TENTH, ours(1), deployments=stable)) is not None) is asks
    busy = seen(TENTH, ours(1), P.UPDATING, deployments=stable)
    assert (asked(rollout, busy) is not None) is asks


def test_a_busy_endpoint_does_not_delay_the_way_back_and_nothing_goes_forward() -> None:
    assert asked(a_rollout(Phase.ROLLING_BACK), seen({BLUE: 100}, ours(2), P.UPDATING)) is not None
    assert asked(SECOND, seen(TENTH, ours(1), P.UPDATING)) is None


def test_nothing_is_asked_of_an_endpoint_that_is_being_deleted() -> None:
    assert planned(a_rollout(Phase.ROLLING_BACK), seen(TENTH, ours(1), P.DELETING)) == ()


def test_a_discard_writes_only_for_a_reason_that_was_seen() -> None:
    assert asked(DISCARDING, seen({BLUE: 100}, ours(2), P.UPDATING)) is None
    assert asked(DISCARDING, seen(TENTH, ours(1), P.UPDATING)) == {BLUE: 100}
    assert asked(DISCARDING, seen(TENTH, ours(1), P.FAILED)) == {BLUE: 100}
    assert asked(DISCARDING, seen({BLUE: 90}, "who", P.FAILED)) == {BLUE: 100}


def test_a_first_deployment_is_discarded_to_no_traffic() -> None:
    first = replace(DISCARDING, stable=None)
    assert asked(first, seen({GREEN: 100}, ours(1))) == {}


def test_only_what_has_neither_weight_nor_mirror_is_deleted() -> None:
    due = replace(DISCARDING, delete_due=NOW)
    assert planned(due, seen({BLUE: 100}, ours(2))) == (DeleteDeployment(GREEN), Recheck())
    mirrored = seen(endpoint=an_endpoint({BLUE: 100}, ours(2), mirror={GREEN: 5}))
    assert planned(due, mirrored) == (
        SetTraffic({BLUE: 100}, {}, ours(2), raises_candidate=False),
        Recheck(),
    )
    retiring = a_rollout(Phase.RETIRING)
    assert DeleteDeployment(BLUE) in planned(retiring, seen({GREEN: 100}, ours(1)))
    kept = seen(endpoint=an_endpoint({GREEN: 100}, ours(1), mirror={BLUE: 5}))
    assert planned(retiring, kept) == ()
    assert planned(due, seen({BLUE: 100}, ours(2), deployments=Unreachable("arm"))) == ()
    going = seen({BLUE: 100}, ours(2), deployments=deployments(a_deployment(GREEN, P.DELETING)))
    assert planned(due, going) == ()


BAKING = a_rollout(Phase.BAKING)


def next_of(rollout: Rollout | None, now: datetime = NOW) -> datetime | None:
    return next_look(a_current(rollout), now)


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase is not Phase.NONE])
def test_only_a_bake_can_wait_for_its_next_look(phase: Phase) -> None:
    assert (next_of(a_rollout(phase)) is None) is (phase is not Phase.BAKING)


def test_an_endpoint_without_a_rollout_has_no_next_look() -> None:
    assert next_of(None) is None
    assert next_of(replace(BAKING, baking=None)) is None


@pytest.mark.parametrize(
    "rollout",
    [
        replace(BAKING, seen=Seen(foreign=1)),
        replace(BAKING, seen=Seen(absent=1)),
        replace(BAKING, baking=Baking(NOW, source_failures=1)),
    ],
)
def test_what_was_seen_once_is_looked_at_on_every_wake_up(rollout: Rollout) -> None:
    assert next_of(rollout) is None


def test_the_next_look_is_the_next_thing_that_can_happen() -> None:
    # The window starts at 12:00, settles at 12:01, and its first minute is there at 12:03.
    assert next_of(BAKING, NOW) == NOW + timedelta(seconds=50)
    assert next_of(BAKING, after(2.5)) == after(3)
    assert next_of(BAKING, after(3.5)) == after(3.5)
    folded = replace(BAKING, baking=Baking(NOW, folded_until=after(8)))
    assert next_of(folded, after(9.5)) == after(10)
    late = replace(BAKING, baking=Baking(NOW, folded_until=after(20)))
    assert next_of(late, after(21)) == after(21) + timedelta(seconds=50)
    assert POLICY.stages[0].bake == after(10) - NOW
