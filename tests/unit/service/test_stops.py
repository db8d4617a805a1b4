"""What a decision must be to go forward, and what is checked before a raise."""

from dataclasses import replace

import pytest

from rollout.core.machine.decision import Decision
from rollout.core.records.effects import (
    CreateCandidate,
    CreateEndpoint,
    DeleteDeployment,
    Effect,
    Recheck,
    SetTraffic,
)
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Current
from rollout.service.stops import goes_forward
from tests.support.builders import GREEN, a_current, a_rollout

BAKING = a_current(a_rollout(Phase.BAKING))
RAISE = SetTraffic({GREEN: 50}, {}, "r/2", raises_candidate=True)


@pytest.mark.parametrize(
    ("effect", "forward"),
    [
        (RAISE, True),
        (replace(RAISE, raises_candidate=False), False),
        (CreateEndpoint(1), True),
        (CreateCandidate(GREEN, "m", "7", "r", None, None, 1), True),
        (DeleteDeployment(GREEN), False),
        (Recheck(), False),
    ],
)
def test_what_creates_or_raises_goes_forward(effect: Effect, forward: bool) -> None:  # noqa: FBT001 - a table's column
    assert goes_forward(BAKING, Decision(BAKING, effects=(effect,))) is forward


def test_what_is_written_before_there_is_a_candidate_rehearses_and_goes_forward() -> None:
    creating = a_current(a_rollout(Phase.CREATING))
    rehearsal = replace(RAISE, raises_candidate=False)
    assert goes_forward(creating, Decision(creating, effects=(rehearsal,)))


@pytest.mark.parametrize(
    ("after", "forward"),
    [
        (BAKING, False),
        (a_current(a_rollout(Phase.SHIFTING, stage=1)), True),
        (a_current(a_rollout(Phase.PROMOTED)), True),
        (a_current(a_rollout(Phase.ROLLING_BACK)), False),
        (a_current(a_rollout(Phase.DISCARDING)), False),
        (a_current(a_rollout(Phase.LOST)), False),
        (a_current(a_rollout(Phase.CREATING, id="another")), True),
        (a_current(None), False),
    ],
)
def test_a_phase_or_stage_towards_the_end_goes_forward(after: Current, forward: bool) -> None:  # noqa: FBT001 - a table's column
    assert goes_forward(BAKING, Decision(after)) is forward


def test_the_end_of_a_way_back_is_part_of_it() -> None:
    discarding = a_current(a_rollout(Phase.DISCARDING))
    assert not goes_forward(discarding, Decision(a_current(a_rollout(Phase.ROLLED_BACK))))


def test_a_first_rollout_goes_forward_and_a_bake_only_sees() -> None:
    assert goes_forward(a_current(None), Decision(a_current(a_rollout(Phase.CREATING))))
    shifting = a_current(a_rollout(Phase.SHIFTING))
    assert not goes_forward(shifting, Decision(BAKING))
