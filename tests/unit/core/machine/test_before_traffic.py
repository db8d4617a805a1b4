"""CREATING and VALIDATING: what one look concludes, held and not held."""

from dataclasses import replace
from typing import Any

import pytest

from rollout.core.policy.model import Approval, Create, CreateFrom, SampleRequest, Stage, Validate
from rollout.core.records.effects import CreateCandidate, CreateEndpoint, Recheck
from rollout.core.records.failures import CreationFailure, FailureKind
from rollout.core.records.observation import (
    Absent,
    Observation,
    ProvisioningState,
    Unreachable,
    Unsupported,
    Validation,
)
from rollout.core.records.offers import OfferSource, OfferState, Release
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import (
    Cause,
    CreateIntent,
    CreationStep,
    HoldReason,
    Rollout,
    Seen,
)
from rollout.core.records.signals import CreationRefused
from tests.support.builders import (
    BLUE,
    GREEN,
    MODEL,
    NOW,
    POLICY,
    ROLLOUT_ID,
    a_deployment,
    a_rollout,
    a_service,
    after,
    an_endpoint,
    deployments,
    held,
    look,
    minutes,
    ours,
    rollout_of,
    seen,
    signal,
)

CREATING, VALIDATING = a_rollout(Phase.CREATING), a_rollout(Phase.VALIDATING)
FIRST = replace(CREATING, stable=None, seen=Seen(endpoint=False))
CANDIDATE_MISSING = seen(stamp=ours(0), deployments=deployments(BLUE))
NO_ENDPOINT = seen(endpoint=Absent(), deployments={})
P = ProvisioningState


def candidate_is(state: ProvisioningState, **changes: Any) -> Observation:
    error = changes.pop("error", "")
    made = deployments(BLUE, a_deployment(GREEN, state, error=error))
    return seen(deployments=made, **changes)


def intended(rollout: Rollout, step: CreationStep = CreationStep.CANDIDATE) -> Rollout:
    return replace(rollout, intent=CreateIntent(step, 1, NOW))


@pytest.mark.parametrize("state", [P.CREATING, P.UPDATING, P.DELETING, P.UNKNOWN])
def test_a_candidate_under_way_is_waited_for(state: ProvisioningState) -> None:
    decision = look(CREATING, candidate_is(state))
    assert rollout_of(decision).phase is Phase.CREATING
    assert not decision.effects


def test_a_candidate_that_is_ready_is_validated_next_unless_held() -> None:
    assert rollout_of(look(CREATING, seen())).phase is Phase.VALIDATING
    assert rollout_of(look(held(CREATING), seen())).phase is Phase.CREATING
    assert rollout_of(look(CREATING, seen(), suspended=True)).phase is Phase.CREATING


def test_the_intent_is_saved_with_the_call() -> None:
    decision = look(CREATING, CANDIDATE_MISSING, after(1))
    assert rollout_of(decision).intent == CreateIntent(CreationStep.CANDIDATE, 1, after(1))
    assert decision.effects == (CreateCandidate(GREEN, MODEL, "7", ROLLOUT_ID, None, 2, 1),)


def test_a_copy_names_its_source() -> None:
    copies = replace(POLICY, create=Create(source=CreateFrom.COPY))
    decision = look(replace(CREATING, policy=copies), CANDIDATE_MISSING)
    (effect,) = decision.effects
    assert isinstance(effect, CreateCandidate)
    assert effect.copy_of == BLUE


def test_a_first_deployment_has_nobody_to_be_as_large_as() -> None:
    empty = seen({}, deployments={})
    (effect,) = look(FIRST, empty).effects
    assert isinstance(effect, CreateCandidate)
    assert effect.at_least is None


@pytest.mark.parametrize(("minute", "asks"), [(4.9, False), (5, True)])
def test_a_create_call_is_issued_again_only_when_no_earlier_one_can_be_under_way(
    minute: float, *, asks: bool
) -> None:
    decision = look(intended(CREATING), CANDIDATE_MISSING, after(minute))
    assert bool(decision.effects) is asks
    if asks:
        assert rollout_of(decision).intent == CreateIntent(CreationStep.CANDIDATE, 2, after(minute))


