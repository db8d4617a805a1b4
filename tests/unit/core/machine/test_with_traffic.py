"""SHIFTING and PROMOTED, and what every forward phase looks out for."""

from dataclasses import replace
from typing import Any

import pytest

from rollout.core.machine.conclude import conclude
from rollout.core.machine.holds import HOLD_REASONS
from rollout.core.policy.model import OnNewerVersion
from rollout.core.records.effects import Attention, Notice, Recheck, SetTraffic
from rollout.core.records.observation import (
    Absent,
    EndpointSeen,
    Observation,
    ProvisioningState,
    Unreachable,
    Unsupported,
)
from rollout.core.records.offers import OfferSource, OfferState
from rollout.core.records.phases import FINAL_PHASES, Phase
from rollout.core.records.rollout import Cause, HoldReason, Rollout, Seen
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
    an_offer,
    deployments,
    held,
    look,
    minutes,
    ours,
    rollout_of,
    seen,
    traffic_of,
)

SHIFTING, BAKING, PROMOTED = (
    a_rollout(Phase.SHIFTING),
    a_rollout(Phase.BAKING),
    a_rollout(Phase.PROMOTED),
)
TENTH, HALF = {BLUE: 90, GREEN: 10}, {BLUE: 50, GREEN: 50}
ALL_GREEN = seen({GREEN: 100}, ours(1))
GONE = Observation(endpoint=Absent(), deployments={})
KEPT = POLICY.keep


def hold_of(rollout: Rollout) -> HoldReason | None:
    return rollout.hold.reason if rollout.hold is not None else None


def test_the_stage_is_asked_for_and_then_seen() -> None:
    asked = look(SHIFTING, seen())
    assert asked.effects == (SetTraffic(TENTH, {}, ours(1), raises_candidate=True), Recheck())
    moved = rollout_of(look(SHIFTING, seen(TENTH, ours(1)), after(1)))
    assert (moved.phase, moved.since) == (Phase.BAKING, after(1))
    assert moved.baking is not None
    assert moved.baking.window_start == after(1)


def test_weights_seen_while_held_start_the_checks_under_the_hold() -> None:
    moved = rollout_of(look(held(SHIFTING), seen(TENTH, ours(1))))
    assert (moved.phase, hold_of(moved)) == (Phase.BAKING, HoldReason.OPERATOR)


@pytest.mark.parametrize(
    "found",
    [
        {},
        deployments(BLUE),
        Unreachable("arm"),
        deployments(a_deployment(GREEN, ProvisioningState.UPDATING)),
    ],
)
def test_a_first_deployment_is_done_only_when_it_is_seen_to_be_the_release(found: Any) -> None:
    first = replace(SHIFTING, stable=None)
    waits = rollout_of(look(first, replace(ALL_GREEN, deployments=found)))
    assert waits.phase is Phase.SHIFTING
    late = after(POLICY.shift_deadline / minutes(1) + 1)
    assert hold_of(rollout_of(look(waits, replace(ALL_GREEN, deployments=found), late))) is (
        HoldReason.UNCONFIRMED
    )


def test_a_first_deployment_gets_everything_and_is_done_when_that_is_seen() -> None:
    first = replace(SHIFTING, stable=None)
    empty = seen({}, deployments=deployments(GREEN))
    assert traffic_of(look(first, empty).effects) == {GREEN: 100}
    done = look(first, ALL_GREEN)
    assert rollout_of(done).phase is Phase.SUCCEEDED
    assert rollout_of(done).ended_at == NOW
    assert done.offers[0].state is OfferState.ROLLOUT
    assert rollout_of(look(held(first), ALL_GREEN)).phase is Phase.SHIFTING


@pytest.mark.parametrize("endpoint", [Unreachable("arm"), an_endpoint({BLUE: 100})])
def test_weights_that_are_not_seen_in_time_hold(endpoint: EndpointSeen | Unreachable) -> None:
    there = seen(endpoint=endpoint)
    assert hold_of(rollout_of(look(SHIFTING, there, after(15)))) is None
    decision = look(SHIFTING, there, after(15.1))
    assert hold_of(rollout_of(decision)) is HoldReason.UNCONFIRMED
    assert traffic_of(decision.effects) is None


