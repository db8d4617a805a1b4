"""The way back is walked once before anything is created, and what bars it ends the start."""

from dataclasses import replace

import pytest

from rollout.core.machine.blame import offer_state
from rollout.core.machine.sight import Sight, compare
from rollout.core.records.effects import (
    Attention,
    CreateCandidate,
    DeleteDeployment,
    Recheck,
    SetTraffic,
)
from rollout.core.records.failures import FailureKind
from rollout.core.records.observation import (
    Absent,
    Observation,
    ProvisioningState,
    Unreachable,
)
from rollout.core.records.offers import OfferState
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import (
    Cause,
    CreateIntent,
    CreationStep,
    Refused,
    Rollout,
    Seen,
)
from rollout.core.records.signals import TrafficTaken, WriteRefused
from tests.support.builders import (
    BLUE,
    GREEN,
    NOW,
    a_rollout,
    after,
    an_endpoint,
    deployments,
    held,
    look,
    ours,
    rollout_of,
    seen,
    signal,
)

CREATING = a_rollout(Phase.CREATING)
THERE = deployments(BLUE)
UNTOUCHED = seen(deployments=THERE)
REHEARSED = seen(stamp=ours(0), deployments=THERE)
REHEARSAL = SetTraffic({BLUE: 100}, {}, ours(0), raises_candidate=False)
LOCK = "A lock on /subscriptions/s forbids it"


def test_the_split_that_is_there_is_written_before_the_candidate_is_asked_for() -> None:
    decision = look(CREATING, UNTOUCHED)
    assert decision.effects == (REHEARSAL, Recheck())
    assert rollout_of(decision).intent is None


def test_a_mirror_of_somebody_elses_is_written_as_it_is() -> None:
    there = seen(endpoint=an_endpoint({BLUE: 100}, mirror={"shadow": 5}), deployments=THERE)
    assert look(CREATING, there).effects[0] == replace(REHEARSAL, mirror={"shadow": 5})


def test_once_it_was_seen_the_candidate_is_asked_for() -> None:
    (effect,) = look(CREATING, REHEARSED).effects
    assert isinstance(effect, CreateCandidate)


def test_a_stamp_that_an_operation_is_still_to_confirm_proves_nothing() -> None:
    busy = seen(stamp=ours(0), state=ProvisioningState.UPDATING, deployments=THERE)
    assert look(CREATING, busy).effects == (Recheck(),)


def test_what_azure_took_is_given_time_to_show_and_then_written_again() -> None:
    taken = rollout_of(signal(CREATING, TrafficTaken(ours(0))))
    assert look(taken, UNTOUCHED, after(0.1)).effects == (Recheck(),)
    assert look(taken, UNTOUCHED, after(0.2)).effects == (REHEARSAL, Recheck())


def test_a_candidate_that_was_asked_for_needs_no_second_rehearsal() -> None:
    asked = replace(CREATING, intent=CreateIntent(CreationStep.CANDIDATE, 1, NOW))
    assert look(asked, UNTOUCHED).effects == ()
    (effect,) = look(asked, UNTOUCHED, after(30)).effects
    assert isinstance(effect, CreateCandidate)


def test_an_endpoints_first_deployment_rehearses_nothing() -> None:
    made = CreateIntent(CreationStep.ENDPOINT, 1, NOW)
    first = replace(CREATING, stable=None, intent=made, seen=Seen(endpoint=True))
    (effect,) = look(first, seen({}, deployments={})).effects
    assert isinstance(effect, CreateCandidate)


def test_an_endpoint_that_was_made_before_its_stable_is_rehearsed_too() -> None:
    made = replace(CREATING, intent=CreateIntent(CreationStep.ENDPOINT, 1, NOW))
    assert look(made, UNTOUCHED).effects == (REHEARSAL, Recheck())


def test_somebody_elses_split_is_not_written() -> None:
    theirs = seen({BLUE: 60, "third": 40}, deployments=THERE)
    decision = look(CREATING, theirs)
    assert decision.effects == (Recheck(),)
    assert look(rollout_of(decision), theirs, after(1)).current.owner.hold is not None


