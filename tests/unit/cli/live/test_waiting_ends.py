"""What `--wait` makes of a view: an exit code, or patience."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from rollout.cli.exits import ExitCode
from rollout.cli.live.waiting import Aim, Until, duration, judge
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Cause
from tests.support.builders import ROLLOUT_ID, a_current, a_rollout, an_offer, held
from tests.support.views import baking, entry, view_of

AIM = Aim(Until.PROMOTED, rollout=ROLLOUT_ID)
BACK = replace(AIM, until=Until.BACK)


def code(rollout: Any, aim: Aim = AIM, *, went_back: bool = False) -> ExitCode | None:
    history = (entry(1, "BAKING -> ROLLING_BACK", Phase.ROLLING_BACK),) if went_back else ()
    end = judge(view_of(rollout, history=history), aim)
    return None if end is None else end.code


@pytest.mark.parametrize(
    ("phase", "expected"),
    [
        (Phase.CREATING, None),
        (Phase.VALIDATING, None),
        (Phase.SHIFTING, None),
        (Phase.BAKING, None),
        (Phase.PROMOTED, ExitCode.GOOD),
        (Phase.RETIRING, ExitCode.GOOD),
        (Phase.SUCCEEDED, ExitCode.GOOD),
        (Phase.ROLLING_BACK, None),
        (Phase.ROLLED_BACK, ExitCode.ROLLED_BACK),
        (Phase.DISCARDING, ExitCode.FAILED),
        (Phase.FAILED, ExitCode.FAILED),
        (Phase.SUPERSEDED, ExitCode.FAILED),
        (Phase.LOST, ExitCode.FAILED),
    ],
)
def test_every_phase_ends_the_waiting_or_does_not(phase: Phase, expected: ExitCode | None) -> None:
    cause = {"cause": Cause.OPERATOR} if phase in {Phase.ROLLING_BACK, Phase.DISCARDING} else {}

    assert code(a_rollout(phase, **cause)) == expected


def test_a_candidate_that_had_clients_was_rolled_back_before_it_is_gone() -> None:
    assert code(a_rollout(Phase.DISCARDING, cause=Cause.GATE), went_back=True) == (
        ExitCode.ROLLED_BACK
    )


def test_a_hold_ends_the_waiting_but_not_that_for_the_way_back() -> None:
    assert code(held(baking())) == ExitCode.HELD
    assert code(held(baking()), BACK) is None


@pytest.mark.parametrize("phase", [Phase.ROLLED_BACK, Phase.FAILED, Phase.SUPERSEDED])
def test_after_a_rollback_traffic_that_is_back_is_good(phase: Phase) -> None:
    assert code(a_rollout(phase), BACK) == ExitCode.GOOD


@pytest.mark.parametrize(("was", "now", "ended"), [(0, 0, False), (0, 1, True), (-1, 0, True)])
def test_a_stage_is_waited_for_until_a_later_one_bakes(was: int, now: int, *, ended: bool) -> None:
    aim = replace(AIM, until=Until.STAGE, stage=was)

    assert (code(baking(stage=now), aim) == ExitCode.GOOD) == ended


def test_a_new_rollout_of_the_same_version_is_told_from_the_old_one() -> None:
    old, new = a_rollout(Phase.ROLLED_BACK), a_rollout(Phase.SUCCEEDED, id="another")
    aim = Aim(Until.PROMOTED, version="7", rollout=ROLLOUT_ID, same=False)

    assert code(old, aim) is None
    assert code(new, aim) == ExitCode.GOOD


def test_a_version_that_waits_is_waited_for_and_one_that_is_rejected_is_not() -> None:
    aim = Aim(Until.PROMOTED, version="8")
    waits = view_of(None, current=a_current(baking(), waiting=an_offer("8")))
    record = {"version": "8", "state": "rejected", "text": "no quota"}

    assert judge(waits, aim) is None
    end = judge({**view_of(baking()), "offers": [record]}, aim)
    assert end is not None
    assert (end.code, end.text) == (ExitCode.FAILED, "version 8 is rejected: no quota")


def test_a_version_that_serves_already_is_promoted() -> None:
    record = {"version": "8", "state": "live", "text": "it serves"}

    end = judge({**view_of(baking()), "offers": [record]}, Aim(Until.PROMOTED, version="8"))

    assert end is not None
    assert end.code == ExitCode.GOOD


def test_another_rollout_in_its_place_is_a_failure() -> None:
    assert code(baking(id="another")) == ExitCode.FAILED


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("45m", 2700), ("3h", 10800)])
def test_durations_are_read(text: str, seconds: int) -> None:
    assert duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "3", "h", "-1s", "1.5h", "0s"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="duration"):
        duration(text)
