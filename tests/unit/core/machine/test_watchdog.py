"""What stands still although nobody asked it to is reported before twice its bound."""

from dataclasses import replace
from datetime import timedelta

import pytest

from rollout.core.machine.watchdog import stuck
from rollout.core.machine.watching import with_look
from rollout.core.records.phases import FINAL_PHASES, PASS_BOUND, Phase
from rollout.core.records.rollout import HoldReason
from rollout.core.records.watch import Watch
from tests.support.builders import NOW, POLICY, a_current, a_rollout, after, held, minutes

BOUNDS = {
    Phase.CREATING: POLICY.create.deadline,
    Phase.VALIDATING: POLICY.validate.deadline,
    Phase.SHIFTING: POLICY.shift_deadline,
    Phase.BAKING: POLICY.deadline,
    Phase.PROMOTED: POLICY.keep,
    Phase.RETIRING: minutes(60),
    Phase.ROLLING_BACK: minutes(15),
    Phase.DISCARDING: minutes(60),
}


@pytest.mark.parametrize(("phase", "bound"), BOUNDS.items())
def test_every_live_phase_is_reported_after_its_bound_and_before_twice_that(
    phase: Phase, bound: timedelta
) -> None:
    current = a_current(a_rollout(phase))
    assert stuck(current, NOW + bound) == ""
    report = stuck(current, NOW + 2 * bound - timedelta(seconds=1))
    assert report.startswith(f"stuck: {phase} since 2026-01-31 12:00 UTC")


@pytest.mark.parametrize("phase", sorted(FINAL_PHASES))
def test_what_ended_is_never_stuck(phase: Phase) -> None:
    assert stuck(a_current(a_rollout(phase)), after(10**6)) == ""
    assert stuck(a_current(), after(10**6)) == ""


@pytest.mark.parametrize("phase", [Phase.CREATING, Phase.BAKING, Phase.PROMOTED])
def test_a_halt_is_no_standstill(phase: Phase) -> None:
    assert stuck(a_current(held(a_rollout(phase), HoldReason.DRIFT)), after(10**4)) == ""
    suspended = a_rollout(phase, suspended=True, halted_since=NOW)
    assert stuck(a_current(suspended), after(10**4)) == ""


@pytest.mark.parametrize("phase", [Phase.ROLLING_BACK, Phase.DISCARDING, Phase.RETIRING])
def test_going_back_is_reported_only_when_it_stopped_asking_for_a_person(phase: Phase) -> None:
    asked_lately = a_rollout(phase, attention_at=after(600))
    assert stuck(a_current(asked_lately), after(601)) == ""
    assert stuck(a_current(asked_lately), after(700)) != ""


def test_suspension_does_not_hide_a_way_back_that_stands_still() -> None:
    suspended = a_rollout(Phase.ROLLING_BACK, suspended=True, halted_since=NOW)
    assert stuck(a_current(suspended), after(30)) != ""


def test_a_candidate_in_its_keep_is_not_stuck() -> None:
    kept = a_rollout(Phase.DISCARDING, delete_due=after(600))
    assert stuck(a_current(kept), after(600)) == ""
    undated = replace(kept, delete_due=None)
    assert stuck(a_current(undated), after(600)) != ""


@pytest.mark.parametrize("phase", BOUNDS)
@pytest.mark.parametrize("halts", [True, False])
def test_a_row_that_nobody_looks_at_is_reported_in_every_phase(
    phase: Phase, *, halts: bool
) -> None:
    rollout = with_look(a_rollout(phase), NOW)
    if halts and phase not in (Phase.RETIRING, Phase.ROLLING_BACK, Phase.DISCARDING):
        rollout = held(rollout)
    current = a_current(rollout)
    assert stuck(current, NOW + PASS_BOUND) == ""
    assert stuck(current, after(11)) == (
        "stuck: no pass comes; nobody watched from 2026-01-31 12:00 UTC on for 0:11:00"
    )
    assert stuck(current, after(11), unwatched_after=minutes(20)) == ""


def test_after_an_outage_of_the_whole_app_passes_get_their_time_to_come() -> None:
    current = a_current(with_look(a_rollout(Phase.CREATING), NOW))
    back = after(600)
    # No limit ran either: no bound is over.
    assert stuck(current, back + PASS_BOUND, awake_since=back) == ""
    assert stuck(current, back + minutes(11), awake_since=back).startswith("stuck: no pass comes")


def test_what_asks_for_a_person_has_its_time_again_after_an_outage() -> None:
    away = a_rollout(
        Phase.ROLLING_BACK, watch=Watch(after(300), away_since=NOW, back_at=after(300))
    )
    assert stuck(a_current(away), after(305)) == ""


def test_a_bake_that_no_pass_looks_at_is_reported() -> None:
    current = a_current(a_rollout(Phase.BAKING), next_look=after(1))
    assert stuck(current, after(1) + PASS_BOUND) == ""
    assert stuck(current, after(2) + PASS_BOUND).startswith("stuck: no pass since")
    frozen = a_rollout(Phase.BAKING, suspended=True, halted_since=NOW)
    halted = a_current(frozen, next_look=after(1))
    assert stuck(halted, after(2) + PASS_BOUND).startswith("stuck: no pass since")