def test_no_traffic_that_a_person_accepted_is_not_written() -> None:
    """There is no way back, and such a write must not come late."""
    nothing = seen({}, "somebody", deployments=THERE)
    resumed = replace(CREATING, replaces=Seen(split={}, stamp="somebody"))
    (effect,) = look(resumed, nothing).effects
    assert isinstance(effect, CreateCandidate)
    assert look(CREATING, nothing).effects == (Recheck(),), "somebody else's, and not accepted yet"


@pytest.mark.parametrize("suspended", [True, False])
def test_nothing_is_rehearsed_while_nothing_may_start(*, suspended: bool) -> None:
    rollout = CREATING if suspended else held(CREATING)
    assert look(rollout, UNTOUCHED, suspended=suspended).effects == ()


def test_what_refuses_it_ends_the_start_without_blame() -> None:
    refused = signal(CREATING, WriteRefused(ours(0), LOCK))
    assert refused.again
    decision = look(rollout_of(refused), UNTOUCHED)
    rollout = rollout_of(decision)
    assert (rollout.phase, rollout.failure) == (Phase.DISCARDING, FailureKind.WAY_BACK)
    assert offer_state(rollout) is OfferState.REJECTED
    assert rollout.refused is None
    (attention,) = (each for each in decision.effects if isinstance(each, Attention))
    assert LOCK in attention.text
    assert attention.fields["next"] == "clear what refuses it, then retry version 7"
    ended = rollout_of(look(rollout, UNTOUCHED))
    assert ended.phase is Phase.FAILED


def test_a_refusal_of_another_write_or_after_the_end_changes_nothing() -> None:
    other = signal(CREATING, WriteRefused(ours(3), LOCK))
    assert rollout_of(other) == CREATING
    over = a_rollout(Phase.ROLLED_BACK)
    assert rollout_of(signal(over, WriteRefused(ours(over.write), LOCK))) == over


def test_a_late_rehearsal_is_overwritten_and_taken_for_nobodys_choice() -> None:
    for phase, stage in ((Phase.BAKING, 0), (Phase.SHIFTING, 1), (Phase.PROMOTED, 2)):
        rollout = replace(a_rollout(phase, stage=stage), write=stage + 1)
        assert compare(rollout, an_endpoint({BLUE: 100}, ours(0))) is Sight.LATE


def test_what_is_no_rehearsal_is_somebody_elses_choice() -> None:
    baking = a_rollout(Phase.BAKING)
    assert compare(baking, an_endpoint({BLUE: 100}, ours(1))) is Sight.FOREIGN
    assert compare(baking, an_endpoint({BLUE: 70, GREEN: 30}, ours(0))) is Sight.FOREIGN
    mirrored = an_endpoint({BLUE: 100}, ours(0), mirror={GREEN: 5})
    assert compare(baking, mirrored) is Sight.FOREIGN


def test_before_the_first_weight_the_rehearsed_split_is_what_is_to_be_replaced() -> None:
    rehearsed = an_endpoint({BLUE: 100}, ours(0))
    before = Seen(split={BLUE: 100}, stamp=ours(0))
    shifting = replace(a_rollout(Phase.SHIFTING), replaces=before)
    assert compare(shifting, rehearsed) is Sight.NOT_YET


BACK = a_rollout(Phase.ROLLING_BACK)
TENTH = seen({BLUE: 90, GREEN: 10}, ours(BACK.write - 1))


def attentions(effects: object) -> list[str]:
    assert isinstance(effects, tuple)
    return [each.text for each in effects if isinstance(each, Attention)]


def test_a_way_back_that_is_lost_is_told_at_once_and_at_each_look_until_it_is_free() -> None:
    barred = signal(BACK, WriteRefused(ours(BACK.write), LOCK))
    assert (rollout_of(barred).refused, barred.again) == (Refused(LOCK), True)
    first = look(rollout_of(barred), TENTH)
    assert LOCK in attentions(first.effects)[0]
    assert [entry.kind for entry in first.history] == ["AttentionNeeded"]
    again = signal(rollout_of(first), WriteRefused(ours(BACK.write), LOCK))
    assert not again.again
    second = look(rollout_of(again), TENTH, after(1))
    assert LOCK in attentions(second.effects)[0]
    assert not second.history
    taken = signal(rollout_of(second), TrafficTaken(ours(BACK.write)))
    assert rollout_of(taken).refused is None
    assert attentions(look(rollout_of(taken), TENTH, after(1.1)).effects) == []


