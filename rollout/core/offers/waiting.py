"""What may become of a version in the workspace while it waits for its turn.

A waiting version ends other rollouts and their keep, so that it is looked at before each look at
the live one, and not only when its own turn has come. One that is on trial already goes on: its
deployment holds a copy of the model.
"""

from dataclasses import replace
from datetime import datetime

from rollout.core.machine.draft import Draft
from rollout.core.offers.settling import settle
from rollout.core.policy.freeze_model import Frozen, Zones
from rollout.core.policy.freezing import frozen_at
from rollout.core.policy.model import Policy
from rollout.core.records.observation import Absent, ModelSeen, Observation, Unreachable
from rollout.core.records.offers import Offer, OfferRecord, OfferState
from rollout.core.records.rollout import Current


def check_waiting(draft: Draft, seen: Observation) -> None:
    """Reject the waiting version, or take its new registration for the one that waits."""
    waiting = draft.current.waiting
    if waiting is None or not changed_meanwhile(waiting, seen):
        return
    key = (waiting.model, waiting.version)
    record = seen.offer_records.get(key)
    if key not in seen.offer_records or isinstance(record, Unreachable):
        return
    truth = seen.models[key]
    refusal = unavailable(truth)
    if refusal is not None:
        quarantined = record.quarantined if isinstance(record, OfferRecord) else ()
        settle(draft, waiting, OfferState.REJECTED, refusal, quarantined=quarantined)
    if isinstance(truth, ModelSeen) and refusal is None:
        waiting = replace(waiting, created_at=truth.created_at, reregistered=True)
        settle(draft, waiting, OfferState.WAITING, "it was registered again while it waited")


def changed_meanwhile(waiting: Offer, seen: Observation) -> bool:
    """The workspace says something else of the version than when it began to wait."""
    truth = seen.models.get((waiting.model, waiting.version))
    return unavailable(truth) is not None or registered_again(waiting.created_at, truth)


def start_is_frozen(
    current: Current, policy: Policy, now: datetime, zones: Zones | None
) -> Frozen | None:
    """The freeze that keeps the waiting version from starting, unless an operator lifted it.

    `zones` None: what the row says stands.
    """
    thawed, known = current.start_thawed_until, current.start_frozen
    if thawed is not None and now < thawed:
        return None
    if zones is None:
        return known if known is not None and known.lasts(now) else None
    return frozen_at(policy.freeze, now, zones)


def unavailable(truth: ModelSeen | Absent | Unreachable | None) -> str | None:
    """Why no rollout of the version may start; None where it may, or the answer is not known."""
    if isinstance(truth, Absent):
        return "the workspace has no such model version"
    if isinstance(truth, ModelSeen) and truth.archived:
        return "it is archived in the workspace: restore it, then retry"
    return None


def registered_again(
    known: datetime | None, truth: ModelSeen | Absent | Unreachable | None
) -> bool:
    """The version was deleted and registered again since `known` was its `created_at`."""
    return isinstance(truth, ModelSeen) and known is not None and truth.created_at != known
