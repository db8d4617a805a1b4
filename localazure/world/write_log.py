"""The witness: every change to the world, in order, as it happened."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from localazure.world.resources import EMPTY, NO_SPLIT, Caller, Split


@dataclass(frozen=True)
class Snapshot:
    """How a resource was at one moment; `state` is `None` while it does not exist.

    For an endpoint `split` is the one last asked for; for anything else it is empty.
    """

    state: str | None = None
    split: Split = NO_SPLIT


ABSENT = Snapshot()


@dataclass(frozen=True)
class Write:
    """One change. `resource` is `endpoint` or `endpoint/deployment` (lower case) or `name:version`.

    `operation` is the call (`endpoints.put`, `models.put`, ...), or, for the end of an operation,
    `operations.succeeded`, `operations.failed` or `operations.canceled`.
    """

    sequence: int
    at: datetime
    caller: Caller
    operation: str
    resource: str
    before: Snapshot = ABSENT
    after: Snapshot = ABSENT
    tags: Mapping[str, str] = EMPTY
    detail: str = ""


class WriteLog:
    """An append-only sequence of writes; refused calls leave no trace."""

    def __init__(self) -> None:
        self._writes: list[Write] = []
        self._listeners: list[Callable[[Write], None]] = []

    def on_write(self, listener: Callable[[Write], None]) -> None:
        """Call `listener` with every write from now on.

        For whoever drives a world in its own process, and must act on a write as it happens.
        """
        self._listeners.append(listener)

    def add(
        self,
        at: datetime,
        caller: Caller,
        operation: str,
        resource: str,
        *,
        before: Snapshot = ABSENT,
        after: Snapshot = ABSENT,
        tags: Mapping[str, str] = EMPTY,
        detail: str = "",
    ) -> None:
        """Append one change; called by the world only."""
        write = Write(
            len(self._writes), at, caller, operation, resource, before, after, tags, detail
        )
        self._writes.append(write)
        for listener in self._listeners:
            listener(write)

    def of(self, operation: str, resource: str | None = None) -> list[Write]:
        """Return the writes of one operation, of one resource or of all."""
        return [
            write
            for write in self._writes
            if write.operation == operation and resource in (None, write.resource)
        ]

    def __iter__(self) -> Iterator[Write]:
        return iter(self._writes)

    def __len__(self) -> int:
        return len(self._writes)

    def since(self, sequence: int) -> list[Write]:
        """Return the writes from number `sequence` (0 is the first) on."""
        return self._writes[sequence:]
