"""A round goes on where it stood: over ticks, restarts, failures and damage, within its time."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from rollout.core.records.rounds import Round, RoundKind, Troubles, all_troubles, trouble
from rollout.errors import ServicesUnavailableError, StoreUnavailableError
from rollout.service.dependencies import Rhythm
from rollout.service.rounds import LINES_A_ROUND, TRIES, Notes, Rounds, Step, Then
from tests.doubles.memory_ports import StillStopwatch
from tests.doubles.seam import CrashError, raising
from tests.support.stories.stage import START, Story

MINUTE = timedelta(minutes=1)
PLACES = ("a", "b", "c", "d")
HALF_HOURLY = Rhythm(timedelta(minutes=30), timedelta(minutes=35))


@dataclass
class Walk:
    """A job over a few places; each step takes six seconds."""

    stopwatch: StillStopwatch
    kind: RoundKind = RoundKind.ALL
    rhythm: Rhythm = HALF_HOURLY
    places: tuple[str, ...] = PLACES
    done: list[str] = field(default_factory=list)
    trouble: Callable[[str], None] = lambda _: None
    waits: bool = False

    def step(self, after: str, notes: Notes, *, skip: bool) -> Step:
        left = [place for place in self.places if place > after]
        if not left:
            return Step(after, Then.OVER)
        if not skip:
            self.trouble(left[0])
        self.stopwatch.now += 6
        self.done.append(left[0])
        notes.tell(f"{left[0]} is stuck", endpoint=left[0])
        notes.trouble(f"{left[0]} is stuck")
        return Step(left[0], Then.WAIT if self.waits else Then.ON)


class Hours:
    """A job, and processes that give it slices: one a minute."""

    def __init__(self, **job: object) -> None:
        self.story = Story()
        self.now = START
        watch = StillStopwatch()
        self.ports = replace(self.story.ports, stopwatch=watch)
        self.walk = Walk(watch, **job)  # type: ignore[arg-type]  # by name
        self.restart()

    def restart(self) -> None:
        self.rounds = Rounds(self.ports, self.story.limits, [self.walk])

    def tick(self, minutes: int = 1) -> None:
        for _ in range(minutes):
            self.now += MINUTE
            if self.rounds.unsaved:
                self.rounds.mark(self.now)
            self.rounds.run(self.now)

    @property
    def stored(self) -> Round:
        (found,) = self.story.store.rounds()
        return found


def test_a_slice_ends_with_its_time_and_the_next_tick_goes_on() -> None:
    hours = Hours()
    hours.tick()
    assert hours.walk.done == ["a", "b"]
    hours.tick()
    assert hours.walk.done == list(PLACES)
    hours.tick(2)
    assert hours.stored.over
    assert hours.walk.done == list(PLACES), "the next round is not due yet"


def test_a_round_begins_when_it_is_due() -> None:
    hours = Hours()
    hours.tick(31)
    assert hours.walk.done == [*PLACES, "a", "b"]


def test_a_restart_goes_on_where_the_round_stood() -> None:
    hours = Hours()
    for _ in range(4):
        hours.tick()
        hours.restart()
    # The last slice of a process is done again, and no place is left out.
    assert hours.walk.done == list(PLACES)


def test_what_was_not_written_before_a_crash_is_done_again() -> None:
    hours = Hours(places=tuple("abcdefgh"))
    hours.tick(2)
    hours.story.seam.once_before("store.mark_tick", raising(CrashError("between")))
    with pytest.raises(CrashError):
        hours.tick()
    hours.restart()
    hours.tick(4)
    assert hours.walk.done == list("abcdcdefgh")


def test_a_process_that_lives_for_one_tick_moves_on_too() -> None:
    hours = Hours(places=tuple("abcdef"))
    for _ in range(3):
        hours.tick()
        hours.restart()
    assert hours.walk.done == list("abcdef")


def test_a_process_that_was_away_goes_on_where_another_is_now() -> None:
    hours = Hours(places=tuple("abcdefgh"))
    first = hours.rounds
    hours.tick()
    hours.restart()
    hours.tick(2)
    hours.now += timedelta(minutes=11)
    first.run(hours.now)
    assert hours.walk.done == list("abcdefef"), "the other one had not written its last slice"


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"kind": "live"}', "\u2603", 7])
def test_a_damaged_place_begins_the_round_again_and_stops_no_tick(text: object) -> None:
    hours = Hours()
    hours.tick(3)
    column = f"round_{RoundKind.ALL}"
    assert column in hours.story.store._tick
    hours.story.store._tick[column] = text
    hours.restart()
    hours.tick(3)
    assert hours.walk.done == [*PLACES, *PLACES]
    assert hours.stored.kind is RoundKind.ALL


def test_a_place_of_a_newer_schema_begins_the_round_again() -> None:
    hours = Hours()
    hours.tick()
    hours.story.store._tick["schema"] = 99
    assert not hours.story.store.rounds()


def test_a_round_that_began_in_the_future_begins_again() -> None:
    hours = Hours()
    hours.tick(3)
    hours.now -= timedelta(days=1)
    hours.restart()
    hours.tick(2)
    assert hours.walk.done == [*PLACES, *PLACES]


def test_storage_that_does_not_tell_the_places_makes_rounds_wait() -> None:
    hours = Hours()
    hours.story.seam.once_before("store.rounds", raising(StoreUnavailableError("503")))
    hours.tick()
    assert not hours.walk.done
    hours.tick()
    assert hours.walk.done == ["a", "b"]


def test_places_that_cannot_be_written_at_once_are_written_by_the_next_mark() -> None:
    hours = Hours()
    hours.story.seam.once_before("store.mark_tick", raising(StoreUnavailableError("503")))
    hours.tick()
    assert hours.rounds.unsaved
    hours.tick()
    assert hours.stored.after == "b"


@pytest.mark.parametrize("error", [StoreUnavailableError("503"), ServicesUnavailableError("gone")])
def test_a_place_that_cannot_be_read_is_tried_again_and_then_left_out(error: Exception) -> None:
    def trouble(place: str) -> None:
        if place == "b":
            raise error

    hours = Hours(trouble=trouble)
    hours.tick(TRIES)
    assert hours.walk.done == ["a"]
    hours.tick(2)
    assert hours.walk.done == list(PLACES)
    assert not [line for line in hours.story.log.attentions if "stuck" not in line]


def test_a_fault_of_ours_in_one_job_is_told_once_and_stops_nothing_else() -> None:
    def trouble(place: str) -> None:
        if place == "c":
            raise KeyError("a bug of ours")

    hours = Hours(trouble=trouble)
    other = Walk(hours.walk.stopwatch, kind=RoundKind.LIVE)
    hours.rounds = Rounds(hours.ports, hours.story.limits, [hours.walk, other])
    hours.tick(3)
    assert other.done == list(PLACES)
    assert hours.walk.done == ["a", "b"]
    assert sum("fails: KeyError" in line for line in hours.story.log.attentions) == 1
    hours.tick(3)
    assert hours.walk.done == list(PLACES)


def test_a_round_that_waits_is_due_again_with_the_next_tick() -> None:
    hours = Hours(waits=True)
    hours.tick(2)
    assert hours.walk.done == ["a", "b"]


def test_a_round_that_is_late_says_so_once() -> None:
    hours = Hours(waits=True, places=tuple("abcdefghi"))
    hours.tick(6)
    assert not [line for line in hours.story.log.attentions if "late" in line]
    hours.tick(3)
    hours.restart()
    hours.tick()
    (line,) = [line for line in hours.story.log.attentions if "late" in line]
    assert line.startswith("the sweep of all endpoints is late: under way for 6m")


def test_time_in_which_no_tick_ran_makes_no_round_late() -> None:
    hours = Hours(waits=True)
    hours.tick(3)
    hours.now += timedelta(days=3)
    hours.restart()
    hours.tick(3)
    assert hours.walk.done == [*"abc", *"cd"], "its last slice was not written"
    assert not [line for line in hours.story.log.attentions if "late" in line]


def test_a_round_names_a_few_endpoints_and_counts_all() -> None:
    hours = Hours(places=tuple(f"{number:02}" for number in range(LINES_A_ROUND + 30)))
    for _ in range(30):
        hours.tick()
        hours.restart()
    log = hours.story.log
    named = [line for line in log.attentions if "is stuck" in line]
    assert len(named) == LINES_A_ROUND, "also where each slice is another process's"
    (more,) = [line for line in log.attentions if "more endpoints" in line]
    assert "30 more" in more
    assert sum("is stuck" in line for line in log.lines) == 30
    assert all_troubles([hours.stored]).count == LINES_A_ROUND + 30


def test_what_a_round_found_stands_until_the_next_one_is_over() -> None:
    hours = Hours()
    hours.tick(4)
    told = hours.stored.told
    assert told.count == len(PLACES)
    hours.walk.places = ("a",)
    hours.walk.waits = True
    hours.tick(28)
    assert (hours.stored.over, hours.stored.told) == (False, told)
    hours.tick()
    assert hours.stored.told.count == 1


def test_a_round_that_only_waits_costs_no_write() -> None:
    hours = Hours(waits=True)
    hours.tick()
    hours.walk.places = ()
    stands = Walk(hours.walk.stopwatch, waits=True)
    stands.step = lambda after, notes, *, skip: Step(after, Then.WAIT)  # type: ignore[method-assign]
    hours.rounds = Rounds(hours.ports, hours.story.limits, [stands])
    hours.tick(5)
    assert not hours.rounds.unsaved


def test_troubles_are_cut_and_counted() -> None:
    found = sum((trouble(f"{number}") for number in range(30)), Troubles())
    assert (found.count, len(found.texts)) == (30, 20)
