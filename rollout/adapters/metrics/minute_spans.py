"""What metrics and logs are both asked: whose minutes, which, and by when."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from rollout.adapters.azure_ml.arm_ids import EndpointId, checked_name, parse_endpoint_id
from rollout.adapters.azure_ml.http_calls import Deadline
from rollout.ports import MetricsQuestion
from rollout.text.moments import in_utc
from rollout.units import MINUTE

_STAMP = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True)
class Span:
    """Minutes from `start` to before `end`, both on whole minutes of UTC."""

    start: datetime
    end: datetime

    @classmethod
    def of(cls, start: datetime, end: datetime) -> "Span":
        """Return the span between two moments, each floored to its minute."""
        return cls(floor_minute(start), floor_minute(end))

    @property
    def is_empty(self) -> bool:
        return self.end <= self.start

    def minutes(self) -> Iterator[datetime]:
        """Yield the start of each minute, oldest first."""
        at = self.start
        while at < self.end:
            yield at
            at += MINUTE

    def with_lead(self, lead: timedelta) -> "Span":
        """Return the span that begins `lead` (whole minutes) earlier."""
        return Span(self.start - lead, self.end)

    def __contains__(self, moment: datetime) -> bool:
        return self.start <= moment < self.end

    def __str__(self) -> str:
        """ISO 8601, in the form of Azure Monitor's `timespan` parameters."""
        return f"{stamp(self.start)}/{stamp(self.end)}"


@dataclass(frozen=True)
class Asked:
    """One question of the `Metrics` port; names of deployments are in lower case."""

    endpoint: EndpointId
    stable: str | None
    candidate: str | None
    span: Span
    deadline: Deadline

    @classmethod
    def of(cls, endpoint: str, question: MetricsQuestion, timeout: float) -> "Asked":
        """Check what is asked of an endpoint, by its ARM id, and start the clock.

        `timeout` is for all answers together, in seconds.

        Raises:
            InvalidInputError: Azure ML allows no such endpoint or deployment.
        """
        stable, candidate = (
            None if name is None else checked_name("deployment", name).lower()
            for name in (question.stable, question.candidate)
        )
        span = Span.of(question.start, question.end)
        return cls(parse_endpoint_id(endpoint), stable, candidate, span, Deadline(timeout))

    @property
    def deployments(self) -> tuple[str, ...]:
        """The names that are asked for."""
        return tuple(name for name in (self.stable, self.candidate) if name is not None)


def floor_minute(moment: datetime) -> datetime:
    """Return the start of the minute that `moment` lies in; without a zone it counts as UTC.

    Raises:
        ValueError: It is beyond our time; see `in_utc`.
    """
    return in_utc(moment).replace(second=0, microsecond=0)


def stamp(moment: datetime) -> str:
    """Return a moment of UTC, to the second, as Azure writes it."""
    return moment.strftime(_STAMP)
