"""Rollouts that nothing disturbs, and what they cost in storage."""

from dataclasses import replace
from datetime import timedelta

import pytest

from rollout.adapters.azure_ml.arm_bodies import ROLLOUT_TAG
from rollout.core.policy.model import Approval, Create, CreateFrom, Stage
from rollout.core.records.offers import OfferState
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import HoldReason
from rollout.core.records.signals import Verb
from rollout.errors import RefusedError
from tests.support.stories.audits import verdicts_computed_again
from tests.support.stories.azure import CONTROLLER
from tests.support.stories.invariants import adjacent, check
from tests.support.stories.policies import POLICY
from tests.support.stories.stage import Story

HOUR = timedelta(hours=1)
P = Phase


def test_first_version_makes_endpoint_and_deployment_and_gets_all_traffic() -> None:
    story = Story()
    story.register("1")
    story.until_quiet(within=HOUR)
    assert (story.phase, story.split) == (Phase.SUCCEEDED, {"blue-1": 100})
    assert story.rollout.stable is None
    assert story.offer_of("1").state is OfferState.ROLLOUT
    check(story)


def test_second_version_goes_10_50_100_and_the_old_one_is_retired() -> None:
    story = Story()
    story.adopt("blue-0")
    story.register("2")
    story.until_quiet(within=HOUR)
    weights = [
        write.after.split.live.get("green-2", 0)
        for write in story.world.log.of("endpoints.put")
        if write.caller == CONTROLLER
    ]
    # The way back is rehearsed first, with the split that is there.
    assert weights == [0, 10, 50, 100]
    assert (story.phase, story.deployments) == (P.SUCCEEDED, {"green-2": "Succeeded"})
    assert adjacent(story.history()) == [
        (P.VALIDATING, P.SHIFTING),
        (P.SHIFTING, P.BAKING),
        (P.BAKING, P.SHIFTING),
        (P.SHIFTING, P.BAKING),
        (P.BAKING, P.SHIFTING),
        (P.SHIFTING, P.BAKING),
        (P.BAKING, P.PROMOTED),
        (P.PROMOTED, P.RETIRING),
        (P.RETIRING, P.SUCCEEDED),
    ]
    assert not story.log.attentions
    check(story)


def test_colours_alternate_and_names_are_never_used_again() -> None:
    story = Story()
    seen = []
    for version in ("1", "2", "3"):
        story.register(version)
        story.until_started(version)
        story.until_quiet(within=HOUR)
        seen.append(story.rollout.candidate)
    assert seen == ["blue-1", "green-2", "blue-3"]
    check(story)


def test_an_adopted_endpoint_is_not_written_before_its_first_rollout() -> None:
    story = Story()
    story.adopt("whatever-name")
    before = len(story.world.log)
    story.pass_time(HOUR)
    assert len(story.world.log) == before
    story.register("2")
    story.until_phase(Phase.BAKING)
    assert story.rollout.stable == "whatever-name"


def test_the_old_stables_body_is_in_the_history_before_it_is_deleted() -> None:
    story = Story()
    story.adopt("blue-0")
    story.register("2")
    story.until_quiet(within=HOUR)
    (kept,) = [
        e.data["stable"] for e in story.history() if "stable" in e.data and e.phase is P.RETIRING
    ]
    assert kept["model_id"].endswith("/versions/0")


def test_a_copied_candidate_has_the_new_tag_in_place_of_the_old_one() -> None:
    policy = replace(POLICY, create=Create(source=CreateFrom.COPY))
    story = Story(policy)
    story.adopt("blue-0")
    for version in ("1", "2"):
        story.register(version)
        story.until_started(version)
        story.until_phase(Phase.PROMOTED)
        deployment = story.world.deployments.get(policy.endpoint, story.rollout.candidate)
        assert deployment.spec.tags[ROLLOUT_TAG] == story.rollout.id
        story.until_quiet(within=HOUR)
    check(story)