def test_the_old_stable_is_kept_and_then_retired_with_its_body_in_the_history() -> None:
    body = {"properties": {"model": "6"}}
    there = replace(ALL_GREEN, deployments=deployments(a_deployment(BLUE, body=body), GREEN))
    assert rollout_of(look(PROMOTED, there, NOW + KEPT - minutes(1))).phase is Phase.PROMOTED
    decision = look(PROMOTED, there, NOW + KEPT)
    assert rollout_of(decision).phase is Phase.RETIRING
    assert decision.history[0].data["stable"] == body
    assert rollout_of(look(held(PROMOTED), there, NOW + KEPT)).phase is Phase.PROMOTED


def test_a_time_that_nobody_watched_is_no_part_of_the_keep() -> None:
    clock = replace(PROMOTED.phase_clock, unwatched=minutes(90))
    away = replace(PROMOTED, phase_clock=clock)
    assert rollout_of(look(away, ALL_GREEN, NOW + KEPT + minutes(89))).phase is Phase.PROMOTED
    assert rollout_of(look(away, ALL_GREEN, NOW + KEPT + minutes(90))).phase is Phase.RETIRING


def test_the_old_stable_is_not_retired_before_its_body_was_read() -> None:
    there = replace(ALL_GREEN, deployments=Unreachable("arm"))
    assert rollout_of(look(PROMOTED, there, NOW + KEPT)).phase is Phase.PROMOTED


@pytest.mark.parametrize(
    ("changes", "ends"),
    [
        ({}, True),
        ({"created_at": NOW - minutes(71)}, False),
        ({"created_at": NOW - minutes(71), "source": OfferSource.START}, True),
        ({"created_at": None}, True),
    ],
)
def test_a_newer_offer_ends_the_keep(changes: dict[str, Any], *, ends: bool) -> None:
    moved = rollout_of(look(PROMOTED, ALL_GREEN, waiting=an_offer(**changes)))
    assert (moved.phase is Phase.RETIRING) is ends


REPLACEABLE = [
    a_rollout(Phase.CREATING),
    a_rollout(Phase.VALIDATING),
    SHIFTING,
    BAKING,
]


@pytest.mark.parametrize("rollout", REPLACEABLE, ids=lambda rollout: rollout.phase)
@pytest.mark.parametrize("hold", [None, HoldReason.UNCONFIRMED])
def test_a_newer_version_replaces_up_to_10_percent(
    rollout: Rollout, hold: HoldReason | None
) -> None:
    decision = look(held(rollout, hold) if hold else rollout, seen(), waiting=an_offer())
    moved = rollout_of(decision)
    assert (moved.phase, moved.cause) == (Phase.ROLLING_BACK, Cause.SUPERSEDED)


@pytest.mark.parametrize("rollout", REPLACEABLE, ids=lambda rollout: rollout.phase)
def test_queue_suspension_or_an_older_version_never_replace(rollout: Rollout) -> None:
    queues = replace(rollout, policy=replace(POLICY, on_newer_version=OnNewerVersion.QUEUE))
    assert rollout_of(look(queues, seen(), waiting=an_offer())).cause is None
    assert rollout_of(look(rollout, seen(), waiting=an_offer(), suspended=True)).cause is None
    older = an_offer(created_at=NOW - minutes(80))
    assert rollout_of(look(rollout, seen(), waiting=older)).cause is None


@pytest.mark.parametrize("phase", [Phase.SHIFTING, Phase.BAKING])
def test_above_10_percent_a_newer_version_waits(phase: Phase) -> None:
    second = a_rollout(phase, stage=1, write=2)
    assert rollout_of(look(second, seen(HALF, ours(2)), waiting=an_offer())).cause is None


def drifted(rollout: Rollout, split: dict[str, int], looks: int = 2) -> Rollout:
    decision = None
    for number in range(looks):
        decision = look(rollout, seen(split, "who"), after(number / 10))
        rollout = rollout_of(decision)
    return rollout


