"""A first stage that bakes, and looks at it."""

from dataclasses import replace
from typing import Any

from rollout.core.machine.decision import Decision
from rollout.core.records.observation import (
    MetricsSeen,
)
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import HoldReason, Rollout
from tests.support.builders import (
    BLUE,
    GREEN,
    POLICY,
    a_rollout,
    after,
    look,
    metrics,
    ours,
    rollout_of,
    seen,
    side,
    some_minutes,
)

BAKING = a_rollout(Phase.BAKING)


TENTH = {BLUE: 90, GREEN: 10}


HEALTHY = metrics(*some_minutes(8, side(100), side(900), after(1)))


FAILING = metrics(*some_minutes(8, side(100, 50), side(900), after(1)))


DOWN = MetricsSeen(unreachable="429")


# Ten minutes of bake, one to settle, one to appear: at 12:10 minutes 12:01 to 12:08 are there.
DUE = after(10)


def baked(
    shown: MetricsSeen | None = HEALTHY,
    rollout: Rollout = BAKING,
    now: Any = DUE,
    **changes: Any,
) -> Decision:
    return look(rollout, seen(TENTH, ours(1), metrics=shown, **changes), now)


def hold_of(decision: Decision) -> HoldReason | None:
    hold = rollout_of(decision).hold
    return hold.reason if hold is not None else None


def with_policy(**changes: Any) -> Rollout:
    return replace(BAKING, policy=replace(POLICY, **changes))
