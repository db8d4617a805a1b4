"""An order suspends one service or all: nothing is raised or started, and a way back always is."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from rollout.core.machine.suspending import in_force
from rollout.core.records.orders import OrderKey
from rollout.core.records.phases import Phase
from rollout.core.records.rounds import all_troubles
from rollout.core.records.signals import Verb
from rollout.errors import (
    KeyReusedError,
    RefusedError,
    StaleRowError,
    StoreUnavailableError,
    UnknownOutcomeError,
)
from rollout.ports import FaultyService
from tests.doubles.seam import CrashError, raising
from tests.support.stories.azure import FAILING
from tests.support.stories.invariants import check
from tests.support.stories.scenes import HOUR, MINUTE, on_trial, succeeds
from tests.support.stories.stage import Story

CALLS_OF_A_RAISE = 14
"""At least so many calls of a double are made by the pass that raises, and the one after it."""

KEY = OrderKey("8e03978e", "digest")


def of_one(story: Story) -> None:
    story.command(Verb.SUSPEND)


def of_all(story: Story) -> None:
    story.suspend_all()


def lift(story: Story, order: Callable[[Story], None]) -> None:
    if order is of_one:
        story.command(Verb.UNSUSPEND)
    else:
        story.unsuspend_all()


def ready_to_raise() -> Story:
    """The next pass asks for 50 %."""
    story = on_trial(Phase.BAKING)
    story.command(Verb.ADVANCE, skip_evidence=True)
    assert story.phase is Phase.SHIFTING
    return story


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("order", [of_one, of_all])
def test_no_raise_begins_after_the_order_was_answered(
    order: Callable[[Story], None],
    after: bool,  # noqa: FBT001 - a table's column
) -> None:
    """At each call of the pass that raises, somebody's order is carried out and answered."""
    raised_before, stopped = 0, 0
    for nth in range(CALLS_OF_A_RAISE):
        story = ready_to_raise()
        answered: list[bool] = []
        begun: list[bool] = []

        def watch(name: str, begun: list[bool] = begun, answered: list[bool] = answered) -> None:
            if name == "endpoints.put":
                begun.append(bool(answered))

        def ordered(story: Story = story, answered: list[bool] = answered) -> None:
            order(story)
            answered.append(True)

        story.seam.before.append(watch)
        interruption = story.interrupt(nth, ordered, after=after)
        story.work()
        story.pass_time(5 * MINUTE)
        assert interruption.happened
        assert True not in begun, f"a raise began after the order of call {nth}"
        raised_before += bool(begun)
        stopped += not begun
        assert story.rollout.suspended
        expected = {"blue-0": 50, "green-2": 50} if begun else {"blue-0": 90, "green-2": 10}
        assert story.split == expected
        lift(story, order)
        story.until_phase(Phase.BAKING, stage=1, within=5 * MINUTE)
    assert raised_before
    assert stopped


@pytest.mark.parametrize("order", [of_one, of_all])
def test_a_suspension_stops_what_goes_forward_and_no_way_back(
    order: Callable[[Story], None],
) -> None:
    story = on_trial(Phase.BAKING)
    order(story)
    story.pass_time(3 * HOUR)
    assert (story.phase, story.split) == (Phase.BAKING, {"blue-0": 90, "green-2": 10})
    with pytest.raises(RefusedError, match="suspended by ann: because"):
        story.command(Verb.ADVANCE)
    story.register("3")
    story.pass_time(10 * MINUTE)
    assert story.alert("green-2").outcome == "rolling back"
    story.until_phase(Phase.ROLLED_BACK, within=2 * HOUR)
    story.pass_time(HOUR)
    assert story.rollout.release.version == "2"
    lift(story, order)
    story.until_started("3", within=5 * MINUTE)
    succeeds(story)


@pytest.mark.parametrize("order", [of_one, of_all])
def test_the_gate_takes_back_what_harms_while_suspended(order: Callable[[Story], None]) -> None:
    story = on_trial(Phase.BAKING)
    order(story)
    story.serves("2", FAILING)
    story.until_phase(Phase.ROLLED_BACK, within=4 * HOUR)
    check(story)


@pytest.mark.parametrize("whole", [True, False], ids=["all", "one"])
def test_a_suspension_ends_by_itself_and_its_time_is_the_operators(whole: bool) -> None:  # noqa: FBT001 - a table's column
    story = on_trial(Phase.BAKING)
    until = story.clock.now + 3 * HOUR
    if whole:
        story.suspend_all(until=until)
    else:
        story.command(Verb.SUSPEND, until=until)
    story.pass_time(3 * HOUR - MINUTE)
    late = story.rollout
    story.pass_time(3 * MINUTE)
    assert (late.suspended, story.rollout.suspended) == (True, False)
    assert abs(story.rollout.human - 3 * HOUR) <= 2 * MINUTE
    assert list(story.service.suspensions(story.clock.now)) == []
    succeeds(story)


