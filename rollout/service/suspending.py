"""The doors of the order that suspends all services, and the list of what is suspended."""

from collections.abc import Callable, Iterator
from datetime import datetime

from rollout.core.records.suspensions import Suspension, SuspensionOfAll, by_setting
from rollout.errors import RefusedError, UnknownOutcomeError, UnreadableRowError
from rollout.ports import Version
from rollout.service.dependencies import Dependencies, Limits
from rollout.service.directory import Directory
from rollout.service.outcomes import AllOutcome, Suspended
from rollout.service.races import raced


class Suspending:
    """Suspends all services, and ends that. Each order is a row's change, a log line, a notice."""

    def __init__(self, ports: Dependencies, limits: Limits, directory: Directory) -> None:
        self._ports = ports
        self._limits = limits
        self._directory = directory

    def suspend(self, by: str, reason: str, until: datetime | None, now: datetime) -> AllOutcome:
        """Suspend all services, or put this order in the place of the one before.

        Raises:
            RefusedError: It would be over already.
            UnreadableRowError: The row for all is damaged.
            StoreUnavailableError: Try again.
        """
        if until is not None and until <= now:
            raise RefusedError(f"{until:%Y-%m-%d %H:%M} UTC is over: give a later end")
        order = Suspension(by, reason, now, until)
        raced(self._limits.races, lambda: self._save(lambda row: row.suspended(order)))
        self._ports.log.notice(f"all services are suspended {order.told}", actor=by)
        self.settle()
        text = f"all services are suspended {order.told}; nothing is raised or started"
        return AllOutcome("suspend", text, order)

    def unsuspend(self, by: str, reason: str, now: datetime) -> AllOutcome:
        """End the suspension of all services; a service's own stays.

        Raises:
            RefusedError: No order suspends all services.
            UnreadableRowError, StoreUnavailableError: As `suspend`.
        """
        if self._limits.suspended:
            raise RefusedError(f"{by_setting(now).by} suspends all services: clear that setting")
        before: list[Suspension] = []

        def attempt() -> None:
            row, version = self._ports.store.suspension()
            present = row.now(now)
            if present is None:
                raise RefusedError("no order suspends all services")
            before[:] = [present]
            self._put(row.lifted(now, by, reason), version)

        raced(self._limits.races, attempt)
        text = f"all services are no longer suspended {before[0].told}"
        self._ports.log.notice(f"{text}; lifted by {by}: {reason}", actor=by)
        return AllOutcome("unsuspend", text, None)

    def settle(self) -> None:
        """Wait until no raise can begin that was checked before an order was saved."""
        self._ports.stopwatch.wait(self._limits.raise_within)

    def listed(self, now: datetime) -> Iterator[Suspended]:
        """What is suspended: all services first, then each of those with an order of its own.

        Raises:
            UnreadableRowError, StoreUnavailableError: As `suspend`.
        """
        if self._limits.suspended:
            yield Suspended(None, by_setting(now))
        row, _ = self._ports.store.suspension()
        if (present := row.now(now)) is not None:
            yield Suspended(None, present)
        for service, listed in sorted(self._directory.everyone().items()):
            own = self._own(listed.endpoint)
            if own is not None and own.lasts(now):
                yield Suspended(service, own)

    def _own(self, endpoint: str | None) -> Suspension | None:
        if endpoint is None:
            return None
        try:
            stored = self._ports.store.load(endpoint)
        except UnreadableRowError:
            return None  # its own view says so
        return stored.current.suspension if stored is not None else None

    def _save(self, change: Callable[[SuspensionOfAll], SuspensionOfAll]) -> None:
        row, version = self._ports.store.suspension()
        self._put(change(row), version)

    def _put(self, row: SuspensionOfAll, version: Version | None) -> None:
        try:
            self._ports.store.put_suspension(row, version)
        except UnknownOutcomeError:
            # The answer was lost: if the row says it, it was saved.
            found, _ = self._ports.store.suspension()
            if found != row:
                raise
