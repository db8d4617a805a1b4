"""What the data collectors of both deployments wrote since the last look, counted.

Only counts leave the adapter, never a payload. A batch is what became readable of one minute.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Bins:
    """How one output is counted: learnt from stable once, then fixed for the whole rollout.

    Of a number `edges` are the inner borders, ascending: len + 1 bins, a value on a border counts
    above it. Of a label `classes` are stable's most common ones: len + 1 bins, the last for others.
    """

    path: str
    edges: tuple[float, ...] = ()
    classes: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        return len(self.edges or self.classes) + 1


@dataclass(frozen=True)
class SideBatch:
    """One side's answers of a batch.

    `answers` were read; `failed` of them do not meet what every answer must. By path: `counts` in
    the bins, and `odd`, those that were null, NaN, missing, of another type or out of range.
    """

    answers: int = 0
    failed: int = 0
    counts: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    odd: Mapping[str, int] = field(default_factory=dict)

    def plus(self, other: "SideBatch") -> "SideBatch":
        """Return the counts of both; those of a path are in the same bins, or missing in one."""
        return SideBatch(
            answers=self.answers + other.answers,
            failed=self.failed + other.failed,
            counts={
                path: _sum(self.counts.get(path, ()), other.counts.get(path, ()))
                for path in sorted({*self.counts, *other.counts})
            },
            odd={
                path: self.odd.get(path, 0) + other.odd.get(path, 0)
                for path in sorted({*self.odd, *other.odd})
            },
        )


@dataclass(frozen=True)
class Batch:
    """Both sides' answers of one minute (UTC, its start), as far as they could be read."""

    minute: datetime
    candidate: SideBatch
    stable: SideBatch


@dataclass(frozen=True)
class PredictionsSeen:
    """What one look read.

    `batches` are oldest first. `bins` are those that counts refer to, given or learnt in this look;
    `cursor` is where the next look goes on, a JSON value of at most 1 kB. `more`: there was more
    than one look may read. `silent` and `unequal` say what kept a side from being seen ("", or a
    sentence's part): neither passes or fails anything.
    """

    batches: tuple[Batch, ...] = ()
    bins: tuple[Bins, ...] = ()
    cursor: Mapping[str, Any] = field(default_factory=dict)
    more: bool = False
    silent: str = ""
    unequal: str = ""


def _sum(one: Sequence[int], other: Sequence[int]) -> tuple[int, ...]:
    if not one or not other:
        return tuple(one or other)
    return tuple(mine + theirs for mine, theirs in zip(one, other, strict=True))
