"""What becomes of an offered model version before a rollout of it starts.

Order is the model version's `createdAt` in the workspace: not the order of arrival, not the string.
An operator's offer is not compared by age.
"""

from collections.abc import Mapping
from dataclasses import replace

from rollout.core.machine.draft import Draft
from rollout.core.machine.holds import kept_by_hold
from rollout.core.machine.sight import serving
from rollout.core.offers.settling import drop, settle
from rollout.core.offers.waiting import registered_again, unavailable
from rollout.core.policy.model import Policy, StartOn
from rollout.core.records.observation import (
    Absent,
    DeploymentSeen,
    EndpointSeen,
    ModelId,
    ModelSeen,
    Observation,
    ServiceSeen,
    Unreachable,
    Unsupported,
)
from rollout.core.records.offers import (
    Offer,
    OfferRecord,
    OfferSource,
    OfferState,
    is_repeated,
)
from rollout.core.records.orders import Starter
from rollout.core.records.phases import PHASES, Phase
from rollout.core.records.rollout import Current
from rollout.core.records.signals import Offered
from rollout.errors import TooManyOffersError

KNOWN = "known"

MAX_UNDECIDED = 50
"""Offers of one endpoint that may wait to be decided; each takes room in the row."""


def receive(draft: Draft, offered: Offered, record: OfferRecord | None) -> None:
    """Write the offer down at the door; the pass asks for the truth and decides.

    An operator's offer of a version that waits to be decided already changes nothing. An event
    about a version that was decided before is a repeated delivery, unless the version was deleted
    and registered again: the pass compares `created_at`, and the record stays until then.

    Raises:
        TooManyOffersError: So many wait already that this one must come again.
    """
    current = draft.current
    pending = [*current.offers, *([current.waiting] if current.waiting else [])]
    same = [o for o in pending if (o.model, o.version) == (offered.model, offered.version)]
    by_event = offered.source is OfferSource.EVENT
    if same and (by_event or any(o.source is not OfferSource.EVENT for o in same)):
        draft.answer(KNOWN, "offered already; it waits to be decided")
        return
    registered = record.offer.created_at if record is not None else None
    offer = Offer(
        offered.model,
        offered.version,
        offered.source,
        draft.now,
        offered.by,
        offered.reason,
        known_created_at=registered,
        offerer=Starter() if by_event else Starter(offered.by, offered.proof.subject),
    )
    repeated = by_event and record is not None and not _never_seen(record)
    if not repeated or is_repeated(offer):
        kept = tuple(o for o in current.offers if o not in same)
        _check_room(kept, offer)
        draft.current = replace(current, offers=(*kept, offer), next_look=None)
    if repeated and record is not None:
        draft.answer(KNOWN, f"known already: {record.state}: {record.text}")
        return
    quarantined = record.quarantined if record is not None else ()
    text = f"offered by {offered.by or 'an event'}"
    draft.add_offer(OfferRecord(offer, OfferState.RECEIVED, draft.now, text, "", quarantined))
    draft.answer(OfferState.RECEIVED, f"version {offered.version} was offered")


def _check_room(kept: tuple[Offer, ...], offer: Offer) -> None:
    if len(kept) >= MAX_UNDECIDED:
        raise TooManyOffersError(
            f"{len(kept)} versions wait to be decided: offer version {offer.version} again when "
            "some are. They wait while the bundle, the workspace or the endpoint cannot be read."
        )


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
    again = registered_again(offer.known_created_at, truth)
    if is_repeated(offer) and not again:
        drop(draft, offer)
        return
    if again:
        # Another model under the same number: what failed was the one before it.
        quarantined = ()
    created = truth.created_at if isinstance(truth, ModelSeen) else None
    offer = replace(offer, created_at=created, known_created_at=None, reregistered=again)
    state, text, rollout = _fate(draft.current, offer, truth, seen, quarantined)
    waiting = draft.current.waiting
    same = waiting is None or (waiting.model, waiting.version) == (offer.model, offer.version)
    if state is OfferState.WAITING and waiting is not None and not same:
        settle(draft, waiting, OfferState.SUPERSEDED, f"version {offer.version} took its place")
    if state is OfferState.WAITING:
        text = _until_when(draft)
    settle(draft, offer, state, text, rollout=rollout, quarantined=quarantined)


