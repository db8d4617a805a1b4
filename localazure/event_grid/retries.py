"""When Event Grid tries a webhook again, and when it gives up.

Event Grid's page on delivery and retry: the schedule, the statuses it never retries for webhooks
(400, 401, 403, 413), the shortest waits after 404, 408 and 503, and a subscription's two limits.
Azure randomises the waits and may skip steps; here they are exact.
"""

from dataclasses import dataclass
from datetime import timedelta

SUCCESSES = frozenset({200, 201, 202, 203, 204})
NEVER_RETRIED = frozenset({400, 401, 403, 413})
ANSWER_SECONDS = 30.0
LAST_RUNG_SECONDS = 12 * 3600.0
LADDER_SECONDS = (10.0, 30.0, 60.0, 300.0, 600.0, 1800.0, 3600.0, 3 * 3600.0, 6 * 3600.0)
MIN_WAIT_SECONDS = {404: 300.0, 408: 120.0, 503: 30.0}


@dataclass(frozen=True)
class RetryRules:
    """Limits of a subscription and the dial on its waits.

    `scale` multiplies every wait (0.01 for a demo). `max_attempts` is 1 to 30.
    """

    scale: float = 1.0
    max_attempts: int = 30
    time_to_live: timedelta = timedelta(minutes=1440)

    def wait_after(self, attempt: int, status: int | None) -> float:
        """Return the seconds to wait after the failed `attempt` (1 is the first)."""
        rung = LADDER_SECONDS[attempt - 1] if attempt <= len(LADDER_SECONDS) else LAST_RUNG_SECONDS
        return max(rung, MIN_WAIT_SECONDS.get(status or 0, 0.0)) * self.scale

    def reason_to_stop(self, attempt: int, status: int | None, age: timedelta) -> str | None:
        """Return the dead-letter reason after a failed attempt, or `None` to try again.

        `age` is measured on the unscaled clock, so a scaled demo never reaches the time to live.
        """
        if status in NEVER_RETRIED:
            return "UndeliverableDueToClientError"
        if attempt >= self.max_attempts:
            return "MaxDeliveryAttemptsExceeded"
        if age >= self.time_to_live:
            return "TimeToLiveExceeded"
        return None
