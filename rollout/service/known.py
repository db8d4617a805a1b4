"""Every endpoint that a slow round must come to: it has a summary, or is configured.

Whatever had a rollout has a summary, also where its service left the bundle. The order is that of
the summaries, so that a round is a row of pages, and its place one key.
"""

from bisect import bisect_right
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rollout.errors import ServicesUnavailableError
from rollout.ports import SummaryRow
from rollout.service.dependencies import Dependencies, Limits
from rollout.service.directory import Directory

PAGE = 100
"""Summaries read at once: some hundred kilobytes."""


@dataclass(frozen=True)
class KnownEndpoint:
    """One service's endpoint. `configured` None: nobody knows, the bundle cannot be read."""

    place: str
    service: str
    endpoint: str
    summary: SummaryRow | None
    configured: bool | None


class Known:
    """Reads them page by page. What it has read is a cache of this process, of one tick's round."""

    def __init__(self, ports: Dependencies, limits: Limits, directory: Directory) -> None:
        self._ports = ports
        self._at_once = limits.at_once
        self._directory = directory
        self._cached_at: datetime | None = None
        self._cached_page: deque[KnownEndpoint] = deque()
        self._cached_configured: list[tuple[str, str, str]] | None = None

    def following(self, after: str, now: datetime) -> list[KnownEndpoint]:
        """Return the next few after a place, as many as are read at the same time; none at the end.

        Raises:
            StoreUnavailableError: The summaries cannot be read.
        """
        if self._cached_at != now:
            self._cached_configured = self._configured()
            self._cached_page.clear()
            self._cached_at = now
        if not self._cached_page:
            rows = self._ports.store.summary_page(after, PAGE)
            self._cached_page.extend(self._merged(after, rows))
        return list(self._cached_page)[: self._at_once]

    def done(self, chunk: Sequence[KnownEndpoint]) -> None:
        """Forget the first ones: they were looked at."""
        for _ in chunk:
            self._cached_page.popleft()

    def _configured(self) -> list[tuple[str, str, str]] | None:
        """Place, service and endpoint of what the bundle names, in order; None: nobody knows."""
        try:
            pairs = self._directory.configured_endpoints()
        except ServicesUnavailableError as error:
            self._ports.log.info("the service bundle cannot be read", reason=str(error))
            return None
        place = self._ports.store.summary_place
        return sorted((place(service, where), service, where) for service, where in pairs.items())

    def _merged(self, after: str, rows: Sequence[SummaryRow]) -> list[KnownEndpoint]:
        """One page: its summaries, and what is configured between its ends without one."""
        named = self._cached_configured
        place = self._ports.store.summary_place
        held = {place(row.service, row.endpoint): row for row in rows}
        last = max(held) if len(rows) == PAGE else None
        between: dict[str, tuple[str, str]] = {}
        for at in range(bisect_right(named or (), after, key=_place), len(named or ())):
            where, service, endpoint = (named or ())[at]
            if last is not None and where > last:
                break
            between[where] = (service, endpoint)
        found = []
        for where in sorted(held.keys() | between.keys()):
            row = held.get(where)
            pair = between[where] if row is None else (row.service, row.endpoint)
            known = None if named is None else where in between
            found.append(KnownEndpoint(where, *pair, row, known))
        return found


def _place(named: tuple[str, str, str]) -> str:
    return named[0]
