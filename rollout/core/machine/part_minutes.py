"""The minutes of a bake of which a part counts: its first one, and the one that still runs.

Both serve harm that cannot wait for a whole minute. Where one more bad minute would roll back, the
bake is looked at again soon, as long as the minute that runs may be that one.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from rollout.core.gate import settled_from, still_runs
from rollout.core.machine.bake_window import the_bake
from rollout.core.machine.gate_inputs import live_requests_a_minute
from rollout.core.records.observation import Minute
from rollout.core.records.rollout import Rollout
from rollout.units import FULL_WEIGHT, MINUTE

TOO_YOUNG = timedelta(seconds=15)
"""A minute without a failure may still turn out bad while it is younger: its first requests have to
be made, and to appear in the metrics."""


def divided(
    rollout: Rollout, minutes: Sequence[Minute], now: datetime
) -> tuple[list[Minute], list[Minute]]:
    """Return the minutes that are over, the window's first as a part, and the one that is not."""
    whole_from = settled_from(rollout.policy.gate, the_bake(rollout).window_start)
    over = [
        minute if minute.at >= whole_from else replace(minute, rest=0.0)
        for minute in minutes
        if minute.at + MINUTE <= now
    ]
    return over, [minute for minute in minutes if minute.at + MINUTE > now]


def running(rollout: Rollout, minutes: Sequence[Minute], now: datetime) -> list[Minute]:
    """Return the minute that still runs as one of which a part counts; none where it says nothing.

    Args:
        rollout: The rollout that bakes.
        minutes: It, or nothing, as clients made it.
        now: The look's moment.
    """
    stage = rollout.policy.stages[rollout.stage]
    found = (
        still_runs(
            minute,
            now,
            since=the_bake(rollout).window_start,
            usual=live_requests_a_minute(rollout),
            alone=stage.weight == FULL_WEIGHT,
        )
        for minute in minutes
    )
    return [minute for minute in found if minute is not None]


def may_be_bad(rollout: Rollout, runs: Sequence[Minute], now: datetime) -> bool:
    """Whether the minute that still runs may be one more bad one.

    Args:
        rollout: The rollout that bakes.
        runs: What `running` returned: nothing where it had no failure yet.
        now: The look's moment.
    """
    if now - now.replace(second=0, microsecond=0) < TOO_YOUNG:
        return True
    most = rollout.policy.gate.errors.slo or 0.0
    sides = [minute.candidate for minute in runs if minute.candidate is not None]
    return any(side.failures > most * side.requests for side in sides)
