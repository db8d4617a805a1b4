"""The app itself is down for half an hour, two hours, three days: every rollout ends as it should.

Azure goes on meanwhile: what was asked for becomes ready, requests are served and counted, versions
are registered. No limit runs while nobody watches; harm is found by the first look that can see it.
"""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from rollout.core.machine.halts import human_time
from rollout.core.policy.freeze_model import FreezeWindow
from rollout.core.policy.model import Approval, OnInconclusive
from rollout.core.records.observation import SideMinute
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Cause, HoldReason
from rollout.core.records.signals import Verb
from tests.support.stories.azure import FAILING, HEALTHY, TRICKLE, UNABLE
from tests.support.stories.invariants import check
from tests.support.stories.policies import POLICY
from tests.support.stories.scenes import HOUR, MINUTE, held_for, on_trial, succeeds, wins
from tests.support.stories.stage import Story
from tests.support.stories.trouble import always, busy, unavailable

OUTAGES = (30 * MINUTE, 2 * HOUR, 72 * HOUR)
FORWARD = (
    (Phase.CREATING, 0),
    (Phase.VALIDATING, 0),
    (Phase.SHIFTING, 0),
    (Phase.BAKING, 0),
    (Phase.SHIFTING, 1),
    (Phase.BAKING, 2),
    (Phase.PROMOTED, 2),
    (Phase.RETIRING, 2),
)
BEFORE_TRAFFIC = (Phase.CREATING, Phase.VALIDATING)
ALL_LATE = replace(
    POLICY,
    create=replace(POLICY.create, deadline=10 * MINUTE),
    validate=replace(POLICY.validate, deadline=10 * MINUTE),
    shift_deadline=10 * MINUTE,
    deadline=25 * MINUTE,
)
"""Every limit is shorter than the shortest of the outages."""


@pytest.mark.parametrize("span", OUTAGES)
@pytest.mark.parametrize(("phase", "stage"), FORWARD)
def test_a_good_candidate_wins_and_nobody_is_called(
    phase: Phase, stage: int, span: timedelta
) -> None:
    story = on_trial(phase, stage, Story(ALL_LATE))
    story.serves("2", HEALTHY)
    story.is_down(span)
    succeeds(story)
    assert not story.log.attentions
    watch = story.rollout.watch
    assert span - 2 * MINUTE <= watch.unwatched <= span + MINUTE
    (noted,) = (each for each in story.history() if each.kind == "Unwatched")
    assert noted.text.endswith("no limit ran meanwhile")


@pytest.mark.parametrize("span", OUTAGES)
@pytest.mark.parametrize("phase", BEFORE_TRAFFIC)
def test_a_candidate_that_cannot_serve_fails_for_that_and_not_for_the_time(
    phase: Phase, span: timedelta
) -> None:
    story = on_trial(phase, 0, Story(ALL_LATE))
    story.serves("2", UNABLE)
    story.is_down(span)
    story.until_quiet(within=HOUR)
    assert (story.phase, story.rollout.cause) == (Phase.FAILED, Cause.VALIDATION_FAILED)
    check(story)


@pytest.mark.parametrize("span", OUTAGES)
@pytest.mark.parametrize("stage", [0, 1, 2])
def test_the_first_look_rolls_a_bad_candidate_back(stage: int, span: timedelta) -> None:
    story = on_trial(Phase.BAKING, stage, Story(ALL_LATE))
    story.serves("2", FAILING)
    story.is_down(span)
    back = story.clock.now
    story.until_phase(Phase.ROLLING_BACK, within=MINUTE)
    assert story.clock.now - back < timedelta(seconds=5)
    assert "nobody watched from" in story.log.notices[-1]
    story.until_quiet(within=HOUR)
    assert (story.phase, story.rollout.cause) == (Phase.ROLLED_BACK, Cause.GATE)
    assert story.split == {"blue-0": 100}
    check(story)


