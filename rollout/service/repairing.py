"""`rollout repair`: an endpoint whose history has rows beyond the end that its row knows."""

from collections.abc import Sequence
from datetime import datetime

from rollout.core.machine.repair import adopt
from rollout.core.records.history import HistoryEntry
from rollout.errors import RefusedError
from rollout.ports import Stored
from rollout.service.decision_log import tell
from rollout.service.deferring import bring_forward
from rollout.service.dependencies import Dependencies
from rollout.service.saving import save
from rollout.units import AT_ONCE

SHOWN = 1000
"""Rows beyond the end that are adopted at once; run the repair again where there are more."""


class Repair:
    """One repair of one endpoint: look first, then adopt what was shown."""

    def __init__(self, ports: Dependencies, endpoint: str) -> None:
        self._ports = ports
        self._stored: Stored | None = ports.store.load(endpoint)

    def beyond(self) -> Sequence[HistoryEntry]:
        """The latest rollout's rows that its row does not know, oldest first; often none.

        Raises:
            StoreUnavailableError, UnreadableRowError: The rows cannot be read.
        """
        if self._stored is None:
            return ()
        current = self._stored.current
        known = current.sequence
        rows = self._ports.store.history(
            current.endpoint, current.rollout_id, SHOWN, before=known + SHOWN + 1
        )
        return [row for row in rows if row.sequence > known]

    def adopt(self, rows: Sequence[HistoryEntry], now: datetime, actor: str) -> Stored:
        """Go on after these rows, hold what could move forward, and wake the endpoint.

        Raises:
            RefusedError: There is nothing to repair.
            StaleRowError: Another writer was first: look again.
            StoreUnavailableError: Storage does not answer.
        """
        if self._stored is None or not rows:
            raise RefusedError("there is nothing to repair")
        now = max(now, self._stored.current.saved_at)
        decision = adopt(self._stored.current, rows, now, actor)
        bring_forward(self._ports, self._stored, decision.current, now)
        saved = save(self._ports, self._stored, decision, now)
        tell(self._ports, self._stored.current, decision, saved.current)
        self._ports.queue.wake(saved.current.endpoint, delay=AT_ONCE, chain_ends=None)
        return saved
