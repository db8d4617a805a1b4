"""Which offers give way where the row has no room, and what stays known of them."""

from rollout.core.machine.decision import Decision
from rollout.core.offers.room import DROPPED_AT_ONCE, newest_offers, without_newest_offers
from rollout.core.records.offers import OfferRecord, OfferState
from tests.support.builders import MODEL, NOW, a_current, an_offer

OFFERS = tuple(an_offer(f"{number}") for number in range(DROPPED_AT_ONCE + 5))
FULL = Decision(a_current(offers=OFFERS))


def test_the_newest_offers_give_way_and_the_oldest_keep_their_turn() -> None:
    assert newest_offers(FULL) == OFFERS[5:]
    lighter = without_newest_offers(FULL, {}, NOW)
    assert lighter.current.offers == OFFERS[:5]
    assert [each.offer for each in lighter.offers] == list(OFFERS[5:])
    assert {each.state for each in lighter.offers} == {OfferState.REJECTED}


def test_a_release_that_failed_stays_quarantined_when_its_offer_gives_way() -> None:
    failed = OfferRecord(OFFERS[-1], OfferState.RECEIVED, NOW, "", quarantined=("a digest",))
    lighter = without_newest_offers(FULL, {(MODEL, OFFERS[-1].version): failed}, NOW)
    assert lighter.offers[-1].quarantined == ("a digest",)
    assert lighter.offers[-2].quarantined == ()
