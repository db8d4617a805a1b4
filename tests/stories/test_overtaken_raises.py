"""A rollback is saved while a raise is on its way: stopped where it can be, else put right at once.

The last check of the row is made when the request is ready. What is saved after it cannot stop the
raise, because endpoint writes carry no ETag. The pass that sent it finds out, and looks again.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from localazure.world import Effect, Fault
from rollout.core.records.phases import Phase
from rollout.core.records.signals import Verb
from rollout.errors import ArmThrottledError, StoreUnavailableError
from rollout.ports import Asked, Turn
from tests.doubles.memory_ports import FreeTurns
from tests.doubles.seam import CrashError, raising
from tests.support.stories.calls import expect
from tests.support.stories.invariants import check
from tests.support.stories.scenes import HOUR, MINUTE, on_trial
from tests.support.stories.stage import DIALS, Story
from tests.support.stories.trouble import Nth, Trouble

SECOND = timedelta(seconds=1)
BACK = {"blue-0": 100}
CALLS_AFTERWARDS = 16
"""The rest of the pass, the look that follows at once, and the first of those a second apart."""

OPERATIONS = [timedelta(0), timedelta(seconds=3), timedelta(seconds=8), timedelta(seconds=40)]


def about_to_raise(operation: timedelta = timedelta(0)) -> Story:
    """The next pass asks for 50 %, and Azure takes so long to change the traffic."""
    story = on_trial(Phase.BAKING)
    story.world.dials = replace(DIALS, traffic_update=operation)
    story.command(Verb.ADVANCE, skip_evidence=True)
    assert story.phase is Phase.SHIFTING
    return story


def rolled_back_in_the_window(story: Story, pause: timedelta = timedelta(0)) -> None:
    """The rollback is saved after the raise's last check; the raise leaves `pause` later."""

    def meanwhile() -> None:
        expect(story.alert("green-2").outcome == "rolling back", "the rollback is saved")
        if pause:
            story.pass_time(pause)

    story.seam.once_before("endpoints.put", meanwhile)


def late_raises(story: Story) -> list[timedelta]:
    """How long each raise stood that Azure took after the rollback was saved."""
    puts = list(story.world.log.of("endpoints.put"))
    stood = []
    for number, write in enumerate(puts):
        if write.after.split.live.get("green-2") == 50:
            later = (each for each in puts[number:] if "green-2" not in each.after.split.live)
            stood.append(next(later).at - write.at)
    return stood


def test_a_rollback_saved_right_after_the_commit_stops_the_raise_that_commit_asked_for() -> None:
    """The commit proved the version, but not until the request was ready."""
    story = on_trial(Phase.BAKING)
    asked: list[Phase] = []

    def saved(name: str) -> None:
        if name == "store.commit" and story.phase is Phase.SHIFTING and not asked:
            asked.append(story.phase)
            story.alert("green-2")

    story.seam.after.append(saved)
    story.until(lambda: bool(asked), within=HOUR)
    story.until_phase(Phase.ROLLED_BACK, within=3 * HOUR)
    assert late_raises(story) == []
    check(story)


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_an_overtaken_raise_is_taken_back_as_soon_as_azure_takes_a_write(
    operation: timedelta,
) -> None:
    story = about_to_raise(operation)
    rolled_back_in_the_window(story)
    story.work()
    if operation:
        # Azure was busy with the rollback's own write: the raise was refused.
        assert story.phase is Phase.ROLLING_BACK
    else:
        assert story.split == BACK, "put right before the pass ended"
    story.until_phase(Phase.ROLLED_BACK, within=3 * HOUR)
    assert len(late_raises(story)) == (0 if operation else 1)
    check(story, late_writes=True)


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_what_met_a_busy_endpoint_is_asked_for_within_a_second_of_its_end(
    operation: timedelta,
) -> None:
    """The rollback's own attempt fails, so that the raise is the first that Azure takes."""
    story = about_to_raise(operation)
    refused: list[str] = []

    def refuse(name: str) -> None:
        if name == "endpoints.put" and not refused and story.phase is Phase.ROLLING_BACK:
            refused.append(name)
            story.wire.faults.add("endpoints.put", Fault(503))

    story.seam.before.append(refuse)
    rolled_back_in_the_window(story)
    story.pass_time(SECOND)
    story.until_phase(Phase.ROLLED_BACK, within=3 * HOUR)
    (stood,) = late_raises(story)
    assert stood <= operation + SECOND
    check(story, late_writes=True)


@pytest.mark.parametrize("pause", [5 * SECOND, 20 * SECOND, 50 * SECOND], ids=str)
def test_a_raise_that_comes_when_the_rollback_was_seen_is_taken_back_before_its_pass_ends(
    pause: timedelta,
) -> None:
    story = about_to_raise()
    rolled_back_in_the_window(story, pause)
    story.work()
    assert story.phase is Phase.DISCARDING
    assert late_raises(story) == [timedelta(0)]
    assert story.split == BACK
    story.until_phase(Phase.ROLLED_BACK, within=3 * HOUR)
    check(story, late_writes=True)


