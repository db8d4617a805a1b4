"""What operators read. A page costs the same, however long the history is."""

from dataclasses import replace

from rollout.errors import InvalidInputError, RolloutError
from rollout.service.dependencies import Dependencies, Limits
from rollout.service.directory import Directory
from rollout.service.outcomes import Bodies, OrderOutcome, ServiceView
from rollout.service.paging import mark_of, read_mark

HISTORY_SHOWN = 100
"""Rows of history where the caller does not say how many."""

NOT_FOUND = 404
NOT_READ = (
    "the order was carried out, and the history cannot be read now: ask for the service again"
)


class Viewing:
    """The reading doors. They save nothing and ask nothing of Azure."""

    def __init__(self, ports: Dependencies, limits: Limits, directory: Directory) -> None:
        self._ports = ports
        self._limits = limits
        self._directory = directory

    def row(self, service: str) -> ServiceView:
        """One service without its history and offers: one read, enough to tell whether it changed.

        Raises:
            InvalidInputError: There is no such service (404).
        """
        endpoint, stored = self._directory.row_of(service)
        if stored is None:
            return ServiceView(service, endpoint, None)
        fault = self._directory.fault_of(service, stored)
        return ServiceView(service, endpoint, stored.current, fault=fault)

    def complete(
        self, row: ServiceView, *, before: int | None, limit: int, after: str
    ) -> ServiceView:
        """Add a page of the history (oldest first) and of the offers to what `row` read.

        Args:
            row: The service.
            before: Show history rows numbered below this; None: the latest.
            limit: How many of them.
            after: The `offers_after` of an earlier view; "": from the first offer.

        Raises:
            InvalidInputError: `after` is no such mark.
        """
        current = row.current
        if current is None:
            return row
        end = current.sequence + 1
        history = self._ports.store.history(
            current.endpoint,
            current.rollout_id,
            limit,
            before=end if before is None else min(before, end),
        )
        shown = self._limits.offers_shown
        offers = self._ports.store.offers(current.endpoint, after=read_mark(after), limit=shown + 1)
        page = tuple(offers[:shown])
        return replace(
            row,
            history=history,
            offers=page,
            history_before=history[0].sequence if history and history[0].sequence > 1 else None,
            offers_after=mark_of(page[-1]) if len(offers) > shown else None,
        )

    def after(self, outcome: OrderOutcome) -> ServiceView:
        """Everything about a service after an order that was carried out.

        What cannot be read now does not take the order's answer away: the row is shown as the
        order left it, and `fault` says what is missing.
        """
        service, current = outcome.service, outcome.current
        try:
            return self.complete(self.row(service), before=None, limit=HISTORY_SHOWN, after="")
        except RolloutError as error:
            self._ports.log.info("a view cannot be read", service=service, reason=str(error))
            return ServiceView(service, current.endpoint, current, fault=NOT_READ)

    def bodies(self, service: str, sequence: int) -> Bodies:
        """What the views hold back of one row of the latest rollout's history.

        Raises:
            InvalidInputError: There is no such service or row (404).
        """
        endpoint, stored = self._directory.row_of(service)
        rollout = stored.current.rollout_id if stored is not None else ""
        rows = self._ports.store.history(endpoint, rollout, 1, before=sequence + 1)
        if not rows or rows[0].sequence != sequence:
            text = f"the history of {service} has no row {sequence}: take a number from its view"
            raise InvalidInputError(text, status=NOT_FOUND)
        return Bodies(rollout, sequence, rows[0].held_back)
