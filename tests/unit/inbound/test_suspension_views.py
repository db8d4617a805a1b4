"""What is suspended, as JSON, and the answer to an order about all services."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rollout.core.records.suspensions import OrderForAll, Suspension
from rollout.inbound.suspension_views import ordered_for_all_view, suspensions_view

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
UNTIL = NOW + timedelta(hours=1)
SHOWN = {
    "service": None,
    "by": "ann",
    "reason": "an incident",
    "since": "2026-01-31T12:00:00Z",
    "until": "2026-01-31T13:00:00Z",
}


@dataclass(frozen=True)
class Listed:
    service: str | None
    suspension: Suspension


def test_what_is_suspended_says_who_why_and_how_long() -> None:
    lasting = Suspension("ann", "an incident", NOW)
    listed = [Listed(None, Suspension("ann", "an incident", NOW, UNTIL)), Listed("fraud", lasting)]
    assert suspensions_view(listed) == {
        "value": [SHOWN, {**SHOWN, "service": "fraud", "until": None}]
    }


def test_an_order_about_all_answers_what_it_left_behind() -> None:
    order = OrderForAll(NOW, "ann", "an incident", suspends=True, until=UNTIL)
    assert ordered_for_all_view(order, "done", repeated=True) == {
        "suspended": SHOWN,
        "order": {"verb": "suspend", "text": "done", "repeated": True},
    }
    lift = OrderForAll(NOW, "ann", "over", suspends=False)
    assert ordered_for_all_view(lift, "done", repeated=False) == {
        "suspended": None,
        "order": {"verb": "unsuspend", "text": "done", "repeated": False},
    }
