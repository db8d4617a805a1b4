"""The sweeps: lost rows of `Live` are put back, summaries mended, and what is stuck reported.

One looks at live endpoints, often; the other at all that are known, seldom, because reading the row
of each is what an idle app costs most. An endpoint whose row in `Live` was lost is still found by
the first of them: its summary says that something is live.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from rollout.core.machine.watchdog import stuck
from rollout.core.records.rollout import Current
from rollout.core.records.rounds import RoundKind
from rollout.errors import UnreadableRowError
from rollout.ports import DUE_AT_ONCE, LiveRow, Stored, SummaryRow
from rollout.service.attending import line_about
from rollout.service.dependencies import Dependencies, Limits
from rollout.service.directory import Directory
from rollout.service.known import Known, KnownEndpoint
from rollout.service.rounds import Notes, Step, Then
from rollout.service.stops import UNREADABLE_ORDER
from rollout.service.summaries import Found, Summaries
from rollout.service.together import together
from rollout.units import AT_ONCE

PAGE = 100
"""Rows of a table read at once."""


class Looking:
    """What both sweeps do with an endpoint."""

    def __init__(self, ports: Dependencies, limits: Limits) -> None:
        self._ports = ports
        self._limits = limits
        self.summaries = Summaries(ports)

    def rows(self, endpoints: Sequence[str], *, skip: bool) -> dict[str, Found]:
        """Read owner rows; `skip`: those that storage does not answer for are left out.

        Raises:
            StoreUnavailableError: One could not be read, and `skip` is not set; so with a bug.
        """
        unique = list(dict.fromkeys(endpoints))
        found: dict[str, Found] = {}
        for endpoint, row in zip(
            unique, together(self._row, unique, self._limits.at_once), strict=True
        ):
            if row is None or isinstance(row, Stored | UnreadableRowError):
                found[endpoint] = row
            elif not skip:
                raise row
            else:
                self._left(endpoint, row)
        return found

    def _row(self, endpoint: str) -> Found | Exception:
        try:
            return self._ports.store.load(endpoint)
        except Exception as error:  # noqa: BLE001 - told apart where all are known
            return error

    def look(self, endpoint: str, act: Callable[[], None], *, skip: bool) -> None:
        """Look at one endpoint; `skip`: whatever is wrong with it holds up no other one."""
        try:
            act()
        except Exception as error:
            if not skip:
                raise
            self._left(endpoint, error)

    def _left(self, endpoint: str, error: Exception) -> None:
        reason = f"{type(error).__name__}: {error}"
        self._ports.log.info("not swept", endpoint=endpoint, reason=reason)

    def put_back(self, current: Current, notes: Notes) -> bool:
        """Put a row of `Live` back that was lost; return whether it was."""
        if current.idle or self._ports.store.live_row(current.endpoint) is not None:
            return False
        self._ports.store.put_live(LiveRow(current.endpoint, current.service, notes.now))
        self._ports.queue.wake(current.endpoint, delay=AT_ONCE, chain_ends=None)
        return True

    def report(self, found: Found, endpoint: str, notes: Notes) -> None:
        """Report what is wrong with an endpoint, if anything is."""
        if isinstance(found, UnreadableRowError):
            notes.tell(f"a row is left alone: {found}", endpoint=endpoint)
            notes.trouble(str(found))
        elif found is not None:
            self._report_row(found.current, notes)

    def _report_row(self, current: Current, notes: Notes) -> None:
        why = stuck(
            current,
            notes.now,
            awake_since=notes.awake_since,
            unwatched_after=self._limits.tick_overdue,
        )
        if why:
            step = "look at health, the queue and the work function's log"
            sentence, fields = line_about(current, why, step)
            notes.tell(sentence, **fields)
        failing = current.failures >= self._limits.failures
        why = why or current.damaged or ("passes in a row failed" if failing else "")
        if why:
            notes.trouble(why)


@dataclass
class _Read:
    """What this process has read of one round: `page` follows the place `after`."""

    began: datetime
    claims: dict[str, list[SummaryRow]]
    page: deque[LiveRow] = field(default_factory=deque)
    after: str = ""


class LiveSweep:
    """The sweep of what is live, by its rows in `Live` and by its summaries.

    The summaries that say that something is live are read in one query as this process begins a
    round or goes on with one, before any owner row. Those that no row of `Live` came for are looked
    at last: their row was lost, or they are behind.
    """

    kind = RoundKind.LIVE

    def __init__(
        self, ports: Dependencies, limits: Limits, directory: Directory, looking: Looking
    ) -> None:
        self.rhythm = limits.sweep_live
        self._ports = ports
        self._at_once = limits.at_once
        self._directory = directory
        self._looking = looking
        self._cached: _Read | None = None
        self._cached_faults: dict[str, str] = {}

    def step(self, after: str, notes: Notes, *, skip: bool) -> Step:
        """Look at the next few rows of `Live`, in the end at those that were lost."""
        read = self._entered(after, notes, skip=skip)
        if read.after != after:
            # Another process went on with this round meanwhile.
            read.page.clear()
        if not read.page:
            read.page.extend(self._ports.store.live_page(after, PAGE))
            read.after = after
            if read.page and not after:
                self._report_order(notes)
        if not read.page:
            return self._lost(after, read, notes, skip=skip)
        chunk = list(read.page)[: self._at_once]
        found = self._looking.rows([row.endpoint for row in chunk], skip=skip)
        for row in chunk:
            held = read.claims.pop(row.endpoint, [])
            look = partial(self._look, row, found, held, notes)
            self._looking.look(row.endpoint, look, skip=skip)
        for row in chunk:
            read.page.popleft()
            read.after = row.endpoint
        return Step(read.after)

    def _entered(self, after: str, notes: Notes, *, skip: bool) -> _Read:
        """What was read of this round; the summaries, where it is new to this process."""
        read = self._cached
        if read is None or read.began != notes.round.began:
            if not after:
                # One service whose row storage does not answer for holds up no endpoint's sweep.
                self._looking.look("", partial(self._report_faults, notes), skip=skip)
            read = self._cached = _Read(notes.round.began, {})
            for row in self._ports.store.live_summaries():
                read.claims.setdefault(row.endpoint, []).append(row)
        return read

    def _look(
        self, row: LiveRow, rows: Mapping[str, Found], held: list[SummaryRow], notes: Notes
    ) -> None:
        if row.fault:
            notes.tell(row.fault, endpoint=row.endpoint)
            notes.trouble(row.fault)
        elif row.due is None:
            # An older app wrote it; while there is one, each tick reads all of them.
            self._ports.store.defer_live(row, DUE_AT_ONCE)
        if row.endpoint not in rows:
            return
        found = rows[row.endpoint]
        live = found is not None and not (isinstance(found, Stored) and found.current.idle)
        services = {row.service} - {""}
        if live and not held:
            # Missing, or it says that nothing is live: seldom, so it may cost a query.
            names = {found.current.service} if isinstance(found, Stored) else services
            held = [
                each
                for name in sorted(names)
                for each in self._ports.store.summaries(name)
                if each.endpoint == row.endpoint
            ]
        if live:
            self._looking.summaries.mend(held, row.endpoint, services, found, notes.now)
        self._looking.report(found, row.endpoint, notes)

    def _lost(self, after: str, read: _Read, notes: Notes, *, skip: bool) -> Step:
        """Look at the next few that should be in `Live` and did not come."""
        chunk = list(read.claims)[: self._at_once]
        found = self._looking.rows(chunk, skip=skip)
        for endpoint in chunk:
            row = found.get(endpoint)
            if isinstance(row, Stored):
                put_back = partial(self._put_back, row, read.claims[endpoint], notes)
                self._looking.look(endpoint, put_back, skip=skip)
            del read.claims[endpoint]
        if read.claims:
            return Step(after)
        self._cached = None
        return Step(after, Then.OVER)

    def _put_back(self, stored: Stored, held: list[SummaryRow], notes: Notes) -> None:
        endpoint = stored.current.endpoint
        self._looking.put_back(stored.current, notes)
        self._looking.summaries.mend(held, endpoint, (), stored, notes.now)

    def _report_faults(self, notes: Notes) -> None:
        """Ask for an operator once for each change of a service's faults."""
        faults = self._directory.faults()
        for service, text in faults.items():
            if self._cached_faults.get(service) != text:
                notes.tell(f"the policy of {service} cannot be used: {text}")
        self._cached_faults = faults

    def _report_order(self, notes: Notes) -> None:
        """Report an order for all that cannot be read: everything waits for its repair."""
        try:
            self._ports.store.suspension()
        except UnreadableRowError as error:
            text = f"{UNREADABLE_ORDER}: {error}"
            notes.tell(text)
            notes.trouble(text)


