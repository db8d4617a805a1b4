"""What became of an offer is written down, in its row and in the history."""

from dataclasses import replace

from rollout.core.machine.draft import Draft
from rollout.core.records.offers import Offer, OfferRecord, OfferState


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
    drop(draft, offer)
    if state is OfferState.WAITING:
        draft.current = replace(draft.current, waiting=offer)
    draft.add_offer(OfferRecord(offer, state, draft.now, text, rollout, quarantined))
    data = {"model": offer.model, "version": offer.version, "state": state.value}
    draft.note(
        "OfferDecided", f"version {offer.version} {state}: {text}", actor=offer.by, data=data
    )


def drop(draft: Draft, offer: Offer) -> None:
    """Take the version off the lists; its record stays as it is."""
    current = draft.current
    key = (offer.model, offer.version)
    offers = tuple(o for o in current.offers if (o.model, o.version) != key)
    waiting = current.waiting
    if waiting is not None and (waiting.model, waiting.version) == key:
        waiting = None
        # What was found or ordered of its start is not the next one's.
        current = replace(current, start_frozen=None, start_thawed_until=None)
    draft.current = replace(current, offers=offers, waiting=waiting)
