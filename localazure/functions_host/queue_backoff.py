"""How long a queue listener waits before it polls again.

After RandomizedExponentialBackoffStrategy of azure-webjobs-sdk: the first empty poll waits the
minimum, each further one about twice as long with 20 % jitter, up to `maxPollingInterval`.
"""

import random
from dataclasses import dataclass
from datetime import timedelta

MIN_POLLING_INTERVAL = timedelta(milliseconds=100)
JITTER = 0.2
_MAX_EXPONENT = 20
"""Beyond this every interval is the maximum anyway; it keeps the power small."""


@dataclass
class Backoff:
    """Counts empty polls in a row."""

    maximum: timedelta
    _empty_polls: int = 0

    def found(self) -> float:
        """Note that messages came; return the seconds to wait before the next poll."""
        self._empty_polls = 0
        return self._seconds(MIN_POLLING_INTERVAL)

    def found_nothing(self) -> float:
        """Note an empty or failed poll; return the seconds to wait."""
        exponent = min(self._empty_polls, _MAX_EXPONENT)
        self._empty_polls += 1
        factor = random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - spreads load, no secret
        return self._seconds(MIN_POLLING_INTERVAL * (1 + (2**exponent - 1) * factor))

    def _seconds(self, interval: timedelta) -> float:
        return min(interval, max(self.maximum, MIN_POLLING_INTERVAL)).total_seconds()
