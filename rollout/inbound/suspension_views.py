"""What is suspended, as JSON, and the answer to an order about all services."""

from collections.abc import Iterable
from typing import Any, Protocol

from rollout.core.records.suspensions import OrderForAll, Suspension
from rollout.inbound.moments import moment_text


class Listed(Protocol):
    """One thing that is suspended; `service` None: all services are."""

    @property
    def service(self) -> str | None: ...
    @property
    def suspension(self) -> Suspension: ...


def suspension_view(service: str | None, suspension: Suspension) -> dict[str, Any]:
    """One suspension; `service` null: of all services."""
    return {
        "service": service,
        "by": suspension.by,
        "reason": suspension.reason,
        "since": moment_text(suspension.since),
        "until": moment_text(suspension.until),
    }


def suspensions_view(listed: Iterable[Listed]) -> dict[str, Any]:
    """What `GET suspensions` answers."""
    return {"value": [suspension_view(each.service, each.suspension) for each in listed]}


def ordered_for_all_view(order: OrderForAll, text: str, *, repeated: bool) -> dict[str, Any]:
    """What an order about all services left behind, and the order itself."""
    suspension = order.suspension
    return {
        "suspended": None if suspension is None else suspension_view(None, suspension),
        "order": {
            "verb": "suspend" if order.suspends else "unsuspend",
            "text": text,
            "repeated": repeated,
        },
    }
