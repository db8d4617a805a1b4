"""Who is to blame for an ending: one row a cause, and one a kind of failure where the cause alone
does not tell.

A release is quarantined only for what its model did: its script, its answers, the harm it caused,
or a person's judgement of it. Whatever else ends a rollout leaves the version `rejected`: nothing
starts it again by itself, and an operator may.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from rollout.core.records.failures import FailureKind
from rollout.core.records.offers import OfferState
from rollout.core.records.rollout import Cause, Rollout

_MODEL, _ELSEWHERE = OfferState.QUARANTINED, OfferState.REJECTED


@dataclass(frozen=True, kw_only=True)
class CauseFacts:
    """What is true of an ending because of its cause.

    Attributes:
        offer_state: What the offered version's row says afterwards; `QUARANTINED` also quarantines
            the release.
        by_kind: The kind of failure decides instead, where one is known.
        unblamed: Nothing failed: it ends `SUPERSEDED`, and no candidate is kept for inspection.
    """

    offer_state: OfferState
    by_kind: bool = False
    unblamed: bool = False


CAUSES: Mapping[Cause, CauseFacts] = {
    Cause.ALERT: CauseFacts(offer_state=_MODEL),
    Cause.GATE: CauseFacts(offer_state=_MODEL),
    # A person who rolls back, here or with Azure's own tools, has judged the release.
    Cause.OPERATOR: CauseFacts(offer_state=_MODEL),
    Cause.FOREIGN_ROLLBACK: CauseFacts(offer_state=_MODEL),
    Cause.INCONCLUSIVE: CauseFacts(offer_state=_ELSEWHERE),
    Cause.HOLD_EXPIRED: CauseFacts(offer_state=_ELSEWHERE),
    Cause.SUPERSEDED: CauseFacts(offer_state=OfferState.SUPERSEDED, unblamed=True),
    Cause.TEMPLATE_CHANGED: CauseFacts(offer_state=OfferState.SUPERSEDED, unblamed=True),
    Cause.CANCELLED: CauseFacts(offer_state=_ELSEWHERE, unblamed=True),
    Cause.CREATION_FAILED: CauseFacts(offer_state=_ELSEWHERE, by_kind=True),
    Cause.CREATION_DEADLINE: CauseFacts(offer_state=_ELSEWHERE),
    Cause.VALIDATION_FAILED: CauseFacts(offer_state=_MODEL, by_kind=True),
    # Only answers that say nothing of the model are tried until the deadline.
    Cause.VALIDATION_DEADLINE: CauseFacts(offer_state=_ELSEWHERE),
    Cause.LOST: CauseFacts(offer_state=_ELSEWHERE),
}

FAILURES: Mapping[FailureKind, OfferState] = {
    FailureKind.QUOTA: _ELSEWHERE,
    # The environment belongs to the template, or to stable where that is copied.
    FailureKind.IMAGE: _ELSEWHERE,
    FailureKind.USER_SCRIPT: _MODEL,
    FailureKind.PLATFORM: _ELSEWHERE,
    FailureKind.UNKNOWN: _ELSEWHERE,
    FailureKind.REFUSED: _ELSEWHERE,
    FailureKind.ENDPOINT: _ELSEWHERE,
    FailureKind.REMOVED: _ELSEWHERE,
    FailureKind.WAY_BACK: _ELSEWHERE,
    FailureKind.SAMPLE: _ELSEWHERE,
    FailureKind.ANSWERS: _MODEL,
}


def offer_state(rollout: Rollout) -> OfferState:
    """What the offered version's row says once its rollout has ended: `ROLLOUT` if it succeeded."""
    if rollout.cause is None:
        return OfferState.ROLLOUT
    facts = CAUSES[rollout.cause]
    if facts.by_kind and rollout.failure is not None:
        return FAILURES[rollout.failure]
    return facts.offer_state


def unblamed(rollout: Rollout) -> bool:
    """Nothing failed: another version or a person took its turn away."""
    return rollout.cause is not None and CAUSES[rollout.cause].unblamed
