"""Nothing is created where traffic could not go back; what bars it later is never kept quiet."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from localazure.world import ASSIGN_IDENTITY, Caller, LockLevel, Policy
from localazure.world.names import PROVIDER
from rollout.core.records.failures import FailureKind
from rollout.core.records.history import HistoryEntry
from rollout.core.records.offers import OfferState
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import HoldReason
from rollout.core.records.signals import Verb
from rollout.errors import ArmUnavailableError
from tests.doubles.seam import raising
from tests.doubles.wire import APP
from tests.support.stories.invariants import check
from tests.support.stories.scenes import HOUR, MINUTE, held_for, succeeds, wins
from tests.support.stories.stage import Story

SOMEBODY = Caller("somebody")
IDENTITY = (
    "/subscriptions/s/resourceGroups/shared/providers/Microsoft.ManagedIdentity"
    "/userAssignedIdentities/serving"
)
OF_ENDPOINTS = Policy("/subscriptions", f"{PROVIDER}/workspaces/onlineEndpoints")
GRANT = f"--role 'Managed Identity Operator' --scope {IDENTITY}"

Obstacle = Callable[[Story], Callable[[], None]]
"""Bars every write of the endpoint; what it returns clears the way again."""


def no_right(story: Story) -> Callable[[], None]:
    story.wire.access.revoke(APP, IDENTITY)
    return lambda: story.wire.access.grant(APP, IDENTITY, [ASSIGN_IDENTITY])


def no_identity(story: Story) -> Callable[[], None]:
    story.wire.governance.delete_identity(IDENTITY)
    return lambda: story.wire.governance.restore_identity(IDENTITY)


def a_lock(story: Story) -> Callable[[], None]:
    group = story.world.workspace.path.partition("/providers/")[0]
    story.wire.governance.lock(group, LockLevel.READ_ONLY)
    return lambda: story.wire.governance.unlock(group)


def a_policy(story: Story) -> Callable[[], None]:
    story.wire.governance.deny("approved-only", OF_ENDPOINTS)
    return lambda: story.wire.governance.withdraw("approved-only")


EVERY = [
    pytest.param(no_right, GRANT, id="right"),
    pytest.param(no_identity, IDENTITY, id="identity"),
    pytest.param(a_lock, "az lock list --resource-group", id="lock"),
    pytest.param(a_policy, "policyAssignments/approved-only", id="policy"),
]


def with_identity() -> Story:
    """Stable serves on an endpoint with a user-assigned identity, which the app may use."""
    story = Story()
    story.adopt()
    assigned = {"type": "UserAssigned", "userAssignedIdentities": {IDENTITY: {}}}
    story.world.endpoints.patch(story.policy.endpoint, SOMEBODY, identity=assigned)
    story.wire.access.grant(APP, IDENTITY, [ASSIGN_IDENTITY])
    return story


def baking() -> Story:
    story = with_identity()
    story.register("2")
    story.until_phase(Phase.BAKING, within=4 * HOUR)
    return story


def asked_for_operator(story: Story) -> list[HistoryEntry]:
    return [entry for entry in story.history() if entry.kind == "AttentionNeeded"]


def retried(story: Story) -> None:
    story.command(Verb.RETRY, version="2")


@pytest.mark.parametrize(("obstacle", "told"), EVERY)
def test_what_bars_the_way_back_refuses_the_start(obstacle: Obstacle, told: str) -> None:
    story = with_identity()
    clear = obstacle(story)
    story.register("2")
    story.until_quiet(within=HOUR)
    assert (story.phase, story.rollout.failure) == (Phase.FAILED, FailureKind.WAY_BACK)
    assert story.deployments == {"blue-0": "Succeeded"}
    assert not story.world.log.of("deployments.put")[1:]
    offer = story.offer_of("2")
    assert (offer.state, offer.quarantined) == (OfferState.REJECTED, ())
    (asked,) = asked_for_operator(story)
    assert told in asked.text
    check(story)
    clear()
    retried(story)
    wins(story, "2")


def test_a_right_that_is_there_is_all_it_takes() -> None:
    story = with_identity()
    story.register("2")
    succeeds(story)
    assert not asked_for_operator(story)


@pytest.mark.parametrize("nth", range(25, 41, 2))
def test_two_hosts_rehearse_as_one(nth: int) -> None:
    story = with_identity()
    story.interrupt(nth, story.work)
    story.register("2")
    succeeds(story)


def test_somebody_elses_split_is_not_written_over() -> None:
    story = with_identity()
    story.register("2")
    story.seam.once_after("store.suspension", lambda: story.foreign_split({}))
    story.until(lambda: story.phase is Phase.CREATING and story.rollout.hold is not None)
    assert held_for(story) is HoldReason.DRIFT
    assert story.split == {}
    assert story.deployments == {"blue-0": "Succeeded"}


def test_an_endpoint_that_is_busy_is_waited_for() -> None:
    story = with_identity()
    story.register("2")
    story.seam.once_after("store.suspension", lambda: story.foreign_split({"blue-0": 100}))
    succeeds(story)
    assert not asked_for_operator(story)


def test_nothing_is_rehearsed_after_the_answer_to_an_order_that_suspends_all() -> None:
    story = with_identity()
    story.register("2")
    story.seam.calls.clear()
    story.seam.once_before("endpoints.put", raising(ArmUnavailableError("503")))
    story.until(lambda: story.seam.calls["endpoints.put"] == 1, within=HOUR)
    story.suspend_all()
    story.pass_time(10 * MINUTE)
    assert story.seam.calls["endpoints.put"] == 1
    assert story.rollout.suspended
    story.unsuspend_all()
    wins(story, "2")


def test_an_endpoints_first_deployment_rehearses_nothing() -> None:
    story = Story()
    story.register("1")
    succeeds(story)
    stamps = [write.tags.get("rollout-write") for write in story.world.log.of("endpoints.put")]
    assert [each for each in stamps if each] == [f"{story.rollout.id}/1"]


@pytest.mark.parametrize(("obstacle", "told"), EVERY)
def test_a_way_back_that_is_lost_is_told_at_once_and_never_kept_quiet(
    obstacle: Obstacle, told: str
) -> None:
    story = baking()
    clear = obstacle(story)
    story.alert("green-2")
    story.pass_time(timedelta(seconds=15))
    (first,) = asked_for_operator(story)
    assert told in first.text
    for _ in range(5):
        before = len(story.log.attentions)
        story.pass_time(MINUTE)
        assert len(story.log.attentions) > before
    assert len(asked_for_operator(story)) == 1
    story.is_down(3 * MINUTE)
    assert (story.phase, story.split) == (Phase.ROLLING_BACK, {"blue-0": 90, "green-2": 10})
    clear()
    story.until_phase(Phase.DISCARDING, within=5 * MINUTE)
    quiet = len(story.log.attentions)
    story.until_quiet(within=2 * HOUR)
    assert (story.phase, story.split) == (Phase.ROLLED_BACK, {"blue-0": 100})
    assert len(story.log.attentions) == quiet
    check(story)


def test_a_raise_that_is_refused_is_told_at_once_and_names_the_lock_in_its_hold() -> None:
    story = with_identity()
    cleared: list[Callable[[], None]] = []
    story.seam.once_after("deployments.put", lambda: cleared.append(a_lock(story)))
    story.register("2")
    story.until_phase(Phase.SHIFTING, within=4 * HOUR)
    story.pass_time(timedelta(seconds=15))
    assert "A lock on" in asked_for_operator(story)[0].text
    story.until(lambda: story.rollout.hold is not None, within=HOUR)
    assert held_for(story) is HoldReason.UNCONFIRMED
    assert story.rollout.hold is not None
    assert "A lock on" in story.rollout.hold.text
    cleared[0]()
    story.command(Verb.RESUME)
    story.until_phase(Phase.BAKING, within=HOUR)


def test_a_lock_against_deletion_is_named_and_deleted_under_once_it_is_gone() -> None:
    story = baking()
    group = story.world.workspace.path.partition("/providers/")[0]
    story.wire.governance.lock(group, LockLevel.CAN_NOT_DELETE)
    story.alert("green-2")
    story.until(lambda: bool(asked_for_operator(story)), within=4 * HOUR)
    assert (story.phase, story.split) == (Phase.DISCARDING, {"blue-0": 100})
    (asked,) = asked_for_operator(story)
    assert "A lock on" in asked.text
    story.pass_time(2 * HOUR)
    reminder = asked_for_operator(story)[-1]
    assert reminder is not asked
    assert "is being deleted; Azure refuses it: A lock on" in reminder.text
    story.wire.governance.unlock(group)
    story.until_quiet(within=HOUR)
    assert story.phase is Phase.ROLLED_BACK
    check(story)
