"""What stands still although nobody asked it to: reported before twice its bound."""

from datetime import datetime, timedelta

from rollout.core.machine.going_back import DELETE_ATTENTION, ROLLBACK_ATTENTION
from rollout.core.machine.halts import halted, machine_time
from rollout.core.records.rollout import Current, Phase, Rollout

PASS_BOUND = timedelta(minutes=10)
"""A live rollout is passed over at least every tick; beyond this its passes do not run."""


def stuck(current: Current, now: datetime) -> str:
    """Say what stands still, or nothing ("")."""
    rollout = current.rollout
    if rollout is None or rollout.final:
        return ""
    if _silent(rollout, now):
        return f"stuck: {rollout.phase} since {rollout.since:%Y-%m-%d %H:%M} UTC, no pass reports"
    if halted(rollout):
        return ""
    bound = _bound(rollout)
    if bound is not None and machine_time(rollout.phase_clock, rollout, now) > bound:
        return f"stuck: {rollout.phase} since {rollout.since:%Y-%m-%d %H:%M} UTC, bound {bound}"
    if current.next_look is not None and now - current.next_look > PASS_BOUND:
        return f"stuck: no pass since {current.saved_at:%Y-%m-%d %H:%M} UTC"
    return ""


def _silent(rollout: Rollout, now: datetime) -> bool:
    """Going back and cleaning up ask for a person by themselves; here nobody even asked."""
    match rollout.phase:
        case Phase.ROLLING_BACK:
            begun, every = rollout.since, ROLLBACK_ATTENTION
        case Phase.DISCARDING | Phase.RETIRING:
            begun, every = rollout.delete_due or rollout.since, DELETE_ATTENTION
        case _:
            return False
    return now - max(begun, rollout.attention_at or begun) > every + PASS_BOUND


def _bound(rollout: Rollout) -> timedelta | None:
    policy = rollout.policy
    match rollout.phase:
        case Phase.CREATING:
            return policy.create.deadline
        case Phase.VALIDATING:
            return policy.validate.deadline
        case Phase.SHIFTING:
            return policy.shift_deadline
        case Phase.BAKING:
            return policy.deadline
        case Phase.PROMOTED:
            return policy.keep + PASS_BOUND
        case _:
            return None
