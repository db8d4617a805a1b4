"""What an endpoint's promoted releases showed at their ends, oldest first, in little room.

It is part of the row that owns the endpoint, so it is written in the very transaction in which a
rollout succeeds, and read with every other decision.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

MAX_PROMOTIONS = 10
KEPT = timedelta(days=365)
"""The oldest entry goes once it is older than this and there are more than `MAX_PROMOTIONS`."""


@dataclass(frozen=True)
class Promotions:
    """One promotion, or neighbours put together.

    `at` is the (first) promotion's end; `count` how many they are; `requests` and `failures` those
    of the candidates' last stages; `worth` how many independent requests these are worth.
    """

    at: datetime
    count: int
    requests: float
    failures: float
    worth: float

    def __post_init__(self) -> None:
        if self.count < 1 or not 0 <= self.failures <= self.requests or self.worth < 0:
            raise ValueError(f"this cannot have been promoted: {self}")


def with_promotion(
    known: Sequence[Promotions], newest: Promotions, now: datetime
) -> tuple[Promotions, ...]:
    """Add a promotion, and keep `MAX_PROMOTIONS` entries: ten promotions, or a year of them.

    Where there would be more, an entry older than `KEPT` is forgotten; else the two neighbours that
    are closest in time become one, never the newest. So frequent releases are summed up, and the
    entries still reach back a year.
    """
    entries = [*known, newest]
    while len(entries) > MAX_PROMOTIONS:
        if now - entries[0].at > KEPT:
            entries = entries[1:]
            continue
        closest = min(
            range(len(entries) - 2), key=lambda index: entries[index + 2].at - entries[index].at
        )
        entries[closest : closest + 2] = [_together(*entries[closest : closest + 2])]
    return tuple(entries)


def _together(first: Promotions, second: Promotions) -> Promotions:
    return replace(
        first,
        count=first.count + second.count,
        requests=first.requests + second.requests,
        failures=first.failures + second.failures,
        worth=first.worth + second.worth,
    )
