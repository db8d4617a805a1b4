"""RETIRING, ROLLING_BACK, DISCARDING: what is awaited, what ends them, who is asked and when."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from rollout.core.gate import begin_stage, fold
from rollout.core.machine.decision import Decision
from rollout.core.machine.gate_inputs import gate_state
from rollout.core.records.effects import Attention, DeleteDeployment, Recheck
from rollout.core.records.observation import (
    Absent,
    Observation,
    ProvisioningState,
    Unreachable,
    Unsupported,
)
from rollout.core.records.offers import OfferState
from rollout.core.records.phases import Phase
from rollout.core.records.promotions import Promotions
from rollout.core.records.rollout import Cause, CreateIntent, CreationStep, Rollout, Seen
from rollout.core.records.watch import Watch
from tests.support.builders import (
    BLUE,
    GREEN,
    NOW,
    POLICY,
    a_deployment,
    a_rollout,
    after,
    an_endpoint,
    an_offer,
    deployments,
    look,
    minutes,
    ours,
    rollout_of,
    seen,
    side,
    some_minutes,
    traffic_of,
)

RETIRING, BACK, DISCARDING = (
    a_rollout(Phase.RETIRING),
    a_rollout(Phase.ROLLING_BACK),
    a_rollout(Phase.DISCARDING),
)
HAD_TRAFFIC = replace(DISCARDING, write=2, asked_for_traffic_at=NOW - minutes(5), cause=Cause.ALERT)
GONE = Observation(endpoint=Absent(), deployments={})
ONLY_BLUE, ONLY_GREEN = deployments(BLUE), deployments(GREEN)
P = ProvisioningState


def asks(decision: Decision) -> bool:
    return any(isinstance(effect, Attention) for effect in decision.effects)


def deletes(decision: Decision) -> list[str]:
    return [each.name for each in decision.effects if isinstance(each, DeleteDeployment)]


def test_the_old_stable_is_deleted_and_seen_to_be_gone() -> None:
    decision = look(RETIRING, seen({GREEN: 100}, ours(1)))
    assert deletes(decision) == [BLUE]
    assert Recheck() in decision.effects
    done = rollout_of(look(RETIRING, seen({GREEN: 100}, ours(1), deployments=ONLY_GREEN)))
    assert (done.phase, done.ended_at) == (Phase.SUCCEEDED, NOW)


def test_what_a_release_showed_at_full_weight_is_kept_with_its_success_and_no_sooner() -> None:
    gate = begin_stage(gate_state(RETIRING), 2, 100)
    gate, _ = fold(RETIRING.policy.gate, gate, some_minutes(5, side(1000, 3), None))
    soaked = replace(RETIRING, gate=gate)
    there = seen({GREEN: 100}, ours(1), deployments=ONLY_GREEN)
    before = Promotions(NOW - minutes(60), 1, 100, 1, 100)
    waits = look(soaked, seen({GREEN: 100}, ours(1)), promotions=(before,))
    assert waits.current.promotions == (before,)
    done = look(soaked, there, promotions=(before,))
    assert done.current.promotions == (before, Promotions(NOW, 1, 5000, 15, 5000))


def test_a_release_that_was_never_judged_at_full_weight_leaves_nothing() -> None:
    there = seen({GREEN: 100}, ours(1), deployments=ONLY_GREEN)
    assert look(RETIRING, there).current.promotions == ()


@pytest.mark.parametrize(
    "there",
    [
        seen({GREEN: 100}, ours(1), P.UPDATING, deployments=ONLY_GREEN),
        seen({GREEN: 100}, deployments=Unreachable("arm")),
        seen(endpoint=Unreachable("arm"), deployments=ONLY_GREEN),
    ],
)
def test_retiring_ends_only_on_what_was_seen(there: Observation) -> None:
    decision = look(RETIRING, there)
    assert rollout_of(decision).phase is Phase.RETIRING
    assert not deletes(decision)


@pytest.mark.parametrize("absent", [Absent(), Unsupported("kubernetes")])
def test_a_rollout_whose_endpoint_is_gone_did_not_succeed(absent: Any) -> None:
    there = replace(GONE, endpoint=absent)
    once = rollout_of(look(RETIRING, there))
    assert once.phase is Phase.RETIRING
    assert rollout_of(look(once, there, after(1))).phase is Phase.LOST


def test_a_move_back_while_retiring_is_accepted_as_long_as_stable_exists() -> None:
    there = seen({BLUE: 100}, "who")
    once = rollout_of(look(RETIRING, there))
    assert rollout_of(look(once, there, after(1))).cause is Cause.FOREIGN_ROLLBACK


def test_another_split_while_retiring_is_reported_and_not_fought() -> None:
    there = seen({GREEN: 60, "red": 40}, "who")
    once = look(RETIRING, there)
    assert not deletes(once)
    twice = look(rollout_of(once), there, after(1))
    assert asks(twice)
    assert traffic_of(twice.effects) is None
    assert deletes(twice) == [BLUE]
    assert not asks(look(rollout_of(twice), there, after(2)))
    gone_now = replace(there, deployments=deployments(GREEN))
    shared = rollout_of(look(rollout_of(twice), gone_now, after(3)))
    assert shared.phase is Phase.RETIRING
    whole = replace(gone_now, endpoint=an_endpoint({GREEN: 100}, "who"))
    assert rollout_of(look(shared, whole, after(4))).phase is Phase.SUCCEEDED


@pytest.mark.parametrize(("minute", "nags"), [(59, False), (60, True)])
def test_a_deletion_that_takes_an_hour_asks_for_a_person(minute: float, *, nags: bool) -> None:
    for rollout, split in ((RETIRING, {GREEN: 100}), (DISCARDING, {BLUE: 100})):
        assert asks(look(rollout, seen(split, ours(1)), after(minute))) is nags


def test_a_person_is_asked_every_hour_and_not_every_look() -> None:
    asked = rollout_of(look(RETIRING, seen({GREEN: 100}), after(60)))
    assert not asks(look(asked, seen({GREEN: 100}), after(119)))
    assert asks(look(asked, seen({GREEN: 100}), after(120)))


def test_after_a_time_that_nobody_watched_a_person_is_asked_as_late_as_at_first() -> None:
    there = seen({GREEN: 100})
    away = replace(RETIRING, watch=Watch(after(300), away_since=after(1), back_at=after(300)))
    assert not asks(look(away, there, after(300)))
    assert not asks(look(replace(away, attention_at=after(90)), there, after(359)))
    asked = look(away, there, after(360))
    assert asks(asked)
    assert "nobody watched from 2026-01-31 12:01 UTC on for 4:59:00" in asked.history[0].text


def test_going_back_is_asked_for_until_it_is_seen() -> None:
    decision = look(BACK, seen({BLUE: 90, GREEN: 10}, ours(1)))
    assert traffic_of(decision.effects) == {BLUE: 100}
    assert rollout_of(decision).phase is Phase.ROLLING_BACK
    moved = rollout_of(look(BACK, seen({BLUE: 100}, ours(2)), after(1)))
    assert moved.phase is Phase.DISCARDING
    assert moved.delete_due == after(1) + POLICY.rollback.keep
    assert moved.write == 2


def test_a_split_without_our_stamp_proves_no_way_back() -> None:
    decision = look(BACK, seen({BLUE: 100}, ours(1)))
    assert rollout_of(decision).phase is Phase.ROLLING_BACK
    assert traffic_of(decision.effects) == {BLUE: 100}


def test_the_log_tail_that_the_policy_asked_for_is_kept() -> None:
    decision = look(BACK, seen({BLUE: 100}, ours(2), log_tail="Traceback"))
    assert decision.history[0].data["log"] == "Traceback"
    assert "log" not in look(BACK, seen({BLUE: 100}, ours(2))).history[0].data


@pytest.mark.parametrize("state", [P.UPDATING, P.SCALING])
def test_a_stable_that_scales_takes_the_traffic_back(state: ProvisioningState) -> None:
    there = deployments(a_deployment(BLUE, state), GREEN)
    decision = look(BACK, seen({GREEN: 100}, ours(1), deployments=there))
    assert traffic_of(decision.effects) == {BLUE: 100}
    assert not asks(decision)


@pytest.mark.parametrize("state", [P.FAILED, P.CREATING, P.DELETING, P.UNKNOWN])
def test_a_stable_that_is_not_able_asks_for_a_person_at_once(state: ProvisioningState) -> None:
    there = seen({GREEN: 100}, ours(1), deployments=deployments(a_deployment(BLUE, state), GREEN))
    decision = look(BACK, there)
    assert rollout_of(decision).phase is Phase.ROLLING_BACK
    assert asks(decision)
    assert traffic_of(decision.effects) is None
    assert not asks(look(rollout_of(decision), there, after(14)))
    assert asks(look(rollout_of(decision), there, after(15)))


@pytest.mark.parametrize(("minute", "nags"), [(14, False), (15, True)])
def test_a_way_back_that_is_not_seen_asks_for_a_person(minute: float, *, nags: bool) -> None:
    assert asks(look(BACK, seen({BLUE: 90, GREEN: 10}), after(minute))) is nags


def test_a_first_deployment_goes_back_to_no_traffic() -> None:
    first = replace(BACK, stable=None)
    decision = look(first, seen({GREEN: 100}, ours(1), deployments=ONLY_GREEN))
    assert traffic_of(decision.effects) == {}
    there = seen({}, ours(2), deployments=ONLY_GREEN)
    assert rollout_of(look(first, there)).phase is Phase.DISCARDING


def test_with_an_endpoint_that_was_never_made_there_is_nothing_to_restore() -> None:
    unmade = replace(
        BACK,
        stable=None,
        seen=Seen(),
        asked_for_traffic_at=None,
        cause=Cause.SUPERSEDED,
        intent=CreateIntent(CreationStep.ENDPOINT, 1, NOW),
    )
    discarding = rollout_of(look(unmade, GONE, after(1)))
    assert discarding.phase is Phase.DISCARDING
    assert rollout_of(look(discarding, GONE, after(4.9))).phase is Phase.DISCARDING
    assert rollout_of(look(discarding, GONE, after(5))).phase is Phase.SUPERSEDED


@pytest.mark.parametrize(
    ("cause", "traffic", "keep"),
    [
        (Cause.ALERT, True, POLICY.rollback.keep),
        (Cause.SUPERSEDED, True, timedelta(0)),
        (Cause.OPERATOR, False, timedelta(0)),
    ],
)
def test_a_candidate_that_had_traffic_is_kept_for_a_look(
    cause: Cause, keep: timedelta, *, traffic: bool
) -> None:
    back = replace(BACK, cause=cause, asked_for_traffic_at=NOW if traffic else None)
    assert rollout_of(look(back, seen({BLUE: 100}, ours(2)))).delete_due == NOW + keep


def test_the_kept_candidate_is_deleted_when_due_or_when_an_offer_waits() -> None:
    kept = replace(HAD_TRAFFIC, delete_due=after(60))
    there = seen({BLUE: 100}, ours(2))
    assert deletes(look(kept, there, after(59))) == []
    assert deletes(look(kept, there, after(60))) == [GREEN]
    assert deletes(look(kept, there, after(1), waiting=an_offer())) == [GREEN]


ENDINGS = [
    (Cause.ALERT, True, Phase.ROLLED_BACK, OfferState.QUARANTINED),
    (Cause.VALIDATION_FAILED, False, Phase.FAILED, OfferState.QUARANTINED),
    (Cause.SUPERSEDED, True, Phase.SUPERSEDED, OfferState.SUPERSEDED),
    (Cause.TEMPLATE_CHANGED, False, Phase.SUPERSEDED, OfferState.SUPERSEDED),
]


@pytest.mark.parametrize(("cause", "traffic", "phase", "state"), ENDINGS)
def test_how_a_rollout_ends_and_what_becomes_of_its_release(
    cause: Cause, phase: Phase, state: OfferState, *, traffic: bool
) -> None:
    ending = replace(HAD_TRAFFIC, cause=cause, cause_text="why")
    if not traffic:
        ending = replace(ending, asked_for_traffic_at=None)
    decision = look(ending, seen({BLUE: 100}, ours(2), deployments=ONLY_BLUE))
    assert rollout_of(decision).phase is phase
    (record,) = decision.offers
    assert (record.state, record.text) == (state, f"{phase}: why")
    assert record.quarantined == (("digest",) if state is OfferState.QUARANTINED else ())


@pytest.mark.parametrize(
    "there",
    [
        seen({BLUE: 100}, ours(1), deployments=ONLY_BLUE),
        seen({BLUE: 100}, ours(2), P.UPDATING, deployments=ONLY_BLUE),
        seen({BLUE: 100}, ours(2), deployments=Unreachable("arm")),
        seen({BLUE: 100}, ours(2)),
        seen(endpoint=Unreachable("arm"), deployments=ONLY_BLUE),
    ],
    ids=["unproven", "busy", "deployments unread", "candidate there", "endpoint unread"],
)
def test_discarding_ends_only_with_the_candidate_absent_and_stable_at_100(
    there: Observation,
) -> None:
    assert rollout_of(look(HAD_TRAFFIC, there)).phase is Phase.DISCARDING


def test_absent_is_believed_only_when_no_create_call_can_be_under_way() -> None:
    cancelled = replace(DISCARDING, intent=CreateIntent(CreationStep.CANDIDATE, 1, NOW))
    there = seen({BLUE: 100}, deployments=ONLY_BLUE)
    assert rollout_of(look(cancelled, there, after(4.9))).phase is Phase.DISCARDING
    assert rollout_of(look(cancelled, there, after(5))).phase is Phase.FAILED


def test_a_late_write_while_discarding_is_answered_with_stable() -> None:
    late = look(HAD_TRAFFIC, seen({BLUE: 50, GREEN: 50}, ours(1)))
    assert traffic_of(late.effects) == {BLUE: 100}
    assert deletes(late) == []


@pytest.mark.parametrize("rollout", [HAD_TRAFFIC, BACK], ids=lambda rollout: rollout.phase)
def test_with_traffic_behind_it_a_missing_endpoint_is_lost(rollout: Rollout) -> None:
    once = rollout_of(look(rollout, GONE))
    assert once.phase is rollout.phase
    assert rollout_of(look(once, GONE, after(1))).phase is Phase.LOST


def test_without_traffic_behind_it_a_missing_endpoint_counts_as_absent() -> None:
    once = rollout_of(look(DISCARDING, GONE))
    assert once.phase is Phase.DISCARDING
    assert rollout_of(look(once, GONE, after(1))).phase is Phase.FAILED


def test_a_stable_that_went_while_the_candidate_holds_everything_is_lost() -> None:
    there = seen({GREEN: 100}, ours(1), deployments=ONLY_GREEN)
    once = rollout_of(look(BACK, there))
    assert rollout_of(look(once, there, after(1))).phase is Phase.LOST


@pytest.mark.parametrize("state", [P.FAILED, P.CANCELED])
def test_an_endpoint_that_failed_does_not_keep_a_discard_waiting(state: ProvisioningState) -> None:
    there = seen({BLUE: 100}, None, state)
    decision = look(DISCARDING, there)
    assert deletes(decision) == [GREEN]
    assert traffic_of(decision.effects) is None
    done = look(DISCARDING, replace(there, deployments=ONLY_BLUE))
    assert rollout_of(done).phase is Phase.FAILED


def test_a_version_offered_anew_while_it_goes_back_keeps_its_place() -> None:
    there = seen({BLUE: 100}, ours(2), deployments=ONLY_BLUE)
    anew = an_offer("7")
    waits = look(HAD_TRAFFIC, there, waiting=anew)
    assert (waits.offers[0].state, waits.offers[0].offer) == (OfferState.WAITING, anew)
    assert waits.offers[0].quarantined == ("digest",)
    received = look(HAD_TRAFFIC, replace(there, service=None), offers=(anew, an_offer("9")))
    assert received.offers[0].state is OfferState.RECEIVED


def test_what_failed_before_stays_quarantined() -> None:
    again = replace(HAD_TRAFFIC, earlier_quarantines=("older", "digest"))
    decision = look(again, seen({BLUE: 100}, ours(2), deployments=ONLY_BLUE))
    assert decision.offers[0].quarantined == ("older", "digest")