def test_while_held_nothing_is_created() -> None:
    assert not look(held(CREATING), CANDIDATE_MISSING).effects
    assert not look(CREATING, CANDIDATE_MISSING, suspended=True).effects


def test_the_endpoint_comes_first_and_the_candidate_after_it_is_ready() -> None:
    first = look(FIRST, NO_ENDPOINT)
    assert first.effects == (CreateEndpoint(1),)
    busy = replace(NO_ENDPOINT, endpoint=an_endpoint({}, state=P.CREATING))
    waiting = look(rollout_of(first), busy, after(1))
    assert waiting.effects == (Recheck(),)
    ready = look(rollout_of(waiting), seen({}, deployments={}), after(2))
    assert isinstance(ready.effects[0], CreateCandidate)


def test_an_endpoint_once_seen_is_never_created_again() -> None:
    once = look(replace(FIRST, seen=Seen(endpoint=True)), NO_ENDPOINT)
    assert once.effects == (Recheck(),)
    twice = rollout_of(look(rollout_of(once), NO_ENDPOINT, after(1)))
    assert (twice.phase, twice.cause) == (Phase.DISCARDING, Cause.CREATION_FAILED)


@pytest.mark.parametrize(
    "changes",
    [
        {"endpoint": Unreachable("arm"), "deployments": Unreachable("arm")},
        {"deployments": Unreachable("arm")},
        {"endpoint": None, "deployments": None},
    ],
)
def test_what_cannot_be_read_is_no_evidence(changes: dict[str, Any]) -> None:
    for phase in (CREATING, VALIDATING):
        decision = look(phase, seen(**changes))
        assert rollout_of(decision).phase is phase.phase
        assert not decision.history


FAILURES: list[tuple[str, Observation, str]] = [
    ("candidate failed", candidate_is(P.FAILED, error="no quota"), "unknown: no quota"),
    ("candidate canceled", candidate_is(P.CANCELED), "unknown: it is Canceled"),
    (
        "classified",
        candidate_is(P.FAILED, failure=CreationFailure(FailureKind.QUOTA, "no cores", "log")),
        "quota: no cores",
    ),
    ("endpoint failed", seen(state=P.FAILED), "the endpoint is Failed"),
    ("not a managed endpoint", seen(endpoint=Unsupported("kubernetes")), "kubernetes"),
]


@pytest.mark.parametrize(
    ("observation", "text"), [row[1:] for row in FAILURES], ids=[row[0] for row in FAILURES]
)
@pytest.mark.parametrize("hold", [True, False])
def test_a_creation_that_failed_is_discarded_even_while_held(
    observation: Observation, text: str, *, hold: bool
) -> None:
    decision = look(held(CREATING) if hold else CREATING, observation)
    moved = rollout_of(decision)
    assert (moved.phase, moved.cause, moved.cause_text) == (
        Phase.DISCARDING,
        Cause.CREATION_FAILED,
        text,
    )


def test_a_call_that_azure_refused_for_good_ends_the_creation() -> None:
    refused = signal(CREATING, CreationRefused("no such SKU"))
    assert refused.again
    moved = rollout_of(look(rollout_of(refused), CANDIDATE_MISSING))
    assert (moved.phase, moved.cause_text) == (Phase.DISCARDING, "no such SKU")


def test_an_auth_mode_that_no_sample_request_can_use_ends_it_before_a_candidate_is_asked_for() -> (
    None
):
    policy = replace(POLICY, validate=Validate((SampleRequest("sample.json"),)))
    tokens = replace(an_endpoint({BLUE: 100}, ours(0)), auth_mode="AMLToken")
    there = seen(endpoint=tokens, deployments=deployments(BLUE))
    decision = look(a_rollout(Phase.CREATING, policy=policy), there)
    rollout = rollout_of(decision)
    assert (rollout.phase, rollout.failure) == (Phase.DISCARDING, FailureKind.ENDPOINT)
    assert "cannot sign in to an endpoint with the auth mode AMLToken" in rollout.cause_text
    assert not any(isinstance(effect, CreateCandidate) for effect in decision.effects)
    # Without sample requests nothing has to sign in.
    without = look(a_rollout(Phase.CREATING), there)
    assert any(isinstance(effect, CreateCandidate) for effect in without.effects)


