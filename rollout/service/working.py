"""What the queue's wake-ups start: one pass over an endpoint, whatever it comes to."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from rollout.core.machine.unrecorded import Unrecorded
from rollout.core.records.phases import PHASES, Phase
from rollout.core.records.rollout import Current
from rollout.errors import (
    ArmThrottledError,
    DamagedHistoryError,
    OvertakenError,
    StaleRowError,
    StoreUnavailableError,
    UnexplainedRefusalError,
    UnreadableRowError,
)
from rollout.ports import Asked, Turn
from rollout.service.attending import attend
from rollout.service.costs import calls_of_a_look
from rollout.service.dependencies import Dependencies, Limits
from rollout.service.forgetting import Forgetting
from rollout.service.passes import Pass
from rollout.service.races import OutrunError, raced
from rollout.units import AT_ONCE

Around = Callable[[str], AbstractContextManager[object]]
"""What surrounds the pass over an endpoint, such as a span."""


@dataclass(frozen=True)
class _Woken:
    """One wake-up: see `Working.work`. `unrecorded`: what attempts sent that lost their races."""

    endpoint: str
    now: datetime
    chain_ends: datetime | None
    suspended: bool
    waits_since: datetime | None
    overtaken: str | None = None
    unrecorded: tuple[Unrecorded, ...] = ()


@dataclass
class _Attempts:
    """The attempts of one wake-up: how many there were, and what the lost ones left to the next."""

    woken: _Woken
    made: int = 0


class Working:
    """What the work trigger does.

    What it remembers between calls is a cache of this process: when it last said that looks wait
    too long.
    """

    def __init__(self, ports: Dependencies, limits: Limits) -> None:
        self._ports = ports
        self._limits = limits
        self._forgetting = Forgetting(ports, limits)
        self._cached_told: datetime | None = None

    def work_all(
        self,
        endpoints: Sequence[str],
        now: datetime,
        chain_ends: datetime | None,
        *,
        suspended: bool = False,
        waits_since: datetime | None = None,
        around: Around = lambda _: nullcontext(),
    ) -> None:
        """Make a pass over each endpoint, one after another; arguments else as of `work`.

        What fails, and what there is no time left for, is put back one endpoint a message, so that
        none waits for another for long.

        Raises:
            StoreUnavailableError: The only one failed, or the queue did not take one back: the
                queue delivers all of them again.
        """
        begun = self._ports.stopwatch.seconds()
        left: list[str] = []
        for endpoint in endpoints:
            passed = timedelta(seconds=self._ports.stopwatch.seconds() - begun)
            if passed >= self._limits.group_time:
                left.append(endpoint)
                continue
            try:
                with around(endpoint):
                    self.work(
                        endpoint,
                        now + passed,
                        chain_ends,
                        suspended=suspended,
                        waits_since=waits_since,
                    )
            # Whatever it is: a message that fails is soon given up, and all in it with it.
            except Exception as error:
                if len(endpoints) == 1:
                    raise
                reason = f"{type(error).__name__}: {error}"
                self._ports.log.info("a pass is put back", endpoint=endpoint, reason=reason)
                left.append(endpoint)
        self._put_all_back(left, chain_ends, suspended=suspended)

    def _put_all_back(
        self, endpoints: Sequence[str], chain_ends: datetime | None, *, suspended: bool
    ) -> None:
        failed: StoreUnavailableError | None = None
        for endpoint in endpoints:
            try:
                self._ports.queue.wake(
                    endpoint, delay=AT_ONCE, chain_ends=chain_ends, suspended=suspended
                )
            except StoreUnavailableError as error:
                failed = error
        if failed is not None:
            raise failed

    def work(
        self,
        endpoint: str,
        now: datetime,
        chain_ends: datetime | None,
        *,
        suspended: bool = False,
        waits_since: datetime | None = None,
    ) -> None:
        """Make one pass. The row counts failures; after several in a row it asks for an operator.

        Args:
            endpoint: Its ARM id.
            now: The wake-up's one moment.
            chain_ends: When its chain of rechecks ends; None: this wake-up begins one.
            suspended: The wake-up says that an order suspends all services; the pass reads it.
            waits_since: When this wake-up first asked for a turn (ADR 39); None: never.

        Raises:
            StoreUnavailableError: The row cannot be read or saved: the queue delivers again.
        """
        woken = _Woken(endpoint, now, chain_ends, suspended, waits_since)
        attempts = _Attempts(woken)
        try:
            raced(self._limits.races, lambda: self._attempt(attempts))
        except OutrunError as error:
            # Others just looked at the same endpoint: the next tick is soon enough.
            self._ports.log.info("a pass gave way", endpoint=endpoint, reason=str(error))
            if attempts.woken.overtaken is not None:
                # Unless a raise of this one may stand: the others may have looked before it did.
                self._ports.queue.wake(
                    endpoint, delay=AT_ONCE, chain_ends=None, suspended=suspended
                )
            if isinstance(error.__cause__, UnexplainedRefusalError):
                self._count(endpoint, now, error)
        except DamagedHistoryError as error:
            # Reported as it was found, once: until it is repaired each pass meets it again.
            self._ports.log.info("a pass cannot be saved", endpoint=endpoint, reason=str(error))
        except StoreUnavailableError:
            raise
        except UnreadableRowError as error:
            self._ports.log.attention(f"a row is left alone: {error}", endpoint=endpoint)
        # A pass that fails for whatever reason must neither stop others nor go unnoticed.
        except Exception as error:  # noqa: BLE001
            self._count_failure(endpoint, now, error)

    def _attempt(self, attempts: _Attempts) -> None:
        first = attempts.made == 0
        attempts.made += 1
        try:
            self._pass(attempts, probes=first)
        except OvertakenError as error:
            # It is looked at until that is put right, in a chain of its own.
            attempts.woken = replace(attempts.woken, chain_ends=None, overtaken=error.stamp)
            self._ports.log.info(
                "a raise was overtaken", endpoint=attempts.woken.endpoint, reason=str(error)
            )
            raise

    def _pass(self, attempts: _Attempts, *, probes: bool) -> None:
        woken = attempts.woken
        endpoint, now = woken.endpoint, woken.now
        if woken.waits_since is not None:
            self._ports.turns.returned(endpoint)
        stored = self._ports.store.load(endpoint)
        if stored is None:
            self._forgetting.forget_orphan(endpoint, now)
            return
        running = Pass(self._ports, self._limits, stored.current, stored, told=woken.suspended)
        knows_more = woken.overtaken is not None or woken.unrecorded
        if not knows_more and running.nothing_due(now):
            return
        if stored.current.idle:
            self._forgetting.forget(stored, now)
            return
        asked = self._asked(woken, stored.current)
        # Going back asks nobody.
        goes_back = _goes_back(stored.current) or woken.overtaken is not None
        with nullcontext(Turn()) if goes_back else self._ports.turns.turn(asked) as turn:
            if turn.wait is not None:
                self._put_back(woken, turn.wait, turn.waits_since)
            elif turn.is_now:
                try:
                    self._look(running, woken, asked, probes=probes)
                except StaleRowError:
                    if running.unrecorded is not None:
                        left = (*woken.unrecorded, running.unrecorded)
                        attempts.woken = replace(woken, unrecorded=left)
                    raise

    def _asked(self, woken: _Woken, current: Current) -> Asked:
        now, since = woken.now, woken.waits_since
        due = current.next_look or since or now
        reads = calls_of_a_look(current, now, self._ports.zones)
        overdue_at = due + self._limits.longest_wait
        return Asked(woken.endpoint, reads, now, due, current.saved_at, overdue_at, since)

    def _look(self, running: Pass, woken: _Woken, asked: Asked, *, probes: bool) -> None:
        waited = woken.now - (woken.waits_since or woken.now)
        # By then it went ahead once already, and Azure refused it.
        long = waited > self._limits.longest_wait + self._limits.recheck
        if long:
            self._tell_of_waiting(woken)
        try:
            running.work(
                woken.now,
                woken.chain_ends,
                probes=probes,
                waits=not long,
                overtaken=woken.overtaken,
                unrecorded=woken.unrecorded,
            )
        except ArmThrottledError as error:
            # Azure said nothing of the rollout: no look failed, this one has not been yet.
            current = running.current
            goes_back = _goes_back(current)
            wait = self._ports.turns.after_refusal(asked, error.wait, goes_back=goes_back)
            # What this pass saved before must not make the wake-up look as if another came between.
            since = max(asked.waits_since or asked.now, current.saved_at)
            self._put_back(woken, wait, since)
        else:
            self._in_line_again(running.current, woken, asked)

    def _in_line_again(self, current: Current, woken: _Woken, asked: Asked) -> None:
        """While looks wait for each other, a bake's next one need not wait for the tick as well.

        Who sleeps takes no place: an order that ends the sleep would wait for it.
        """
        if current.next_look is None or current.phase is not Phase.BAKING:
            return
        again = replace(asked, due=current.next_look, saved_at=current.saved_at, waits_since=None)
        turn = self._ports.turns.next_turn(again)
        if turn is not None and turn.wait is not None:
            self._put_back(replace(woken, chain_ends=None), turn.wait, turn.waits_since)

    def _put_back(self, woken: _Woken, wait: timedelta, since: datetime | None) -> None:
        self._ports.log.info(
            "a look waits for its turn", endpoint=woken.endpoint, seconds=wait.total_seconds()
        )
        try:
            self._ports.queue.wake(
                woken.endpoint,
                delay=wait,
                chain_ends=woken.chain_ends,
                suspended=woken.suspended,
                waits_since=since,
            )
        except StoreUnavailableError:
            # Nothing waits: the wake-up that is delivered again must not be taken for another.
            self._ports.turns.returned(woken.endpoint)
            raise

    def _tell_of_waiting(self, woken: _Woken) -> None:
        """Ask for an operator once for all that wait."""
        told, every = self._cached_told, self._limits.waits_told_every
        if told is not None and woken.now - told < every:
            return
        self._cached_told = woken.now
        self._ports.log.attention(
            f"looks wait longer than {self._limits.longest_wait} for requests that Azure grants; "
            "see who else uses the app's identity or subscription, or split the app (ADR 39)",
            endpoint=woken.endpoint,
        )

    def _count_failure(self, endpoint: str, now: datetime, error: Exception) -> None:
        self._ports.log.info(
            "a pass failed", endpoint=endpoint, reason=f"{type(error).__name__}: {error}"
        )
        self._count(endpoint, now, error)

    def _count(self, endpoint: str, now: datetime, error: Exception) -> None:
        """Count it in the row, which knows how many came before."""
        stored = self._ports.store.load(endpoint)
        if stored is None:
            return
        failures = stored.current.failures + 1
        if failures == self._limits.failures:
            text = f"{failures} passes in a row failed: {type(error).__name__}: {error}"
            attend(self._ports, stored.current, text, "read the log; report a bug with the row")
        Pass(self._ports, self._limits, stored.current, stored).count_failures(failures, now)


def _goes_back(current: Current) -> bool:
    """Whether a look takes traffic off a candidate: its own way back, or a raise that came late."""
    if current.phase is Phase.ROLLING_BACK:
        return True
    rollout = current.rollout
    return rollout is not None and PHASES[current.phase].back and rollout.asked_at is None
