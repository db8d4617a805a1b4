"""What gives way where the row has no room left."""

from rollout.core.machine.decision import Decision
from rollout.core.offers.room import DROPPED_AT_ONCE, newest_offers, without_newest_offers
from rollout.core.records.offers import OfferRecord, OfferState
from tests.support.builders import MODEL, NOW, a_current, an_offer


def test_a_dropped_offer_is_rejected_and_keeps_its_quarantine() -> None:
    held = {(MODEL, "8"): OfferRecord(an_offer(), OfferState.RECEIVED, NOW, "", "", ("digest",))}
    lighter = without_newest_offers(Decision(a_current(offers=(an_offer(),))), held, NOW)
    (record,) = lighter.offers
    assert (record.state, record.quarantined) == (OfferState.REJECTED, ("digest",))
    assert lighter.current.offers == ()


def test_a_dropped_repeat_of_an_event_leaves_what_was_decided() -> None:
    repeated = an_offer(known_created_at=NOW)
    held = {(MODEL, "8"): OfferRecord(an_offer(), OfferState.LIVE, NOW, "it serves already")}
    lighter = without_newest_offers(Decision(a_current(offers=(repeated,))), held, NOW)
    assert (lighter.offers, lighter.current.offers) == ((), ())


def test_the_newest_offers_give_way_and_the_oldest_keep_their_turn() -> None:
    offers = tuple(an_offer(f"{number}") for number in range(DROPPED_AT_ONCE + 5))
    full = Decision(a_current(offers=offers))
    assert newest_offers(full) == offers[5:]
    lighter = without_newest_offers(full, {}, NOW)
    assert lighter.current.offers == offers[:5]
    assert [each.offer for each in lighter.offers] == list(offers[5:])
