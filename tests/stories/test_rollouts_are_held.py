"""Holds, suspension, inconclusive evidence, and other people's hands on the endpoint."""

from dataclasses import replace
from datetime import timedelta

import pytest

from localazure.world import Dials, OperationError, OperationKind
from rollout.core.machine.halts import human_time
from rollout.core.policy.model import OnInconclusive
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Cause, HoldReason
from rollout.core.records.signals import Verb
from rollout.errors import RefusedError
from tests.support.stories.azure import SILENT, TRICKLE
from tests.support.stories.invariants import check
from tests.support.stories.policies import POLICY
from tests.support.stories.scenes import HOUR, MINUTE, held_for, on_trial, succeeds
from tests.support.stories.stage import DIALS, Story
from tests.support.stories.trouble import always, busy, unavailable

DAYS = pytest.mark.no_cover
"""A day, pass by pass: tracing the same lines each minute covers nothing more."""

UNSPLIT = replace(POLICY.gate, split=None)
"""A trickle instead of a tenth would be held for that alone."""


@pytest.mark.parametrize(
    ("phase", "stage"),
    [
        (Phase.CREATING, 0),
        (Phase.SHIFTING, 0),
        (Phase.BAKING, 0),
        (Phase.BAKING, 2),
        (Phase.PROMOTED, 2),
    ],
)
def test_a_pause_stops_every_forward_phase_until_resume(phase: Phase, stage: int) -> None:
    story = on_trial(phase, stage)
    weight = story.split.get("green-2", 0)
    story.command(Verb.PAUSE)
    story.pass_time(5 * HOUR)
    assert held_for(story) is HoldReason.OPERATOR
    assert story.rollout.stage == stage
    assert story.split.get("green-2", 0) <= max(weight, 10)
    assert "blue-0" in story.deployments
    story.command(Verb.RESUME)
    succeeds(story)
    # Five hours of a person's time count in no deadline, and are shown apart.
    assert human_time(story.rollout, story.clock.now) >= 5 * HOUR


@pytest.mark.parametrize("phase", [Phase.RETIRING, Phase.SUCCEEDED])
def test_a_pause_is_refused_where_nothing_moves_forward(phase: Phase) -> None:
    story = on_trial(phase, 2)
    with pytest.raises(RefusedError):
        story.command(Verb.PAUSE)


def test_checks_go_on_while_held() -> None:
    story = on_trial(Phase.BAKING, 0)
    story.command(Verb.PAUSE)
    story.pass_time(10 * MINUTE)
    bake = story.rollout.baking
    assert bake is not None
    assert bake.verdict == "advance"
    assert story.alert("green-2").outcome == "rolling back"
    story.until_phase(Phase.ROLLED_BACK, within=HOUR)
    check(story)


@DAYS
@pytest.mark.parametrize(("phase", "stage"), [(Phase.CREATING, 0), (Phase.BAKING, 1)])
def test_a_forgotten_hold_goes_back_after_a_day(phase: Phase, stage: int) -> None:
    story = on_trial(phase, stage)
    story.command(Verb.PAUSE)
    story.pass_time(timedelta(hours=23, minutes=55))
    assert held_for(story) is HoldReason.OPERATOR
    story.pass_time(HOUR)
    assert story.rollout.cause is Cause.HOLD_EXPIRED
    assert story.split == {"blue-0": 100}
    assert story.log.attentions
    story.until_quiet(within=HOUR)
    check(story)


@DAYS
def test_a_forgotten_pause_of_a_promoted_candidate_is_asked_about_every_day() -> None:
    story = on_trial(Phase.PROMOTED, 2)
    story.command(Verb.PAUSE)
    story.pass_time(timedelta(hours=21, minutes=50))
    assert not story.log.attentions
    story.pass_time(32 * HOUR)
    assert len(story.log.attentions) == 2
    assert held_for(story) is HoldReason.OPERATOR
    story.command(Verb.RESUME)
    succeeds(story)


