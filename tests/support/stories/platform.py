"""The platform's part: a tick each minute, wake-ups when they are visible, deliveries repeated."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from rollout.adapters.storage.wakeups import WakeUp
from rollout.errors import RolloutError, ServicesUnavailableError, StoreUnavailableError
from tests.doubles.memory_ports import MemoryQueue
from tests.doubles.seam import CrashError
from tests.support.stories.surroundings import SilentLog, VirtualClock

TICK = timedelta(minutes=1)
REDELIVERY = timedelta(seconds=30)


class Process(Protocol):
    """The app as the platform sees it."""

    def tick(self) -> None:
        """The timer."""

    def wake(self, wake_up: WakeUp) -> None:
        """A queue message."""

    def restart(self) -> None:
        """The process died: start a new one."""


@dataclass(order=True)
class _Due:
    at: datetime
    number: int
    act: Callable[[], object] = field(compare=False)


class Platform:
    """Plays what is due, in order. A crash loses what was being handled; time goes on."""

    def __init__(
        self, clock: VirtualClock, queue: MemoryQueue, log: SilentLog, process: Process
    ) -> None:
        self._clock, self._queue, self._log, self._process = clock, queue, log, process
        self._due: list[_Due] = []
        self._watched: list[tuple[Callable[[], bool], Callable[[], object]]] = []
        self._count = 0
        self._next_tick = clock.now + TICK
        self._down = False
        self._timer_runs = True

    @property
    def quiet(self) -> bool:
        """Nothing of the story is still to come."""
        return not self._due and not self._watched

    def at(self, moment: datetime, act: Callable[[], object]) -> None:
        """Let something happen at a moment."""
        self._count += 1
        self._due.append(_Due(moment, self._count, act))

    def when(self, holds: Callable[[], bool], act: Callable[[], object]) -> None:
        """Let something happen once, as soon as a fact holds; delivered as a door's call is."""
        self._watched.append((holds, act))

    @property
    def is_down(self) -> bool:
        """No door answers."""
        return self._down

    def stop(self) -> None:
        """The app is down: no tick, no wake-up is taken, no door answers. Azure goes on."""
        self._down = True

    def go_on(self) -> None:
        """The app is back, with the tick that is overdue."""
        self._down, self._next_tick = False, self._clock.now

    def timer(self, *, runs: bool) -> None:
        """Whether the host fires the timer; everything else works as before."""
        self._timer_runs, self._next_tick = runs, self._clock.now + TICK

    def delivered(self, act: Callable[[], object]) -> None:
        """Call a door as Azure does: again later, until it answers."""
        self.at(self._clock.now + REDELIVERY, lambda: self.delivered(act))
        again = self._due[-1]
        if self._down:
            return
        try:
            act()
        except (StoreUnavailableError, ServicesUnavailableError) as error:
            self._log.info("to be delivered again", reason=str(error))
            return
        # A worker that stood still in it may have let the next delivery come first.
        if again in self._due:
            self._due.remove(again)

    def step(self, end: datetime) -> bool:
        """Play the next thing that is due by `end`; False when there is none."""
        self._watch()
        visible = self._queue.next_visible()
        due = min(self._due, default=None)
        tick = self._next_tick if self._timer_runs else None
        moments = [] if self._down else [tick, visible]
        moments += [due.at] if due else []
        moment = min((moment for moment in moments if moment is not None), default=None)
        if moment is None or moment > end:
            return False
        self._clock.to(moment)
        try:
            if due is not None and due.at <= moment:
                self._due.remove(due)
                due.act()
            elif visible is not None and visible <= moment:
                wake_up = self._queue.take()
                if wake_up is not None:
                    self._process.wake(wake_up)
            else:
                self._next_tick += TICK
                self._process.tick()
        except CrashError:
            self._process.restart()
        except RolloutError as error:
            # What the host would log; the platform delivers again or the next tick looks.
            self._log.info("a door failed", reason=f"{type(error).__name__}: {error}")
        return True

    def _watch(self) -> None:
        for watched in tuple(self._watched):
            holds, act = watched
            if holds():
                self._watched.remove(watched)
                self._deliver_now(act)

    def _deliver_now(self, act: Callable[[], object]) -> None:
        self.at(self._clock.now, lambda: self.delivered(act))
