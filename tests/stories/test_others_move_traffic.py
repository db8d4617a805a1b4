"""Other people's hands on the endpoint: drift, moves to stable, deletions; and stale reads."""

from dataclasses import replace
from datetime import timedelta

import pytest

from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Cause, HoldReason
from rollout.core.records.signals import Verb
from tests.support.stories.azure import CONTROLLER, SOMEBODY, Behaviour, deployment_spec
from tests.support.stories.invariants import check
from tests.support.stories.policies import MODEL, POLICY
from tests.support.stories.scenes import HOUR, MINUTE, held_for, on_trial, succeeds
from tests.support.stories.stage import DIALS, Story
from tests.support.stories.trouble import always, busy


def writes(story: Story) -> int:
    return sum(write.caller == CONTROLLER for write in story.world.log)


@pytest.mark.parametrize("stale", [5, 20, 45], ids=str)
def test_a_stale_read_after_a_put_is_not_taken_for_somebody_elses_split(stale: int) -> None:
    story = Story(dials=replace(DIALS, stale_read=timedelta(seconds=stale)))
    story.adopt()
    story.pass_time(5 * MINUTE)
    story.register("2")
    story.until_quiet(within=4 * HOUR)
    assert story.phase is Phase.SUCCEEDED, story.describe()
    check(story)


@pytest.mark.parametrize("stale", [5, 20, 45], ids=str)
def test_a_rollback_under_stale_reads_still_ends_on_stable(stale: int) -> None:
    story = Story(dials=replace(DIALS, stale_read=timedelta(seconds=stale)))
    on_trial(Phase.BAKING, 1, story)
    story.alert("green-2")
    story.until_quiet(within=4 * HOUR)
    assert (story.phase, story.split) == (Phase.ROLLED_BACK, {"blue-0": 100})
    check(story)


@pytest.mark.parametrize(
    ("phase", "stage", "split"),
    [
        (Phase.BAKING, 0, {"blue-0": 70, "green-2": 30}),
        (Phase.BAKING, 1, {"blue-0": 20, "green-2": 80}),
        (Phase.BAKING, 0, {}),
    ],
)
def test_somebody_elses_split_holds_and_is_never_fought(
    phase: Phase, stage: int, split: dict[str, int]
) -> None:
    story = on_trial(phase, stage)
    story.foreign_split(split)
    before = writes(story)
    story.pass_time(20 * MINUTE)
    assert held_for(story) is HoldReason.DRIFT
    assert story.split == split
    assert writes(story) == before
    story.command(Verb.RESUME)
    story.until(lambda: story.phase is Phase.BAKING and not story.is_held, within=10 * MINUTE)
    assert story.rollout.stage == stage
    assert story.split["green-2"] == POLICY.stages[stage].weight
    succeeds(story)


@pytest.mark.parametrize(
    ("phase", "stage"),
    [(Phase.BAKING, 0), (Phase.BAKING, 1), (Phase.BAKING, 2), (Phase.PROMOTED, 2)],
)
def test_somebody_elses_move_to_stable_is_accepted_as_a_rollback(phase: Phase, stage: int) -> None:
    story = on_trial(phase, stage)
    story.foreign_split({"blue-0": 100})
    story.until_quiet(within=2 * HOUR)
    assert story.phase is Phase.ROLLED_BACK
    assert story.rollout.cause is Cause.FOREIGN_ROLLBACK
    assert story.deployments == {"blue-0": "Succeeded"}
    check(story)


def test_somebody_elses_move_to_stable_counts_in_retiring_while_stable_exists() -> None:
    story = on_trial(Phase.PROMOTED, 2)
    end = always(story.seam, lambda name: name == "deployments.delete", busy)
    story.until_phase(Phase.RETIRING, within=HOUR)
    story.foreign_split({"blue-0": 100})
    story.pass_time(3 * MINUTE)
    end()
    story.until_quiet(within=2 * HOUR)
    assert story.phase is Phase.ROLLED_BACK
    assert story.deployments == {"blue-0": "Succeeded"}
    check(story)