def test_another_reason_is_told_as_a_new_one() -> None:
    told = replace(BACK, refused=Refused(LOCK, told=True))
    other = rollout_of(signal(told, WriteRefused(ours(BACK.write), "A policy forbids it")))
    assert other.refused == Refused("A policy forbids it")
    assert not signal(told, WriteRefused(ours(BACK.write), "A policy forbids it")).again


@pytest.mark.parametrize(
    "of_one_request",
    [
        ("0f8fad5b-d9cb-469f-a165-70867728950e", "7c9e6679-7425-40de-944b-e07fc1f90ae7"),
        ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b74bf92f3577b34da6"),
        ("2026-11-28T00:10:00.123Z", "2026-11-28T00:10:10Z"),
        ("11/28/2026 00:10:00", "11/28/2026 00:10:10"),
    ],
)
def test_a_reason_that_names_each_request_is_told_once_and_asked_for_once_a_look(
    of_one_request: tuple[str, str],
) -> None:
    first, second = (f"Azure answered 400 Bad: no. Request: {each}." for each in of_one_request)
    told = replace(BACK, refused=Refused(first, told=True))
    again = signal(told, WriteRefused(ours(BACK.write), second))
    assert (rollout_of(again).refused, again.again) == (told.refused, False)


def test_a_rehearsal_that_never_shows_is_named_at_the_deadline() -> None:
    late = look(CREATING, UNTOUCHED, after(60 * 24))
    assert rollout_of(late).cause is Cause.CREATION_DEADLINE
    assert "to see that the way back is free" in rollout_of(late).cause_text


SHIFTING = replace(BACK, phase=Phase.SHIFTING)


@pytest.mark.parametrize("there", [seen({BLUE: 60, "hotfix": 40}), Observation(Absent(), THERE)])
def test_what_is_no_longer_wanted_is_no_longer_refused(there: Observation) -> None:
    decision = look(replace(SHIFTING, refused=Refused(LOCK, told=True)), there)
    assert rollout_of(decision).refused is None
    assert attentions(decision.effects) == []


@pytest.mark.parametrize("rollout", [BACK, SHIFTING, a_rollout(Phase.DISCARDING)])
@pytest.mark.parametrize(
    "there",
    [
        Observation(Unreachable("503"), THERE),
        Observation(an_endpoint({BLUE: 100}), Unreachable("503")),
        seen({BLUE: 90, GREEN: 10}, state=ProvisioningState.UPDATING),
    ],
)
def test_a_look_that_sees_too_little_forgets_no_refusal(
    rollout: Rollout, there: Observation
) -> None:
    """Else each request that fails would make the next refusal a new one, and call people again."""
    told = replace(rollout, refused=Refused(LOCK, told=True))
    decision = look(told, there)
    assert rollout_of(decision).refused == told.refused
    assert not [each for each in decision.history if each.kind == "AttentionNeeded"]


def test_a_deletion_that_is_refused_is_told_once_and_named_in_the_reminder() -> None:
    due = replace(a_rollout(Phase.DISCARDING), delete_due=NOW)
    there = seen(stamp=ours(due.write))
    assert any(isinstance(each, DeleteDeployment) for each in look(due, there).effects)
    refused = rollout_of(signal(due, WriteRefused(ours(due.write), LOCK)))
    first = look(refused, there)
    assert LOCK in attentions(first.effects)[0]
    assert attentions(look(rollout_of(first), there, after(1)).effects) == []
    (reminder,) = attentions(look(rollout_of(first), there, after(61)).effects)
    assert LOCK in reminder


def test_a_raise_that_is_refused_is_named_in_the_hold() -> None:
    shifting = a_rollout(Phase.SHIFTING)
    refused = rollout_of(signal(shifting, WriteRefused(ours(shifting.write), LOCK)))
    told = rollout_of(look(refused, seen()))
    hold = rollout_of(look(told, seen(), after(16))).hold
    assert hold is not None
    assert LOCK in hold.text
