"""Fires one timer function: never overlapping, on its schedule, once at start if it is past due."""

import asyncio
import json
import logging
from datetime import UTC, datetime, timedelta

from localazure.functions_host.app_model import Function, TimerTrigger
from localazure.functions_host.invoker import Invoker
from localazure.functions_host.messages import TypedData
from localazure.functions_host.timer_status import (
    TimerStatus,
    TimerStatusFolder,
    status_at_start,
)
from localazure.functions_host.waiting import stopped_within

LOGGER = logging.getLogger("localazure.functions_host")


def timer_info(status: TimerStatus | None, *, past_due: bool) -> TypedData:
    """Return a timer handler's argument; `status` is None if the timer is not monitored.

    Wire shape of TimerInfo: `{"Schedule", "ScheduleStatus", "IsPastDue"}`.
    """
    return TypedData(
        json=json.dumps(
            {
                "Schedule": {"AdjustForDST": True},
                "ScheduleStatus": None if status is None else status.to_wire(),
                "IsPastDue": past_due,
            }
        )
    )


class TimerListener:
    """The life of one timer, until the host is `stopping`."""

    def __init__(
        self,
        function: Function,
        trigger: TimerTrigger,
        statuses: TimerStatusFolder,
        invoker: Invoker,
        stopping: asyncio.Event,
    ) -> None:
        self._stopping = stopping
        self._function = function
        self._trigger = trigger
        self._invoker = invoker
        monitored = trigger.use_monitor and trigger.schedule.is_monitored(_now())
        self._statuses = statuses if monitored else None

    def current_info(self) -> TypedData:
        """Return the argument for a run by hand: the stored status, not past due."""
        status = self._statuses and self._statuses.read(self._function.name)
        return timer_info(status or None, past_due=False)

    async def run(self) -> None:
        """Call the function at its times until the host stops; a running call is not cut off.

        The next time is computed after a run has ended: a long run skips the times it covers.
        """
        status, past_due = self._starting_point()
        if past_due or self._trigger.run_on_startup:
            status = await self._fire(status, past_due=past_due > timedelta(0))
        # Woken a clock tick early, the loop must not fire: it would fire twice for one time.
        while not await stopped_within(self._stopping, (status.next - _now()).total_seconds()):
            if _now() >= status.next:
                status = await self._fire(status, past_due=False)

    def _starting_point(self) -> tuple[TimerStatus, timedelta]:
        now, schedule = _now(), self._trigger.schedule
        if self._statuses is None:
            return TimerStatus(None, schedule.next_after(now), now), timedelta(0)
        stored = self._statuses.read(self._function.name)
        status, past_due = status_at_start(stored, schedule, now)
        if status is not stored:
            self._statuses.write(self._function.name, status)
        return status, past_due

    async def _fire(self, status: TimerStatus, *, past_due: bool) -> TimerStatus:
        started = _now()
        shown = status if self._statuses is not None else None
        # The invoker logs a failed call; the schedule goes on all the same.
        await self._invoker.invoke(
            self._function,
            timer_info(shown, past_due=past_due),
            {"TimerTrigger": TypedData(string=started.isoformat())},
        )
        now = _now()
        following = TimerStatus(started, self._trigger.schedule.next_after(now), now)
        if self._statuses is not None:
            self._statuses.write(self._function.name, following)
        return following


def _now() -> datetime:
    return datetime.now(UTC)
