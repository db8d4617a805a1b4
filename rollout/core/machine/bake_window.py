"""Which minutes of a bake are due, and when the next one settles."""

from datetime import datetime

from rollout.core.gate import first_minute
from rollout.core.policy.gate_model import GatePolicy
from rollout.core.records.rollout import Baking, Rollout
from rollout.units import MINUTE

MINUTES_A_PASS = 60


def due_minutes(rollout: Rollout, now: datetime) -> tuple[datetime, datetime] | None:
    """The minutes not folded yet, at most an hour of them; None when there are none.

    The latest of them are not complete yet, and the last one still runs: they can tell of harm, and
    of nothing else.
    """
    bake = the_bake(rollout)
    start = bake.folded_until or first_minute(rollout.policy.gate, bake.window_start)
    end = min(now.replace(second=0, microsecond=0) + MINUTE, start + MINUTES_A_PASS * MINUTE)
    return (start, end) if end > start else None


def the_bake(rollout: Rollout) -> Baking:
    """The window of a rollout that bakes."""
    return rollout.baking or Baking(window_start=rollout.since)


def knows_stable(rollout: Rollout) -> bool:
    """Stable's history before the rollout was read."""
    return rollout.baseline is not None


def stage_shares(rollout: Rollout) -> dict[str, int]:
    """The weight that the stage asks for, and its mirror where it has one, as rows have them."""
    stage = rollout.policy.stages[rollout.stage]
    return {"weight": stage.weight} | ({"mirror": stage.mirror} if stage.mirror else {})


def next_settled(gate: GatePolicy, baking: Baking) -> datetime:
    """When the next minute of the bake will have settled."""
    start = baking.folded_until or first_minute(gate, baking.window_start)
    return start + MINUTE + gate.ingestion_delay
