"""Per-minute counts and latency of an endpoint's deployments."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from rollout.core.policy.gate_model import LogQueries
from rollout.core.records.observation import Minute, SlowThresholds


@dataclass(frozen=True)
class MetricsQuestion:
    """Which minutes of an endpoint are wanted, and what of them.

    Args:
        stable: The deployment whose minutes go to `Minute.stable`; None: that side is left out.
        candidate: Likewise; None reads stable's history alone.
        start: Inclusive. A day is one read of each metric.
        end: Exclusive.
        latency: Whether percentiles are wanted.
        logs: The custom checks to count from logs; None: none.
        thresholds: What slow requests are counted against, from logs; None: not counted.
    """

    stable: str | None
    candidate: str | None
    start: datetime
    end: datetime
    latency: bool
    logs: LogQueries | None = None
    thresholds: SlowThresholds | None = None


class Metrics(Protocol):
    """Per-minute request counts and latency, split by deployment."""

    def minutes(
        self, endpoint: str, question: MetricsQuestion, *, timeout: float
    ) -> Sequence[Minute]:
        """Read minutes in [start, end), oldest first, one item each minute.

        The last one may still run: then it has what can be seen of it so far, or nothing.

        Args:
            endpoint: The endpoint's ARM id.
            question: Which minutes, and what of them.
            timeout: For all calls together, in seconds.

        Raises:
            MetricsUnavailableError: The source cannot be asked now.
            ArmThrottledError: It takes no more requests for now, which says nothing of it.
        """
