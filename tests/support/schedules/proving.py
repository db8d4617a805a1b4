"""Plays any number of schedules on all cores, and tells how far it is."""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from multiprocessing import get_context
from time import monotonic

from tests.support.schedules.failing import Failure, shortened
from tests.support.schedules.places import ENOUGH, PLACES, never_reached, table
from tests.support.schedules.playing import BrokenError, Play
from tests.support.schedules.steps import draw

BATCH = 25
"""Schedules that a worker plays before it reports: some three seconds."""

REPORTS = 20

Say = Callable[[str], object]


@dataclass
class Result:
    """What a batch of schedules found: where it came, and the first failure."""

    played: int = 0
    places: Counter[str] = field(default_factory=Counter)
    failure: Failure | None = None


def play(seeds: range) -> Result:
    """Play the schedules of these seeds, up to the first that breaks a rule."""
    result = Result()
    for seed in seeds:
        schedule = draw(seed)
        one = Play(schedule)
        try:
            one.to_the_end()
        except BrokenError as error:
            result.failure = shortened(schedule, error)
            return result
        result.played += 1
        result.places += one.places
    return result


def prove(first: int, count: int, say: Say, *, workers: int | None = None) -> int:
    """Play `count` schedules from seed `first` on; return an exit code.

    0: every rule holds, and where there are enough schedules they came to every place.
    """
    began, whole = monotonic(), Result()
    for result in _results(range(first, first + count), workers or os.cpu_count() or 1):
        before = whole.played * REPORTS // count
        whole.played += result.played
        whole.places += result.places
        if result.failure is not None:
            say(f"{whole.played:,} schedules hold.\n{result.failure}")
            return 1
        if whole.played * REPORTS // count > before:
            pace = whole.played / (monotonic() - began)
            say(f"{whole.played:,} of {count:,} schedules hold, {pace:.0f} a second")
    say(table(whole.places))
    missing = never_reached(whole.places) if count >= ENOUGH else []
    if missing:
        say(f"never reached: {', '.join(missing)}")
        return 1
    say(f"{whole.played:,} schedules hold; they came to {len(PLACES)} places as above")
    return 0


def _results(seeds: range, workers: int) -> Iterator[Result]:
    batches = [seeds[at : at + BATCH] for at in range(0, len(seeds), BATCH)]
    # Not forked: whoever calls this may have threads.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        running = [pool.submit(play, batch) for batch in batches]
        try:
            for done in as_completed(running):
                yield done.result()
        finally:
            pool.shutdown(cancel_futures=True)