def test_the_candidate_is_as_large_as_a_stable_that_was_scaled_out() -> None:
    story = Story()
    story.adopt("blue-0")
    story.world.deployments.patch(story.policy.endpoint, "blue-0", instance_count=7)
    story.pass_time(timedelta(minutes=2))
    story.register("2")
    story.until_phase(Phase.BAKING)
    green = story.world.deployments.get(story.policy.endpoint, "green-2")
    assert green.spec.instance_count == 7


def test_a_stage_with_approval_waits_for_a_person() -> None:
    stages = (
        Stage(10, timedelta(minutes=3)),
        Stage(100, timedelta(minutes=3), approval=Approval.ANYBODY),
    )
    story = Story(replace(POLICY, stages=stages))
    story.adopt()
    story.register("2")
    story.until(lambda: story.phase is P.BAKING and story.rollout.hold is not None, within=HOUR)
    hold = story.rollout.hold
    assert hold is not None
    assert hold.reason is HoldReason.APPROVAL
    story.pass_time(HOUR)
    assert story.split == {"blue-0": 90, "green-2": 10}
    with pytest.raises(RefusedError, match="advance"):
        story.command(Verb.RESUME)
    story.command(Verb.ADVANCE)
    story.until_quiet(within=HOUR)
    assert story.phase is P.SUCCEEDED
    check(story)


def test_an_approval_before_the_first_traffic_holds_the_validated_candidate() -> None:
    stages = (replace(POLICY.stages[0], approval=Approval.ANYBODY), *POLICY.stages[1:])
    story = Story(replace(POLICY, stages=stages))
    story.adopt()
    story.register("2")
    story.until(lambda: story.phase is P.VALIDATING and story.rollout.hold is not None, within=HOUR)
    story.pass_time(2 * HOUR)
    assert story.split == {"blue-0": 100}
    story.command(Verb.ADVANCE)
    story.until_quiet(within=HOUR)
    assert story.phase is P.SUCCEEDED
    check(story)


def test_a_baking_pass_costs_at_most_two_storage_transactions() -> None:
    story = _second_version()
    baking = [c for c in story.costs if c.before == c.after and c.before[0] is P.BAKING]
    assert baking
    assert max(cost.storage for cost in baking) <= 2


def test_a_pass_writes_the_row_of_the_list_once_at_most() -> None:
    story = _second_version()
    assert max(cost.listed for cost in story.costs) == 1


def test_a_pass_with_one_transition_costs_at_most_three_storage_transactions() -> None:
    """And one more where it goes forward: whether all services are suspended is read then.

    A raise reads the row's version once more, as the last thing before it is sent. Where a sleep
    ends, as with the keep, the endpoint is made due before the save.
    """
    story = _second_version()
    moving = (P.SHIFTING, P.BAKING, P.PROMOTED)
    moved = [c for c in story.costs if c.before != c.after and c.before[0] in moving]
    assert len(moved) >= 7
    assert max(cost.storage for cost in moved if cost.after[0] is P.BAKING) <= 3
    assert max(cost.storage - cost.raises for cost in moved) <= 4


def test_a_pass_with_nothing_due_ends_after_one_read() -> None:
    story = Story()
    story.adopt()
    story.register("2")
    story.until_phase(P.BAKING, within=HOUR)
    story.pass_time(timedelta(seconds=1))
    story.work()
    assert (story.costs[-1].storage, story.costs[-1].saved) == (1, 0)


def test_an_idle_tick_costs_one_storage_transaction() -> None:
    story = _second_version()
    story.pass_time(timedelta(minutes=10, seconds=30))
    before = story.seam.calls.copy()
    story.pass_time(timedelta(minutes=1))
    spent = story.seam.calls - before
    assert dict(spent) == {"store.live_due": 1}


def _second_version() -> Story:
    story = Story()
    story.adopt()
    story.register("2")
    story.until_quiet(within=HOUR)
    assert story.phase is P.SUCCEEDED
    return story


def test_every_verdict_of_a_rollout_is_computed_again_from_its_log() -> None:
    story = Story()
    story.adopt()
    story.register("2")
    story.until_quiet(within=HOUR)
    assert story.phase is P.SUCCEEDED
    assert verdicts_computed_again(story, story.rollout) >= len(POLICY.stages)
