"""What becomes of every version that is put forward: newer, older, repeated, late, refused."""

from dataclasses import replace
from datetime import timedelta

import pytest

from localazure.world import Split
from rollout.core.policy.model import Create, OnNewerVersion, StartOn
from rollout.core.records.offers import OfferState
from rollout.core.records.phases import Phase
from rollout.core.records.signals import Registered, Verb
from tests.support.stories.azure import SOMEBODY, deployment_spec
from tests.support.stories.invariants import check
from tests.support.stories.policies import MODEL, POLICY
from tests.support.stories.scenes import HOUR, MINUTE, on_trial, wins
from tests.support.stories.stage import Story

AT_MOST_10 = [
    (Phase.CREATING, 0),
    (Phase.VALIDATING, 0),
    (Phase.SHIFTING, 0),
    (Phase.BAKING, 0),
]
BEFORE_50 = [(Phase.CREATING, 0), (Phase.SHIFTING, 0), (Phase.BAKING, 0)]
ABOVE_10 = [
    (Phase.SHIFTING, 1),
    (Phase.BAKING, 1),
    (Phase.BAKING, 2),
    (Phase.PROMOTED, 2),
    (Phase.RETIRING, 2),
    (Phase.SUCCEEDED, 2),
]


@pytest.mark.parametrize(("phase", "stage"), AT_MOST_10)
def test_a_newer_version_replaces_a_rollout_of_at_most_10_percent(phase: Phase, stage: int) -> None:
    story = on_trial(phase, stage)
    rollout = story.rollout.id
    story.register("3")
    wins(story, "3")
    assert story.as_it_ended(rollout).phase is Phase.SUPERSEDED
    assert story.offer_of("2").state is OfferState.SUPERSEDED
    assert story.rollout.stable == "blue-0"


@pytest.mark.parametrize(("phase", "stage"), ABOVE_10)
def test_a_newer_version_waits_for_a_rollout_above_10_percent(phase: Phase, stage: int) -> None:
    story = on_trial(phase, stage)
    rollout = story.rollout.id
    story.register("3")
    wins(story, "3")
    assert story.as_it_ended(rollout).phase is Phase.SUCCEEDED
    assert story.rollout.stable == "green-2"


def test_a_newer_version_ends_a_keep_at_once() -> None:
    policy = replace(POLICY, keep=timedelta(hours=24))
    story = on_trial(Phase.PROMOTED, 2, Story(policy))
    before = story.clock.now
    story.register("3")
    story.until_started("3", within=HOUR)
    assert story.clock.now - before <= 3 * MINUTE


@pytest.mark.parametrize("phase", [Phase.ROLLING_BACK, Phase.DISCARDING])
def test_a_version_registered_while_another_goes_back_starts_after_it(phase: Phase) -> None:
    story = on_trial(Phase.BAKING, 1)
    story.command(Verb.ROLLBACK)
    story.until_phase(phase, within=HOUR)
    started = story.clock.now
    story.register("3")
    story.until_started("3", within=HOUR)
    assert story.clock.now - started <= 2 * MINUTE, "a waiting offer ends the candidate's keep"
    wins(story, "3")


@pytest.mark.parametrize(("phase", "stage"), [*BEFORE_50, *ABOVE_10])
def test_a_queueing_policy_never_replaces(phase: Phase, stage: int) -> None:
    policy = replace(POLICY, on_newer_version=OnNewerVersion.QUEUE)
    story = on_trial(phase, stage, Story(policy))
    rollout = story.rollout.id
    story.register("3")
    wins(story, "3")
    assert story.as_it_ended(rollout).phase is Phase.SUCCEEDED


def test_only_the_newest_of_several_versions_waits() -> None:
    story = on_trial(Phase.BAKING, 1)
    for version in ("3", "4", "5"):
        story.register(version)
        story.pass_time(timedelta(seconds=10))
    wins(story, "5")
    assert [story.offer_of(v).state for v in ("3", "4")] == [OfferState.SUPERSEDED] * 2
    assert {r.stable for r in [story.rollout]} == {"green-2"}


def test_events_in_reverse_order_do_not_bring_an_older_version() -> None:
    story = Story()
    story.adopt()
    story.put_model("2")
    story.pass_time(timedelta(seconds=5))
    story.put_model("3")
    story.event("3")
    story.pass_time(2 * MINUTE)
    story.event("2")
    wins(story, "3")
    assert story.offer_of("2").state is OfferState.SUPERSEDED


def test_a_late_event_of_an_older_version_is_superseded_after_the_newer_one_serves() -> None:
    story = Story()
    story.adopt()
    story.register("2", after=timedelta(hours=20))
    story.pass_time(MINUTE)
    story.register("3")
    story.until_started("3", within=HOUR)
    story.until_phase(Phase.SUCCEEDED, within=2 * HOUR)
    story.until_quiet(within=24 * HOUR)
    assert story.offer_of("2").state is OfferState.SUPERSEDED
    assert story.split == {"green-3": 100}
    check(story)


@pytest.mark.parametrize("phase", [Phase.CREATING, Phase.BAKING, Phase.SUCCEEDED])
def test_a_duplicated_event_changes_nothing(phase: Phase) -> None:
    story = on_trial(phase, 0 if phase is not Phase.SUCCEEDED else 2)
    rollout = story.rollout.id
    for _ in range(3):
        story.event("2")
    story.until_quiet(within=2 * HOUR)
    assert story.rollout.id == rollout
    assert story.offer_of("2").state is OfferState.ROLLOUT
    check(story)


