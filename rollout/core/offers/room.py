"""Offers give way where the owner row has no room left for going back."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from rollout.core.machine.decision import Decision
from rollout.core.records.offers import Offer, OfferRecord, OfferState, is_repeated

DROPPED_AT_ONCE = 40
"""Each takes a row of the transaction, which has room for 100 with the rest of a decision."""


def newest_offers(decision: Decision) -> tuple[Offer, ...]:
    """The offers that give way first; their records are read before they do."""
    return decision.current.offers[-DROPPED_AT_ONCE:]


def without_newest_offers(
    decision: Decision, held: Mapping[tuple[str, str], OfferRecord], now: datetime
) -> Decision:
    """Reject the newest undecided offers, so that the rest of the decision can be saved.

    `held` are their stored records, by model and version: what is quarantined stays so, and a
    repeated event changes nothing of what was decided.
    """
    offers, dropped = decision.current.offers, newest_offers(decision)
    text = "dropped: the row had no room left for going back. Offer the version again"
    records = {(each.offer.model, each.offer.version): each for each in decision.offers}
    for offer in (each for each in dropped if not is_repeated(each)):
        key = (offer.model, offer.version)
        quarantined = held[key].quarantined if key in held else ()
        records[key] = OfferRecord(offer, OfferState.REJECTED, now, text, "", quarantined)
    return replace(
        decision,
        current=replace(decision.current, offers=offers[: -len(dropped)]),
        offers=tuple(records.values()),
    )