def test_a_service_that_never_had_a_rollout_can_be_suspended() -> None:
    story = Story()
    story.adopt()
    story.command(Verb.SUSPEND)
    (listed,) = story.service.suspensions(story.clock.now)
    assert (listed.service, listed.suspension.by) == (story.policy.service, "ann")
    story.register("2")
    story.pass_time(20 * MINUTE)
    assert story.phase is Phase.NONE
    story.command(Verb.UNSUSPEND)
    story.until_started("2", within=5 * MINUTE)


def test_what_is_suspended_is_listed_all_services_first() -> None:
    story = on_trial(Phase.BAKING)
    story.command(Verb.SUSPEND)
    story.suspend_all()
    found = [each.service for each in story.service.suspensions(story.clock.now)]
    assert found == [None, story.policy.service]
    story.settings(suspended=True)
    first, *_ = story.service.suspensions(story.clock.now)
    assert first.suspension.by == "ROLLOUTS_SUSPENDED"


def test_while_nobody_can_read_whether_all_are_suspended_nothing_is_raised() -> None:
    story = ready_to_raise()
    story.store.spoil_suspension()
    story.pass_time(30 * MINUTE)
    assert story.split == {"blue-0": 90, "green-2": 10}
    assert story.rollout.suspended
    with pytest.raises(RefusedError, match='delete the row "suspension"'):
        story.suspend_all()
    (listed,) = story.service.suspensions(story.clock.now)
    assert (listed.service, listed.suspension.by) == (None, "the app")
    assert any('delete the row "suspension"' in text for text in story.log.attentions)
    told = all_troubles(story.store.rounds())
    assert any('the row "suspension"' in text for text in told.texts)
    story.command(Verb.ROLLBACK)
    story.until_phase(Phase.ROLLED_BACK, within=2 * HOUR)


def test_a_read_that_fails_right_before_a_raise_stops_it() -> None:
    story = ready_to_raise()
    before = story.seam.calls["endpoints.put"]
    story.seam.once_before("store.suspension", raising(StoreUnavailableError("down")))
    with pytest.raises(StoreUnavailableError):
        story.work()
    assert story.seam.calls["endpoints.put"] == before
    story.until_phase(Phase.BAKING, stage=1, within=5 * MINUTE)


def test_a_way_back_never_waits_for_the_order_about_all() -> None:
    story = on_trial(Phase.BAKING)
    story.suspend_all()
    story.pass_time(2 * MINUTE)

    def down(name: str) -> None:
        if name == "store.suspension":
            raise StoreUnavailableError("down")

    story.seam.before.append(down)
    story.serves("2", FAILING)
    story.until_phase(Phase.ROLLED_BACK, within=4 * HOUR)
    assert story.rollout.suspended
    check(story)


def test_checks_that_are_never_quick_enough_raise_nothing() -> None:
    story = ready_to_raise()
    before, slow = story.seam.calls["endpoints.put"], timedelta(seconds=3)

    def slowly(name: str) -> None:
        if name in {"store.version", "store.commit"}:
            story.ports.stopwatch.wait(slow)

    story.seam.after.append(slowly)
    for _ in range(3):
        story.work()
    assert story.seam.calls["store.version"]
    assert story.seam.calls["endpoints.put"] == before
    story.seam.after.remove(slowly)
    story.until_phase(Phase.BAKING, stage=1, within=5 * MINUTE)


@pytest.mark.parametrize("nth", range(6))
@pytest.mark.parametrize("order", [of_one, of_all])
def test_an_order_whose_door_crashes_is_given_again(
    order: Callable[[Story], None], nth: int
) -> None:
    story = on_trial(Phase.BAKING)
    story.interrupt(nth, raising(CrashError()))
    try:
        order(story)
    except CrashError:
        story.restart()
        story.seam.before.clear()
        order(story)
    story.pass_time(3 * MINUTE)
    assert story.rollout.suspended
    check(story)


def test_two_orders_about_all_at_once_are_both_remembered() -> None:
    story = Story()
    story.adopt()
    story.suspend_all()
    story.seam.once_before("store.put_suspension", lambda: of_all(story))
    story.unsuspend_all()
    row, _ = story.store.suspension()
    assert row.present is None
    assert [each.suspends for each in row.orders] == [True, True, False]


