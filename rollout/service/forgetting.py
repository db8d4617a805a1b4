"""How an endpoint with nothing live leaves the table `Live`."""

from datetime import datetime

from rollout.ports import LiveRow, Stored
from rollout.service.dependencies import Dependencies, Limits
from rollout.service.summaries import Summaries


class Forgetting:
    """Drops rows of `Live`, each only as it was read."""

    def __init__(self, ports: Dependencies, limits: Limits) -> None:
        self._ports = ports
        self._limits = limits
        self._summaries = Summaries(ports)

    def forget(self, stored: Stored, now: datetime) -> None:
        """Drop the row in `Live` of an endpoint with nothing live, unless it moved meanwhile.

        Its last summary is written first: from here on no pass comes to repair it.
        """
        endpoint = stored.current.endpoint
        row = self._row_of(endpoint)
        if row is None:
            return
        self._summaries.write_latest(endpoint, now)
        dropped = self._ports.store.drop_live(row)
        # An offer may have come between the read and the drop: put the row back.
        if dropped and self._ports.store.version(endpoint) != stored.version:
            self._ports.store.put_live(row)

    def forget_orphan(self, endpoint: str, now: datetime) -> None:
        """Drop a row that no offer followed: its door crashed, and its caller calls again."""
        row = self._row_of(endpoint)
        if row is None or now - row.since <= self._limits.orphan_after:
            return
        if self._ports.store.drop_live(row):
            self._ports.log.info("a row without an offer is dropped", endpoint=endpoint)

    def _row_of(self, endpoint: str) -> LiveRow | None:
        row = self._ports.store.live_row(endpoint)
        return None if row is None or row.fault else row
