"""What a pass knows of the order that suspends all services, and the last look before a raise.

The order is a row of its own, which no commit on an endpoint's row can check. So it is read where
it matters: where the tick, which reads it each time, or the endpoint's row says that there is one,
before a decision goes forward, and once more before each call that raises. A pass over a rollout
that stays as it is reads nothing of it.
"""

from datetime import datetime

from rollout.core.machine.decision import Decision
from rollout.core.records.effects import CreateCandidate, CreateEndpoint, SetTraffic
from rollout.core.records.phases import PHASES
from rollout.core.records.rollout import Current
from rollout.core.records.suspensions import Suspension, unreadable
from rollout.errors import StoreUnavailableError, UnreadableRowError
from rollout.ports import Version
from rollout.service.dependencies import Dependencies, Limits

CHECKS_BEFORE_A_RAISE = 3
"""How often the checks before a raise are made again because they took too long."""


class Stops:
    """The order for all, as one pass knows it.

    Args:
        ports: The outside world.
        limits: The service's bounds.
        told: Whether the wake-up said that there is an order.
    """

    def __init__(self, ports: Dependencies, limits: Limits, *, told: bool) -> None:
        self._ports = ports
        self._limits = limits
        self._to_read = told
        self._read = False
        self._found: Suspension | None = None

    def known(self, current: Current, now: datetime) -> Suspension | None:
        """What suspends all services, as far as this pass has a reason to ask."""
        if self._to_read or current.suspended_with_all is not None:
            return self.read(now)
        return self._found

    def read(self, now: datetime) -> Suspension | None:
        """What suspends all services now: read at most once a pass."""
        if not self._read:
            self._found = of_all(self._ports, now)
            self._read = True
        return self._found

    def is_open(self, before: Current, decision: Decision) -> bool:
        """Say whether a decision goes forward that was made without having read the order."""
        return not (self._read or self._limits.suspended) and goes_forward(before, decision)

    def may_raise(self, endpoint: str, version: Version, now: datetime) -> bool:
        """Say whether a raise may be sent at once: nothing was ordered or saved meanwhile.

        Whoever orders a stop waits `raise_within` after it is saved. A raise that these checks let
        pass begins within that time after the first of them, so that none begins after the answer.
        """
        stopwatch, within = self._ports.stopwatch, self._limits.raise_within.total_seconds()
        for _ in range(CHECKS_BEFORE_A_RAISE):
            begun = stopwatch.seconds()
            if self._limits.suspended or of_all(self._ports, now) is not None:
                return False
            if self._ports.store.version(endpoint) != version:
                return False
            if stopwatch.seconds() - begun < within:
                return True
        return False


def of_all(ports: Dependencies, now: datetime) -> Suspension | None:
    """What suspends all services by an order; where that cannot be read, something does."""
    try:
        row, _ = ports.store.suspension()
    except (StoreUnavailableError, UnreadableRowError) as error:
        ports.log.info("nothing is raised", reason=str(error))
        return unreadable(now, str(error))
    return row.now(now)


def goes_forward(before: Current, decision: Decision) -> bool:
    """Say whether a decision starts a rollout, moves one on, creates or raises anything."""
    one, other = before.rollout, decision.current.rollout
    if other is None:
        return False
    if one is None or one.id != other.id:
        return True
    moved = (one.phase, one.stage) != (other.phase, other.stage)
    return (moved and not PHASES[other.phase].back) or any(
        isinstance(effect, CreateEndpoint | CreateCandidate)
        or (isinstance(effect, SetTraffic) and effect.raises_candidate)
        for effect in decision.effects
    )
