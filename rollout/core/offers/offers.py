"""What becomes of an offered model version before a rollout of it starts.

Order is the model version's `createdAt` in the workspace: not the order of arrival, not the string.
An operator's offer is not compared by age.
"""

from collections.abc import Mapping
from dataclasses import replace

from rollout.core.machine.draft import Draft
from rollout.core.machine.holds import kept_by_hold
from rollout.core.machine.sight import serving
from rollout.core.policy.model import Policy, StartOn
from rollout.core.records.observation import (
    Absent,
    DeploymentSeen,
    EndpointSeen,
    ModelSeen,
    Observation,
    ServiceSeen,
    Unreachable,
    Unsupported,
)
from rollout.core.records.offers import Offer, OfferRecord, OfferSource, OfferState
from rollout.core.records.phases import PHASES, Phase
from rollout.core.records.rollout import Current
from rollout.core.records.signals import Offered
from rollout.errors import TooManyOffersError

KNOWN = "known"

MAX_UNDECIDED = 50
"""Offers of one endpoint that may wait to be decided; each takes room in the row."""


def receive(draft: Draft, offered: Offered, record: OfferRecord | None) -> None:
    """Write the offer down at the door; the pass asks for the truth and decides.

    A repeated event changes nothing, and neither does an operator's offer of a version that waits
    to be decided already.

    Raises:
        TooManyOffersError: So many wait already that this one must come again.
    """
    current = draft.current
    pending = [*current.offers, *([current.waiting] if current.waiting else [])]
    same = [o for o in pending if (o.model, o.version) == (offered.model, offered.version)]
    by_event = offered.source is OfferSource.EVENT
    if by_event and record is not None:
        draft.answer(KNOWN, f"known already: {record.state}: {record.text}")
        return
    if same and (by_event or any(o.source is not OfferSource.EVENT for o in same)):
        draft.answer(KNOWN, "offered already; it waits to be decided")
        return
    offer = Offer(
        offered.model, offered.version, offered.source, draft.now, offered.by, offered.reason
    )
    kept = tuple(o for o in current.offers if o not in same)
    if len(kept) >= MAX_UNDECIDED:
        raise TooManyOffersError(
            f"{len(kept)} versions wait to be decided: offer version {offered.version} again when "
            "some are. They wait while the bundle, the workspace or the endpoint cannot be read."
        )
    draft.current = replace(current, offers=(*kept, offer), next_look=None)
    quarantined = record.quarantined if record is not None else ()
    text = f"offered by {offered.by or 'an event'}"
    draft.add_offer(OfferRecord(offer, OfferState.RECEIVED, draft.now, text, "", quarantined))
    draft.answer(OfferState.RECEIVED, f"version {offered.version} was offered")


def decide_offers(draft: Draft, seen: Observation) -> None:
    """Decide the offers whose truth is known now; the others stay for a later look."""
    service = seen.service
    if not isinstance(service, ServiceSeen) or not _world_known(draft.current, seen):
        return
    before = draft.current.offers
    for offer in before:
        key = (offer.model, offer.version)
        truth = seen.models.get(key)
        unread = isinstance(seen.offer_records.get(key), Unreachable)
        if truth is None or isinstance(truth, Unreachable) or unread:
            continue
        _decide(draft, replace(offer, template_digest=service.template_digest), truth, seen)
    if draft.current.offers and draft.current.offers != before:
        draft.again = True


def settle(
    draft: Draft,
    offer: Offer,
    state: OfferState,
    text: str,
    *,
    rollout: str = "",
    quarantined: tuple[str, ...] = (),
) -> None:
    """Write down what became of an offer, and take it off the lists unless it waits."""
    current = draft.current
    key = (offer.model, offer.version)
    offers = tuple(o for o in current.offers if (o.model, o.version) != key)
    waiting = current.waiting
    if waiting is not None and (waiting.model, waiting.version) == key:
        waiting = None
    if state is OfferState.WAITING:
        waiting = offer
    draft.current = replace(current, offers=offers, waiting=waiting)
    draft.add_offer(OfferRecord(offer, state, draft.now, text, rollout, quarantined))
    data = {"model": offer.model, "version": offer.version, "state": state.value}
    draft.note(
        "OfferDecided", f"version {offer.version} {state}: {text}", actor=offer.by, data=data
    )


def stable_model(current: Current, seen: Observation) -> ModelSeen | None:
    """The model version that serves, as the workspace has it.

    None where it is unknown, or registered elsewhere: then it has no age in this workspace.
    """
    model = _in_the_workspace(current, seen)
    return model if isinstance(model, ModelSeen) else None


def age_unknown(current: Current, seen: Observation) -> bool:
    """The workspace was asked for the version that serves, and did not answer."""
    return isinstance(_in_the_workspace(current, seen), Unreachable)


