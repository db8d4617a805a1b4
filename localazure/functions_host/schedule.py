"""When a timer fires: six-field NCRONTAB expressions and .NET time spans, in UTC.

NCRONTAB differs from Unix cron: seconds come first, and where both day-of-month and day-of-week
are given, both must match (atifaziz/NCrontab; learn.microsoft.com/azure/azure-functions/
functions-bindings-timer). croniter computes the times; because it also accepts five fields,
`@daily`, `L`, `#`, `?` and Sunday as 7, which the host refuses, each field is checked here first.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from croniter import croniter

from localazure.functions_host.host_json import parse_time_span

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
_PART = re.compile(r"(?:(\*)|(\w+)(?:-(\w+))?)(?:/(\d+))?")
MONITORED_FROM = timedelta(minutes=1)
"""A timer that fires more often than this is not monitored: no stored status, never past due."""


class ScheduleError(Exception):
    """The host does not accept the schedule; the text names the field and the rule."""


@dataclass(frozen=True)
class _Field:
    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()

    def number(self, text: str) -> int:
        """Return the value of a number or a name, e.g. "MON" or "monday"."""
        if text.isdecimal():
            value = int(text)
        elif len(text) >= 3 and text[:3].lower() in self.names:  # noqa: PLR2004 - "mon"
            value = self.names.index(text[:3].lower()) + self.low
        else:
            raise ScheduleError(f"{text!r} is not a value of the {self.name} field.")
        if not self.low <= value <= self.high:
            raise ScheduleError(f"The {self.name} field goes from {self.low} to {self.high}.")
        return value


_FIELDS = (
    _Field("second", 0, 59),
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day-of-month", 1, 31),
    _Field("month", 1, 12, tuple(_MONTHS)),
    _Field("day-of-week", 0, 6, tuple(_WEEKDAYS)),
)


@dataclass(frozen=True)
class Schedule:
    """A checked schedule: an `expression` of six numeric fields, or a constant `interval`."""

    expression: str | None = None
    interval: timedelta | None = None

    @classmethod
    def parse(cls, text: str) -> "Schedule":
        """Check a schedule as it stands in the binding, settings already resolved.

        Raises:
            ScheduleError: it is neither a time span nor six valid fields, or it never fires.
        """
        span = parse_time_span(text.strip())
        if span is not None:
            if span <= timedelta(0):
                raise ScheduleError("The time span of a timer must be longer than zero.")
            return cls(interval=span)
        parts = text.split()
        if len(parts) != len(_FIELDS):
            raise ScheduleError(
                f"{text!r} has {len(parts)} fields. A timer needs six: second minute hour day "
                'month day-of-week, such as "0 */5 * * * *", or a time span such as "00:05:00".'
            )
        fields = [_checked(field, part) for field, part in zip(_FIELDS, parts, strict=True)]
        schedule = cls(expression=" ".join(fields))
        try:
            schedule.next_after(datetime.now(UTC))
        except ValueError as error:  # croniter's errors: no such date in the next fifty years
            raise ScheduleError(f"{text!r} never fires: {error}") from error
        return schedule

    def next_after(self, moment: datetime) -> datetime:
        """Return the first time strictly after `moment`."""
        if self.interval is not None:
            return moment + self.interval
        times = croniter(self.expression, moment, second_at_beginning=True, day_or=False)
        following: datetime = times.get_next(datetime)
        return following

    def is_monitored(self, moment: datetime) -> bool:
        """Say whether it is slow enough for a stored status: never twice within a minute."""
        first = self.next_after(moment)
        return self.next_after(first) - first >= MONITORED_FROM


def _checked(field: _Field, text: str) -> str:
    # croniter gets the values one by one: it reads some ranges with steps in its own way.
    values = sorted({value for part in text.split(",") for value in _values(field, part)})
    everything = len(values) == field.high - field.low + 1
    return "*" if everything else ",".join(map(str, values))


def _values(field: _Field, part: str) -> range:
    match = _PART.fullmatch(part)
    if match is None:
        raise ScheduleError(
            f"{part!r} in the {field.name} field is not *, a value, a range a-b or one of these "
            "with a step /n."
        )
    everything, low, high, step_text = match.groups()
    step = 1 if step_text is None else int(step_text)
    if step < 1:
        raise ScheduleError(f"The step in the {field.name} field must be at least 1.")
    if everything:
        return range(field.low, field.high + 1, step)
    first = field.number(low)
    # A step after a single value runs from there to the end of the field.
    last_of_single = first if step_text is None else field.high
    last = last_of_single if high is None else field.number(high)
    if first > last:
        raise ScheduleError(f"The range {part!r} in the {field.name} field runs backwards.")
    return range(first, last + 1, step)
