"""Refusals of a candidate that has too few instances for its weight: a fault of size, not of model.

Azure ML answers 429 where more requests wait than a deployment may queue (troubleshooting page). A
candidate with fewer instances than stable has for the same share of the traffic gets more requests
an instance than stable ever did. A few refusals then say that it is too small for this weight: the
stage is held, and they are left out of what the model is judged by. With as many instances as its
share needs, or from `MOST` of a minute's requests on, a 429 is a failure like any other: clients
get no answer, and traffic must go back.
"""

from dataclasses import dataclass, replace
from math import ceil
from typing import Any

from rollout.core.records.observation import Minute, SideMinute
from rollout.units import FULL_WEIGHT

MOST = 0.20
"""From this share of a minute's requests on, refusals are failures whatever the reason."""

LEAST = 0.001
"""A smaller share of the requests since the first refusal holds nothing."""

HOLDS_FOR = 10
"""Minutes without a refusal after which the hold lifts itself."""


@dataclass(frozen=True)
class Crowded:
    """Refusals since the first one that was not followed by `HOLDS_FOR` minutes without.

    `left` minutes until it is forgotten; `requests` include the refused ones; the candidate `has`
    instances and `needs` more.
    """

    left: int
    refused: float
    requests: float
    has: int
    needs: int

    @classmethod
    def load(cls, stored: list[Any]) -> "Crowded":
        return cls(*stored)

    def dump(self) -> list[float]:
        return [self.left, self.refused, self.requests, self.has, self.needs]

    @property
    def holds(self) -> bool:
        """There are enough refusals for nothing to move forward."""
        return self.refused >= LEAST * self.requests


def excused(minute: Minute, weight: int) -> float:
    """Return how many of the candidate's requests were refused because it is too small.

    0 where the sizes of both sides are not known.
    """
    side, sizes = minute.candidate, minute.instances
    if side is None or sizes is None or sizes.candidate >= needed(sizes.stable, weight):
        return 0.0
    refused = min(side.refused, side.failures)
    return refused if refused < MOST * side.requests else 0.0


def needed(stable: int, weight: int) -> int:
    """Return how many instances a share of the traffic needs that `stable` instances had alone."""
    return ceil(stable * weight / FULL_WEIGHT)


def without(side: SideMinute, refused: float) -> SideMinute:
    """Return the minute without the requests that were refused."""
    return replace(
        side, requests=side.requests - refused, failures=max(side.failures - refused, 0.0)
    )


def after(crowded: Crowded | None, minute: Minute, weight: int, refused: float) -> Crowded | None:
    """Return what is remembered of refusals after this minute, in which so many were excused."""
    requests = minute.candidate.requests if minute.candidate is not None else 0.0
    if refused > 0 and minute.instances is not None:
        before = crowded or Crowded(0, 0.0, 0.0, 0, 0)
        sizes = minute.instances
        return Crowded(
            HOLDS_FOR,
            before.refused + refused,
            before.requests + requests,
            sizes.candidate,
            needed(sizes.stable, weight),
        )
    if crowded is None or crowded.left <= 1:
        return None
    return replace(crowded, left=crowded.left - 1, requests=crowded.requests + requests)