def test_a_refusal_that_comes_after_the_phase_is_over_changes_nothing() -> None:
    assert signal(VALIDATING, CreationRefused("late")).current.rollout == VALIDATING
    assert signal(None, CreationRefused("late")).current.rollout is None


@pytest.mark.parametrize("phase", [CREATING, VALIDATING])
def test_deadlines_count_machine_time_only(phase: Rollout) -> None:
    late = after(61)
    there = CANDIDATE_MISSING if phase is CREATING else seen(validation=Unreachable("arm"))
    moved = rollout_of(look(intended(phase), there, late))
    assert moved.phase is Phase.DISCARDING
    assert moved.cause in {Cause.CREATION_DEADLINE, Cause.VALIDATION_DEADLINE}
    assert rollout_of(look(held(phase), there, late)).phase is phase.phase
    resumed = replace(phase, phase_clock=replace(phase.phase_clock, human=late - NOW))
    assert rollout_of(look(resumed, there, late)).phase is phase.phase


def test_what_is_ready_is_seen_before_any_deadline_is_judged() -> None:
    late = after(600)
    ready = rollout_of(look(CREATING, seen(), late))
    assert ready.phase is Phase.VALIDATING
    valid = rollout_of(look(VALIDATING, seen(validation=Validation(evidence="1 of 1")), late))
    assert valid.phase is Phase.SHIFTING
    # What failed is told as a failure, and not as one of time.
    failed = rollout_of(look(CREATING, candidate_is(P.FAILED, error="no quota"), late))
    assert failed.cause is Cause.CREATION_FAILED


@pytest.mark.parametrize("phase", [CREATING, VALIDATING])
@pytest.mark.parametrize(
    "there",
    [
        seen(endpoint=Unreachable("arm"), deployments=Unreachable("arm")),
        seen(deployments=Unreachable("arm")),
        seen(endpoint=Unreachable("arm")),
    ],
)
def test_a_look_that_could_not_see_the_candidate_judges_no_deadline(
    phase: Rollout, there: Observation
) -> None:
    assert rollout_of(look(phase, there, after(600))).phase is phase.phase


def test_an_endpoint_that_is_not_there_is_seen_and_the_deadline_judged() -> None:
    late = rollout_of(look(intended(FIRST, CreationStep.ENDPOINT), NO_ENDPOINT, after(61)))
    assert (late.phase, late.cause) == (Phase.DISCARDING, Cause.CREATION_DEADLINE)


@pytest.mark.parametrize("phase", [CREATING, VALIDATING])
def test_a_deadline_leaves_unwatched_time_out_and_says_so(phase: Rollout) -> None:
    there = CANDIDATE_MISSING if phase is CREATING else seen(validation=Unreachable("arm"))
    away = replace(phase, phase_clock=replace(phase.phase_clock, unwatched=minutes(120)))
    assert rollout_of(look(intended(away), there, after(121))).phase is phase.phase
    late = rollout_of(look(intended(away), there, after(181)))
    assert late.phase is Phase.DISCARDING
    assert "(not counted: 2:00:00 in which nobody watched)" in late.cause_text


@pytest.mark.parametrize("phase", [CREATING, VALIDATING])
def test_a_changed_template_ends_the_trial_and_offers_the_version_again(phase: Rollout) -> None:
    changed = seen(service=a_service(digest="new"))
    decision = look(phase, changed)
    moved = rollout_of(decision)
    assert (moved.phase, moved.cause) == (Phase.DISCARDING, Cause.TEMPLATE_CHANGED)
    (offer,) = decision.current.offers
    assert (offer.version, offer.source, offer.by) == ("7", OfferSource.EVENT, "the controller")
    assert decision.offers[0].state is OfferState.RECEIVED


