"""One side's files read on, look after look: every answer once, whatever files appear or grow."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rollout.adapters.azure_ml.data_collectors import Rolling
from rollout.adapters.predictions.allowance import Allowance, Bounds
from rollout.adapters.predictions.cursor import MOST_FILES, Position, packed, unpacked
from rollout.adapters.predictions.reading import (
    LATE,
    MOST_LISTINGS,
    Progress,
    Source,
    folder_of,
    read_on,
)
from rollout.adapters.predictions.records import Records
from rollout.adapters.predictions.tallies import Tally
from rollout.core.policy.expectation import Expectation
from rollout.core.policy.quality_model import Live
from tests.support.collected_files import MemoryFiles, lines

FOLDER = "modelDataCollector/fraud-endpoint/green-7/model_outputs"
SINCE = datetime(2026, 11, 27, 10, 30, tzinfo=UTC)
LIVE = Live(expect=Expectation(absent=("error",)))
ROW = {"score": 0.25}
MINUTE = timedelta(minutes=1)


def a_file(moment: datetime, name: str = "a", rolling: Rolling = Rolling.HOUR) -> str:
    return f"{FOLDER}/{folder_of(rolling, moment)}/{name}.jsonl"


class Side:
    """Looks at one side, each of which goes on where the last one stopped."""

    def __init__(self, rolling: Rolling = Rolling.HOUR, collection: str = "model_outputs") -> None:
        self.files = MemoryFiles()
        self.source = Source(self.files, FOLDER, rolling, Records("green-7", collection))
        self.tally = Tally(LIVE, (), SINCE)
        self.progress = Progress(Position())

    def look(self, now: datetime, bounds: Bounds | None = None) -> int:
        """Return how many answers this look counted."""
        before = self.answers
        position = unpacked(packed(self.progress.position))
        allowance = Allowance(bounds or Bounds())
        self.progress = read_on(self.source, position, self.tally, now, allowance)
        return self.answers - before

    @property
    def answers(self) -> int:
        return sum(each.answers for each in self.tally.minutes.values())


def rows(count: int) -> list[Any]:
    return [ROW] * count


def test_lines_that_were_appended_are_counted_once() -> None:
    side, file = Side(), a_file(SINCE)
    side.files.append(file, lines(rows(3), SINCE))
    assert side.look(SINCE + MINUTE) == 3

    side.files.append(file, lines(rows(2), SINCE + MINUTE))
    assert side.look(SINCE + 2 * MINUTE) == 2
    assert side.look(SINCE + 3 * MINUTE) == 0
    assert sorted(side.tally.minutes) == [SINCE, SINCE + MINUTE]


def test_a_line_that_is_half_written_is_counted_when_it_is_whole() -> None:
    side, file = Side(), a_file(SINCE)
    whole = lines(rows(2), SINCE)
    side.files.append(file, whole[:-30])
    assert side.look(SINCE + MINUTE) == 1

    side.files.append(file, whole[-30:])
    assert side.look(SINCE + 2 * MINUTE) == 1
    assert side.progress.unread == 0


def test_a_last_line_without_an_end_counts_once_it_is_a_record() -> None:
    side, file = Side(), a_file(SINCE)
    side.files.append(file, lines(rows(2), SINCE).rstrip())
    assert side.look(SINCE + MINUTE) == 2

    side.files.append(file, b"\n" + lines(rows(1), SINCE))
    assert side.look(SINCE + 2 * MINUTE) == 1


def test_lines_that_cannot_be_read_are_passed_over() -> None:
    side = Side()
    side.files.append(
        a_file(SINCE), b"{\n\n" + lines(rows(1), SINCE) + b"[1]\n" + lines(rows(1), SINCE)
    )

    assert side.look(SINCE + MINUTE) == 2
    assert side.progress.unread == 2


def test_each_file_of_an_hour_has_its_own_position() -> None:
    side = Side()
    for turn in range(3):
        for name in "abc":
            side.files.append(a_file(SINCE, name), lines(rows(1 + turn), SINCE))
        assert side.look(SINCE + MINUTE) == 3 * (1 + turn)


def test_files_that_a_look_does_not_reach_are_not_read_again() -> None:
    """All files of an hour grow at once, and a look may end in the first of them."""
    side, written, found = Side(), 0, 0
    for _ in range(6):
        for name in "abc":
            side.files.append(a_file(SINCE, name), lines(rows(20), SINCE))
            written += 20
        found += side.look(SINCE + MINUTE, Bounds(lines=25))
    while side.progress.more:
        found += side.look(SINCE + MINUTE, Bounds(lines=25))

    assert found == written


def test_a_clock_that_is_behind_reads_nothing_twice() -> None:
    side, later = Side(), SINCE + timedelta(minutes=30)
    for number in range(MOST_FILES):
        side.files.append(a_file(later, f"f{number}"), lines(rows(1), later))
    side.files.append(a_file(SINCE), lines(rows(1), SINCE))
    assert side.look(later) == MOST_FILES + 1

    assert side.look(later - timedelta(seconds=1)) == 0
    assert side.look(later + MINUTE) == 0


def test_what_is_from_the_future_counts_as_of_now() -> None:
    side = Side()
    side.tally.now = SINCE + MINUTE
    side.files.append(a_file(SINCE), lines(rows(2), SINCE + timedelta(days=900)))
    side.look(SINCE + MINUTE)

    assert list(side.tally.minutes) == [SINCE + MINUTE]
    assert side.tally.last == SINCE + MINUTE


@pytest.mark.parametrize("least", [1, 700, 5000])
def test_a_look_reads_whole_ranges_however_little_is_left(least: int) -> None:
    """Else a line of megabytes would take thousands of calls."""
    side = Side()
    side.files.append(a_file(SINCE), lines([{"score": "x" * 3_000_000}], SINCE))

    assert side.look(SINCE + MINUTE, Bounds(bytes=least)) == 1
    assert len(side.files.asked) <= 4


def test_a_file_that_appears_late_is_read() -> None:
    side = Side()
    side.files.append(a_file(SINCE), lines(rows(1), SINCE))
    later = SINCE + timedelta(hours=1)
    side.files.append(a_file(later), lines(rows(1), later))
    assert side.look(later) == 2

    side.files.append(a_file(SINCE, "late"), lines(rows(4), SINCE))
    assert side.look(later + MINUTE) == 4


def test_a_folder_is_left_behind_once_nothing_late_may_come() -> None:
    side = Side()
    side.files.append(a_file(SINCE), lines(rows(1), SINCE))
    much_later = SINCE + LATE + timedelta(hours=1)
    assert side.look(much_later) == 1

    side.files.append(a_file(SINCE, "too-late"), lines(rows(1), SINCE))
    assert side.look(much_later + MINUTE) == 0
    assert side.progress.position.oldest == folder_of(Rolling.HOUR, much_later - LATE)
    assert not side.progress.position.read


def test_what_was_not_read_yet_is_not_left_behind() -> None:
    side = Side()
    side.files.append(a_file(SINCE), lines(rows(50), SINCE))
    much_later = SINCE + LATE + timedelta(hours=5)
    side.files.append(a_file(much_later), lines(rows(50), much_later))
    found = 0
    for turn in range(100):
        found += side.look(much_later + turn * MINUTE, Bounds(bytes=4096))
        if not side.progress.more:
            break

    assert found == 100


@pytest.mark.parametrize("bounds", [Bounds(bytes=1), Bounds(lines=1)])
def test_every_look_gets_on_however_little_it_may_read(bounds: Bounds) -> None:
    side = Side()
    side.files.append(a_file(SINCE), lines(rows(3), SINCE))
    found = [side.look(SINCE + MINUTE, bounds) for _ in range(4)]

    assert sum(found) == 3
    assert found[0] >= 1


def test_without_time_nothing_is_read_and_nothing_is_lost() -> None:
    side = Side()
    side.files.append(a_file(SINCE), lines(rows(3), SINCE))
    assert side.look(SINCE + MINUTE, Bounds(seconds=0)) == 0
    assert side.progress.more

    assert side.look(SINCE + MINUTE) == 3


def test_answers_from_before_are_not_counted() -> None:
    side = Side()
    side.files.append(a_file(SINCE), lines(rows(5), SINCE - MINUTE) + lines(rows(1), SINCE))

    assert side.look(SINCE + MINUTE) == 1


def test_a_folder_shared_with_another_deployment_is_read_for_ones_own() -> None:
    side = Side()
    both = lines(rows(2), SINCE, deployment="blue-6") + lines(rows(3), SINCE)
    side.files.append(a_file(SINCE), both)

    assert side.look(SINCE + MINUTE) == 3
    assert side.progress.unread == 0


def test_failed_answers_are_counted() -> None:
    side = Side()
    side.files.append(a_file(SINCE), lines([ROW, {"error": "no model"}], SINCE))
    side.look(SINCE + MINUTE)

    assert side.tally.minutes[SINCE].failed == 1


@pytest.mark.parametrize("rolling", list(Rolling))
def test_folders_are_found_however_often_they_begin(rolling: Rolling) -> None:
    side = Side(rolling)
    moments = [SINCE + each * timedelta(minutes=23) for each in range(4)]
    for moment in moments:
        side.files.append(a_file(moment, rolling=rolling), lines(rows(1), moment))
        assert side.look(moment + MINUTE) == 1
    side.files.append(a_file(moments[-1], rolling=rolling), lines(rows(1), moments[-1]))
    assert side.look(moments[-1] + 2 * MINUTE) == 1


def test_midnight_and_the_end_of_a_month_are_no_gaps() -> None:
    side = Side()
    last = datetime(2026, 11, 30, 23, 59, tzinfo=UTC)
    side.tally.since = last
    side.files.append(a_file(last), lines(rows(1), last))
    side.files.append(a_file(last + MINUTE), lines(rows(1), last + MINUTE))

    assert side.look(last + 2 * MINUTE) == 2


def test_folders_that_began_more_often_later_go_on_from_the_cursor() -> None:
    coarse = Side(Rolling.DAY)
    coarse.files.append(a_file(SINCE, rolling=Rolling.DAY), lines(rows(1), SINCE))
    assert coarse.look(SINCE + MINUTE) == 1
    finer = Side(Rolling.HOUR)
    finer.files, finer.progress = coarse.files, coarse.progress
    finer.source = Source(finer.files, FOLDER, Rolling.HOUR, Records("green-7", "model_outputs"))
    finer.files.append(a_file(SINCE), lines(rows(2), SINCE))

    assert finer.look(SINCE + 2 * MINUTE) == 2


@pytest.mark.parametrize("oldest", ["", "no folder", "2026/1/1", "../../.."])
def test_a_cursor_that_says_nothing_begins_at_the_beginning(oldest: str) -> None:
    side = Side()
    side.progress = Progress(Position(oldest))
    side.files.append(a_file(SINCE), lines(rows(1), SINCE))

    assert side.look(SINCE + MINUTE) == 1


def test_more_files_than_a_cursor_holds_are_all_read_as_folders_go_by() -> None:
    side = Side(Rolling.MINUTE)
    count = MOST_FILES + 20
    for number in range(count):
        moment = SINCE + number * MINUTE
        side.files.append(a_file(moment, rolling=Rolling.MINUTE), lines(rows(1), moment))
    now = SINCE + count * MINUTE

    assert side.look(now) == count
    assert len(side.progress.position.read) == MOST_FILES
    assert side.look(now + MINUTE) == 0


def test_of_too_many_files_in_one_folder_the_same_are_read_each_time() -> None:
    side = Side()
    for number in range(MOST_FILES + 4):
        side.files.append(a_file(SINCE, f"f{number}"), lines(rows(1), SINCE))
    assert side.look(SINCE + MINUTE) == MOST_FILES
    assert side.progress.left_out == 4

    assert side.look(SINCE + 2 * MINUTE) == 0


def test_a_long_pause_is_caught_up_with_in_several_looks() -> None:
    side = Side()
    hours = MOST_LISTINGS + 10
    for hour in range(hours):
        moment = SINCE + timedelta(hours=hour)
        side.files.append(a_file(moment), lines(rows(1), moment))
    now = SINCE + timedelta(hours=hours)
    assert side.look(now) == MOST_LISTINGS
    assert side.progress.more

    assert side.look(now) == 10
    assert not side.progress.more


def test_what_is_no_file_of_lines_is_left_alone() -> None:
    side = Side()
    side.files.append(a_file(SINCE).removesuffix(".jsonl"), lines(rows(1), SINCE))

    assert side.look(SINCE + MINUTE) == 0
