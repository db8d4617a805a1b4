"""Holds, suspensions and freezes: what stops a rollout from moving forward, and the time it took.

Time in a halt is an operator's time. It is taken out of every deadline, and shown apart:

    phase starts      hold set          hold lifted            now
    |--- machine -----|===== human =====|------ machine -------|

Time in which nobody watched is taken out as well: `watching.py`.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from rollout.core.policy.freeze_model import Frozen
from rollout.core.records.rollout import Clock, Hold, HoldReason, Rollout
from rollout.units import NO_TIME


def halted(rollout: Rollout) -> bool:
    """Nothing may move forward: held, suspended or frozen."""
    return rollout.hold is not None or rollout.suspended or rollout.frozen is not None


def stopped(rollout: Rollout) -> bool:
    """Something else than a hold stops it: nobody may `advance`, so that no hold expires."""
    return rollout.suspended or rollout.frozen is not None


def silent(rollout: Rollout) -> bool:
    """Nothing is sent by the app itself either. In a freeze evidence goes on being gathered."""
    return rollout.hold is not None or rollout.suspended


def machine_time(clock: Clock, rollout: Rollout, now: datetime) -> timedelta:
    """Time since the clock started, less the halts in it and the time that nobody watched."""
    running = NO_TIME
    if rollout.halted_since is not None:
        running = now - max(rollout.halted_since, clock.started)
    return now - clock.started - clock.human - clock.unwatched - running


def human_time(rollout: Rollout, now: datetime) -> timedelta:
    """All time this rollout has spent halted, the present halt included."""
    running = now - rollout.halted_since if rollout.halted_since is not None else NO_TIME
    return rollout.human + running


def set_hold(rollout: Rollout, hold: Hold) -> Rollout:
    """Hold the rollout from `hold.since`; one that is held already gets the new reason."""
    return _settle(replace(rollout, hold=hold), hold.since)


def lift_hold(rollout: Rollout, now: datetime) -> Rollout:
    """End the hold, if there is one."""
    return _settle(replace(rollout, hold=None), now)


def lift_hold_for(reason: HoldReason, rollout: Rollout, now: datetime) -> Rollout:
    """End the hold if it is for this reason."""
    held_for_it = rollout.hold is not None and rollout.hold.reason is reason
    return lift_hold(rollout, now) if held_for_it else rollout


def suspend(rollout: Rollout, now: datetime, *, suspended: bool) -> Rollout:
    """Follow the suspension of the service or of all."""
    if rollout.suspended == suspended:
        return rollout
    return _settle(_with_whole_hold(rollout, replace(rollout, suspended=suspended), now), now)


def freeze(rollout: Rollout, now: datetime, frozen: Frozen | None) -> Rollout:
    """Follow the policy's windows, unless an operator lifted the present one."""
    if rollout.thawed_until is not None and now < rollout.thawed_until:
        frozen = None
    if rollout.frozen == frozen:
        return rollout
    return _settle(_with_whole_hold(rollout, replace(rollout, frozen=frozen), now), now)


def _with_whole_hold(before: Rollout, after: Rollout, now: datetime) -> Rollout:
    """Once nothing else stops it any more, a hold has its whole time again."""
    hold = after.hold
    if hold is None or stopped(after) or not stopped(before):
        return after
    expires = max(hold.expires, now + after.policy.hold_expires)
    return replace(after, hold=replace(hold, expires=expires, reminded=False))


def _settle(rollout: Rollout, now: datetime) -> Rollout:
    """Start or end the halt that the attributes now say there is."""
    if halted(rollout):
        return replace(rollout, halted_since=rollout.halted_since or now)
    since = rollout.halted_since
    if since is None:
        return rollout
    return replace(
        rollout,
        halted_since=None,
        human=rollout.human + (now - since),
        phase_clock=_without(rollout.phase_clock, since, now),
        deadline_clock=_without(rollout.deadline_clock, since, now),
    )


def _without(clock: Clock, since: datetime, now: datetime) -> Clock:
    return replace(clock, human=clock.human + (now - max(since, clock.started)))