def test_an_order_about_all_that_is_sent_again_is_answered_again() -> None:
    story = Story()
    first = story.suspend_all(key=KEY)
    story.pass_time(MINUTE)
    again = story.suspend_all(key=KEY)
    assert (first.repeated, again.repeated) == (False, True)
    assert (again.text, again.order) == (first.text, first.order)
    assert len(story.store.suspension()[0].orders) == 1
    with pytest.raises(KeyReusedError):
        story.suspend_all(key=replace(KEY, digest="other"))


def test_an_answer_that_is_lost_was_an_order_all_the_same() -> None:
    story = Story()
    lost = raising(UnknownOutcomeError("the answer was lost"))
    story.seam.once_after("store.put_suspension", lost)
    assert not story.suspend_all().repeated
    row, _ = story.store.suspension()
    assert (row.present is not None, len(row.orders)) == (True, 1)
    story.seam.once_before("store.put_suspension", lost)
    with pytest.raises(UnknownOutcomeError):
        story.unsuspend_all()


def test_an_order_that_its_own_repetition_refused_was_given() -> None:
    """The transport asked twice: what the second answer refuses is what the first wrote."""
    story = Story()
    story.suspend_all()
    story.seam.once_after("store.put_suspension", raising(StaleRowError("412")))
    assert "no order suspends" in story.unsuspend_all().text
    assert len(story.store.suspension()[0].orders) == 2


def test_when_nothing_runs_any_more_no_service_says_that_all_are_suspended() -> None:
    """No pass comes to such a row, so that none would ever see the order end."""
    story = on_trial(Phase.BAKING)
    story.suspend_all()
    story.pass_time(2 * MINUTE)
    story.command(Verb.ROLLBACK)
    story.until_phase(Phase.ROLLED_BACK, within=2 * HOUR)
    story.unsuspend_all()
    story.pass_time(HOUR)
    assert story.idle
    assert in_force(story.current) is None


def test_an_alert_asks_nothing_about_the_order_about_all() -> None:
    story = on_trial(Phase.BAKING)
    story.suspend_all()
    story.pass_time(2 * MINUTE)
    assert story.rollout.suspended
    before = story.seam.calls["store.suspension"]
    story.alert(story.rollout.candidate)
    assert story.phase is Phase.ROLLING_BACK
    assert story.seam.calls["store.suspension"] == before


def test_an_order_about_all_that_does_not_answer_is_asked_for_once_a_pass() -> None:
    story = ready_to_raise()
    story.work()
    story.suspend_all()
    asked: list[int] = []

    def down(name: str) -> None:
        if name == "store.suspension":
            asked[-1] += 1
            raise StoreUnavailableError("down")

    story.seam.before.append(down)
    for _ in range(5):
        asked.append(0)
        story.service.work(story.endpoint, story.clock.now, None, suspended=True)
        story.clock.by(MINUTE)
    assert story.phase is Phase.BAKING
    assert max(asked) == 1


def test_a_service_that_moves_to_another_endpoint_stays_suspended() -> None:
    story = Story()
    story.adopt()
    story.command(Verb.SUSPEND)
    story.policy = replace(story.policy, endpoint="moved")
    story.bundle.policies[story.policy.service] = story.policy
    story.adopt()
    story.register("2")
    story.pass_time(20 * MINUTE)
    assert story.phase is Phase.NONE
    (listed,) = story.service.suspensions(story.clock.now)
    assert listed.service == story.policy.service


def test_listing_what_is_suspended_reads_rows_of_those_only() -> None:
    story = on_trial(Phase.BAKING)
    before = story.seam.calls["store.load"]
    assert story.service.suspensions(story.clock.now) == ()
    assert story.seam.calls["store.load"] == before
    story.command(Verb.SUSPEND)
    assert len(story.service.suspensions(story.clock.now)) == 1


def test_what_cannot_be_read_hides_no_suspension() -> None:
    story = on_trial(Phase.BAKING)
    story.suspend_all()
    story.bundle.faulty = (FaultyService("other", None, (("stages", "weights must rise"),)),)
    damaged = {**story.store.entity(story.endpoint), "document": "{"}
    story.store.plant(damaged)
    assert [each.service for each in story.service.suspensions(story.clock.now)] == [None]


def test_orders_about_all_that_make_no_sense_are_refused() -> None:
    story = Story()
    with pytest.raises(RefusedError, match="no order suspends all services"):
        story.unsuspend_all()
    with pytest.raises(RefusedError, match="give a later end"):
        story.suspend_all(until=story.clock.now)
    story.settings(suspended=True)
    with pytest.raises(RefusedError, match="ROLLOUTS_SUSPENDED does"):
        story.unsuspend_all()


def test_operators_are_told_of_an_order_about_all() -> None:
    story = Story()
    story.suspend_all()
    story.unsuspend_all()
    suspended, lifted = story.log.notices
    assert "all services are suspended by ann: because" in suspended
    assert "by ann: it is over" in lifted
