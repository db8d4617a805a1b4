"""The second clock: where the timer does not tick, other invocations have what is due woken.

A timer can stop for days while everything else of the app works (ADR 43). So whoever sees that its
mark is too old puts one message, for which the work function does what the tick does. One of all
that see it is elected by a conditional write of the tick's row, which leaves the mark alone: by its
age a dead timer is known, whoever stands in.
"""

from datetime import datetime

from rollout.ports import Clocks
from rollout.service.dependencies import Dependencies, Limits
from rollout.units import NO_TIME


class SecondClock:
    """Watches the timer's mark on behalf of every other invocation.

    What it remembers is a cache of this process: what the tick's row said, and when it last read
    it. While the timer ticks, a busy process reads one row each `second_clock_after`; losing the
    cache costs one read.
    """

    def __init__(self, ports: Dependencies, limits: Limits) -> None:
        self._ports = ports
        self._limits = limits
        self._cached = Clocks()
        self._cached_read: datetime | None = None

    def ticked(self, now: datetime) -> None:
        """The timer ran in this process: nobody here need ask storage whether it does."""
        self._cached, self._cached_read = Clocks(now, quiet=False), now

    def look(self, now: datetime) -> None:
        """Have what is due woken, if the timer is overdue and nobody did so lately.

        Never raises but what no code may catch: what was asked of this invocation is done already.
        """
        if self._read_lately(now) or not self._overdue(self._cached, now):
            return
        try:
            found = self._ports.store.clocks()
        except Exception as error:  # noqa: BLE001
            self._failed(error)
            return
        self.compare(found, now)

    def compare(self, found: Clocks, now: datetime) -> None:
        """Do the same with the tick's row as it was just read."""
        self._cached, self._cached_read = found, now
        if not self._overdue(found, now) or self._asked_lately(found, now):
            return
        try:
            # The write before the message: a crash between them costs one turn, and no two
            # invocations put one each.
            if self._ports.store.second_tick(now, found.version):
                self._ports.queue.wake_due()
                self._ports.log.info("the second clock ticks", last_tick=str(found.tick or "never"))
        except Exception as error:  # noqa: BLE001
            self._failed(error)

    def stood_in(self, found: Clocks, now: datetime) -> bool:
        """Whether a tick was asked for in the timer's place, as lately as the timer's must be."""
        second = found.second
        if second is None or (found.tick is not None and second <= found.tick):
            return False
        return abs(now - second) <= self._limits.tick_overdue

    def _read_lately(self, now: datetime) -> bool:
        read = self._cached_read
        return read is not None and NO_TIME <= now - read < self._limits.second_clock_every

    def _asked_lately(self, found: Clocks, now: datetime) -> bool:
        second = found.second
        if second is None or self._is_far_ahead(second, now):
            return False
        return now - second < self._limits.second_clock_every

    def _overdue(self, found: Clocks, now: datetime) -> bool:
        """Whether the mark is older than a timer that runs lets it become."""
        if found.tick is None:
            return True
        allowed = self._limits.second_clock_after
        if found.quiet:
            allowed += self._limits.mark_tick_every
        return now - found.tick > allowed or self._is_far_ahead(found.tick, now)

    def _is_far_ahead(self, moment: datetime, now: datetime) -> bool:
        """Whether it was written by a clock that was put back since.

        A little ahead is what an invocation sees that stood still after it began: others went on.
        """
        return moment - now > self._limits.tick_overdue

    def _failed(self, error: Exception) -> None:
        """The next invocation looks again; storage's own failures are told elsewhere."""
        reason = f"{type(error).__name__}: {error}"
        self._ports.log.info("the second clock cannot tick", reason=reason)
