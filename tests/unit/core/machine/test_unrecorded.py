"""What a pass sent before it lost its race: whose minutes still have to know of it."""

from dataclasses import replace

import pytest

from rollout.core.machine.unrecorded import Unrecorded, sent_in, with_unrecorded
from rollout.core.records.observation import Observation, Unreachable
from rollout.core.records.own_requests import OwnMinute, Warmed
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Baking, Current
from rollout.units import MINUTE
from tests.support.builders import NOW, a_current, a_rollout

EARLIER = OwnMinute(NOW - MINUTE, {"200": 3}, {"200": 3})
LATER = OwnMinute(NOW, {"200": 2}, {"200": 2})


def baking(**changes: object) -> Current:
    rollout = a_rollout(Phase.BAKING)
    bake = replace(rollout.baking or Baking(NOW), **changes)  # type: ignore[arg-type]
    return a_current(replace(rollout, baking=bake))


def known(current: Current) -> tuple[OwnMinute, ...]:
    assert current.rollout is not None
    return current.rollout.own.minutes


def lost(current: Current, *own: OwnMinute) -> Unrecorded:
    return Unrecorded(current.rollout_id, own)


def test_all_that_several_attempts_sent_is_remembered() -> None:
    current = baking()
    found = with_unrecorded(current, [lost(current, EARLIER, LATER), lost(current, LATER)])
    assert known(found) == (EARLIER, OwnMinute(NOW, {"200": 4}, {"200": 4}))


def test_a_minute_that_was_folded_is_not_folded_again() -> None:
    current = baking(folded_until=NOW)
    assert known(with_unrecorded(current, [lost(current, EARLIER, LATER)])) == (LATER,)


@pytest.mark.parametrize("found", [[], [Unrecorded("another", (LATER,))]])
def test_nothing_of_this_rollout_changes_nothing(found: list[Unrecorded]) -> None:
    current = baking()
    assert with_unrecorded(current, found) == current


def test_a_rollout_that_ended_or_is_not_there_remembers_nothing() -> None:
    ended = a_current(a_rollout(Phase.SUCCEEDED))
    idle = replace(ended, rollout=None)
    for current in (ended, idle):
        assert with_unrecorded(current, [Unrecorded(current.rollout_id, (LATER,))]) == current


def test_before_a_bake_every_minute_may_still_be_folded() -> None:
    current = a_current(a_rollout(Phase.VALIDATING))
    assert known(with_unrecorded(current, [lost(current, EARLIER)])) == (EARLIER,)


def test_what_was_sent_for_any_purpose_is_found_in_a_look() -> None:
    assert sent_in(Observation()) == ()
    silent = Observation(probes=Unreachable("no key"), warmed=Warmed(2, (EARLIER, LATER)))
    assert sent_in(silent) == (EARLIER, LATER)
