"""The sweep: lost rows of `Live` are put back, summaries mended, and what is stuck reported."""

from collections.abc import Sequence
from datetime import datetime

from rollout.core.machine.watchdog import stuck
from rollout.core.records.rollout import Current
from rollout.errors import UnreadableRowError
from rollout.ports import LiveRow, SummaryRow
from rollout.service.attending import attend
from rollout.service.dependencies import Dependencies, Limits
from rollout.service.directory import Directory
from rollout.service.stops import UNREADABLE_ORDER
from rollout.service.summaries import Summaries
from rollout.units import AT_ONCE


class Sweeper:
    """Looks at every endpoint that is live, configured, or has a summary.

    Which faults of services it has reported is a cache of this process, and since when it sweeps:
    losing it costs that faults are reported again, and endpoints without passes one sweep later.
    """

    def __init__(
        self, ports: Dependencies, limits: Limits, directory: Directory, summaries: Summaries
    ) -> None:
        self._ports = ports
        self._limits = limits
        self._directory = directory
        self._summaries = summaries
        self._cached_faults: dict[str, str] = {}
        self._cached_awake: datetime | None = None

    def sweep(self, rows: Sequence[LiveRow], now: datetime) -> None:
        """Repair `Live` and the summaries, and report what is stuck or cannot be used."""
        self._cached_awake = self._cached_awake or now
        self._report_faults()
        for row in rows:
            if row.fault:
                self._ports.log.attention(row.fault, endpoint=row.endpoint)
        troubles: list[str] = [row.fault for row in rows if row.fault]
        troubles += self._unreadable_order() if rows else []
        live = {row.endpoint for row in rows}
        known = self._known(rows)
        for endpoint in sorted(known):
            summaries, services = known[endpoint]
            try:
                stored = self._ports.store.load(endpoint)
            except UnreadableRowError as error:
                self._ports.log.attention(f"a row is left alone: {error}", endpoint=endpoint)
                self._summaries.mend(summaries, endpoint, services, error, now)
                troubles.append(str(error))
                continue
            self._summaries.mend(summaries, endpoint, services, stored, now)
            if stored is not None:
                why = self._mend(stored.current, now, is_live=endpoint in live)
                troubles += [why] if why else []
        self._ports.store.mark_troubles(troubles)

    def _unreadable_order(self) -> Sequence[str]:
        """Report an order for all that cannot be read: everything waits for its repair."""
        try:
            self._ports.store.suspension()
        except UnreadableRowError as error:
            text = f"{UNREADABLE_ORDER}: {error}"
            self._ports.log.attention(text)
            return [text]
        return []

    def _known(self, rows: Sequence[LiveRow]) -> dict[str, tuple[list[SummaryRow], set[str]]]:
        """Every endpoint that is live, configured, or has a summary: its summaries and services.

        Read before any owner row is, so that no summary is taken for wrong that is only newer.
        """
        known: dict[str, tuple[list[SummaryRow], set[str]]] = {}
        for row in rows:
            known.setdefault(row.endpoint, ([], set()))[1].update({row.service} - {""})
        for service, endpoint in self._directory.configured_endpoints().items():
            known.setdefault(endpoint, ([], set()))[1].add(service)
        for summary in self._ports.store.summaries():
            known.setdefault(summary.endpoint, ([], set()))[0].append(summary)
        return known

    def _report_faults(self) -> None:
        """Ask for an operator once for each change of a service's faults."""
        faults = self._directory.faults()
        for service, text in faults.items():
            if self._cached_faults.get(service) != text:
                self._ports.log.attention(f"the policy of {service} cannot be used: {text}")
        self._cached_faults = faults

    def _mend(self, current: Current, now: datetime, *, is_live: bool) -> str:
        """Put a lost row of `Live` back; return what is wrong with the endpoint ("": nothing)."""
        if not is_live and not current.idle:
            self._ports.store.put_live(LiveRow(current.endpoint, current.service, now))
            self._ports.queue.wake(current.endpoint, delay=AT_ONCE, chain_ends=None)
        why = stuck(
            current,
            now,
            awake_since=self._cached_awake,
            unwatched_after=self._limits.tick_overdue,
        )
        if why:
            attend(
                self._ports, current, why, "look at health, the queue and the work function's log"
            )
        failing = current.failures >= self._limits.failures
        return why or current.damaged or ("passes in a row failed" if failing else "")
