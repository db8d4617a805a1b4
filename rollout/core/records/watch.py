"""When the controller looked: what tells a slow rollout from one that nobody watched."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from rollout.units import NO_TIME


@dataclass(frozen=True)
class Watch:
    """What a row knows of the looks at its rollout.

    `looked_at` is the last look, as far as a save told of it (None: none did yet, or a version
    before this one saved the row), and `halted` all the time that the rollout had spent in halts by
    then. `unwatched` is all its time, outside halts, in which nobody looked although a look was
    due. The latest such time, halts included, was from `away_since` to `back_at` (None: never).
    """

    looked_at: datetime | None = None
    halted: timedelta = NO_TIME
    unwatched: timedelta = NO_TIME
    away_since: datetime | None = None
    back_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.unwatched < NO_TIME:
            raise ValueError(f"the time that nobody watched cannot be {self.unwatched}")