def test_a_candidate_that_went_bad_during_the_outage_is_found_within_a_minute(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An hour of minutes is folded every five seconds."""
    story = on_trial(Phase.BAKING, 0)
    bad_from, usual = story.clock.now + 5 * HOUR, story.metrics._minute

    def minute(name: str, at: datetime, requests: float, *, latency: bool) -> SideMinute:
        story.serves("2", FAILING if at >= bad_from else HEALTHY)
        return usual(name, at, requests, latency=latency)

    monkeypatch.setattr(story.metrics, "_minute", minute)
    story.is_down(8 * HOUR)
    story.until_phase(Phase.ROLLING_BACK, within=MINUTE)
    story.until_quiet(within=HOUR)
    assert story.rollout.cause is Cause.GATE
    check(story)


@pytest.mark.parametrize("span", OUTAGES)
def test_a_bake_that_nobody_watched_passes_on_its_minutes(span: timedelta) -> None:
    """Each of them was counted by Azure, and is judged before the stage passes."""
    story = on_trial(Phase.BAKING, 0)
    window = story.rollout.baking
    assert window is not None
    story.is_down(span)
    back = story.clock.now
    story.until_phase(Phase.SHIFTING, stage=1, within=HOUR)
    with story.unseen():
        minutes = story.store.minutes(story.endpoint, story.rollout.id)
    judged = [each.minute for each in minutes if each.stage == 0 and "window" in each.data]
    assert judged[-1] >= back - 3 * MINUTE
    assert len(judged) >= span / MINUTE - 3
    succeeds(story)


@pytest.mark.parametrize("span", OUTAGES)
def test_too_little_evidence_in_an_outage_is_too_little(span: timedelta) -> None:
    gate = replace(POLICY.gate, split=None, max_bake=20 * MINUTE, min_requests=10**6)
    story = Story(replace(POLICY, gate=gate, on_inconclusive=OnInconclusive.HOLD))
    story.serves("2", TRICKLE)
    on_trial(Phase.BAKING, 0, story)
    story.is_down(span)
    story.until(lambda: story.is_held, within=HOUR)
    assert (story.phase, held_for(story)) == (Phase.BAKING, HoldReason.INCONCLUSIVE)


@pytest.mark.parametrize("span", OUTAGES)
@pytest.mark.parametrize("took", [True, False], ids=["taken", "refused"])
def test_a_way_back_goes_on_and_calls_nobody_for_the_time(span: timedelta, *, took: bool) -> None:
    story = on_trial(Phase.BAKING, 1)
    end = None if took else always(story.seam, lambda name: name == "endpoints.put", busy)
    story.command(Verb.ROLLBACK)
    story.is_down(span)
    if end is not None:
        end()
    story.until_phase(Phase.DISCARDING, within=MINUTE)
    story.until_quiet(within=HOUR)
    assert (story.phase, story.split) == (Phase.ROLLED_BACK, {"blue-0": 100})
    assert not story.log.attentions
    check(story)


@pytest.mark.parametrize("span", OUTAGES)
def test_what_is_to_be_discarded_is_deleted_at_once_and_calls_nobody(span: timedelta) -> None:
    """Its keep is for people who look into it, and goes on: they need no app for that."""
    story = on_trial(Phase.BAKING, 0)
    story.command(Verb.ROLLBACK)
    story.until_phase(Phase.DISCARDING, within=HOUR)
    story.is_down(span)
    story.until_quiet(within=2 * MINUTE)
    assert story.phase is Phase.ROLLED_BACK
    assert not story.log.attentions
    check(story)


@pytest.mark.parametrize("span", OUTAGES)
def test_the_old_stable_is_kept_for_as_long_as_a_rollback_was_possible(span: timedelta) -> None:
    story = on_trial(Phase.PROMOTED, 2)
    story.is_down(span)
    story.pass_time(3 * MINUTE)
    assert story.phase is Phase.PROMOTED
    assert story.alert("green-2").outcome == "rolling back"
    story.until_quiet(within=HOUR)
    assert (story.phase, story.split) == (Phase.ROLLED_BACK, {"blue-0": 100})
    check(story)


def with_approval(expires: timedelta) -> Story:
    """Held for the approval of the second stage since just now."""
    first, second, last = POLICY.stages
    stages = (first, replace(second, approval=Approval.ANYBODY), last)
    story = on_trial(Phase.BAKING, 0, Story(replace(POLICY, stages=stages, hold_expires=expires)))
    story.until(lambda: story.is_held, within=HOUR)
    assert held_for(story) is HoldReason.APPROVAL
    return story


@pytest.mark.parametrize("span", OUTAGES)
def test_a_hold_that_nobody_could_answer_does_not_expire_by_surprise(span: timedelta) -> None:
    story = with_approval(HOUR)
    story.pass_time(40 * MINUTE)
    asked = len(story.log.attentions)
    story.is_down(span)
    story.pass_time(MINUTE)
    assert held_for(story) is HoldReason.APPROVAL
    again = story.log.attentions[asked:]
    assert len(again) == 1, "it was asked once more"
    assert "nobody watched from" in again[0]
    story.pass_time(27 * MINUTE)
    assert story.is_held
    story.command(Verb.ADVANCE)
    succeeds(story)


def test_a_hold_that_nobody_answers_afterwards_expires_all_the_same() -> None:
    story = with_approval(HOUR)
    story.pass_time(40 * MINUTE)
    story.is_down(2 * HOUR)
    story.pass_time(33 * MINUTE)
    assert story.rollout.cause is Cause.HOLD_EXPIRED
    story.until_quiet(within=HOUR)
    check(story)


@pytest.mark.parametrize("span", OUTAGES)
def test_a_paused_rollout_stays_paused_and_goes_on_after_resume(span: timedelta) -> None:
    story = on_trial(Phase.BAKING, 0, Story(ALL_LATE))
    story.command(Verb.PAUSE)
    story.is_down(span)
    # Between two looks: what is audited must not have happened in the same instant.
    story.pass_time(timedelta(minutes=5, seconds=2))
    assert held_for(story) is HoldReason.OPERATOR
    story.command(Verb.RESUME)
    succeeds(story)
    assert human_time(story.rollout, story.clock.now) >= span
    assert story.rollout.watch.unwatched < MINUTE, "it is a person's time already"


@pytest.mark.parametrize("span", OUTAGES)
def test_a_bad_candidate_under_a_hold_is_rolled_back_by_the_first_look(span: timedelta) -> None:
    story = on_trial(Phase.BAKING, 0)
    story.command(Verb.PAUSE)
    story.serves("2", FAILING)
    story.is_down(span)
    story.until_phase(Phase.ROLLING_BACK, within=timedelta(seconds=5))
    story.until_quiet(within=HOUR)
    assert story.rollout.cause is Cause.GATE
    check(story)


@pytest.mark.parametrize("span", OUTAGES)
def test_a_version_that_came_meanwhile_replaces_the_one_on_trial(span: timedelta) -> None:
    story = on_trial(Phase.BAKING, 0)
    story.at(story.clock.now + 10 * MINUTE, lambda: story.register("3"))
    story.is_down(span)
    wins(story, "3")


@pytest.mark.parametrize("span", OUTAGES)
def test_a_version_that_waited_before_starts_after_the_one_on_trial(span: timedelta) -> None:
    story = on_trial(Phase.BAKING, 1)
    story.register("3")
    story.pass_time(MINUTE)
    story.is_down(span)
    wins(story, "3")


def test_a_suspension_that_ended_meanwhile_leaves_a_rollout_that_goes_on() -> None:
    story = on_trial(Phase.BAKING, 0, Story(ALL_LATE))
    story.command(Verb.SUSPEND, until=story.clock.now + HOUR)
    story.pass_time(2 * MINUTE)
    story.is_down(2 * HOUR)
    succeeds(story)
    assert human_time(story.rollout, story.clock.now) >= 2 * HOUR


@pytest.mark.parametrize("begins", [10 * 60 + 10, 10 * 60 + 40])
def test_a_freeze_that_began_before_or_during_the_outage_is_followed(begins: int) -> None:
    window = FreezeWindow(begins, 14 * 60, "UTC")
    story = on_trial(Phase.BAKING, 0, Story(replace(ALL_LATE, freeze=(window,))))
    story.pass_time(2 * MINUTE)
    story.is_down(2 * HOUR)
    story.pass_time(10 * MINUTE)
    assert story.standing == (Phase.BAKING, 0)
    assert story.rollout.frozen is not None
    succeeds(story)


def test_an_outage_of_the_storage_is_one_too() -> None:
    story = on_trial(Phase.CREATING, 0, Story(ALL_LATE))
    end = always(story.seam, lambda name: name.startswith("store."), unavailable)
    story.pass_time(2 * HOUR)
    end()
    succeeds(story)
    assert story.rollout.watch.unwatched > HOUR


def test_an_outage_of_azure_is_none_and_what_is_ready_is_seen_after_it() -> None:
    """The app looked all the time: a look that could not see judges no candidate."""
    story = on_trial(Phase.CREATING, 0, Story(replace(ALL_LATE, deadline=POLICY.deadline)))
    story.until(lambda: "green-2" in story.deployments)
    kinds = ("endpoints.", "deployments.")
    end = always(story.seam, lambda name: name.startswith(kinds), unavailable)
    story.pass_time(2 * HOUR)
    end()
    succeeds(story)
    assert not story.rollout.watch.unwatched
    assert "stuck: CREATING" in story.log.attentions[0]


def test_every_second_is_a_machines_a_persons_or_nobodys() -> None:
    story = on_trial(Phase.BAKING, 0)
    story.is_down(HOUR)
    story.pass_time(MINUTE)
    story.command(Verb.PAUSE)
    story.is_down(HOUR)
    story.pass_time(MINUTE)
    story.command(Verb.RESUME)
    story.is_down(HOUR)
    succeeds(story)
    rollout = story.rollout
    watch, human = rollout.watch, human_time(rollout, story.clock.now)
    assert 2 * HOUR - 4 * MINUTE < watch.unwatched < 2 * HOUR + 2 * MINUTE
    assert HOUR < human < HOUR + 3 * MINUTE
