"""How long a queue listener waits before it looks again.

After RandomizedExponentialBackoffStrategy of azure-webjobs-sdk: the first empty look waits the
minimum, each further one about twice as long with 20 % of chance, up to `maxPollingInterval`.
"""

import random
from dataclasses import dataclass
from datetime import timedelta

MIN_POLLING_INTERVAL = timedelta(milliseconds=100)
JITTER = 0.2
_MAX_EXPONENT = 20
"""Beyond it every interval is the maximum anyway; keeps the power small."""


@dataclass
class Backoff:
    """Counts empty looks in a row."""

    maximum: timedelta
    _empty_looks: int = 0

    def found(self) -> float:
        """Note that messages came; return the seconds to wait before the next look."""
        self._empty_looks = 0
        return self._seconds(MIN_POLLING_INTERVAL)

    def found_nothing(self) -> float:
        """Note an empty look (or a failed one); return the seconds to wait."""
        exponent = min(self._empty_looks, _MAX_EXPONENT)
        self._empty_looks += 1
        factor = random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - spreads load, no secret
        return self._seconds(MIN_POLLING_INTERVAL * (1 + (2**exponent - 1) * factor))

    def _seconds(self, interval: timedelta) -> float:
        return min(interval, max(self.maximum, MIN_POLLING_INTERVAL)).total_seconds()
