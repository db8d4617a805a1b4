"""`Deliveries` and `Channel` in memory."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rollout.core.messages import Message
from rollout.ports import ClaimId, Delivery, Settled, Waiting
from tests.doubles.seam import Seam


@dataclass
class _Row:
    version: int
    claimed: datetime
    until: datetime
    how: Settled | None = None


@dataclass
class MemoryDeliveries:
    """`Deliveries` that outlives a story's crashes, as a table does."""

    seam: Seam = field(default_factory=Seam)
    rows: dict[Delivery, _Row] = field(default_factory=dict)

    def claim(
        self, delivery: Delivery, now: datetime, until: datetime
    ) -> ClaimId | Settled | Waiting:
        return self.seam.run("deliveries.claim", lambda: self._claim(delivery, now, until))

    def _claim(
        self, delivery: Delivery, now: datetime, until: datetime
    ) -> ClaimId | Settled | Waiting:
        row = self.rows.get(delivery)
        if row is not None and row.how is not None:
            return row.how
        if row is not None and row.until > now:
            return Waiting(row.until)
        version = row.version + 1 if row is not None else 1
        self.rows[delivery] = _Row(version, now, until)
        return ClaimId(str(version))

    def settle(self, delivery: Delivery, claim: ClaimId, how: Settled) -> None:
        def write() -> None:
            self.rows[delivery].how = how

        self.seam.run("deliveries.settle", write)

    def put_off(self, delivery: Delivery, claim: ClaimId, until: datetime) -> None:
        def write() -> None:
            row = self.rows[delivery]
            if str(row.version) == claim:
                row.until = until
                row.version += 1

        self.seam.run("deliveries.put_off", write)

    def prune(self, endpoint: str, before: datetime, limit: int) -> int:
        def delete() -> int:
            old = [
                delivery
                for delivery, row in self.rows.items()
                if delivery.endpoint.lower() == endpoint.lower() and row.claimed < before
            ][:limit]
            for delivery in old:
                del self.rows[delivery]
            return len(old)

        return self.seam.run("deliveries.prune", delete)


@dataclass
class MemoryChannel:
    """`Channel` that remembers what arrived; `trouble` is raised instead, once each."""

    seam: Seam = field(default_factory=Seam)
    arrived: list[Message] = field(default_factory=list)
    trouble: list[Exception] = field(default_factory=list)
    asked: int = 0

    def post(self, message: Message, event: Mapping[str, Any], seconds: float) -> None:
        self.asked += 1
        if self.trouble:
            raise self.trouble.pop(0)
        self.seam.run("channel.post", lambda: self.arrived.append(message))