def test_a_split_that_is_put_back_at_once_is_no_drift() -> None:
    story = on_trial(Phase.BAKING, 0)
    live = story.world.endpoints.get(story.policy.endpoint).spec
    story.foreign_split({"blue-0": 70, "green-2": 30})
    story.pass_time(timedelta(seconds=10))
    story.world.endpoints.put(story.policy.endpoint, live, SOMEBODY)
    succeeds(story)
    assert not [e for e in story.history() if e.kind == "Held"]


def test_an_endpoint_deleted_under_a_rollout_ends_lost() -> None:
    story = on_trial(Phase.BAKING, 1)
    story.world.endpoints.delete(story.policy.endpoint, SOMEBODY)
    story.until(lambda: story.phase is Phase.LOST, within=HOUR)
    assert story.log.attentions
    story.pass_time(HOUR)
    assert not story.world.endpoints.list(), "an endpoint once seen is never created again"
    story.until_quiet(within=HOUR)


def test_a_stable_deleted_while_the_candidate_has_all_traffic_ends_lost() -> None:
    story = on_trial(Phase.PROMOTED, 2)
    story.world.deployments.delete(story.policy.endpoint, "blue-0", SOMEBODY)
    story.until(lambda: story.phase is Phase.LOST, within=HOUR)
    story.until_quiet(within=HOUR)
    assert story.split == {"green-2": 100}, "a candidate that serves is left alone"
    story.register("3")
    story.until_started("3", within=HOUR)
    assert story.rollout.stable == "green-2"
    story.until_quiet(within=2 * HOUR)
    assert story.split == {story.rollout.candidate: 100}


def test_a_candidate_deleted_by_somebody_while_it_is_created_is_made_again_or_given_up() -> None:
    story = on_trial(Phase.CREATING)
    story.world.deployments.delete(story.policy.endpoint, "green-2", SOMEBODY)
    story.until_quiet(within=3 * HOUR)
    assert story.phase in (Phase.SUCCEEDED, Phase.FAILED)
    assert len(story.split) == 1
    check(story)


def test_somebody_elses_first_deployment_keeps_its_traffic_when_ours_is_given_up() -> None:
    story = Story(dials=replace(DIALS, deployment_creation=2 * MINUTE))
    story.serves("1", Behaviour(transient="401 while keys propagate"))
    story.register("1")
    story.until_phase(Phase.CREATING, within=HOUR)
    story.pass_time(timedelta(seconds=30))
    spec = deployment_spec(story.world, MODEL, "1", 1)
    story.world.deployments.put(story.policy.endpoint, "by-hand", spec, SOMEBODY)
    story.pass_time(2 * MINUTE)
    story.foreign_split({"by-hand": 100})
    story.pass_time(3 * MINUTE)
    assert held_for(story) is HoldReason.DRIFT
    story.command(Verb.ROLLBACK)
    story.until_quiet(within=2 * HOUR)
    assert story.split == {"by-hand": 100}
    assert story.deployments == {"by-hand": "Succeeded"}
    assert not [w for w in story.world.log.of("endpoints.put") if w.before.split.holds("by-hand")]


def test_a_rollback_is_not_final_before_stable_is_seen_with_all_traffic() -> None:
    story = on_trial(Phase.BAKING, 0)
    story.command(Verb.ROLLBACK)
    story.until_phase(Phase.DISCARDING, within=HOUR)
    end = always(story.seam, lambda name: name == "endpoints.put", busy)
    story.foreign_split({})
    story.pass_time(10 * timedelta(seconds=1))
    story.world.deployments.delete(story.policy.endpoint, "green-2", SOMEBODY)
    story.pass_time(10 * MINUTE)
    assert story.phase is Phase.DISCARDING
    end()
    story.until_quiet(within=HOUR)
    assert (story.phase, story.split) == (Phase.ROLLED_BACK, {"blue-0": 100})
    check(story)


def test_weight_given_to_a_discarded_candidate_by_hand_is_taken_back() -> None:
    story = on_trial(Phase.BAKING, 1)
    story.command(Verb.ROLLBACK)
    story.until_phase(Phase.DISCARDING, within=HOUR)
    story.foreign_split({"blue-0": 50, "green-2": 50})
    story.until_quiet(within=HOUR)
    assert (story.phase, story.split) == (Phase.ROLLED_BACK, {"blue-0": 100})
    check(story)