@DAYS
def test_suspension_stops_starts_and_forward_moves_and_lets_go_back() -> None:
    story = on_trial(Phase.BAKING, 0)
    story.settings(suspended=True)
    story.pass_time(30 * HOUR)
    assert (story.phase, story.split) == (Phase.BAKING, {"blue-0": 90, "green-2": 10})
    with pytest.raises(RefusedError, match="suspended"):
        story.command(Verb.ADVANCE)
    story.register("3")
    story.pass_time(10 * MINUTE)
    assert story.phase is Phase.BAKING
    assert story.alert("green-2").outcome == "rolling back"
    story.until_phase(Phase.ROLLED_BACK, within=HOUR)
    story.pass_time(2 * HOUR)
    assert story.rollout.release.version == "2"
    story.settings(suspended=False)
    story.until_started("3", within=5 * MINUTE)
    succeeds(story)


@DAYS
def test_a_suspended_rollout_goes_on_where_it_was() -> None:
    story = on_trial(Phase.BAKING, 1)
    story.settings(suspended=True)
    story.pass_time(20 * HOUR)
    story.settings(suspended=False)
    succeeds(story)


def test_no_evidence_holds_and_resume_gives_one_fresh_window() -> None:
    gate = replace(UNSPLIT, max_bake=30 * MINUTE)
    story = Story(replace(POLICY, gate=gate))
    story.serves("2", TRICKLE)
    on_trial(Phase.BAKING, 0, story)
    story.until(lambda: story.is_held, within=HOUR)
    assert held_for(story) is HoldReason.INCONCLUSIVE
    assert story.split == {"blue-0": 90, "green-2": 10}
    story.command(Verb.RESUME)
    story.pass_time(5 * MINUTE)
    assert not story.is_held
    story.until(lambda: story.is_held, within=HOUR)
    with pytest.raises(RefusedError, match="advance or roll back"):
        story.command(Verb.RESUME)
    with pytest.raises(RefusedError, match="the gate has not passed 10 %: inconclusive: "):
        story.command(Verb.ADVANCE)
    answer = story.command(Verb.ADVANCE, skip_evidence=True).answer.text
    assert "asking for blue-0 50 %, green-2 50 %; skipped at 10 %, inconclusive: " in answer
    assert story.history()[-2].data["skipped"]["verdict"] == "inconclusive"
    story.until_phase(Phase.BAKING, stage=1, within=HOUR)
    story.command(Verb.ROLLBACK)
    story.until_quiet(within=HOUR)
    assert story.phase is Phase.ROLLED_BACK
    check(story)


@pytest.mark.parametrize(
    ("what", "end"),
    [
        (OnInconclusive.ROLLBACK, Phase.ROLLED_BACK),
        (OnInconclusive.ADVANCE_IF_CLEAN, Phase.PROMOTED),
    ],
)
def test_too_little_evidence_ends_as_the_policy_says(what: OnInconclusive, end: Phase) -> None:
    gate = replace(UNSPLIT, max_bake=30 * MINUTE)
    story = Story(replace(POLICY, gate=gate, on_inconclusive=what))
    story.serves("2", TRICKLE)
    on_trial(Phase.BAKING, 0, story)
    story.until_phase(end, within=5 * HOUR)
    story.until_quiet(within=HOUR)
    check(story)


@pytest.mark.parametrize("what", list(OnInconclusive))
def test_silence_never_passes_and_never_rolls_back(what: OnInconclusive) -> None:
    gate = replace(POLICY.gate, max_bake=30 * MINUTE)
    story = Story(replace(POLICY, gate=gate, on_inconclusive=what))
    on_trial(Phase.BAKING, 0, story)
    for version in ("0", "2"):
        story.serves(version, SILENT)
    story.pass_time(3 * HOUR)
    assert held_for(story) is HoldReason.INCONCLUSIVE
    assert story.split == {"blue-0": 90, "green-2": 10}


def test_a_candidate_that_gets_none_of_the_traffic_is_held_and_then_goes_back() -> None:
    story = Story()
    story.serves("2", SILENT)
    on_trial(Phase.BAKING, 0, story)
    story.until(lambda: story.is_held, within=HOUR)
    assert held_for(story) is HoldReason.GATE
    story.until_quiet(within=HOUR)
    assert (story.phase, story.rollout.cause) == (Phase.ROLLED_BACK, Cause.GATE)
    check(story)


def test_a_hold_of_the_gate_lifts_itself_when_its_reason_ends() -> None:
    story = Story()
    story.serves("2", SILENT)
    on_trial(Phase.BAKING, 0, story)
    story.until(lambda: story.is_held, within=HOUR)
    with pytest.raises(RefusedError, match="lifts its hold"):
        story.command(Verb.RESUME)
    story.clients.behaviours.clear()
    succeeds(story)


