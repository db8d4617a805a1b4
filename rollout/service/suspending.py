"""The doors of the order that suspends all services, and the list of what is suspended."""

from collections.abc import Iterator
from datetime import datetime

from rollout.core.records.suspensions import (
    SETTING,
    OrderForAll,
    Suspension,
    SuspensionOfAll,
    by_setting,
)
from rollout.errors import (
    RefusedError,
    StaleRowError,
    UnknownOutcomeError,
    UnreadableRowError,
)
from rollout.ports import SummaryRow, Version
from rollout.service.dependencies import Dependencies, Limits
from rollout.service.directory import Directory, latest_by_endpoint
from rollout.service.outcomes import AllOutcome, Suspended
from rollout.service.races import raced
from rollout.service.stops import UNREADABLE_ORDER, of_all


class Suspending:
    """Suspends all services, and ends that. Each order changes one row, and operators are told."""

    def __init__(self, ports: Dependencies, limits: Limits, directory: Directory) -> None:
        self._ports = ports
        self._limits = limits
        self._directory = directory

    def order(self, order: OrderForAll) -> AllOutcome:
        """Suspend all services, or end that; a service's own suspension stays.

        One that has the key of an order of before is answered again, and nothing is done.

        Raises:
            RefusedError: It would be over already, nothing that an order can lift is there, or the
                row for all is damaged: then all services are suspended until it is repaired.
            KeyReusedError: Another order has this one's key.
            StoreUnavailableError: Try again.
        """
        return raced(self._limits.races, lambda: self._order(order))

    def _order(self, order: OrderForAll) -> AllOutcome:
        try:
            row, version = self._ports.store.suspension()
        except UnreadableRowError as error:
            raise RefusedError(f"{UNREADABLE_ORDER}: {error}") from error
        before = row.repeated(order)
        if before is None:
            self._check(row, order)
            self._put(row.after(order), version)
            # A change for operators to know of; the row has the last of them.
            self._ports.log.notice(_text(order), actor=order.by)
        given = before or order
        if given.suspends:
            self.settle()
        return AllOutcome(given, _text(given), repeated=before is not None)

    def _check(self, row: SuspensionOfAll, order: OrderForAll) -> None:
        if order.until is not None and order.until <= order.at:
            raise RefusedError(f"{order.until:%Y-%m-%d %H:%M} UTC is over: give a later end")
        if not order.suspends and row.now(order.at) is None:
            more = f"; {SETTING} does, which the app's settings end" * self._limits.suspended
            raise RefusedError(f"no order suspends all services{more}")

    def settle(self) -> None:
        """Wait until no raise can begin that was checked before an order was saved."""
        self._ports.stopwatch.wait(self._limits.raise_within)

    def listed(self, now: datetime) -> Iterator[Suspended]:
        """What is suspended: all services first, then each of those with an order of its own.

        Which services have one is read from their summaries, and what it says from their rows.

        Raises:
            StoreUnavailableError: Try again.
        """
        if self._limits.suspended:
            yield Suspended(None, by_setting(now))
        if (present := of_all(self._ports, now)) is not None:
            yield Suspended(None, present)
        rows = self._ports.store.summaries()
        latest = latest_by_endpoint(rows)
        for service, listed in sorted(self._directory.everyone(rows).items()):
            if listed.endpoint is None or not self._perhaps(latest.get(listed.endpoint)):
                continue
            own = self._own(listed.endpoint)
            if own is not None and own.lasts(now):
                yield Suspended(service, own)

    def _perhaps(self, row: SummaryRow | None) -> bool:
        """Say whether a service's row must be asked: its summary shows a suspension, or nothing."""
        summarizer = self._ports.summarizer
        if row is None or row.form != summarizer.form:
            return True
        return summarizer.suspended(row.text)

    def _own(self, endpoint: str) -> Suspension | None:
        try:
            stored = self._ports.store.load(endpoint)
        except UnreadableRowError:
            return None  # its own view says so
        return stored.current.suspension if stored is not None else None

    def _put(self, row: SuspensionOfAll, version: Version | None) -> None:
        try:
            self._ports.store.put_suspension(row, version)
        except (StaleRowError, UnknownOutcomeError):
            # The answer was lost, or the transport asked twice: if the row says it, it was saved.
            found, _ = self._ports.store.suspension()
            if found != row:
                raise


def _text(order: OrderForAll) -> str:
    suspension = order.suspension
    if suspension is None:
        return f"unsuspend: no order suspends all services any more, by {order.by}: {order.reason}"
    told = f"suspend: all services are suspended {suspension.told}"
    return f"{told}; nothing is raised or started, and rollback still works"
