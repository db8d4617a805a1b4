"""What a pass knows of the order that suspends all services, and the last look before a raise.

The order is a row of its own, which no commit on an endpoint's row can check. So it is read where
it matters: where the tick, which reads it each time, or the endpoint's row says that there is one,
before a decision goes forward, and again before a call that raises, if some time went by. A pass
over a rollout that stays as it is reads nothing of it.
"""

from datetime import datetime

from rollout.core.machine.decision import Decision
from rollout.core.records.effects import CreateCandidate, CreateEndpoint, SetTraffic
from rollout.core.records.phases import PHASES, Phase
from rollout.core.records.rollout import Current
from rollout.core.records.suspensions import Suspension, unreadable
from rollout.errors import StoreUnavailableError, UnreadableRowError
from rollout.ports import Version
from rollout.service.dependencies import Dependencies, Limits

UNREADABLE_ORDER = (
    "the row with the order for all cannot be read, so that all services are suspended: repair or "
    'delete the row "suspension" in the partition "tick" of the table "Live"'
)
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
        self._told = told
        self._read_at: float | None = None
        self._found: Suspension | None = None
        self._unanswered = False

    def known(self, current: Current, now: datetime, *, goes_back: bool) -> Suspension | None:
        """What suspends all services, as far as this pass has a reason to ask.

        A way back asks nothing, and where storage does not answer it is not asked again: then what
        the row says stands.

        Args:
            current: The row.
            now: The pass's moment.
            goes_back: What is decided may order a way back: it must not wait for this.
        """
        back = goes_back or PHASES[current.phase].back
        if self._read_at is None and (back or self._unanswered):
            return current.suspended_with_all
        if not self._told and current.suspended_with_all is None:
            return self._found
        try:
            return self.read(now)
        except StoreUnavailableError as error:
            self._ports.log.info("the order for all was not read", reason=str(error))
            self._unanswered = True
            return current.suspended_with_all

    def read(self, now: datetime) -> Suspension | None:
        """What suspends all services now: read at most once a pass.

        Raises:
            StoreUnavailableError: Nothing may go forward that was not decided with it.
        """
        if self._read_at is None:
            self._read_again(now)
        return self._found

    def is_open(self, before: Current, decision: Decision) -> bool:
        """Say whether a decision goes forward that was made without having read the order."""
        unread = self._read_at is None and not self._limits.suspended
        return unread and goes_forward(before, decision)

    def may_raise(self, endpoint: str, version: Version, now: datetime) -> bool:
        """Say whether a raise may be sent at once: nothing was ordered or saved meanwhile.

        Whoever orders a stop waits `raise_within` after it is saved. Each check that lets a raise
        pass began within that time before it, so that no raise begins after the answer. What was
        checked longer ago is checked again. The row's version is read last, even where this pass
        has just saved it: what was saved since then must stop the raise.

        Args:
            endpoint: The row's endpoint.
            version: The row as this pass saved or read it.
            now: The pass's moment.

        Raises:
            StoreUnavailableError: Neither can be said now.
        """
        seconds, within = self._ports.stopwatch.seconds, self._limits.raise_within.total_seconds()
        for _ in range(CHECKS_BEFORE_A_RAISE):
            if self._read_at is None or seconds() - self._read_at >= within:
                self._read_again(now)
            if self._found is not None:
                return False
            if self._ports.store.version(endpoint) != version:
                return False
            # The order was read before the version was: the older of the two checks.
            if seconds() - (self._read_at or 0.0) < within:
                return True
            self._read_at = None
        return False

    def _read_again(self, now: datetime) -> None:
        begun = self._ports.stopwatch.seconds()
        self._found = of_all(self._ports, now)
        self._read_at = begun


def of_all(ports: Dependencies, now: datetime) -> Suspension | None:
    """What suspends all services by an order; a row that is damaged counts as one.

    Raises:
        StoreUnavailableError: Storage does not answer.
    """
    try:
        row, _ = ports.store.suspension()
    except UnreadableRowError as error:
        ports.log.info("nothing is raised", reason=str(error))
        return unreadable(now, str(error))
    return row.now(now)


def perhaps_suspended(ports: Dependencies, now: datetime) -> bool:
    """Say whether passes must read the order for all: there is one, or nobody can say."""
    try:
        return of_all(ports, now) is not None
    except StoreUnavailableError:
        return True


def goes_forward(before: Current, decision: Decision) -> bool:
    """Say whether a decision starts a rollout, moves one on, creates, rehearses or raises."""
    one, other = before.rollout, decision.current.rollout
    if other is None:
        return False
    if one is None or one.id != other.id:
        return True
    moved = (one.phase, one.stage) != (other.phase, other.stage)
    # A bake begins, and a loss is told, because of what was seen: no stop keeps them from that.
    back = PHASES[one.phase].back or PHASES[other.phase].back
    onward = moved and not back and other.phase not in (Phase.BAKING, Phase.LOST)
    return onward or any(
        isinstance(effect, CreateEndpoint | CreateCandidate)
        or (isinstance(effect, SetTraffic) and _begins_or_raises(other.phase, effect))
        for effect in decision.effects
    )


def _begins_or_raises(phase: Phase, effect: SetTraffic) -> bool:
    """A write of traffic before there is a candidate rehearses the way back: a start's first."""
    return effect.raises_candidate or phase is Phase.CREATING
