"""The list of services, from one query of their summaries."""

from collections.abc import Mapping
from datetime import datetime

from rollout.ports import SummaryRow
from rollout.service.dependencies import Dependencies
from rollout.service.directory import Directory, latest_by_endpoint
from rollout.service.outcomes import Listed, ListPage
from rollout.service.summaries import Summaries


class Listing:
    """The list's door. It keeps what it had to make; else it saves nothing."""

    def __init__(self, ports: Dependencies, directory: Directory) -> None:
        self._ports = ports
        self._directory = directory
        self._summaries = Summaries(ports)

    def everyone(self) -> Mapping[str, Listed]:
        """Every service: live, configured, or with a fault. Reads the summaries only."""
        return self._directory.everyone()

    def page(self, after: str, limit: int, now: datetime) -> ListPage:
        """Return the services whose names come after `after`, in order, at most `limit`.

        However many there are, it is one query; what has no summary of today's form, or one that
        showed something until now, costs one read more, once.

        Raises:
            StoreUnavailableError: The summaries cannot be read.
        """
        rows = self._ports.store.summaries()
        everyone = self._directory.everyone(rows)
        latest = latest_by_endpoint(rows)
        rest = sorted(name for name in everyone if name > after)
        names = rest[:limit]
        form = self._ports.summarizer.form
        shown = [self._shown(name, everyone[name], latest, form, now) for name in names]
        return ListPage(
            views=[text for text, _ in shown],
            marks=[mark for _, mark in shown],
            after=names[-1] if len(rest) > limit else None,
        )

    def _shown(
        self,
        name: str,
        listed: Listed,
        latest: Mapping[str, SummaryRow],
        form: int,
        now: datetime,
    ) -> tuple[str, str]:
        """Return a view, and what it was made from; `form` is that of today's summaries."""
        if listed.endpoint is None:
            text = self._ports.summarizer.text(name, None, None, now, fault=listed.fault)
            return text, f"{name} {listed.fault}"
        row = latest.get(listed.endpoint)
        if row is None or row.form != form or (row.until is not None and row.until <= now):
            row = self._summaries.made(name, listed.endpoint, now, held=row)
        text = row.text
        if row.service != name or listed.fault:
            text = self._ports.summarizer.patched(text, name, listed.fault)
        return text, f"{name} {row.endpoint} {row.standing} {row.made_at} {listed.fault}"
