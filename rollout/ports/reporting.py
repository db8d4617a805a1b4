"""What the service tells others: lifecycle events and log lines, and the ids it gives out."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Protocol

from rollout.core.records.history import HistoryEntry


class Lifecycle(Protocol):
    """Where history is announced as CloudEvents."""

    def publish(self, endpoint: str, service: str, entries: Sequence[HistoryEntry]) -> None:
        """Send entries in order; the same entry always has the same event id.

        Raises:
            LifecycleTopicError: Not (all) taken; send the same entries again later.
        """


class Log(Protocol):
    """Structured log lines; those of attention and notice begin with a fixed mark."""

    def info(self, text: str, **fields: object) -> None:
        """Say what happened."""

    def attention(self, text: str, **fields: object) -> None:
        """Ask for an operator."""

    def notice(self, text: str, **fields: object) -> None:
        """Tell operators what they should know; nobody needs to act."""

    def decided(self, line: Mapping[str, Any]) -> None:
        """Write a saved decision: `DECISION_FIELDS` with their JSON values."""


class Stopwatch(Protocol):
    """Durations within this process; no moment is taken from it."""

    def seconds(self) -> float:
        """Return seconds since some moment; they never go back."""

    def wait(self, span: timedelta) -> None:
        """Return once at least this span is over."""


class Ids(Protocol):
    """Fresh identifiers."""

    def fresh(self) -> str:
        """Return a short random string of lower-case hexadecimal digits."""
