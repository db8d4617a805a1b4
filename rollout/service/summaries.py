"""The list's rows: written after a save, and made again by a sweep or a list where they are wrong.

A summary lies in another table than the row it is made from, so no transaction has both. What
keeps it right: a save notes that a summary is due (`Current.summarised`), and the pass writes it
once its calls are made. If that is lost, the next one that is due repairs it while the service is
live, and a sweep compares every summary with its row.
"""

import hashlib
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial

from rollout.core.machine.suspending import without_ended
from rollout.core.overview.standing import standing
from rollout.core.records.rollout import Current
from rollout.errors import UnreadableRowError
from rollout.ports import Stored, SummaryRow, Version
from rollout.service.dependencies import Dependencies

FAULT_CHARACTERS = 2000
"""How much of a row's fault a summary keeps."""

DIGITS = 16
NEW = Version("")

Found = Stored | UnreadableRowError | None
"""What reading an owner row gave."""


class Summaries:
    """Makes and writes summaries."""

    def __init__(self, ports: Dependencies) -> None:
        self._ports = ports

    def write(self, current: Current, now: datetime) -> None:
        """Write the summary of a row that was just saved. Never raises: it is only a picture."""
        self._attempt(current.endpoint, partial(self._put, current, now))

    def write_latest(self, endpoint: str, now: datetime) -> None:
        """Write the summary of the row as it is now. Never raises.

        For a pass that made other calls after its save: another one may have saved meanwhile, and
        an older summary must not lie over a newer one.
        """

        def latest() -> None:
            stored = self._ports.store.load(endpoint)
            if stored is not None:
                self._put(stored.current, max(now, stored.current.saved_at))

        self._attempt(endpoint, latest)

    def made(
        self, service: str, endpoint: str, now: datetime, *, held: SummaryRow | None
    ) -> SummaryRow:
        """Make a summary from the owner row, and keep it where nobody wrote one meanwhile.

        `held` is the one that it replaces, for the service that it is of (None: there is none).

        Raises:
            StoreUnavailableError: The row cannot be read.
        """
        found: Found
        try:
            found = self._ports.store.load(endpoint)
        except UnreadableRowError as error:
            found = error
        named, version = (service, NEW) if held is None else (held.service, held.version)
        row = self._of(named, endpoint, found, now, version=version)
        self._attempt(endpoint, partial(self._ports.store.mend_summary, row))
        return row

    def mend(
        self,
        rows: Iterable[SummaryRow],
        endpoint: str,
        services: Iterable[str],
        found: Found,
        now: datetime,
    ) -> None:
        """Make the summaries of one endpoint right. Never raises.

        Args:
            rows: Its summaries, read before its owner row was.
            endpoint: The endpoint.
            services: The services that name it.
            found: What reading its owner row gave.
            now: The sweep's moment.
        """
        held = {row.service: row for row in rows}
        owners = set(services)
        if isinstance(found, Stored):
            owners = {found.current.service}
        elif found is not None:
            owners |= held.keys()
        for service in sorted(owners):
            row = held.get(service)
            if self._wrong(row, found, now):
                self._attempt(endpoint, partial(self._mend, service, endpoint, found, row, now))
        for service in held.keys() - owners:
            # Another service owns the endpoint now, or its row is gone.
            self._attempt(endpoint, partial(self._ports.store.drop_summary, held[service]))

    def _mend(
        self, service: str, endpoint: str, found: Found, held: SummaryRow | None, now: datetime
    ) -> None:
        version = NEW if held is None else held.version
        row = self._of(service, endpoint, found, now, version=version)
        self._ports.store.mend_summary(row)

    def _put(self, current: Current, now: datetime) -> None:
        found = Stored(current, NEW)
        row = self._of(current.service, current.endpoint, found, now, version=NEW)
        self._ports.store.put_summary(row)

    def _wrong(self, row: SummaryRow | None, found: Found, now: datetime) -> bool:
        """A summary is missing, of another form, or of another standing than its row."""
        if row is None or row.form != self._ports.summarizer.form:
            return True
        return row.standing != _standing(found, now)

    def _of(
        self, service: str, endpoint: str, found: Found, now: datetime, *, version: Version
    ) -> SummaryRow:
        current = found.current if isinstance(found, Stored) else None
        fault = _fault(found)
        summarizer = self._ports.summarizer
        own = current.suspension if current is not None else None
        return SummaryRow(
            service,
            endpoint,
            _standing(found, now),
            summarizer.form,
            now,
            current.saved_at if current is not None else None,
            # What cannot be read may be live.
            live=bool(fault) if current is None else not current.idle,
            text=summarizer.text(service, endpoint, current, now, fault=fault),
            version=version,
            until=own.until if own is not None and own.lasts(now) else None,
        )

    def _attempt(self, endpoint: str, write: Callable[[], object]) -> None:
        """A summary is a picture: whatever is wrong with it must stop no rollout."""
        try:
            write()
        except Exception as error:  # noqa: BLE001
            reason = f"{type(error).__name__}: {error}"
            self._ports.log.info("the list is behind", endpoint=endpoint, reason=reason)


class OwedSummary:
    """The summary that a pass owes after its saves: it is written last, so that nothing waits."""

    def __init__(self, ports: Dependencies) -> None:
        self._summaries = Summaries(ports)
        self._of: Current | None = None
        self._saved_last = False

    def saved(self, before: Current | None, after: Current) -> None:
        """Note a save, from the row that it replaced (None: there was none)."""
        noted = None if before is None else before.summarised
        if self._of is not None or after.summarised != noted:
            self._of = after
        self._saved_last = True

    def call_made(self) -> None:
        """Note another call: while it took, others may have saved."""
        self._saved_last = False

    def write(self, now: datetime) -> None:
        """Write it, if one is owed. Never raises."""
        current, self._of = self._of, None
        if current is None:
            return
        if self._saved_last:
            self._summaries.write(current, now)
        else:
            self._summaries.write_latest(current.endpoint, now)


def _fault(found: Found) -> str:
    return str(found)[:FAULT_CHARACTERS] if isinstance(found, UnreadableRowError) else ""


def _standing(found: Found, now: datetime) -> str:
    if isinstance(found, UnreadableRowError):
        return hashlib.sha256(_fault(found).encode()).hexdigest()[:DIGITS]
    # A suspension ends by itself, and nothing is saved then.
    return standing(without_ended(found.current, now) if found is not None else None)
