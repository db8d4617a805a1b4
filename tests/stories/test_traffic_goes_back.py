"""Alerts, the gate and persons send traffic back, whatever state the world is in."""

from dataclasses import replace
from datetime import timedelta

import pytest

from localazure.world import ACTIONS, Call, OperationError, OperationKind
from rollout.core.policy.gate_model import LatencyCheck
from rollout.core.policy.model import RollbackPolicy
from rollout.core.records.offers import OfferState
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Cause, HoldReason
from rollout.core.records.signals import Verb
from rollout.errors import EndpointBusyError, RefusedError
from tests.support.role import ROLE
from tests.support.stories.azure import FAILING, SLOW, SOMEBODY, UNABLE
from tests.support.stories.invariants import check
from tests.support.stories.policies import POLICY
from tests.support.stories.scenes import HOUR, MINUTE, on_trial
from tests.support.stories.stage import DIALS, Story
from tests.support.stories.trouble import always, busy


def is_undone(
    story: Story,
    phase: Phase = Phase.ROLLED_BACK,
    offer: OfferState = OfferState.QUARANTINED,
) -> None:
    story.until_quiet(within=3 * HOUR)
    assert story.phase is phase
    assert story.split == {"blue-0": 100}
    assert story.deployments == {"blue-0": "Succeeded"}
    assert story.offer_of("2").state is offer
    check(story)


@pytest.mark.parametrize(
    ("phase", "stage", "end"),
    [
        (Phase.CREATING, 0, Phase.FAILED),
        (Phase.SHIFTING, 0, Phase.ROLLED_BACK),
        (Phase.BAKING, 0, Phase.ROLLED_BACK),
        (Phase.SHIFTING, 1, Phase.ROLLED_BACK),
        (Phase.BAKING, 1, Phase.ROLLED_BACK),
        (Phase.BAKING, 2, Phase.ROLLED_BACK),
        (Phase.PROMOTED, 2, Phase.ROLLED_BACK),
    ],
)
def test_a_person_can_go_back_in_every_forward_phase(phase: Phase, stage: int, end: Phase) -> None:
    story = on_trial(phase, stage)
    story.command(Verb.ROLLBACK)
    is_undone(story, end)
    assert story.rollout.cause is Cause.OPERATOR


def test_the_gate_takes_a_failing_candidate_back() -> None:
    story = Story()
    story.adopt()
    story.serves("2", FAILING)
    story.register("2")
    is_undone(story)
    assert story.rollout.cause is Cause.GATE


def test_the_gate_takes_a_slow_candidate_back() -> None:
    gate = replace(POLICY.gate, latency=LatencyCheck())
    story = Story(replace(POLICY, gate=gate))
    story.adopt()
    story.serves("2", SLOW)
    story.register("2")
    is_undone(story)
    assert story.rollout.cause is Cause.GATE


def test_a_fault_of_both_sides_holds_instead_of_blaming_the_candidate() -> None:
    story = Story()
    story.adopt()
    story.serves("0", FAILING)
    story.serves("2", FAILING)
    story.register("2")
    story.until(lambda: story.is_held, within=HOUR)
    hold = story.rollout.hold
    assert hold is not None
    assert hold.reason is HoldReason.GATE
    check(story)


def test_a_candidate_that_cannot_score_never_reaches_a_client() -> None:
    story = Story()
    story.adopt()
    story.serves("2", UNABLE)
    story.register("2")
    is_undone(story, Phase.FAILED)
    assert story.rollout.cause is Cause.VALIDATION_FAILED
    assert not any("green-2" in w.after.split.live for w in story.world.log.of("endpoints.put"))


@pytest.mark.parametrize(
    ("more", "reason", "offer"),
    [
        ((ACTIONS[Call.OPERATIONS_GET],), "quota", OfferState.REJECTED),
        ((), "user script: the reason was read from", OfferState.QUARANTINED),
    ],
)
def test_a_failed_creation_is_classified_and_cleaned_up(
    more: tuple[str, ...], reason: str, offer: OfferState
) -> None:
    """By its operation where that may be read, else by the log: the role does not reach that."""
    story = Story(actions=(*ROLE.everything, *more))
    story.adopt()
    error = OperationError("OutOfQuota", "Not enough quota for Standard_DS3_v2")
    story.world.fail_next(OperationKind.DEPLOYMENT_CREATE, error)
    story.runtime.prints["green-2"] = "ModuleNotFoundError: No module named 'sklearn'"
    story.register("2")
    is_undone(story, Phase.FAILED, offer)
    (failed,) = [e for e in story.history() if e.data.get("finding") == "creation failed"]
    assert reason in failed.text
    assert failed.data["log"] == "ModuleNotFoundError: No module named 'sklearn'"


def test_a_failed_first_version_removes_its_deployment_and_keeps_the_endpoint() -> None:
    story = Story()
    story.serves("1", UNABLE)
    story.register("1")
    story.until_quiet(within=HOUR)
    assert story.phase is Phase.FAILED
    assert story.deployments == {}
    assert story.split == {}
    story.register("2")
    story.until_started("2")
    story.until_quiet(within=HOUR)
    assert (story.phase, story.split) == (Phase.SUCCEEDED, {"blue-2": 100})
    check(story)


