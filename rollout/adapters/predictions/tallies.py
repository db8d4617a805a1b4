"""Answers become counts, minute by minute, as they are read: no payload outlives its chunk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rollout.core.policy.quality_model import Live
from rollout.core.predictions.outputs import counted
from rollout.core.records.predictions import Bins, SideBatch
from rollout.text.moments import LATEST


@dataclass
class Tally:
    """One side's counts of a look, by minute.

    `last` is the latest minute of any answer seen. A collector's clock may be ahead: what is from
    after `now` counts as of then.
    """

    live: Live
    bins: tuple[Bins, ...]
    since: datetime
    minutes: dict[datetime, SideBatch] = field(default_factory=dict)
    last: datetime | None = None
    now: datetime = LATEST

    def add(self, found: Mapping[datetime, Sequence[Any]]) -> None:
        """Count the answers of a chunk; those from before `since` are another deployment's time."""
        for said, answers in found.items():
            minute = min(said, self.now)
            if self.last is None or minute > self.last:
                self.last = minute
            if minute < self.since or not answers:
                continue
            more = counted(self.live, self.bins, answers)
            before = self.minutes.get(minute)
            self.minutes[minute] = more if before is None else before.plus(more)