def _in_the_workspace(
    current: Current, seen: Observation
) -> ModelSeen | Absent | Unreachable | None:
    """What the workspace says of the model version that serves, if it is one of its own."""
    stable = seen.deployment(serving(current, seen))
    model = stable.model if isinstance(stable, DeploymentSeen) else None
    if model is None or not model.of_this_workspace:
        return None
    return seen.models.get((model.name, model.version))


def too_old(offer: Offer, created: ModelSeen, than: ModelSeen | None) -> bool:
    """An event's version that is not newer than the one that serves."""
    if offer.source is not OfferSource.EVENT or than is None:
        return False
    return created.created_at <= than.created_at


def _decide(draft: Draft, offer: Offer, truth: ModelSeen | Absent, seen: Observation) -> None:
    record = seen.offer_records.get((offer.model, offer.version))
    quarantined = record.quarantined if isinstance(record, OfferRecord) else ()
    created = truth.created_at if isinstance(truth, ModelSeen) else None
    offer = replace(offer, created_at=created)
    state, text, rollout = _fate(draft.current, offer, truth, seen, quarantined)
    waiting = draft.current.waiting
    same = waiting is None or (waiting.model, waiting.version) == (offer.model, offer.version)
    if state is OfferState.WAITING and waiting is not None and not same:
        settle(draft, waiting, OfferState.SUPERSEDED, f"version {offer.version} took its place")
    settle(draft, offer, state, text, rollout=rollout, quarantined=quarantined)


def _fate(
    current: Current,
    offer: Offer,
    truth: ModelSeen | Absent,
    seen: Observation,
    quarantined: tuple[str, ...],
) -> tuple[OfferState, str, str]:
    """State, sentence and rollout id. The first reason that applies decides."""
    policy = seen.service.policy if isinstance(seen.service, ServiceSeen) else None
    if policy is None:
        return OfferState.REJECTED, "the service is no longer in the bundle", ""
    if isinstance(truth, Absent):
        return OfferState.REJECTED, "the workspace has no such model version", ""
    if (refusal := _by_policy(offer, truth, policy)) is not None:
        return OfferState.REJECTED, refusal, ""
    if (rollout := _on_trial(current, offer)) is not None:
        return OfferState.ROLLOUT, "it is on trial already", rollout
    serves = stable_model(current, seen)
    if _lives(current, offer, serves, seen):
        return OfferState.LIVE, "it serves already", ""
    if offer.source is not OfferSource.RETRY and offer.template_digest in quarantined:
        return OfferState.QUARANTINED, "this release failed before: use retry", ""
    if too_old(offer, truth, serves):
        return OfferState.SUPERSEDED, "a version registered later serves already", ""
    if current.waiting is not None and _older(offer, current.waiting):
        text = f"version {current.waiting.version} waits and was registered later"
        return OfferState.SUPERSEDED, text, ""
    kept = kept_by_hold(current.rollout) if current.rollout is not None else ""
    return OfferState.WAITING, f"it waits: {kept}" if kept else "it waits for its turn", ""


def _by_policy(offer: Offer, truth: ModelSeen, policy: Policy) -> str | None:
    if offer.source is not OfferSource.EVENT:
        return None
    if policy.start_on is StartOn.MANUAL:
        return "start_on is manual: use startRollout"
    missing = {k: v for k, v in policy.tags.items() if truth.tags.get(k) != v}
    if missing:
        wanted = ", ".join(f"{key}={value}" for key, value in sorted(missing.items()))
        return f"its tags do not match the service's filter ({wanted})"
    return None


def _on_trial(current: Current, offer: Offer) -> str | None:
    rollout = current.rollout
    if rollout is None or not PHASES[rollout.phase].on_trial:
        return None
    release = rollout.release
    same = (release.model, release.version) == (offer.model, offer.version)
    if same and offer.source is not OfferSource.EVENT:
        same = release.template_digest == offer.template_digest
    return rollout.id if same else None


def _lives(current: Current, offer: Offer, serves: ModelSeen | None, seen: Observation) -> bool:
    if serves is None or (serves.name, serves.version) != (offer.model, offer.version):
        return False
    if offer.source is OfferSource.EVENT:
        return True
    rollout = current.rollout
    return (
        rollout is not None
        and rollout.phase is Phase.SUCCEEDED
        and rollout.candidate == serving(current, seen)
        and rollout.release.template_digest == offer.template_digest
    )


def _older(offer: Offer, waiting: Offer) -> bool:
    if offer.source is not OfferSource.EVENT:
        return False
    if waiting.created_at is None or offer.created_at is None:
        return False
    return offer.created_at <= waiting.created_at


def _world_known(current: Current, seen: Observation) -> bool:
    """What serves now is known only from the endpoint, its deployments and their model."""
    if isinstance(seen.endpoint, Absent | Unsupported):
        return True
    read = isinstance(seen.endpoint, EndpointSeen) and isinstance(seen.deployments, Mapping)
    return read and not age_unknown(current, seen)
