"""A version is withdrawn: by `cancel`, or because the workspace has it no longer."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from rollout.core.records.offers import OfferState
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Cause, HoldReason
from rollout.core.records.signals import Verb
from rollout.errors import RefusedError
from tests.support.stories.azure import SOMEBODY, deployment_spec
from tests.support.stories.invariants import check
from tests.support.stories.policies import MODEL
from tests.support.stories.scenes import HOUR, MINUTE, held_for, on_trial, succeeds, wins
from tests.support.stories.stage import Story
from tests.support.stories.trouble import always, unavailable

FORWARD = [
    (Phase.CREATING, 0),
    (Phase.VALIDATING, 0),
    (Phase.SHIFTING, 0),
    (Phase.BAKING, 0),
    (Phase.BAKING, 2),
    (Phase.PROMOTED, 2),
]


def is_withdrawn(story: Story, version: str) -> None:
    """It is rejected by name of who withdrew it, and nothing is quarantined."""
    record = story.offer_of(version)
    assert (record.state, record.quarantined) == (OfferState.REJECTED, ())
    assert "withdrawn by ann: because" in record.text


@pytest.mark.parametrize(("phase", "stage"), FORWARD)
def test_cancel_withdraws_a_running_version_without_quarantine(phase: Phase, stage: int) -> None:
    story = on_trial(phase, stage)
    rollout = story.rollout.id
    outcome = story.command(Verb.CANCEL)
    assert outcome.answer.text.startswith("cancel: version 2 is withdrawn; ")
    story.until_quiet(within=HOUR)
    assert story.split == {"blue-0": 100}
    assert list(story.deployments) == ["blue-0"], "nothing failed, so that nothing is kept"
    ended = story.as_it_ended(rollout)
    assert (ended.phase, ended.cause) == (Phase.SUPERSEDED, Cause.CANCELLED)
    is_withdrawn(story, "2")
    check(story)


def test_a_cancelled_version_starts_again_by_retry() -> None:
    story = on_trial(Phase.BAKING)
    story.command(Verb.CANCEL)
    story.until_quiet(within=HOUR)
    story.command(Verb.RETRY, version="2")
    wins(story, "2")


def test_cancel_withdraws_a_waiting_version_and_the_running_one_goes_on() -> None:
    story = on_trial(Phase.BAKING, 1)
    story.register("3")
    story.pass_time(MINUTE)
    with pytest.raises(RefusedError, match="versions 2, 3 wait or are on trial: say which"):
        story.command(Verb.CANCEL)
    story.command(Verb.CANCEL, version="3")
    is_withdrawn(story, "3")
    succeeds(story)
    assert story.version == "2"


def test_cancel_withdraws_an_undecided_version() -> None:
    story = Story()
    story.adopt()
    end = always(story.seam, lambda name: name == "models.get", unavailable)
    story.register("2")
    story.pass_time(2 * MINUTE)
    assert story.offer_of("2").state is OfferState.RECEIVED
    story.command(Verb.CANCEL)
    end()
    story.until_quiet(within=HOUR)
    is_withdrawn(story, "2")
    assert story.current.rollout is None


def test_cancel_of_the_waiting_version_does_not_lift_a_persons_pause() -> None:
    story = on_trial(Phase.BAKING)
    story.command(Verb.PAUSE)
    story.register("3")
    story.pass_time(MINUTE)
    story.command(Verb.CANCEL, version="3")
    story.pass_time(HOUR)
    assert (story.version, held_for(story)) == ("2", HoldReason.OPERATOR)
    assert story.split == {"blue-0": 90, "green-2": 10}


def test_cancel_takes_no_traffic_from_an_emergency_swap() -> None:
    story = on_trial(Phase.BAKING)
    spec = deployment_spec(story.world, MODEL, "0", 2)
    story.world.deployments.put(story.policy.endpoint, "hotfix", spec, SOMEBODY)
    story.pass_time(2 * MINUTE)
    story.foreign_split({"hotfix": 90, "green-2": 10})
    story.pass_time(3 * MINUTE)
    assert held_for(story) is HoldReason.DRIFT
    outcome = story.command(Verb.CANCEL)
    assert "hotfix 90 % keeps serving" in outcome.answer.text
    story.pass_time(5 * MINUTE)
    assert story.split == {"hotfix": 90, "blue-0": 10}


def test_what_neither_waits_nor_runs_cannot_be_cancelled() -> None:
    story = on_trial(Phase.BAKING)
    with pytest.raises(RefusedError, match="version 9 neither waits nor is on trial"):
        story.command(Verb.CANCEL, version="9")
    story.until_quiet(within=3 * HOUR)
    with pytest.raises(RefusedError, match="no version waits or is on trial: nothing to cancel"):
        story.command(Verb.CANCEL)


@pytest.mark.parametrize(
    ("gone", "text"),
    [
        (Story.archive, "it is archived in the workspace: restore it, then retry"),
        (Story.delete_model, "the workspace has no such model version"),
    ],
)
def test_a_version_archived_or_deleted_while_it_waits_is_rejected_without_quarantine(
    gone: Callable[[Story, str], None], text: str
) -> None:
    story = on_trial(Phase.BAKING, 1)
    story.register("3")
    story.pass_time(timedelta(seconds=30))
    assert story.offer_of("3").state is OfferState.WAITING
    gone(story, "3")
    succeeds(story)
    record = story.offer_of("3")
    assert story.version == "2"
    assert (record.state, record.text, record.quarantined) == (OfferState.REJECTED, text, ())


def test_an_archived_version_replaces_nothing() -> None:
    story = on_trial(Phase.BAKING, 0)
    story.command(Verb.PAUSE)
    story.register("3")
    story.pass_time(MINUTE)
    story.archive("3")
    story.command(Verb.RESUME)
    succeeds(story)
    assert story.version == "2"


def test_a_version_archived_while_it_is_on_trial_goes_on() -> None:
    story = on_trial(Phase.BAKING, 0)
    story.archive("2")
    succeeds(story)
    assert story.version == "2"


@pytest.mark.parametrize("by_hand", [True, False])
def test_starting_the_version_that_is_stable_now_is_refused_with_use_rollback(
    *, by_hand: bool
) -> None:
    story = on_trial(Phase.BAKING, 1)
    if by_hand:
        story.offer("0")
    else:
        story.event("0")
    succeeds(story)
    assert story.version == "2"
    record = story.offer_of("0")
    assert (record.state, record.text) == (OfferState.REJECTED, "it is stable now: use rollback")
