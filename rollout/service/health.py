"""What `health` answers. Anybody may ask it, and often: the answer is kept for a few seconds.

Not ready means that wake-ups, alerts or commands would be lost or late. What stops new rollouts
only, or a single service, leaves the app ready, with a text that says it.
"""

from collections.abc import Iterator
from datetime import datetime

from rollout.core.records.rounds import all_troubles
from rollout.errors import RolloutError, StoreUnavailableError
from rollout.service.dependencies import Dependencies, Limits
from rollout.service.outcomes import Health
from rollout.service.second_clock import SecondClock
from rollout.units import NO_TIME

SIGN_IN_MISSING = "SIGN_IN_ENABLED is on, but the platform's sign-in is off: names are only claimed"


STANDS_IN = "other invocations wake what is due in its place"


class HealthCheck:
    """Asks storage, the queue and the bundle. The last answer is a cache of this process.

    It shows the tick's row to the second clock, which lets nobody cause more than the timer would.
    """

    def __init__(self, ports: Dependencies, limits: Limits, second_clock: SecondClock) -> None:
        self._ports = ports
        self._limits = limits
        self._second_clock = second_clock
        self._cached: tuple[datetime, Health] | None = None

    def health(self, now: datetime) -> Health:
        """Return the state now, or that of a few seconds ago."""
        cached = self._cached
        if cached is not None and NO_TIME <= now - cached[0] < self._limits.health_cached:
            return cached[1]
        found = self._asked(now)
        self._cached = (now, found)
        return found

    def _asked(self, now: datetime) -> Health:
        try:
            clocks = self._ports.store.clocks()
        except StoreUnavailableError:
            return Health(ready=False, tick_age=None, text="storage does not answer")
        self._second_clock.compare(clocks, now)
        stood_in = self._second_clock.stood_in(clocks, now)
        also = f"; {STANDS_IN}" if stood_in else ""
        if clocks.tick is None:
            return Health(False, None, f"no tick has run yet{also}", stood_in)
        age = max(now - clocks.tick, NO_TIME)
        if age > self._limits.tick_overdue:
            return Health(False, age, f"the tick is overdue{also}", stood_in)
        try:
            self._ports.queue.check()
        except StoreUnavailableError:
            return Health(ready=False, tick_age=age, text="the queue does not answer")
        text = "; ".join(self._troubles())
        return Health(ready=True, tick_age=age, text=f"ready, but {text}" if text else "ready")

    def _troubles(self) -> Iterator[str]:
        """Counts, not names: anybody may read them. The log has the rest."""
        if self._limits.sign_in_missing:
            yield SIGN_IN_MISSING
        try:
            faulty = len(self._ports.services.all().faulty)
        except RolloutError:
            yield "the services bundle cannot be read, so nothing new starts"
        else:
            if faulty:
                yield f"{faulty} service(s) cannot be used"
        try:
            stuck = all_troubles(self._ports.store.rounds()).count
        except RolloutError:
            yield "what the last sweep found cannot be read"
        else:
            if stuck:
                yield f"{stuck} endpoint(s) need an operator"