@pytest.mark.parametrize(
    ("rollout", "strange"),
    [
        (a_rollout(Phase.VALIDATING), {GREEN: 100}),
        (a_rollout(Phase.VALIDATING), {"red": 100}),
        (SHIFTING, {BLUE: 30, GREEN: 5, "red": 65}),
        (BAKING, {BLUE: 30, GREEN: 10, "red": 60}),
        (BAKING, {BLUE: 95, GREEN: 1, "red": 4}),
        (BAKING, {}),
        (BAKING, {BLUE: 10, GREEN: 90}),
        (PROMOTED, {GREEN: 60, "red": 40}),
        (PROMOTED, {}),
    ],
)
def test_somebody_elses_split_holds_on_the_second_pass(
    rollout: Rollout, strange: dict[str, int]
) -> None:
    once = drifted(rollout, strange, looks=1)
    assert (once.seen.foreign, hold_of(once)) == (1, None)
    twice = drifted(rollout, strange)
    assert (twice.phase, hold_of(twice)) == (rollout.phase, HoldReason.DRIFT)


def test_a_further_look_of_one_pass_is_no_second_pass() -> None:
    once = rollout_of(look(BAKING, seen({BLUE: 30, "red": 70}, "who")))
    again = look(once, seen({BLUE: 30, "red": 70}, "who"), first_look=False)
    assert rollout_of(again).seen.foreign == 1


@pytest.mark.parametrize("rollout", [SHIFTING, BAKING, PROMOTED], ids=lambda r: r.phase)
@pytest.mark.parametrize("hold", [True, False])
def test_a_foreign_move_to_stable_is_accepted_as_a_rollback(
    rollout: Rollout, *, hold: bool
) -> None:
    back = drifted(held(rollout) if hold else rollout, {BLUE: 100})
    if rollout.phase is Phase.SHIFTING:
        back = drifted(replace(rollout, stage=1, write=2), {BLUE: 100})
    assert (back.phase, back.cause) == (Phase.ROLLING_BACK, Cause.FOREIGN_ROLLBACK)


def test_a_move_to_stable_by_hand_counts_although_our_older_tag_stayed() -> None:
    unwritten = replace(SHIFTING, stage=1, write=2)
    once = rollout_of(look(unwritten, seen({BLUE: 100}, ours(1))))
    back = rollout_of(look(once, seen({BLUE: 100}, ours(1)), after(1)))
    assert back.cause is Cause.FOREIGN_ROLLBACK


def test_a_foreign_move_to_a_stable_that_is_gone_is_drift() -> None:
    there = replace(seen({BLUE: 60, GREEN: 40}, "who"), deployments=deployments(GREEN))
    once = rollout_of(look(PROMOTED, there))
    assert hold_of(rollout_of(look(once, there, after(1)))) is HoldReason.DRIFT


def test_drift_under_a_persons_hold_is_left_to_that_person() -> None:
    assert hold_of(drifted(held(BAKING), {GREEN: 30, "red": 70})) is HoldReason.OPERATOR


def test_a_read_just_after_our_write_may_be_stale_and_is_no_drift() -> None:
    second = replace(SHIFTING, stage=1, write=2, asked_at=NOW)
    once = rollout_of(look(second, seen(TENTH, ours(2)), after(0.5)))
    assert once.seen.foreign == 0
    later = rollout_of(look(second, seen(TENTH, ours(2)), after(1)))
    assert later.seen.foreign == 1


@pytest.mark.parametrize("rollout", [SHIFTING, BAKING, PROMOTED], ids=lambda r: r.phase)
@pytest.mark.parametrize("absent", [Absent(), Unsupported("kubernetes")])
def test_an_endpoint_that_is_gone_for_two_passes_is_lost(rollout: Rollout, absent: object) -> None:
    there = replace(GONE, endpoint=absent)  # type: ignore[arg-type]  # one of the two by parameter
    once = look(rollout, there)
    assert rollout_of(once).phase is rollout.phase
    assert Recheck() in once.effects
    lost = look(rollout_of(once), there, after(1))
    assert (rollout_of(lost).phase, rollout_of(lost).cause) == (Phase.LOST, Cause.LOST)
    assert (lost.offers[0].state, lost.offers[0].quarantined) == (OfferState.REJECTED, ())
    assert any(isinstance(effect, Attention) for effect in lost.effects)


