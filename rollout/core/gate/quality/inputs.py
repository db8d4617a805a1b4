"""Which of the distinct inputs were compared: each counts once, for a repeat shows nothing new.

They are sent in order, again and again, and some are left out at first. So those compared are a few
runs of neighbours, kept as `[first, end, first, end, ...]`, ends excluded.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence

MAX_RUNS = 16
"""The state has little room. An input that would begin one more run is left for later."""

_TWICE_AT_FIRST, _TWICE_EVERY = 20, 10


def asks_twice(place: int) -> bool:
    """Say whether stable is to answer this input twice: the first twenty, and every tenth after.

    A stable that is itself random is known by that, and at first it must be known soon: that it
    differs from itself on one input in five shows within twenty in 99 of 100 cases.
    """
    return place < _TWICE_AT_FIRST or place % _TWICE_EVERY == 0


def is_in(runs: Sequence[int], place: int) -> bool:
    return bisect_right(runs, place) % 2 == 1


def added(runs: Sequence[int], place: int) -> list[int] | None:
    """Return the runs with one more input; None where it is in them, or there is no room for it."""
    if is_in(runs, place):
        return None
    # A border that would stand there twice joins two runs.
    borders = set(runs) ^ {place, place + 1}
    return sorted(borders) if len(borders) <= 2 * MAX_RUNS else None


def count(runs: Sequence[int]) -> int:
    return sum(runs[1::2]) - sum(runs[::2])


def with_all(runs: Sequence[int], places: Iterable[int]) -> list[int]:
    """Return the runs with all of these, which `added` took one by one before."""
    found = list(runs)
    for place in places:
        found = added(found, place) or found
    return found
