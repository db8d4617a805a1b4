"""What an order is answered: the new view, and what the order did."""

from dataclasses import dataclass

import pytest

from rollout.core.records.history import HistoryEntry
from rollout.core.records.offers import OfferRecord
from rollout.core.records.orders import OrderAnswer
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Current
from rollout.inbound.order_views import ordered_view, shown_view
from tests.support.builders import ENDPOINT_ID, NOW, a_current, a_rollout
from tests.support.views import view_of


@dataclass(frozen=True)
class Shown:
    current: Current | None
    service: str = "fraud"
    endpoint: str | None = ENDPOINT_ID
    history: tuple[HistoryEntry, ...] = ()
    offers: tuple[OfferRecord, ...] = ()
    fault: str = ""
    history_before: int | None = None
    offers_after: str | None = None


SHOWN = Shown(a_current(a_rollout(Phase.SHIFTING)))


@pytest.mark.parametrize("repeated", [False, True])
def test_an_order_is_answered_with_the_view_and_what_it_did(*, repeated: bool) -> None:
    answer = OrderAnswer("advance", "advance", "advance: goes on", "r-1", Phase.SHIFTING, 1)

    shown = ordered_view(answer, SHOWN, NOW, repeated=repeated)

    assert shown.pop("order") == {
        "verb": "advance",
        "text": "advance: goes on",
        "rollout": "r-1",
        "phase": "SHIFTING",
        "stage": 1,
        "repeated": repeated,
    }
    assert shown == shown_view(SHOWN, NOW) == view_of(a_rollout(Phase.SHIFTING))


def test_only_a_start_has_an_outcome() -> None:
    answer = OrderAnswer("start", "known", "offered already", "0", Phase.NONE, 0)

    assert ordered_view(answer, SHOWN, NOW, repeated=False)["order"]["outcome"] == "known"
