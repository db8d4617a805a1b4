"""A row that can never be true is not made, so it is neither saved nor read."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from rollout.core.records.phases import FINAL_PHASES, FORWARD_PHASES, Phase
from rollout.core.records.rollout import Baking, Clock, Hold, HoldReason, Seen
from tests.support.builders import BLUE, NOW, a_current, a_hold, a_rollout

LIVE = sorted(set(Phase) - FINAL_PHASES - {Phase.NONE})


def test_every_phase_but_none_can_be_a_rollouts() -> None:
    assert all(a_rollout(phase).phase is phase for phase in [*LIVE, *FINAL_PHASES])
    with pytest.raises(ValueError, match="always in a phase"):
        a_rollout(Phase.NONE)


@pytest.mark.parametrize("stage", [-1, 3])
def test_a_stage_is_one_of_the_policys(stage: int) -> None:
    with pytest.raises(ValueError, match=f"no stage {stage}"):
        a_rollout(Phase.BAKING, stage=stage)


@pytest.mark.parametrize("phase", LIVE)
def test_a_live_rollout_has_not_ended(phase: Phase) -> None:
    with pytest.raises(ValueError, match="cannot have ended"):
        a_rollout(phase, ended_at=NOW)


@pytest.mark.parametrize("phase", sorted(FINAL_PHASES))
def test_a_final_rollout_says_when_it_ended(phase: Phase) -> None:
    with pytest.raises(ValueError, match="cannot have ended at None"):
        a_rollout(phase, ended_at=None)


@pytest.mark.parametrize("phase", [*LIVE, *sorted(FINAL_PHASES)])
def test_only_a_forward_phase_is_held(phase: Phase) -> None:
    if phase in FORWARD_PHASES:
        assert a_rollout(phase, hold=a_hold()).hold == a_hold()
        return
    with pytest.raises(ValueError, match="cannot be held"):
        a_rollout(phase, hold=a_hold())


IMPOSSIBLE: dict[str, Callable[[], Any]] = {
    "both candidate and stable": lambda: a_rollout(Phase.BAKING, candidate=BLUE),
    "cannot have the number -1": lambda: a_rollout(Phase.BAKING, write=-1),
    "cannot expire at": lambda: Hold(HoldReason.GATE, "ann", NOW, NOW),
    "time in halts": lambda: Clock(NOW, timedelta(seconds=-1)),
    "failures and fresh windows": lambda: Baking(NOW, source_failures=-1),
    "fresh windows of a bake": lambda: Baking(NOW, fresh_windows=-1),
    "passes in a row": lambda: Seen(foreign=-1),
    "in a row cannot": lambda: Seen(absent=-1),
    "history rows": lambda: replace(a_current(), sequence=-1),
    "failed passes": lambda: replace(a_current(), failures=-1),
}


@pytest.mark.parametrize("why", IMPOSSIBLE)
def test_an_impossible_record_says_why(why: str) -> None:
    with pytest.raises(ValueError, match=why):
        IMPOSSIBLE[why]()
