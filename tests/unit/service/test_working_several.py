"""One message wakes several endpoints: what ails one is not the others' business."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from rollout.adapters.azure_ml.request_limits import RequestLimits
from rollout.adapters.azure_ml.turns import LimitedTurns
from rollout.core.records.phases import Phase
from rollout.errors import RowTooLargeError, StoreUnavailableError
from rollout.service.working import Working
from tests.doubles.seam import raising
from tests.support.stories.scenes import on_trial
from tests.support.stories.stage import START, Story

NAMES = ("/e/a", "/e/b", "/e/c")
DOWN = StoreUnavailableError("503")


class Worked:
    """A worker whose passes are noted, each with its moment, and take as long as is said."""

    def __init__(self, takes: timedelta = timedelta(0)) -> None:
        self.story = Story()
        self.worker = Working(self.story.ports, self.story.limits)
        self.passes: list[tuple[str, datetime, bool]] = []
        self.spans: list[str] = []
        self.fails: dict[str, Exception] = {}
        self._takes = takes

        def work(
            endpoint: str,
            now: datetime,
            chain_ends: datetime | None,
            *,
            suspended: bool = False,
            waits_since: datetime | None = None,
        ) -> None:
            del chain_ends, waits_since
            self.passes.append((endpoint, now, suspended))
            self.story.ports.stopwatch.wait(self._takes)
            if endpoint in self.fails:
                raise self.fails[endpoint]

        self.worker.work = work  # type: ignore[method-assign]  # a witness

    def all(self, *names: str) -> None:
        @contextmanager
        def around(name: str) -> Iterator[None]:
            self.spans.append(name)
            yield

        self.worker.work_all(names, START, None, suspended=True, around=around)

    def put_back(self) -> list[tuple[str, ...]]:
        return [each.wake_up.endpoints for each in self.story.queue._messages]


def test_each_endpoint_has_a_pass_of_its_own_moment_and_its_own_span() -> None:
    worked = Worked(timedelta(seconds=3))
    worked.all(*NAMES)
    begins = [START + number * timedelta(seconds=3) for number in range(3)]
    assert worked.passes == [(*each, True) for each in zip(NAMES, begins, strict=True)]
    assert tuple(worked.spans) == NAMES
    assert worked.put_back() == []


@pytest.mark.parametrize("error", [DOWN, RowTooLargeError("1.1 MiB"), RuntimeError("a bug")])
def test_one_that_fails_is_put_back_alone_and_the_others_have_their_pass(error: Exception) -> None:
    worked = Worked()
    worked.fails["/e/a"] = error
    worked.all(*NAMES)
    assert [name for name, *_ in worked.passes] == list(NAMES)
    assert worked.put_back() == [("/e/a",)]
    (message,) = worked.story.queue._messages
    assert message.wake_up.suspended


def test_the_only_one_that_fails_is_delivered_again_by_the_queue() -> None:
    worked = Worked()
    worked.fails["/e/a"] = DOWN
    with pytest.raises(StoreUnavailableError):
        worked.all("/e/a")
    assert worked.put_back() == []


def test_what_there_is_no_time_left_for_gets_messages_of_its_own() -> None:
    worked = Worked(timedelta(seconds=11))
    worked.all(*NAMES)
    assert [name for name, *_ in worked.passes] == ["/e/a", "/e/b"]
    assert worked.put_back() == [("/e/c",)]


@pytest.mark.parametrize("nth", [1, 2])
def test_what_cannot_be_put_back_is_delivered_again_with_all_the_others(nth: int) -> None:
    worked = Worked()
    worked.fails = {"/e/a": DOWN, "/e/b": DOWN}
    worked.story.seam.once_before("queue.wake", raising(DOWN), nth=nth)
    with pytest.raises(StoreUnavailableError):
        worked.all(*NAMES)
    assert len(worked.put_back()) == 1


def test_a_look_that_cannot_be_put_back_holds_no_place_against_itself() -> None:
    story = on_trial(Phase.BAKING)

    def seconds() -> float:
        return story.clock.now.timestamp()

    limits = RequestLimits(clock=seconds)
    story.ports = replace(story.ports, turns=LimitedTurns(limits, clock=seconds))
    story.restart()
    story.clock.by(timedelta(minutes=2))
    story.wire.limits = limits
    for _ in range(250):
        with limits.counted("GET", story.endpoint):
            pass
    story.seam.once_before("queue.wake", raising(DOWN))
    with pytest.raises(StoreUnavailableError):
        story.work()
    looks = story.seam.calls["endpoints.get"]
    story.clock.by(timedelta(seconds=5))
    story.work()
    assert story.seam.calls["endpoints.get"] == looks + 1
