"""What the host remembers of a timer while it is down.

Azure keeps `timers/{hostId}/{function}/status` in the container azure-webjobs-hosts. Here it is a
small local file per function, so that a timer-only app needs no storage; a deliberate difference,
which also means that two hosts with different state folders do not share their timers' status.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from localazure.functions_host.schedule import Schedule

_WIRE_EPOCH = datetime(1, 1, 1, tzinfo=UTC)
"""What "never" looks like in a ScheduleStatus: .NET's DateTime.MinValue."""


@dataclass(frozen=True)
class TimerStatus:
    """Times of one timer: `last` run's start (None: never ran), `next` run, and `updated`, the
    moment that `next` was computed from.
    """

    last: datetime | None
    next: datetime
    updated: datetime

    def to_wire(self) -> dict[str, str]:
        """Return the ScheduleStatus object a handler sees."""
        return {
            "Last": (self.last or _WIRE_EPOCH).isoformat(),
            "Next": self.next.isoformat(),
            "LastUpdated": self.updated.isoformat(),
        }


class TimerStatusFolder:
    """Reads and writes the status of the app's timers."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, function_name: str) -> TimerStatus | None:
        """Return what was stored, or None without a readable status: the timer starts afresh."""
        try:
            content = json.loads(self._file(function_name).read_text(encoding="utf-8"))
            last = datetime.fromisoformat(content["Last"])
            return TimerStatus(
                last=None if last == _WIRE_EPOCH else last,
                next=datetime.fromisoformat(content["Next"]),
                updated=datetime.fromisoformat(content["LastUpdated"]),
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, function_name: str, status: TimerStatus) -> None:
        """Replace the stored status. Atomic: a host killed here leaves the old or the new one."""
        file = self._file(function_name)
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(".new")
        draft.write_text(json.dumps(status.to_wire()), encoding="utf-8")
        draft.replace(file)

    def _file(self, function_name: str) -> Path:
        return self._folder / f"{function_name.lower()}.json"


def status_at_start(
    stored: TimerStatus | None, schedule: Schedule, now: datetime
) -> tuple[TimerStatus, timedelta]:
    """Return the status to continue from and how long the timer is past due (zero: it is not).

    As TimerListener and ScheduleMonitor of azure-webjobs-sdk-extensions do: without a stored
    status the timer waits for its next time; a changed schedule is recognised because it does not
    give the stored next time, and is not past due; otherwise a next time that passed while no host
    ran causes one call at once.
    """
    if stored is None:
        return TimerStatus(None, schedule.next_after(now), now), timedelta(0)
    if stored.next != schedule.next_after(stored.updated):
        return TimerStatus(stored.last, schedule.next_after(now), now), timedelta(0)
    return stored, max(now - stored.next, timedelta(0))