def _until_when(draft: Draft) -> str:
    """How long an offer waits: where nothing else runs, it does not."""
    rollout = draft.current.rollout
    if rollout is not None and (kept := kept_by_hold(rollout)):
        return f"it waits: {kept}"
    if rollout is not None and not rollout.final:
        return "it waits for its turn"
    if draft.suspended:
        return "it starts once rollouts are no longer suspended"
    return "it starts at the next look"


def _fate(
    current: Current,
    offer: Offer,
    truth: ModelSeen | Absent,
    seen: Observation,
    quarantined: tuple[str, ...],
) -> tuple[OfferState, str, str]:
    """State, sentence and rollout id. The first reason that applies decides.

    What waits has its sentence from `_until_when`.
    """
    policy = seen.service.policy if isinstance(seen.service, ServiceSeen) else None
    if policy is None:
        return OfferState.REJECTED, "the service is no longer in the bundle", ""
    if (refusal := _unfit(offer, truth, policy)) is not None:
        return OfferState.REJECTED, refusal, ""
    if (rollout := _on_trial(current, offer)) is not None:
        return OfferState.ROLLOUT, "it is on trial already", rollout
    if _is_stable(current, offer, seen):
        return OfferState.REJECTED, "it is stable now: use rollback", ""
    serves = stable_model(current, seen)
    if offer.reregistered and _same_version(offer, serves):
        # What serves was made of the model that had this number before.
        serves = None
    if _lives(current, offer, serves, seen):
        return OfferState.LIVE, "it serves already", ""
    if offer.source is not OfferSource.RETRY and offer.template_digest in quarantined:
        return OfferState.QUARANTINED, "this release failed before: use retry", ""
    if isinstance(truth, ModelSeen) and too_old(offer, truth, serves):
        return OfferState.SUPERSEDED, "a version registered later serves already", ""
    if current.waiting is not None and _older(offer, current.waiting):
        text = f"version {current.waiting.version} waits and was registered later"
        return OfferState.SUPERSEDED, text, ""
    return OfferState.WAITING, "", ""


def _unfit(offer: Offer, truth: ModelSeen | Absent, policy: Policy) -> str | None:
    """Why the workspace or the policy keeps the version from starting."""
    refusal = unavailable(truth)
    if refusal is not None or isinstance(truth, Absent) or offer.source is not OfferSource.EVENT:
        return refusal
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
    if offer.reregistered:
        same = same and rollout.model_created_at == offer.created_at
    if same and offer.source is not OfferSource.EVENT:
        same = release.template_digest == offer.template_digest
    return rollout.id if same else None


def _is_stable(current: Current, offer: Offer, seen: Observation) -> bool:
    """It is what the live rollout would go back to, while that is still possible."""
    rollout = current.rollout
    if rollout is None or not PHASES[rollout.phase].forward or offer.reregistered:
        return False
    stable = seen.deployment(rollout.stable)
    return isinstance(stable, DeploymentSeen) and stable.model == ModelId(
        offer.model, offer.version
    )


def _same_version(offer: Offer, serves: ModelSeen | None) -> bool:
    return serves is not None and (serves.name, serves.version) == (offer.model, offer.version)


def _never_seen(record: OfferRecord) -> bool:
    """The workspace had no such version when the offer was decided."""
    return record.state is OfferState.REJECTED and record.offer.created_at is None


def _lives(current: Current, offer: Offer, serves: ModelSeen | None, seen: Observation) -> bool:
    if not _same_version(offer, serves):
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