@pytest.mark.parametrize("phase", [CREATING, VALIDATING])
@pytest.mark.parametrize("reason", [HoldReason.OPERATOR, HoldReason.ALERT, HoldReason.REPLACED])
def test_a_changed_template_does_not_end_what_an_operator_must_end(
    phase: Rollout, reason: HoldReason
) -> None:
    stopped = held(phase, reason)
    there = seen(service=a_service(digest="new"), validation=Validation())
    kept = rollout_of(look(stopped, there))
    assert (kept.phase, kept.hold) == (phase.phase, stopped.hold)
    moved = rollout_of(look(replace(stopped, hold=None, halted_since=None), there))
    assert moved.cause is Cause.TEMPLATE_CHANGED


@pytest.mark.parametrize("phase", [CREATING, VALIDATING])
@pytest.mark.parametrize(
    "service", [None, Unreachable("bundle"), a_service(policy=None, digest="")]
)
def test_a_bundle_that_cannot_be_read_or_lost_the_service_stops_nothing(
    phase: Rollout, service: Any
) -> None:
    moved = rollout_of(look(phase, seen(service=service, validation=Validation())))
    assert moved.phase not in {Phase.DISCARDING, phase.phase}


def test_a_passed_validation_asks_for_the_first_weight_in_the_same_look() -> None:
    decision = look(VALIDATING, seen(validation=Validation(evidence="2 of 2")))
    moved = rollout_of(decision)
    assert (moved.phase, moved.write, moved.asked_for_traffic_at) == (Phase.SHIFTING, 1, NOW)
    assert moved.validated == "2 of 2"
    assert decision.again


def test_a_validation_passed_while_held_is_remembered() -> None:
    waiting = rollout_of(look(held(VALIDATING), seen(validation=Validation())))
    assert (waiting.phase, waiting.validated) == (Phase.VALIDATING, "passed")
    lifted = replace(waiting, hold=None, halted_since=None)
    assert rollout_of(look(lifted, seen())).phase is Phase.SHIFTING


@pytest.mark.parametrize("hold", [True, False])
def test_a_failed_validation_is_discarded_even_while_held(*, hold: bool) -> None:
    there = seen(validation=Validation(failures=("status 424", "no scores")))
    moved = rollout_of(look(held(VALIDATING) if hold else VALIDATING, there))
    assert (moved.phase, moved.cause) == (Phase.DISCARDING, Cause.VALIDATION_FAILED)
    assert moved.cause_text == "status 424; no scores"


@pytest.mark.parametrize(
    "there",
    [
        seen(deployments=deployments(BLUE)),
        candidate_is(P.FAILED, error="crashed"),
    ],
)
def test_a_candidate_that_went_or_broke_before_validation_is_rejected(there: Observation) -> None:
    assert rollout_of(look(VALIDATING, there)).cause is Cause.VALIDATION_FAILED


def test_an_endpoint_that_goes_before_validation_rejects_after_a_second_look() -> None:
    gone = replace(NO_ENDPOINT, deployments=None)
    once = look(VALIDATING, gone)
    assert rollout_of(once).phase is Phase.VALIDATING
    assert Recheck() in once.effects
    assert rollout_of(look(rollout_of(once), gone, after(1))).phase is Phase.DISCARDING


@pytest.mark.parametrize(
    "answers", [None, Unreachable("arm"), Validation(transient="401"), Validation(("bad",), "429")]
)
def test_answers_that_say_nothing_of_the_model_are_asked_for_again(answers: Any) -> None:
    decision = look(VALIDATING, seen(validation=answers))
    assert rollout_of(decision).phase is Phase.VALIDATING
    assert decision.effects == (Recheck(),)


def test_a_first_stage_with_approval_waits_for_a_person() -> None:
    asks = replace(POLICY, stages=(Stage(10, approval=Approval.ANYBODY), Stage(100)))
    there = seen(validation=Validation())
    hold = rollout_of(look(replace(VALIDATING, policy=asks), there)).hold
    assert hold is not None
    assert hold.reason is HoldReason.APPROVAL
    first = replace(VALIDATING, policy=asks, stable=None)
    assert rollout_of(look(first, seen({}, validation=Validation()))).phase is Phase.SHIFTING


def test_another_release_digest_is_no_changed_template_when_it_is_the_rollouts_own() -> None:
    other = replace(CREATING, release=Release(MODEL, "7", "other"))
    moved = rollout_of(look(other, seen(service=a_service(digest="other"))))
    assert moved.phase is Phase.VALIDATING
