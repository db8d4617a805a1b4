"""The fence by name: writes and creations that arrive late, later than any time-out.

Endpoint writes carry no ETag, so a paused worker's write may arrive at any time. Deleting the
candidate is what stops it, and a rollout is final only when the candidate was seen absent.
"""

from datetime import datetime, timedelta

import pytest

from localazure.world import Effect, Fault
from rollout.core.records.phases import FINAL_PHASES, Phase
from rollout.core.records.signals import Verb
from rollout.errors import ArmUnavailableError
from tests.support.stories.azure import SOMEBODY, deployment_spec
from tests.support.stories.calls import expect
from tests.support.stories.invariants import check, going_back_is_final
from tests.support.stories.policies import MODEL
from tests.support.stories.stage import Story
from tests.support.stories.trouble import always, unavailable

HOUR = timedelta(hours=1)
PAUSES = [
    timedelta(seconds=1),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=3, seconds=20),
    timedelta(minutes=4),
    timedelta(minutes=10),
    timedelta(hours=5),
]


@pytest.mark.parametrize("pause", PAUSES, ids=str)
@pytest.mark.parametrize("stage", [0, 1, 2])
def test_a_raise_paused_between_its_re_read_and_its_put_loses_to_a_rollback(
    stage: int, pause: timedelta
) -> None:
    story = Story()
    story.adopt()
    story.register("2")

    def meanwhile() -> None:
        expect(story.phase is Phase.SHIFTING, "the raise is about to be sent")
        expect(story.alert("green-2").outcome == "rolling back", "the rollback wins")
        story.pass_time(pause)

    story.seam.once_before("endpoints.put", meanwhile, nth=stage + 2)
    story.until(lambda: story.phase in FINAL_PHASES, within=8 * HOUR)
    assert story.phase is Phase.ROLLED_BACK
    assert story.deployments == {"blue-0": "Succeeded"}
    assert story.split == {"blue-0": 100}
    story.pass_time(HOUR)
    assert story.split == {"blue-0": 100}
    check(story, late_writes=True)


@pytest.mark.parametrize("pause", PAUSES, ids=str)
def test_the_rollback_is_never_final_while_the_candidate_could_still_get_weight(
    pause: timedelta,
) -> None:
    story = Story()
    story.adopt()
    story.register("2")

    def meanwhile() -> None:
        story.command(Verb.ROLLBACK)
        story.pass_time(pause)

    story.seam.once_before("endpoints.put", meanwhile, nth=3)
    final_with_candidate = []

    def watch(name: str) -> None:
        row = story.store._load(story.endpoint)
        if name == "store.commit" and row is not None and row.current.phase in FINAL_PHASES:
            final_with_candidate.append("green-2" in story.deployments)

    story.seam.after.append(watch)
    story.until_quiet(within=8 * HOUR)
    assert final_with_candidate
    assert not any(final_with_candidate)
    going_back_is_final(story, late_writes=True)


@pytest.mark.parametrize("pause", PAUSES, ids=str)
def test_a_late_raise_is_taken_back_while_the_candidate_is_kept(pause: timedelta) -> None:
    story = Story()
    story.adopt()
    story.register("2")

    def meanwhile() -> None:
        story.alert("green-2")
        story.pass_time(pause)

    story.seam.once_before("endpoints.put", meanwhile, nth=3)
    story.until(lambda: story.phase in FINAL_PHASES, within=8 * HOUR)
    late = [
        write
        for write in story.world.log.of("endpoints.put")
        if write.after.split.live.get("green-2") == 50
    ]
    if late:
        # What was in flight is taken back by the next looks, not kept for the length of a keep.
        back = next(
            write
            for write in story.world.log.since(late[0].sequence)
            if write.operation == "endpoints.put" and "green-2" not in write.after.split.live
        )
        assert back.at - late[0].at <= timedelta(minutes=1, seconds=10)
    if timedelta(seconds=30) <= pause <= timedelta(minutes=2):
        assert late, "this pause was to end while the candidate was kept"
    if pause >= timedelta(minutes=4):
        assert not late, "the candidate was absent by then: nothing could give it weight"


@pytest.mark.parametrize("boundary", ["endpoints.get", "deployments.list", "store.version"])
def test_a_raise_is_not_sent_once_the_row_has_moved(boundary: str) -> None:
    story = Story()
    story.adopt()
    story.register("2")
    story.until_phase(Phase.BAKING, within=HOUR)
    end = always(story.seam, lambda name: name == "endpoints.put", unavailable)
    story.until_phase(Phase.SHIFTING, stage=1, within=HOUR)
    story.pass_time(timedelta(minutes=1, seconds=2))

    def meanwhile() -> None:
        expect(story.alert("green-2").outcome == "rolling back", "the rollback wins")
        end()  # the alert's own attempt met the outage; this worker's would not

    story.seam.once_before(boundary, meanwhile)
    story.work()
    assert story.phase is Phase.ROLLING_BACK
    assert story.split == {"blue-0": 90, "green-2": 10}
    story.until_quiet(within=HOUR)
    check(story)


