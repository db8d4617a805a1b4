"""A mirror before the first weight: the candidate is judged by copies, and no client sees it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from rollout.core.policy.gate_model import Check
from rollout.core.policy.model import OnInconclusive, OnNewerVersion, Policy
from rollout.core.records.offers import OfferState
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Cause, HoldReason
from rollout.core.records.signals import Verb
from tests.support.stories.azure import CONTROLLER, FAILING, SOMEBODY, deployment_spec
from tests.support.stories.calls import expect
from tests.support.stories.invariants import check
from tests.support.stories.policies import MIRRORING, MODEL
from tests.support.stories.probed import QUICK, quiet
from tests.support.stories.scenes import HOUR, MINUTE, held_for, on_trial, succeeds
from tests.support.stories.stage import DIALS, Story

STABLE, MIRROR = {"blue-0": 100}, {"green-2": 20}
GATE = replace(MIRRORING.gate, max_bake=10 * MINUTE)


def mirroring(policy: Policy = MIRRORING) -> Story:
    """Version 2 is mirrored to."""
    story = on_trial(Phase.BAKING, 0, Story(policy))
    assert (story.split, story.mirror) == (STABLE, MIRROR)
    return story


def weights(story: Story) -> list[tuple[dict[str, int], dict[str, int]]]:
    """Every split and mirror that the product wrote, in order."""
    own = (w for w in story.world.log.of("endpoints.put") if w.caller == CONTROLLER)
    return [(dict(w.after.split.live), dict(w.after.split.mirror)) for w in own]


def no_client_saw_it(story: Story) -> None:
    """No write of anybody ever gave the candidate a weight."""
    writes = story.world.log.of("endpoints.put")
    assert not [w for w in writes if "green-2" in w.after.split.live]


def test_a_whole_rollout_begins_with_a_mirror_that_ends_in_the_write_of_the_first_weight() -> None:
    story = mirroring()
    succeeds(story)
    assert weights(story) == [
        # The way back is rehearsed before there is a candidate.
        (STABLE, {}),
        (STABLE, MIRROR),
        ({"blue-0": 90, "green-2": 10}, {}),
        ({"blue-0": 50, "green-2": 50}, {}),
        ({"green-2": 100}, {}),
    ]
    assert story.deployments == {"green-2": "Succeeded"}
    passed = next(e for e in story.history() if e.data.get("finding") == "stage passed")
    # A fifth of 600 a minute; stable answers them all.
    assert "candidate 0 of 120 failed, stable 0 of 600 in 1 min" in passed.text


def test_a_candidate_that_fails_its_copies_is_stopped_and_no_client_saw_it() -> None:
    story = Story(MIRRORING)
    story.serves("2", FAILING)
    on_trial(Phase.BAKING, 0, story)
    story.until_quiet(within=4 * HOUR)
    assert (story.phase, story.rollout.cause) == (Phase.FAILED, Cause.GATE)
    assert (story.split, story.mirror) == (STABLE, {})
    assert story.deployments == {"blue-0": "Succeeded"}
    assert story.offer_of("2").state is OfferState.QUARANTINED
    no_client_saw_it(story)
    check(story)


def test_a_rollback_by_hand_clears_the_mirror_with_its_first_write() -> None:
    story = mirroring()
    story.command(Verb.ROLLBACK)
    story.until_phase(Phase.DISCARDING, within=HOUR)
    assert (story.split, story.mirror) == (STABLE, {})
    assert story.deployments["green-2"] == "Succeeded", "it is kept for inspection"
    story.until_quiet(within=HOUR)
    assert (story.phase, story.rollout.cause) == (Phase.FAILED, Cause.OPERATOR)
    no_client_saw_it(story)
    check(story)


def test_an_alert_on_the_mirrored_candidate_rolls_back() -> None:
    story = mirroring()
    story.pass_time(MINUTE)
    assert story.alert("green-2", window_end=story.clock.now).outcome == "rolling back"
    story.until_quiet(within=HOUR)
    assert (story.phase, story.rollout.cause) == (Phase.FAILED, Cause.ALERT)
    no_client_saw_it(story)
    check(story)


def test_a_newer_version_takes_its_place_at_once() -> None:
    policy = replace(MIRRORING, on_newer_version=OnNewerVersion.REPLACE)
    story = mirroring(policy)
    story.register("3")
    story.until_started("3", within=HOUR)
    assert story.offer_of("2").state is OfferState.SUPERSEDED
    succeeds(story)
    no_client_saw_it(story)


def test_a_mirror_dropped_by_an_older_client_is_put_back_once_and_then_holds() -> None:
    story = mirroring()
    story.foreign_split(STABLE)
    story.until(lambda: story.rollout.mirror_put_back and story.mirror == MIRROR, within=HOUR)
    story.until_phase(Phase.BAKING, stage=0, within=HOUR)
    assert any("it is put back once" in notice for notice in story.log.notices)
    story.foreign_split(STABLE)
    before = len(weights(story))
    story.until(lambda: story.is_held, within=HOUR)
    story.pass_time(10 * MINUTE)
    assert held_for(story) is HoldReason.DRIFT
    assert len(weights(story)) == before, "nobody is fought"
    story.command(Verb.RESUME)
    story.until(lambda: story.mirror == MIRROR, within=HOUR)
    succeeds(story)


def test_the_minutes_without_the_mirror_are_no_evidence() -> None:
    story = mirroring()
    story.foreign_split(STABLE)
    story.until(lambda: story.rollout.mirror_put_back, within=HOUR)
    put_back = story.clock.now
    story.until(lambda: story.standing[1] == 1, within=HOUR)
    assert story.clock.now - put_back >= MIRRORING.stages[0].bake
    succeeds(story)


def test_a_mirror_dropped_during_a_pause_stays_away_until_the_operator_resumes() -> None:
    story = mirroring()
    story.command(Verb.PAUSE)
    story.pass_time(5 * MINUTE)
    assert story.mirror == MIRROR, "a pause keeps it"
    story.foreign_split(STABLE)
    story.pass_time(10 * MINUTE)
    assert (held_for(story), story.mirror) == (HoldReason.OPERATOR, {})
    story.command(Verb.RESUME)
    story.until(lambda: story.mirror == MIRROR, within=HOUR)
    succeeds(story)


def test_a_mirror_to_somebody_elses_deployment_is_left_alone() -> None:
    story = mirroring()
    story.put_model("0")
    spec = deployment_spec(story.world, MODEL, "0", 1)
    story.world.deployments.put(story.policy.endpoint, "shadow", spec, SOMEBODY)
    story.pass_time(2 * MINUTE)
    story.foreign_split(STABLE, {"shadow": 5})
    story.until(lambda: story.is_held, within=HOUR)
    assert held_for(story) is HoldReason.DRIFT
    story.command(Verb.ROLLBACK)
    story.until_quiet(within=HOUR)
    assert (story.phase, story.mirror) == (Phase.FAILED, {"shadow": 5})
    check(story)


def test_a_mirror_of_others_outlives_a_rollout_that_has_left_its_own() -> None:
    story = on_trial(Phase.BAKING, 1, Story(MIRRORING))
    story.put_model("0")
    spec = deployment_spec(story.world, MODEL, "0", 1)
    story.world.deployments.put(story.policy.endpoint, "shadow", spec, SOMEBODY)
    story.pass_time(2 * MINUTE)
    story.foreign_split(story.split, {"shadow": 5})
    succeeds(story)
    assert story.mirror == {"shadow": 5}


@pytest.mark.parametrize("on", [OnInconclusive.HOLD, OnInconclusive.AUTO, OnInconclusive.ROLLBACK])
def test_copies_that_azure_monitor_does_not_show_are_inconclusive_not_failed_and_not_dark(
    on: OnInconclusive,
) -> None:
    story = Story(replace(MIRRORING, gate=GATE, on_inconclusive=on))
    story.metrics.mirrored_counted = False
    on_trial(Phase.BAKING, 0, story)
    story.until(lambda: story.is_held, within=HOUR)
    assert held_for(story) is HoldReason.INCONCLUSIVE
    assert "Azure Monitor shows no mirrored requests" in str(story.rollout.hold)
    assert story.mirror == MIRROR
    story.command(Verb.ADVANCE, skip_evidence=True)
    succeeds(story)


def test_probes_say_nothing_of_a_mirror_that_does_not_show() -> None:
    """At little traffic they are the evidence, as in every stage."""
    stages = (replace(MIRRORING.stages[0], bake=5 * MINUTE), *QUICK.stages)
    story = Story(replace(QUICK, stages=stages))
    story.metrics.mirrored_counted = False
    story = quiet(story=story)
    story.register("2")
    story.until_phase(Phase.BAKING, stage=0, within=HOUR)
    succeeds(story)


def test_without_the_metrics_of_copies_neither_darkness_nor_the_split_is_checked() -> None:
    gate = replace(GATE, dark=3 * MINUTE, max_bake=30 * MINUTE)
    assert Check.DARK not in gate.observe_only
    story = Story(replace(MIRRORING, gate=gate))
    story.metrics.mirrored_counted = False
    on_trial(Phase.BAKING, 0, story)
    story.pass_time(20 * MINUTE)
    assert (story.phase, story.is_held) == (Phase.BAKING, False)


@pytest.mark.parametrize("stale", [5, 20, 45], ids=str)
def test_stale_reads_are_not_taken_for_a_dropped_mirror(stale: int) -> None:
    story = Story(MIRRORING, dials=replace(DIALS, stale_read=timedelta(seconds=stale)))
    story.adopt()
    story.pass_time(5 * MINUTE)
    story.register("2")
    story.until_quiet(within=4 * HOUR)
    assert story.phase is Phase.SUCCEEDED, story.describe()
    assert not story.rollout.mirror_put_back
    check(story)


@pytest.mark.parametrize("pause", [timedelta(seconds=30), 4 * MINUTE, 5 * HOUR], ids=str)
def test_a_mirror_paused_between_its_re_read_and_its_put_loses_to_a_rollback(
    pause: timedelta,
) -> None:
    story = Story(MIRRORING)
    story.adopt()
    story.register("2")

    def meanwhile() -> None:
        expect(story.phase is Phase.SHIFTING, "the mirror is about to be asked for")
        story.command(Verb.ROLLBACK)
        story.pass_time(pause)

    story.seam.once_before("endpoints.put", meanwhile, nth=2)
    story.until_quiet(within=8 * HOUR)
    assert (story.phase, story.split, story.mirror) == (Phase.FAILED, STABLE, {})
    assert story.deployments == {"blue-0": "Succeeded"}
    check(story, late_writes=True)