def test_a_metric_source_that_is_down_holds_and_lifts_itself() -> None:
    story = on_trial(Phase.BAKING, 0)
    end = always(story.seam, lambda name: name == "metrics.get", unavailable)
    story.until(lambda: story.is_held, within=HOUR)
    assert held_for(story) is HoldReason.METRIC_SOURCE
    story.pass_time(3 * HOUR)
    assert story.split == {"blue-0": 90, "green-2": 10}
    end()
    succeeds(story)
    assert human_time(story.rollout, story.clock.now) >= 2 * HOUR


def test_a_rollout_over_its_deadline_holds_and_resume_starts_it_anew() -> None:
    gate = replace(UNSPLIT, max_bake=20 * HOUR, min_requests=1000)
    story = Story(replace(POLICY, deadline=2 * HOUR, gate=gate))
    story.serves("2", TRICKLE)
    on_trial(Phase.BAKING, 0, story)
    story.until(lambda: story.is_held, within=3 * HOUR)
    assert held_for(story) is HoldReason.DEADLINE
    story.command(Verb.RESUME)
    story.pass_time(HOUR)
    assert not story.is_held
    story.clients.behaviours.clear()
    succeeds(story)


def test_weights_that_are_never_confirmed_hold_and_resume_tries_again() -> None:
    story = on_trial(Phase.CREATING, 0)
    end = always(story.seam, lambda name: name == "endpoints.put", busy)
    story.until(lambda: story.is_held, within=HOUR)
    assert held_for(story) is HoldReason.UNCONFIRMED
    end()
    story.pass_time(10 * MINUTE)
    assert story.split == {"blue-0": 100}, "held: nothing may raise the candidate"
    story.command(Verb.RESUME)
    succeeds(story)


def test_creation_that_takes_too_long_is_given_up() -> None:
    story = Story(dials=replace(DIALS, deployment_creation=5 * HOUR))
    story.world.dials = DIALS
    story.adopt()
    story.world.dials = replace(DIALS, deployment_creation=5 * HOUR)
    story.register("2")
    story.until_quiet(within=3 * HOUR)
    assert story.phase is Phase.FAILED
    assert story.rollout.cause is Cause.CREATION_DEADLINE
    assert story.deployments == {"blue-0": "Succeeded"}
    check(story)


@pytest.mark.parametrize(("phase", "stage"), [(Phase.SHIFTING, 0), (Phase.SHIFTING, 1)])
def test_a_traffic_operation_that_fails_holds_and_a_rollback_still_works(
    phase: Phase, stage: int
) -> None:
    story = Story()
    story.adopt()
    story.register("2")
    before = Phase.CREATING if stage == 0 else Phase.BAKING
    story.until_phase(before, within=HOUR)
    error = OperationError("InternalServerError", "the traffic rule was not applied")
    story.world.fail_next(OperationKind.ENDPOINT_UPDATE, error)
    story.until_phase(phase, stage=stage, within=HOUR)
    story.until(lambda: story.is_held, within=HOUR)
    assert held_for(story) is HoldReason.UNCONFIRMED
    story.command(Verb.ROLLBACK)
    story.until_quiet(within=2 * HOUR)
    assert (story.phase, story.split) == (Phase.ROLLED_BACK, {"blue-0": 100})
    check(story)


def test_dials_of_zero_change_nothing() -> None:
    story = Story(dials=Dials())
    story.adopt()
    story.register("2")
    succeeds(story)


def test_a_candidate_that_gets_hardly_any_of_its_requests_is_held_until_it_gets_them() -> None:
    gate = replace(POLICY.gate, min_requests=1000)
    story = Story(replace(POLICY, gate=gate))
    story.serves("2", TRICKLE)
    on_trial(Phase.BAKING, 0, story)
    story.until(lambda: story.is_held, within=HOUR)
    assert held_for(story) is HoldReason.GATE
    hold = story.rollout.hold
    assert hold is not None
    assert (
        "the candidate does not get the requests that its weight says: it got 0.1% of" in hold.text
    )
    story.clients.behaviours.clear()
    succeeds(story)