class BusyTurns(FreeTurns):
    """`Turns` where no look gets its turn for minutes."""

    @contextmanager
    def turn(self, asked: Asked) -> Iterator[Turn]:
        yield Turn(2 * MINUTE, asked.waits_since or asked.now)

    def after_refusal(self, asked: Asked, wait: timedelta, *, goes_back: bool) -> timedelta:
        del asked, wait
        return 5 * SECOND if goes_back else 2 * MINUTE


@pytest.mark.parametrize("dies", [False, True], ids=["lives", "dies"])
@pytest.mark.parametrize("pause", [timedelta(0), 20 * SECOND], ids=str)
def test_an_overtaken_raise_is_taken_back_in_time_though_azure_refuses_the_look(
    pause: timedelta, *, dies: bool
) -> None:
    story = about_to_raise()
    rolled_back_in_the_window(story, pause)
    throttled = raising(ArmThrottledError("429", wait=MINUTE))

    def refused() -> None:
        story.ports = replace(story.ports, turns=BusyTurns())
        story.service._working._ports = story.ports
        story.seam.once_before("endpoints.get", throttled)

    story.seam.once_after("endpoints.put", refused, nth=2 if pause else 1)
    story.work()
    if dies:
        story.restart()
    story.pass_time(6 * SECOND)
    (stood,) = late_raises(story)
    assert stood <= 6 * SECOND
    assert story.split == BACK


def test_an_overtaken_raise_is_looked_at_at_once_by_another_pass_where_this_one_must_give_way() -> (
    None
):
    story = about_to_raise()
    story.limits = replace(story.limits, races=1)
    story.restart()
    rolled_back_in_the_window(story, 20 * SECOND)
    story.work()
    assert story.split == {"blue-0": 50, "green-2": 50}
    story.pass_time(SECOND)
    assert story.split == BACK
    check(story, late_writes=True)


def test_an_overtaken_raise_whose_answer_was_lost_is_taken_back_as_well() -> None:
    story = about_to_raise()

    def meanwhile() -> None:
        story.alert("green-2")
        story.wire.faults.add("endpoints.put", Fault(drops_connection=True, effect=Effect.BEFORE))

    story.seam.once_before("endpoints.put", meanwhile)
    story.work()
    assert late_raises(story) == [timedelta(0)]
    assert story.split == BACK


def test_a_raise_whose_answer_was_lost_while_nobody_saved_is_no_race() -> None:
    story = about_to_raise()
    story.wire.faults.add("endpoints.put", Fault(drops_connection=True, effect=Effect.BEFORE))
    loads = story.seam.calls["store.load"]
    story.work()
    assert story.seam.calls["store.load"] == loads + 1
    assert story.split == {"blue-0": 50, "green-2": 50}
    story.until_phase(Phase.BAKING, stage=1, within=5 * MINUTE)


@pytest.mark.parametrize("meanwhile", [Verb.PAUSE, Verb.SUSPEND], ids=str)
def test_what_else_is_saved_meanwhile_leaves_the_raise_as_it_is(meanwhile: Verb) -> None:
    story = about_to_raise()

    def ordered() -> None:
        story.command(meanwhile)

    story.seam.once_before("endpoints.put", ordered)
    story.work()
    assert story.split == {"blue-0": 50, "green-2": 50}
    story.pass_time(5 * MINUTE)
    assert (story.phase, story.rollout.stage) == (Phase.BAKING, 1)
    check(story)


def played(trouble: Nth, pause: timedelta, operation: timedelta) -> Story:
    """A raise is overtaken; from its PUT on, each call is a boundary."""
    story = about_to_raise(operation)

    def meanwhile() -> None:
        story.delivered(lambda: story.alert("green-2"))
        if pause:
            story.pass_time(pause)
        trouble.begin(story.seam)

    story.seam.once_before("endpoints.put", meanwhile)
    try:
        story.work()
    except CrashError:
        story.restart()
    except StoreUnavailableError:
        story.log.info("the queue delivers again, or the next tick looks")
    story.until_quiet(within=6 * HOUR)
    return story


@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("pause", "operation"), [(timedelta(0), 8 * SECOND), (30 * SECOND, timedelta(0))], ids=str
)
@pytest.mark.parametrize("trouble", list(Trouble))
def test_whatever_happens_after_an_overtaken_raise_the_end_is_the_same(
    trouble: Trouble, pause: timedelta, operation: timedelta
) -> None:
    """Each call of the pass that sent it, and of those that put it right, is a boundary."""
    for boundary in range(CALLS_AFTERWARDS):
        nth = Nth(boundary, trouble)
        story = played(nth, pause, operation)
        where = f"{trouble} call {boundary}, {nth.name}"
        assert nth.happened, where
        assert story.phase is Phase.ROLLED_BACK, where
        assert (story.split, story.deployments) == (BACK, {"blue-0": "Succeeded"}), where
        try:
            check(story, late_writes=True)
        except AssertionError as error:
            raise AssertionError(f"{where}: {error}") from error