def test_a_first_deployment_taken_back_while_shifting_ends_with_no_traffic() -> None:
    story = Story()
    story.register("1")
    story.until_phase(Phase.SHIFTING, within=HOUR)
    story.command(Verb.ROLLBACK)
    story.until_quiet(within=HOUR)
    assert story.phase is Phase.ROLLED_BACK
    assert (story.split, story.deployments) == ({}, {})
    check(story)


@pytest.mark.parametrize("takes", [MINUTE, 10 * MINUTE, 40 * MINUTE], ids=str)
def test_an_endpoint_that_is_updating_delays_the_rollback_and_a_person_hears_of_it(
    takes: timedelta,
) -> None:
    story = on_trial(Phase.BAKING, 0)
    story.world.dials = replace(DIALS, endpoint_update=takes)
    story.foreign_split(story.split)
    assert story.alert("green-2").outcome == "rolling back"
    story.pass_time(takes - timedelta(seconds=10))
    assert story.phase is Phase.ROLLING_BACK
    assert bool(story.log.attentions) == (takes > 15 * MINUTE)
    story.world.dials = DIALS
    story.pass_time(2 * MINUTE)
    assert story.split == {"blue-0": 100}
    is_undone(story)


def test_a_stable_that_is_scaling_takes_the_traffic_back_at_once() -> None:
    story = on_trial(Phase.BAKING, 1)
    story.world.dials = replace(DIALS, deployment_scaling=30 * MINUTE)
    story.world.deployments.patch(story.policy.endpoint, "blue-0", SOMEBODY, instance_count=5)
    assert story.alert("green-2").outcome == "rolling back"
    story.pass_time(timedelta(seconds=20))
    assert story.split == {"blue-0": 100}
    story.until_phase(Phase.ROLLED_BACK, within=2 * HOUR)
    check(story)


def test_a_stable_that_cannot_serve_is_waited_for_with_attention() -> None:
    story = on_trial(Phase.BAKING, 1)
    error = OperationError("Broken", "the update failed")
    story.world.fail_next(OperationKind.DEPLOYMENT_UPDATE, error)
    deployment = story.world.deployments.get(story.policy.endpoint, "blue-0")
    story.world.deployments.put(story.policy.endpoint, "blue-0", deployment.spec, SOMEBODY)
    story.pass_time(timedelta(seconds=2))
    assert story.deployments["blue-0"] == "Failed"
    story.command(Verb.ROLLBACK)
    story.pass_time(2 * MINUTE)
    assert story.phase is Phase.ROLLING_BACK
    assert story.log.attentions
    story.world.deployments.put(story.policy.endpoint, "blue-0", deployment.spec, SOMEBODY)
    is_undone(story)


def test_a_deletion_that_is_refused_is_asked_again_and_a_person_hears_of_it() -> None:
    story = on_trial(Phase.BAKING, 0)
    end = always(story.seam, lambda name: name == "deployments.delete", busy)
    story.command(Verb.ROLLBACK)
    story.pass_time(HOUR + 10 * MINUTE)
    assert story.phase is Phase.DISCARDING
    assert story.log.attentions
    end()
    is_undone(story)


def test_a_rollback_keeps_the_log_only_where_the_policy_asks() -> None:
    for asked in (True, False):
        story = Story(replace(POLICY, rollback=RollbackPolicy(keep=3 * MINUTE, logs=asked)))
        story.adopt()
        story.runtime.prints["green-2"] = "ValueError: nan"
        story.register("2")
        story.until_phase(Phase.BAKING, within=HOUR)
        story.command(Verb.ROLLBACK)
        is_undone(story)
        logs = [entry.data["log"] for entry in story.history() if "log" in entry.data]
        assert logs == (["ValueError: nan"] if asked else [])


def test_a_quarantined_release_starts_again_only_by_a_persons_retry() -> None:
    story = Story()
    story.adopt()
    story.serves("2", UNABLE)
    story.register("2")
    is_undone(story, Phase.FAILED)
    story.event("2")
    story.offer("2")
    story.until_quiet(within=HOUR)
    assert story.offer_of("2").state is OfferState.QUARANTINED
    assert "retry" in story.offer_of("2").text
    story.clients.behaviours.clear()
    story.command(Verb.RETRY)
    story.until(lambda: story.phase is Phase.SUCCEEDED, within=HOUR)
    assert story.rollout.candidate == "green-2-r2"
    story.until_quiet(within=HOUR)
    check(story)


def test_retry_without_a_version_takes_the_one_that_failed_last() -> None:
    story = Story()
    story.adopt()
    for version in ("2", "3"):
        story.serves(version, UNABLE)
        story.register(version)
        story.until_started(version, within=HOUR)
        story.until_phase(Phase.FAILED, within=HOUR)
    story.command(Verb.RETRY)
    story.until(lambda: story.rollout.candidate == "green-3-r2", within=HOUR)


def test_retry_without_anything_to_retry_is_refused() -> None:
    story = Story()
    story.adopt()
    story.register("2")
    story.until_quiet(within=HOUR)
    with pytest.raises(RefusedError, match="nothing to retry"):
        story.command(Verb.RETRY)


def test_a_busy_endpoint_error_is_not_the_end_of_a_rollback() -> None:
    story = on_trial(Phase.BAKING, 1)

    def refuse() -> None:
        raise EndpointBusyError("409")

    for nth in (1, 2, 3):
        story.seam.once_before("endpoints.put", refuse, nth=nth)
    story.alert("green-2")
    is_undone(story)
