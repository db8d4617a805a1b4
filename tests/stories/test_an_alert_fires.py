"""Alerts: the safe direction only, whenever they come."""

from datetime import timedelta

import pytest

from rollout.core.records.offers import OfferState
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Cause, HoldReason
from rollout.core.records.signals import AlertFired, Verb
from rollout.errors import RefusedError
from tests.support.stories.invariants import check
from tests.support.stories.policies import POLICY
from tests.support.stories.scenes import HOUR, MINUTE, on_trial
from tests.support.stories.stage import DIALS, Story
from tests.support.stories.trouble import always, unavailable


def is_undone(story: Story, phase: Phase = Phase.ROLLED_BACK) -> None:
    story.until_quiet(within=3 * HOUR)
    assert story.phase is phase
    assert story.split == {"blue-0": 100}
    assert story.deployments == {"blue-0": "Succeeded"}
    assert story.offer_of("2").state is OfferState.QUARANTINED
    check(story)


@pytest.mark.parametrize(
    ("phase", "stage"), [(Phase.BAKING, 0), (Phase.BAKING, 2), (Phase.PROMOTED, 2)]
)
def test_an_alert_on_the_candidate_goes_back_at_once(phase: Phase, stage: int) -> None:
    story = on_trial(phase, stage)
    outcome = story.alert("green-2")
    assert outcome.outcome == "rolling back"
    assert story.rollout.asked_at == story.clock.now, "Azure took it while the alert waited"
    story.pass_time(DIALS.traffic_update)
    assert story.split == {"blue-0": 100}, "the alert's own attempt moved the traffic"
    is_undone(story)
    assert story.rollout.cause is Cause.ALERT


def test_the_traffic_goes_back_before_operators_are_told() -> None:
    story = on_trial(Phase.BAKING, 0)
    told_before: list[list[str]] = []
    before = [*story.log.attentions, *story.log.notices]
    story.seam.once_before(
        "endpoints.put",
        lambda: told_before.append([*story.log.attentions, *story.log.notices]),
    )
    assert story.alert("green-2").outcome == "rolling back"
    assert told_before == [before]
    assert len([*story.log.attentions, *story.log.notices]) > len(before)


def test_operators_are_told_of_an_alert_although_azure_does_not_answer() -> None:
    story = on_trial(Phase.BAKING, 0)
    before = [*story.log.attentions, *story.log.notices]
    always(story.seam, lambda name: name == "endpoints.put", unavailable)
    assert story.alert("green-2").outcome == "rolling back"
    assert len([*story.log.attentions, *story.log.notices]) > len(before)


def test_an_alert_for_a_fault_at_10_percent_that_arrives_at_50_percent_goes_back() -> None:
    story = on_trial(Phase.BAKING, 0)
    fault = story.clock.now + MINUTE
    story.until_phase(Phase.BAKING, stage=1, within=HOUR)
    assert story.alert("green-2", window_end=fault).outcome == "rolling back"
    is_undone(story)


def test_an_alert_from_before_the_candidates_first_traffic_is_ignored() -> None:
    story = on_trial(Phase.BAKING, 0)
    asked = story.rollout.asked_for_traffic_at
    assert asked is not None
    allowance = POLICY.alert_clock_allowance
    early = story.alert("green-2", window_end=asked - allowance - timedelta(seconds=1))
    assert early.outcome == "ignored"
    # Within the clocks' allowance it counts.
    assert story.alert("green-2", window_end=asked - allowance).outcome == "rolling back"
    is_undone(story)


def test_a_resume_never_makes_an_alert_on_the_candidate_stale() -> None:
    story = on_trial(Phase.BAKING, 0)
    fault = story.clock.now
    story.command(Verb.PAUSE)
    story.pass_time(10 * MINUTE)
    story.command(Verb.RESUME)
    assert story.alert("green-2", window_end=fault).outcome == "rolling back"
    is_undone(story)


def test_an_alert_that_names_nobody_holds_and_asks_for_a_person() -> None:
    story = on_trial(Phase.BAKING, 0)
    assert story.alert(None).outcome == "held"
    assert story.log.attentions
    hold = story.rollout.hold
    assert hold is not None
    assert hold.reason is HoldReason.ALERT
    story.pass_time(HOUR)
    assert story.split == {"blue-0": 90, "green-2": 10}
    before = story.clock.now - MINUTE
    story.command(Verb.RESUME)
    assert story.alert("blue-0", window_end=before).outcome == "ignored"
    story.until_quiet(within=HOUR)
    assert story.phase is Phase.SUCCEEDED
    check(story)


def test_an_alert_after_retiring_began_is_recorded_and_asks_for_a_person() -> None:
    story = on_trial(Phase.RETIRING, 2)
    outcome = story.alert("green-2")
    assert outcome.outcome == "recorded"
    assert "its body is in the history" in outcome.reason
    assert story.log.attentions
    with pytest.raises(RefusedError, match="start its version again"):
        story.command(Verb.ROLLBACK)
    story.until_quiet(within=HOUR)
    assert story.phase is Phase.SUCCEEDED
    check(story)


def test_an_alert_after_a_first_deployment_succeeded_is_attention_only() -> None:
    story = Story()
    story.register("1")
    story.until_quiet(within=HOUR)
    assert story.alert("blue-1").outcome == "recorded"
    assert story.log.attentions
    assert story.split == {"blue-1": 100}
    story.until_quiet(within=HOUR)
    check(story)


def test_an_alert_without_rollout_is_ignored() -> None:
    story = Story()
    story.adopt()
    assert story.alert("blue-0").outcome == "ignored"


def test_the_alerts_own_attempt_may_fail_and_the_queue_goes_on() -> None:
    story = on_trial(Phase.BAKING, 0)
    end = always(
        story.seam, lambda name: name.startswith(("endpoints.", "deployments.")), unavailable
    )
    assert story.alert("green-2").outcome == "rolling back"
    story.pass_time(5 * MINUTE)
    end()
    story.pass_time(MINUTE + timedelta(seconds=20))
    assert story.split == {"blue-0": 100}
    is_undone(story)


def test_a_flood_of_alerts_keeps_no_pass_from_its_turn_for_longer_than_a_tick() -> None:
    story = on_trial(Phase.BAKING, 0)
    numbers = iter(range(10**6))

    def flood(name: str) -> None:
        """An alert that nobody needs, just before each save of a pass."""
        if name != "store.commit" or flooding:
            return
        flooding.append(True)
        alert = AlertFired(f"noise-{next(numbers)}", "noise", "red", None, "x", resolved=True)
        story.service.alert(story.endpoint, alert, story.clock.now)
        held = AlertFired(f"other-{next(numbers)}", "noise", "red", None, "x")
        story.service.alert(story.endpoint, held, story.clock.now)
        flooding.clear()

    flooding: list[bool] = []
    story.seam.before.append(flood)
    story.pass_time(10 * MINUTE)
    story.seam.before.remove(flood)
    assert not [line for line in story.log.lines if line.startswith("a pass gave way")]
    assert len([e for e in story.history() if e.kind == "AlertReceived"]) <= 2 * 10 + 1
    assert story.alert("green-2").outcome == "rolling back"
    is_undone(story)