def test_a_create_call_that_arrives_during_discarding_is_cleaned_up_before_the_end() -> None:
    story = Story()
    story.adopt()
    story.register("2")

    def meanwhile() -> None:
        story.command(Verb.ROLLBACK)
        story.pass_time(timedelta(minutes=2))
        # Absent was seen many times by now; it is not believed while the call may be under way.
        expect(story.phase is Phase.DISCARDING, "absent is not believed while a call may arrive")

    story.seam.once_before("deployments.put", meanwhile)
    story.until_quiet(within=2 * HOUR)
    assert story.phase is Phase.FAILED
    assert story.deployments == {"blue-0": "Succeeded"}
    check(story)


def with_a_candidate_left_behind() -> Story:
    """The create call of a rollout that was rolled back took effect after its end."""
    story = Story()
    story.adopt()
    story.register("2")

    story.wire.faults.add("deployments.put", Fault(effect=Effect.AFTER))
    story.until(lambda: bool(story.wire.late), within=HOUR)
    story.command(Verb.ROLLBACK)
    story.until_phase(Phase.FAILED, within=HOUR)
    assert story.wire.run_late() == []
    story.pass_time(timedelta(minutes=3))
    assert "green-2" in story.deployments
    return story


def test_a_create_call_that_arrives_after_the_end_is_swept_away_by_its_tag() -> None:
    story = with_a_candidate_left_behind()
    story.pass_time(timedelta(hours=1, minutes=5))
    assert story.deployments == {"blue-0": "Succeeded"}
    check(story)


def test_a_deployment_made_with_a_candidates_tags_is_reported_and_not_swept_away() -> None:
    story = Story()
    story.adopt()
    story.register("2")
    story.until_phase(Phase.BAKING, within=HOUR)
    exported = story.world.deployments.get(story.policy.endpoint, "green-2").spec
    story.world.deployments.put(story.policy.endpoint, "copy", exported, SOMEBODY)
    story.command(Verb.ROLLBACK)
    story.until_phase(Phase.ROLLED_BACK, within=HOUR)
    story.pass_time(timedelta(hours=1, minutes=5))
    assert set(story.deployments) == {"blue-0", "copy"}
    assert any(
        "copy has no traffic" in text and "made green-2" in text for text in story.log.attentions
    )
    check(story)


def test_a_candidate_left_behind_is_kept_while_somebody_gives_it_traffic() -> None:
    story = with_a_candidate_left_behind()
    story.foreign_split({"blue-0": 90, "green-2": 10})
    deletions = story.seam.calls["deployments.delete"]
    story.pass_time(timedelta(hours=1, minutes=5))
    assert "green-2" in story.deployments
    assert story.seam.calls["deployments.delete"] == deletions


def test_what_a_successful_rollout_brought_is_not_swept_away_when_it_serves_no_more() -> None:
    story = Story()
    story.adopt()
    story.register("2")
    story.until_phase(Phase.SUCCEEDED, within=4 * HOUR)
    hotfix = deployment_spec(story.world, MODEL, "2", 2)
    story.world.deployments.put(story.policy.endpoint, "hotfix", hotfix, SOMEBODY)
    story.pass_time(timedelta(minutes=3))
    story.foreign_split({"hotfix": 100})
    story.pass_time(timedelta(hours=1, minutes=5))
    assert set(story.deployments) == {"green-2", "hotfix"}
    assert any("green-2 has no traffic" in each for each in story.log.attentions)


@pytest.mark.parametrize("first", [True, False], ids=["first deployment", "candidate"])
def test_rollback_at_every_call_of_a_creation_leaves_only_what_was_there(first: bool) -> None:  # noqa: FBT001
    boundary = 0
    while True:
        story = Story()
        if not first:
            story.adopt()
        story.register("2")
        story.until_started("2", within=HOUR)

        def cancel(story: Story = story) -> None:
            if story.phase in (Phase.CREATING, Phase.VALIDATING):
                story.command(Verb.ROLLBACK)

        made = story.interrupt(boundary, cancel)
        story.until(lambda m=made, s=story: m.happened or s.phase is Phase.SHIFTING)  # type: ignore[misc]  # bound now
        if not made.happened:
            assert boundary > 5
            return
        story.until_quiet(within=8 * HOUR)
        if story.phase is not Phase.SUCCEEDED:
            assert story.phase is Phase.FAILED, f"boundary {boundary}"
            assert story.deployments == ({} if first else {"blue-0": "Succeeded"})
            assert story.split == ({} if first else {"blue-0": 100})
        check(story)
        boundary += 1


def test_a_create_call_is_not_issued_again_while_it_may_be_under_way() -> None:
    story = Story()
    story.adopt()
    story.register("2")
    moments: list[datetime] = []

    def refuse(name: str) -> None:
        if name == "deployments.put" and len(moments) < 2:
            moments.append(story.clock.now)
            raise ArmUnavailableError("503")

    story.seam.before.append(refuse)
    story.until_quiet(within=2 * HOUR)
    assert moments[1] - moments[0] >= story.policy.create.call_timeout
    assert story.phase is Phase.SUCCEEDED
    check(story)


def test_a_foreign_deployment_without_our_tag_is_never_deleted() -> None:
    story = Story()
    story.adopt()
    spec = deployment_spec(story.world, MODEL, "0", 1)
    story.world.deployments.put(story.policy.endpoint, "shadow", spec, SOMEBODY)
    story.register("2")
    story.until_quiet(within=HOUR)
    story.pass_time(3 * HOUR)
    assert set(story.deployments) == {"green-2", "shadow"}
    check(story)
