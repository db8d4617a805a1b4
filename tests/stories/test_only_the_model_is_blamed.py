"""A release is quarantined for what its model did, and for nothing else."""

from dataclasses import replace
from typing import Any

import pytest

from localazure.world import ACTIONS, Call, OperationError, OperationKind
from rollout.core.records.failures import FailureKind
from rollout.core.records.observation import EndpointSeen
from rollout.core.records.offers import OfferState
from rollout.core.records.phases import Phase
from rollout.core.records.signals import Verb
from tests.support.role import ROLE
from tests.support.stories.azure import FAILING, HEALTHY, UNABLE, Behaviour
from tests.support.stories.invariants import check
from tests.support.stories.scenes import HOUR, on_trial, wins
from tests.support.stories.stage import Story

SAMPLE = Behaviour(unusable="sample.csv: the model does not take text/csv (415)")


def ended(story: Story) -> tuple[OfferState, bool]:
    """What version 2's row says once its rollout has ended, and whether it is quarantined."""
    story.register("2")
    story.until_quiet(within=30 * HOUR)
    check(story)
    record = story.offer_of("2")
    return record.state, bool(record.quarantined)


@pytest.mark.parametrize("behaviour", [UNABLE, FAILING])
def test_what_the_model_did_quarantines_it(behaviour: Behaviour) -> None:
    story = Story()
    story.adopt()
    story.serves("2", behaviour)
    assert ended(story) == (OfferState.QUARANTINED, True)


def test_a_sample_of_the_wrong_type_rejects_and_retry_needs_no_other_version() -> None:
    story = Story()
    story.adopt()
    story.serves("2", SAMPLE)
    assert ended(story) == (OfferState.REJECTED, False)
    assert story.rollout.failure is FailureKind.SAMPLE
    story.serves("2", HEALTHY)
    story.command(Verb.RETRY)
    wins(story, "2")


def test_quota_rejects_without_quarantine() -> None:
    story = Story(actions=(*ROLE.everything, ACTIONS[Call.OPERATIONS_GET]))
    story.adopt()
    error = OperationError("OutOfQuota", "Not enough quota for Standard_DS3_v2")
    story.world.fail_next(OperationKind.DEPLOYMENT_CREATE, error)
    assert ended(story) == (OfferState.REJECTED, False)
    assert story.rollout.failure is FailureKind.QUOTA


def test_templates_that_cannot_be_used_reject_before_anything_is_created() -> None:
    story = Story()
    story.adopt()
    story.creator.unusable = "deployment.yml: instance_typ: There is no such field."
    before = len(story.world.log.of("deployments.put"))
    assert ended(story) == (OfferState.REJECTED, False)
    assert len(story.world.log.of("deployments.put")) == before


def test_an_auth_mode_that_is_not_served_is_refused_before_anything_is_created() -> None:
    story = Story()
    story.adopt()
    read = story.ports.endpoints.endpoint

    def with_tokens(*args: Any, **kwargs: Any) -> Any:
        found = read(*args, **kwargs)
        return replace(found, auth_mode="amltoken") if isinstance(found, EndpointSeen) else found

    story.ports.endpoints.endpoint = with_tokens  # type: ignore[method-assign]  # see above
    before = len(story.world.log.of("deployments.put"))
    assert ended(story) == (OfferState.REJECTED, False)
    assert "auth mode amltoken: set key or aad_token" in story.offer_of("2").text
    assert len(story.world.log.of("deployments.put")) == before


def test_a_hold_that_nobody_answered_is_not_the_models_fault() -> None:
    story = on_trial(Phase.BAKING)
    story.command(Verb.PAUSE)
    story.until_quiet(within=30 * HOUR)
    assert story.phase is Phase.ROLLED_BACK
    record = story.offer_of("2")
    assert (record.state, record.quarantined) == (OfferState.REJECTED, ())
