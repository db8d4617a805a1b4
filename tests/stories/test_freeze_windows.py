"""Freeze windows: raises and starts wait, and nothing else does."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from rollout.core.policy.freeze_model import Day, FreezeWindow
from rollout.core.policy.model import Approval
from rollout.core.records.phases import Phase
from rollout.core.records.signals import Verb
from rollout.errors import RefusedError
from tests.support.stories.azure import FAILING
from tests.support.stories.invariants import check
from tests.support.stories.policies import POLICY
from tests.support.stories.scenes import HOUR, MINUTE, on_trial, succeeds
from tests.support.stories.stage import START, Story

BERLIN = "Europe/Berlin"
MONDAY_NIGHT = datetime(2026, 1, 5, 23, tzinfo=UTC)
"""Midnight in Berlin, on the day on which stories start."""


def window(begins: datetime, ends: datetime) -> FreezeWindow:
    start, end = (each.hour * 60 + each.minute for each in (begins, ends))
    return FreezeWindow(start, end, "UTC")


def frozen_from(begins: datetime, ends: datetime) -> Story:
    return Story(replace(POLICY, freeze=(window(begins, ends),)))


def in_a_freeze() -> Story:
    """Version 2 bakes at 10 % as a freeze of four hours begins."""
    story = frozen_from(START + 9 * MINUTE, START + 4 * HOUR)
    on_trial(Phase.BAKING, 0, story)
    story.until(lambda: story.rollout.frozen is not None, within=HOUR)
    return story


def test_raises_wait_until_the_window_ends_and_the_bake_goes_on() -> None:
    story = in_a_freeze()
    story.pass_time(START + 4 * HOUR - story.clock.now - MINUTE)
    assert (story.phase, story.split) == (Phase.BAKING, {"blue-0": 90, "green-2": 10})
    baking = story.rollout.baking
    assert baking is not None
    assert baking.folded_until is not None
    assert story.clock.now - baking.folded_until <= 5 * MINUTE
    frozen = story.rollout.frozen
    assert frozen is not None
    assert frozen.text == "Mon 14:00 UTC"
    story.until_phase(Phase.SHIFTING, stage=1, within=3 * MINUTE)
    assert story.rollout.human >= 3 * HOUR
    succeeds(story)


def test_the_gate_and_a_person_take_back_in_a_freeze() -> None:
    story = in_a_freeze()
    story.serves("2", FAILING)
    story.until_phase(Phase.ROLLED_BACK, within=3 * HOUR)
    check(story)
    story = in_a_freeze()
    story.command(Verb.ROLLBACK)
    story.until_phase(Phase.ROLLED_BACK, within=2 * HOUR)
    check(story)


def test_an_override_lifts_the_freeze_for_this_rollout_until_the_window_ends() -> None:
    story = in_a_freeze()
    with pytest.raises(RefusedError, match="frozen until Mon 14:00 UTC: override first"):
        story.command(Verb.ADVANCE, skip_evidence=True)
    story.command(Verb.OVERRIDE)
    story.command(Verb.ADVANCE, skip_evidence=True)
    story.until_phase(Phase.BAKING, stage=1, within=3 * MINUTE)
    story.command(Verb.ROLLBACK)
    story.until_phase(Phase.ROLLED_BACK, within=2 * HOUR)
    story.register("3")
    story.pass_time(20 * MINUTE)
    assert story.rollout.release.version == "2"
    story.until_started("3", within=4 * HOUR)
    assert story.clock.now >= START + 4 * HOUR


def test_a_start_waits_unless_an_order_lets_it() -> None:
    story = frozen_from(START, START + 6 * HOUR)
    story.adopt()
    story.register("2")
    story.pass_time(HOUR)
    assert story.phase is Phase.NONE
    row = story.row
    assert row is not None
    assert row.current.start_frozen is not None
    story.command(Verb.OVERRIDE)
    story.until_started("2", within=5 * MINUTE)
    # It goes on as it began: the order was for this rollout.
    story.until_phase(Phase.BAKING, stage=1, within=3 * HOUR)
    assert story.clock.now < START + 6 * HOUR


def test_a_service_may_leave_its_freeze_behind_before_it_starts() -> None:
    story = frozen_from(START, START + 6 * HOUR)
    story.adopt()
    story.register("2")
    story.pass_time(HOUR)
    story.bundle.policies[story.policy.service] = replace(story.policy, freeze=())
    story.until_started("2", within=5 * MINUTE)


def test_the_frozen_policy_of_a_running_rollout_counts() -> None:
    story = in_a_freeze()
    story.bundle.policies[story.policy.service] = replace(story.policy, freeze=())
    story.pass_time(HOUR)
    assert story.rollout.frozen is not None
    assert story.split == {"blue-0": 90, "green-2": 10}


def test_a_window_ends_by_the_clock_of_its_zone() -> None:
    nights = FreezeWindow(11 * 60 + 9, 0, BERLIN, (Day.MON,))
    story = on_trial(Phase.BAKING, 0, Story(replace(POLICY, freeze=(nights,))))
    story.until(lambda: story.rollout.frozen is not None, within=HOUR)
    assert story.clock.now - (START + 9 * MINUTE) <= MINUTE
    story.until(lambda: story.rollout.frozen is None, within=24 * HOUR)
    assert timedelta(0) <= story.clock.now - MONDAY_NIGHT <= MINUTE


def test_a_newer_version_replaces_nothing_in_a_freeze() -> None:
    story = in_a_freeze()
    story.register("3")
    story.pass_time(HOUR)
    assert (story.phase, story.rollout.release.version) == (Phase.BAKING, "2")
    assert story.split == {"blue-0": 90, "green-2": 10}


def test_a_suspension_holds_on_after_a_freeze_and_the_time_counts_once() -> None:
    story = in_a_freeze()
    story.command(Verb.SUSPEND)
    story.pass_time(START + 5 * HOUR - story.clock.now)
    assert story.split == {"blue-0": 90, "green-2": 10}
    story.command(Verb.UNSUSPEND)
    begun = story.rollout.human
    assert begun <= 5 * HOUR
    succeeds(story)


@pytest.mark.parametrize("order", ["freeze", "suspension"])
def test_a_hold_that_nobody_may_end_does_not_expire(order: str) -> None:
    """Nobody could advance it meanwhile. Afterwards there is the whole time again."""
    policy = replace(
        POLICY,
        hold_expires=2 * HOUR,
        stages=(replace(POLICY.stages[0], approval=Approval.ANYBODY), *POLICY.stages[1:]),
        freeze=(window(START + HOUR, START + 6 * HOUR),) if order == "freeze" else (),
    )
    story = Story(policy)
    story.adopt()
    story.register("2")
    story.until(
        lambda: story.phase is Phase.VALIDATING and story.rollout.hold is not None,
        within=HOUR / 2,
    )
    if order == "suspension":
        story.command(Verb.SUSPEND, until=START + 6 * HOUR)
    asked = len(story.log.attentions)
    story.pass_time(START + 6 * HOUR - story.clock.now - MINUTE)
    assert (story.phase, len(story.log.attentions)) == (Phase.VALIDATING, asked)
    story.pass_time(HOUR)
    story.command(Verb.ADVANCE)
    succeeds(story)


def test_a_hold_expires_once_the_freeze_is_over_and_nobody_acts() -> None:
    story = Story(
        replace(POLICY, hold_expires=2 * HOUR, freeze=(window(START + HOUR, START + 6 * HOUR),))
    )
    on_trial(Phase.BAKING, 0, story)
    story.command(Verb.PAUSE)
    story.pass_time(START + 7 * HOUR - story.clock.now)
    assert story.phase is Phase.BAKING
    story.until_phase(Phase.ROLLED_BACK, within=4 * HOUR)
    check(story)
