"""Rows on their way: kept until they may be read, some lost, some merged, as the dials say."""

import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import cycle
from uuid import uuid4

from localazure.collector.records import Record, merged
from localazure.runtime import CollectorSpec

FILES = 2
"""Files that each collection's rows are spread over: more than one, because nothing says that there
is only one a folder."""


@dataclass(frozen=True)
class CollectorDials:
    """What Azure's documentation leaves open, and what may go wrong.

    A row can be read `delay` after it was logged (not documented). Rows that a script logs within
    the same `batch` of time become one record ("within short time intervals", says the page);
    zero: never. `loss` is the share (0 to 1) of rows that never arrive, `sampling` multiplies the
    collections' own rates.
    """

    delay: timedelta = timedelta(0)
    batch: timedelta = timedelta(0)
    loss: float = 0.0
    sampling: float = 1.0


@dataclass(frozen=True)
class Row:
    """One record, the collector it belongs to, and the file (an id) it goes to."""

    collector: CollectorSpec
    record: Record
    file: str


@dataclass
class _Waiting:
    arrived: datetime
    row: Row


@dataclass
class CollectedRows:
    """The rows of every deployment. Safe to use from several threads; `dials` may be replaced."""

    chance: random.Random
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    dials: CollectorDials = CollectorDials()
    _waiting: list[_Waiting] = field(default_factory=list)
    _files: dict[tuple[str, str], Iterator[str]] = field(default_factory=dict)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def add(self, collector: CollectorSpec, record: Record) -> None:
        """Take a row, unless it gets lost; one of a collection that is not on is dropped."""
        if record.collection not in collector.collections:
            return
        with self._changed:
            if self.chance.random() < self.dials.loss:
                return
            key = (collector.source, record.collection)
            if key not in self._files:
                self._files[key] = cycle([str(uuid4()) for _ in range(FILES)])
            row = Row(collector, record, next(self._files[key]))
            self._waiting.append(_Waiting(self.clock(), row))
            self._changed.notify_all()

    def take(self) -> list[Row]:
        """Return the rows that can be read by now, oldest first, and forget them."""
        with self._changed:
            now, dials = self.clock(), self.dials
            due: list[_Waiting] = []
            later: list[_Waiting] = []
            for one in self._waiting:
                (due if _readable_at(one.arrived, dials) <= now else later).append(one)
            self._waiting = later
        if not dials.batch:
            return [one.row for one in due]
        return _batched(due, dials.batch)

    def wait(self, seconds: float) -> bool:
        """Wait until there are rows, at most this long; say whether there are."""
        with self._changed:
            return self._changed.wait_for(lambda: bool(self._waiting), seconds)


def _readable_at(arrived: datetime, dials: CollectorDials) -> datetime:
    if not dials.batch:
        return arrived + dials.delay
    return _window(arrived, dials.batch) + dials.batch + dials.delay


def _window(arrived: datetime, batch: timedelta) -> datetime:
    return arrived - (arrived - datetime.fromtimestamp(0, UTC)) % batch


def _batched(due: list[_Waiting], batch: timedelta) -> list[Row]:
    groups: dict[tuple[datetime, str, str], list[Row]] = {}
    for one in due:
        key = (_window(one.arrived, batch), one.row.collector.source, one.row.record.collection)
        groups.setdefault(key, []).append(one.row)
    return [
        Row(rows[0].collector, record, rows[0].file)
        for rows in groups.values()
        for record in merged(row.record for row in rows)
    ]
