"""What the queue's wake-ups start: one pass over an endpoint, whatever it comes to."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from itertools import count

from rollout.errors import (
    DamagedHistoryError,
    OvertakenError,
    StoreUnavailableError,
    UnexplainedRefusalError,
    UnreadableRowError,
)
from rollout.service.attending import attend
from rollout.service.dependencies import Dependencies, Limits
from rollout.service.forgetting import Forgetting
from rollout.service.passes import Pass
from rollout.service.races import OutrunError, raced
from rollout.units import AT_ONCE

Around = Callable[[str], AbstractContextManager[object]]
"""What surrounds the pass over an endpoint, such as a span."""


class Working:
    """What the work trigger does."""

    def __init__(self, ports: Dependencies, limits: Limits) -> None:
        self._ports = ports
        self._limits = limits
        self._forgetting = Forgetting(ports, limits)

    def work_all(
        self,
        endpoints: Sequence[str],
        now: datetime,
        chain_ends: datetime | None,
        *,
        suspended: bool = False,
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
                    self.work(endpoint, now + passed, chain_ends, suspended=suspended)
            except StoreUnavailableError as error:
                if len(endpoints) == 1:
                    raise
                self._ports.log.info("a pass is put back", endpoint=endpoint, reason=str(error))
                left.append(endpoint)
        self._put_back(left, chain_ends, suspended=suspended)

    def _put_back(
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
    ) -> None:
        """Make one pass. The row counts failures; after several in a row it asks for an operator.

        `suspended`: the wake-up says that an order suspends all services; the pass reads it.

        Raises:
            StoreUnavailableError: The row cannot be read or saved: the queue delivers again.
        """
        attempts = count()
        overtaken: str | None = None

        def attempt() -> None:
            nonlocal overtaken
            probes = next(attempts) == 0
            # What overtook a raise is looked at until it is put right, in a chain of its own.
            ends = chain_ends if overtaken is None else None
            try:
                self._pass(endpoint, now, ends, probes=probes, told=suspended, overtaken=overtaken)
            except OvertakenError as error:
                overtaken = error.stamp
                self._ports.log.info("a raise was overtaken", endpoint=endpoint, reason=str(error))
                raise

        try:
            raced(self._limits.races, attempt)
        except OutrunError as error:
            # Others just looked at the same endpoint: the next tick is soon enough.
            self._ports.log.info("a pass gave way", endpoint=endpoint, reason=str(error))
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

    def _pass(
        self,
        endpoint: str,
        now: datetime,
        chain_ends: datetime | None,
        *,
        probes: bool,
        told: bool,
        overtaken: str | None,
    ) -> None:
        stored = self._ports.store.load(endpoint)
        if stored is None:
            self._forgetting.forget_orphan(endpoint, now)
            return
        running = Pass(self._ports, self._limits, stored.current, stored, told=told)
        if overtaken is None and running.nothing_due(now):
            return
        if stored.current.idle:
            self._forgetting.forget(stored, now)
            return
        running.work(now, chain_ends, probes=probes, overtaken=overtaken)

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
