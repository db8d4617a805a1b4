"""Quarantine blames the model only for what the model did."""

import pytest

from rollout.core.machine.blame import CAUSES, FAILURES, offer_state, unblamed
from rollout.core.records.failures import FailureKind
from rollout.core.records.offers import OfferState
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Cause
from tests.support.builders import a_rollout


def test_every_cause_and_every_kind_of_failure_has_its_row() -> None:
    assert CAUSES.keys() == set(Cause)
    assert FAILURES.keys() == set(FailureKind)


def test_a_rollout_that_succeeded_says_so_and_nothing_else() -> None:
    succeeded = a_rollout(Phase.SUCCEEDED)
    assert offer_state(succeeded) is OfferState.ROLLOUT
    assert not unblamed(succeeded)


@pytest.mark.parametrize("cause", list(Cause))
@pytest.mark.parametrize("kind", [None, *FailureKind])
def test_only_the_model_is_quarantined(cause: Cause, kind: FailureKind | None) -> None:
    ended = a_rollout(Phase.FAILED, cause=cause, failure=kind)
    by_kind = cause in {Cause.CREATION_FAILED, Cause.VALIDATION_FAILED} and kind is not None
    judged = {Cause.ALERT, Cause.GATE, Cause.OPERATOR, Cause.FOREIGN_ROLLBACK}
    if by_kind:
        blamed = kind in {FailureKind.USER_SCRIPT, FailureKind.ANSWERS}
    else:
        blamed = cause in judged | {Cause.VALIDATION_FAILED}
    assert (offer_state(ended) is OfferState.QUARANTINED) is blamed


@pytest.mark.parametrize("cause", list(Cause))
def test_what_took_its_turn_away_is_no_failure(cause: Cause) -> None:
    took = {Cause.SUPERSEDED, Cause.TEMPLATE_CHANGED, Cause.CANCELLED}
    assert unblamed(a_rollout(Phase.DISCARDING, cause=cause)) is (cause in took)
