"""The tick and its sweeps: nothing live is forgotten, no candidate is left behind.

The tick is one query of `Live` and one wake-up for each row: the platform spreads the queue's work.
"""

import zlib
from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta

from rollout.core.machine.sight import carries
from rollout.core.machine.watchdog import stuck
from rollout.core.records.observation import DeploymentSeen, EndpointSeen
from rollout.core.records.phases import PHASES
from rollout.core.records.rollout import Current
from rollout.errors import RolloutError, UnreadableRowError
from rollout.ports import LiveRow, SummaryRow
from rollout.service.attending import attend
from rollout.service.dependencies import Dependencies, Limits
from rollout.service.directory import Directory
from rollout.service.outcomes import TickReport
from rollout.service.retention import Pruner
from rollout.service.stops import UNREADABLE_ORDER, perhaps_suspended
from rollout.service.summaries import Summaries
from rollout.units import AT_ONCE


class Timer:
    """What the timer trigger does.

    What it remembers between ticks is a cache of this process: when it last ran and last marked a
    tick, which endpoints it still means to clean, and which faults of services it has reported.
    Losing it, as each restart does, costs an earlier mark, an earlier sweep, a round of cleaning
    begun again and faults reported again, and nothing else.
    """

    def __init__(self, ports: Dependencies, limits: Limits, directory: Directory) -> None:
        self._ports = ports
        self._limits = limits
        self._directory = directory
        self._pruner = Pruner(ports, limits)
        self._summaries = Summaries(ports)
        self._cached_tick: datetime | None = None
        self._cached_mark: datetime | None = None
        self._cached_round: deque[tuple[str, str]] = deque()
        self._cached_faults: dict[str, str] = {}

    def tick(self, now: datetime) -> TickReport:
        """Wake every live endpoint, mark the tick, and sweep when a sweep is due."""
        rows = self._ports.store.live()
        # Read where something is live only: an idle app pays for nothing.
        suspended = bool(rows) and perhaps_suspended(self._ports, now)
        for row in rows:
            delay = self._delay(row.endpoint, len(rows))
            self._ports.queue.wake(row.endpoint, delay=delay, chain_ends=None, suspended=suspended)
        before, marked = self._cached_tick, self._cached_mark
        sweeps = before is None or _crossed(self._limits.sweep_every, before, now)
        if rows or marked is None or now - marked >= self._limits.mark_tick_every:
            self._ports.store.mark_tick(now)
            self._cached_mark = now
        self._cached_tick = now
        if sweeps:
            self._sweep(rows, now)
        if before is None or _crossed(self._limits.leftovers_every, before, now):
            self._begin_leftovers()
        self._leftovers()
        if before is None or _crossed(self._limits.prune_every, before, now):
            live = (row.endpoint for row in rows)
            self._pruner.begin([*live, *self._directory.configured_endpoints().values()])
        self._pruner.go_on(now)
        return TickReport(len(rows), sweeps)

    def _delay(self, endpoint: str, live: int) -> timedelta:
        """Spread the wake-ups over time once there are many, always in the same way."""
        if live <= self._limits.spread_above:
            return AT_ONCE
        share = zlib.crc32(endpoint.encode()) / 2**32
        return share * self._limits.spread

    def _sweep(self, rows: Sequence[LiveRow], now: datetime) -> None:
        """Repair `Live` and the summaries, and report what is stuck or cannot be used."""
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
        why = stuck(current, now)
        if why:
            attend(
                self._ports, current, why, "look at health, the queue and the work function's log"
            )
        failing = current.failures >= self._limits.failures
        return why or current.damaged or ("passes in a row failed" if failing else "")

    def _begin_leftovers(self) -> None:
        """Begin a round over all endpoints, unless one is still under way."""
        if not self._cached_round:
            self._cached_round.extend(sorted(self._directory.configured_endpoints().items()))

    def _leftovers(self) -> None:
        """Delete candidates of rollouts that ended; report other deployments that look left over.

        A few endpoints each tick: one costs two reads of Azure, which may take their full time-out.
        """
        for _ in range(min(self._limits.cleaned_a_tick, len(self._cached_round))):
            service, endpoint = self._cached_round.popleft()
            try:
                self._clean(endpoint)
            except RolloutError as error:
                self._ports.log.info("not cleaned", service=service, reason=str(error))

    def _clean(self, endpoint: str) -> None:
        timeout = self._limits.arm_timeout.total_seconds()
        seen = self._ports.endpoints.endpoint(endpoint, timeout=timeout)
        if not isinstance(seen, EndpointSeen):
            return
        stored = self._ports.store.load(endpoint)
        owner = stored.current.rollout if stored is not None else None
        owned = (owner.candidate, owner.stable) if owner is not None and not owner.final else ()
        for name, deployment in self._ports.endpoints.deployments(
            endpoint, timeout=timeout
        ).items():
            if deployment.rollout_tag and name not in owned and not carries(seen, name):
                self._judge(endpoint, deployment, deployment.rollout_tag)

    def _judge(self, endpoint: str, deployment: DeploymentSeen, rollout: str) -> None:
        """Only a candidate is deleted: whoever copies a definition copies its tags too."""
        ended = self._ports.store.history(endpoint, rollout, 1)
        made = self._candidate(endpoint, rollout)
        if ended and made != deployment.name:
            text = f"deployment {deployment.name} has no traffic; its rollout {rollout} made {made}"
            self._ports.log.attention(f"{text}, not this one", endpoint=endpoint)
            return
        if ended and PHASES[ended[-1].phase].candidate_discarded:
            self._ports.log.info("a candidate left behind is deleted", name=deployment.name)
            self._ports.endpoints.delete_deployment(
                endpoint, deployment.name, timeout=self._limits.arm_timeout.total_seconds()
            )
            return
        self._ports.log.attention(
            f"deployment {deployment.name} has no traffic; its rollout {rollout} did not end so",
            endpoint=endpoint,
        )

    def _candidate(self, endpoint: str, rollout: str) -> str:
        """The name that a rollout chose, as its first history row tells; "" without that row."""
        first = self._ports.store.history(endpoint, rollout, 1, before=2)
        return str(first[0].data.get("candidate", "")) if first else ""


def _crossed(period: timedelta, before: datetime, now: datetime) -> bool:
    """A multiple of `period` lies in (before, now]."""
    return int(before.timestamp() / period.total_seconds()) != int(
        now.timestamp() / period.total_seconds()
    )