def test_a_stable_that_is_gone_under_a_full_candidate_is_lost() -> None:
    there = replace(ALL_GREEN, deployments=deployments(GREEN))
    once = rollout_of(look(PROMOTED, there))
    lost = rollout_of(look(once, there, after(1)))
    assert (lost.phase, lost.cause_text) == (
        Phase.LOST,
        "the deployment blue is gone: nothing is left to roll back to",
    )


def test_a_look_between_that_shows_the_endpoint_begins_the_count_anew() -> None:
    once = rollout_of(look(BAKING, GONE))
    back = rollout_of(look(once, seen(TENTH, ours(1)), after(1)))
    assert back.seen.absent == 0
    unread = rollout_of(look(once, Observation(endpoint=Unreachable("arm")), after(1)))
    assert unread.seen.absent == 0


@pytest.mark.parametrize("rollout", REPLACEABLE, ids=lambda rollout: rollout.phase)
def test_a_forgotten_hold_goes_back(rollout: Rollout) -> None:
    there = seen({BLUE: 100})
    assert rollout_of(look(held(rollout), there, after(24 * 60 - 1))).cause is None
    decision = look(held(rollout), there, after(24 * 60))
    moved = rollout_of(decision)
    assert (moved.phase, moved.cause) == (Phase.ROLLING_BACK, Cause.HOLD_EXPIRED)
    assert any(isinstance(effect, Notice) for effect in decision.effects)


@pytest.mark.parametrize("reason", HoldReason)
def test_a_forgotten_hold_of_a_promoted_candidate_goes_on_where_an_operator_must_decide(
    reason: HoldReason,
) -> None:
    decision = look(held(PROMOTED, reason), ALL_GREEN, after(24 * 60))
    moved = rollout_of(decision)
    goes_on = HOLD_REASONS[reason].until_an_operator
    assert (moved.phase, hold_of(moved)) == (Phase.PROMOTED, reason if goes_on else None)
    assert any(isinstance(effect, Notice) for effect in decision.effects)
    if moved.hold is not None:
        assert moved.hold.expires == after(48 * 60)
        assert rollout_of(look(moved, ALL_GREEN, after(45 * 60))).hold == moved.hold


def test_a_forgotten_hold_of_a_promoted_candidate_is_lifted() -> None:
    decision = look(held(PROMOTED, HoldReason.GATE), ALL_GREEN, after(24 * 60))
    moved = rollout_of(decision)
    assert (moved.phase, moved.hold, moved.cause) == (Phase.PROMOTED, None, None)
    assert [entry.kind for entry in decision.history] == ["HoldLifted", "Notice"]


@pytest.mark.parametrize("rollout", [None, a_rollout(Phase.SUCCEEDED)])
def test_nothing_is_concluded_where_no_rollout_is_live(rollout: Rollout | None) -> None:
    with pytest.raises(ValueError, match="no rollout is live"):
        conclude(a_current(rollout), seen(), NOW, first_look=True)


@pytest.mark.parametrize("phase", sorted(FINAL_PHASES))
def test_an_ended_rollout_is_not_looked_at(phase: Phase) -> None:
    decision = look(a_rollout(phase), GONE)
    assert decision.current == a_current(a_rollout(phase))


def test_an_overruled_split_does_not_hold_again_before_traffic() -> None:
    other = {BLUE: 70, GREEN: 30}
    resumed = a_rollout(Phase.CREATING, replaces=Seen(True, split=other, stamp="who"))
    there = seen(other, "who", deployments=deployments(BLUE))
    once = rollout_of(look(resumed, there))
    assert rollout_of(look(once, there, after(1))).hold is None
