"""What an order is answered: the service as it is after the order, and what the order did."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from rollout.core.records.history import HistoryEntry
from rollout.core.records.offers import OfferRecord
from rollout.core.records.orders import START, OrderAnswer
from rollout.core.records.rollout import Current
from rollout.inbound.views import View, service_view


class Shown(Protocol):
    """Everything about one service, as it was read; the arguments of `service_view`."""

    @property
    def service(self) -> str: ...
    @property
    def endpoint(self) -> str | None: ...
    @property
    def current(self) -> Current | None: ...
    @property
    def history(self) -> Sequence[HistoryEntry]: ...
    @property
    def offers(self) -> Sequence[OfferRecord]: ...
    @property
    def fault(self) -> str: ...
    @property
    def history_before(self) -> int | None: ...
    @property
    def offers_after(self) -> str | None: ...


def shown_view(shown: Shown, now: datetime) -> View:
    """Everything about one service: what a GET of it answers."""
    return service_view(
        shown.service,
        shown.endpoint,
        shown.current,
        now,
        history=shown.history,
        offers=shown.offers,
        history_before=shown.history_before,
        offers_after=shown.offers_after,
        fault=shown.fault,
    )


def ordered_view(answer: OrderAnswer, shown: Shown, now: datetime, *, repeated: bool) -> View:
    """The same after an order, with the order itself as `order`.

    `repeated`: it was carried out when it came before, and its text, rollout, phase and stage are
    those of then. Only a start has an `outcome`: `received`, or `known` where the version waits
    already.
    """
    order = {
        "verb": answer.verb,
        "text": answer.text,
        "rollout": answer.rollout,
        "phase": answer.phase.value,
        "stage": answer.stage,
        "repeated": repeated,
    }
    if answer.verb == START:
        order["outcome"] = answer.outcome
    return {**shown_view(shown, now), "order": order}