class FullSweep:
    """The sweep of every endpoint that has a summary or is configured."""

    kind = RoundKind.ALL

    def __init__(
        self, ports: Dependencies, limits: Limits, directory: Directory, looking: Looking
    ) -> None:
        self.rhythm = limits.sweep_all
        self._ports = ports
        self._looking = looking
        self._known = Known(ports, limits, directory)

    def step(self, after: str, notes: Notes, *, skip: bool) -> Step:
        """Look at the next few: their summaries were read before their rows are."""
        chunk = self._known.following(after, notes.now)
        if not chunk:
            return Step(after, Then.OVER)
        found = self._looking.rows([each.endpoint for each in chunk], skip=skip)
        for each in chunk:
            if each.endpoint in found:
                look = partial(self._look, each, found[each.endpoint], notes)
                self._looking.look(each.endpoint, look, skip=skip)
        self._known.done(chunk)
        return Step(chunk[-1].place)

    def _look(self, each: KnownEndpoint, found: Found, notes: Notes) -> None:
        if isinstance(found, Stored) and not found.current.idle:
            # Where it is in `Live`, the other sweep reports what is wrong.
            reports = self._looking.put_back(found.current, notes)
        else:
            reports = found is not None and (
                isinstance(found, Stored) or self._ports.store.live_row(each.endpoint) is None
            )
        held = [] if each.summary is None else [each.summary]
        services = [each.service] if each.configured else []
        # Without the bundle nobody can say that a service left it.
        if found is not None or each.configured is not None:
            self._looking.summaries.mend(held, each.endpoint, services, found, notes.now)
        if reports:
            self._looking.report(found, each.endpoint, notes)