def test_an_event_for_the_version_that_is_live_is_recorded_as_live() -> None:
    story = Story()
    story.adopt("blue-0", "0")
    before = len(story.world.log)
    story.event("0")
    story.until(lambda: bool(story.accepted) and story.offer_of("0").state is OfferState.LIVE)
    assert len(story.world.log) == before
    story.until(lambda: story.idle, within=HOUR)


def test_a_persons_offer_may_be_older_than_what_serves() -> None:
    story = Story()
    story.put_model("1")
    story.pass_time(MINUTE)
    story.adopt("blue-2", "2")
    story.offer("1")
    wins(story, "1")


def test_a_persons_offer_of_the_release_that_serves_is_live() -> None:
    story = Story()
    story.register("1")
    story.until_quiet(within=HOUR)
    story.offer("1")
    story.until(lambda: story.idle and not story.current.offers, within=HOUR)
    assert story.offer_of("1").state is OfferState.LIVE


def test_a_persons_offer_of_the_live_version_with_a_changed_template_starts() -> None:
    story = Story()
    story.register("1")
    story.until_quiet(within=HOUR)
    story.bundle.digest = "template-2"
    story.offer("1")
    story.until(lambda: story.rollout.candidate == "green-1-r2", within=HOUR)
    story.until_quiet(within=2 * HOUR)
    assert story.split == {"green-1-r2": 100}
    check(story)


def test_a_version_that_the_workspace_does_not_have_is_rejected() -> None:
    story = Story()
    story.adopt()
    story.event("77")
    story.until(lambda: bool(story.accepted) and story.idle, within=HOUR)
    assert story.offer_of("77").state is OfferState.REJECTED
    check_without_rollout(story)


def test_tags_are_re_read_from_the_workspace() -> None:
    story = Story(replace(POLICY, tags={"stage": "prod"}))
    story.adopt()
    story.put_model("2", {"stage": "test"})
    event = Registered(story.world.workspace.path, MODEL, "2", {"stage": "prod"}, "e")
    assert story.service.registered(event, story.clock.now).matched == ("fraud",)
    story.until(lambda: story.idle, within=HOUR)
    assert story.offer_of("2").state is OfferState.REJECTED
    assert "stage=prod" in story.offer_of("2").text


def test_an_event_that_matches_no_service_is_not_stored() -> None:
    story = Story(replace(POLICY, model="another-model"))
    story.register("2")
    story.pass_time(5 * MINUTE)
    with story.unseen():
        assert story.store.offers(story.endpoint) == []
    story.accepted.clear()


def test_start_on_manual_leaves_events_and_starts_persons_offers() -> None:
    story = Story(replace(POLICY, start_on=StartOn.MANUAL))
    story.adopt()
    story.register("2")
    story.until(lambda: bool(story.accepted) and story.idle, within=HOUR)
    assert story.offer_of("2").state is OfferState.REJECTED
    story.offer("2")
    wins(story, "2")


def test_a_split_endpoint_is_no_place_to_start_from_until_retry() -> None:
    story = Story()
    story.adopt("blue-0")
    spec = deployment_spec(story.world, MODEL, "0", 1)
    story.world.deployments.put(story.policy.endpoint, "other", spec, SOMEBODY)
    story.pass_time(2 * MINUTE)
    story.foreign_split({"blue-0": 60, "other": 40})
    story.pass_time(MINUTE)
    story.register("2")
    story.until(lambda: bool(story.accepted) and story.idle, within=HOUR)
    assert story.offer_of("2").state is OfferState.REJECTED
    assert "blue-0 60 %, other 40 %" in story.offer_of("2").text
    story.foreign_split({"blue-0": 100})
    story.pass_time(MINUTE)
    story.command(Verb.RETRY)
    story.until_started("2", within=HOUR)
    story.until_quiet(within=2 * HOUR)
    assert story.phase is Phase.SUCCEEDED
    check(story)


def test_a_mirrored_endpoint_is_no_place_to_start_from() -> None:
    story = Story()
    story.adopt("blue-0")
    spec = deployment_spec(story.world, MODEL, "0", 1)
    story.world.deployments.put(story.policy.endpoint, "other", spec, SOMEBODY)
    story.pass_time(2 * MINUTE)
    live = story.world.endpoints.get(story.policy.endpoint).spec
    mirrored = replace(live, split=Split({"blue-0": 100}, {"other": 10}))
    story.world.endpoints.put(story.policy.endpoint, mirrored, SOMEBODY)
    story.pass_time(MINUTE)
    story.register("2")
    story.until(lambda: bool(story.accepted) and story.idle, within=HOUR)
    assert story.offer_of("2").state is OfferState.REJECTED
    assert "mirrored" in story.offer_of("2").text


def test_an_absent_endpoint_is_created_only_where_the_policy_allows() -> None:
    story = Story(replace(POLICY, create=Create(endpoint=False)))
    story.register("2")
    story.until(lambda: bool(story.accepted) and story.idle, within=HOUR)
    assert story.offer_of("2").state is OfferState.REJECTED
    assert "create.endpoint" in story.offer_of("2").text


def check_without_rollout(story: Story) -> None:
    assert story.current.rollout is None
    assert story.current.idle
    assert [e.sequence for e in story.history()] == list(range(1, len(story.history()) + 1))
