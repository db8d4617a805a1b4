"""Unwatched time: a look was due and none came, because the controller itself was down.

It is nobody's fault that is judged here: no limit runs in it, and it is shown apart. What Azure did
meanwhile is not lost: minutes of metrics are read and judged afterwards, and what is ready is seen.

    last look   look due   bound                 now
    |-----------|..........|......................|      beyond the bound: unwatched since the look
                |====== unwatched =================|      that was due, less the halts in it
"""

from dataclasses import replace
from datetime import datetime, timedelta

from rollout.core.machine.halts import human_time, stopped
from rollout.core.machine.holds import notice_of
from rollout.core.records.rollout import Clock, Current, Hold, Rollout
from rollout.core.records.watch import Watch
from rollout.units import NO_TIME

LOOK_SAVED_AT_LEAST_EVERY = timedelta(minutes=5)
"""A look that changes nothing is saved this often all the same; with any other save it costs
nothing. Less than `PASS_BOUND`, so that looks which change nothing are never taken for none."""


def watched_until(current: Current) -> datetime | None:
    """The last look, or the moment until which none was due; None: no look is known of.

    A look notes the split it saw as well: a version that knows nothing of `Watch` tells by that.
    """
    rollout = current.rollout
    known = [] if rollout is None else [rollout.watch.looked_at, rollout.seen.at]
    looks = [moment for moment in known if moment is not None]
    if not looks:
        return None
    return max(*looks, current.next_look or looks[0])


def without_unwatched(rollout: Rollout, since: datetime, now: datetime) -> Rollout:
    """Take the time from `since` to `now`, in which nobody watched, out of every limit.

    A halt's time is out of them already. Orders may have begun and ended halts meanwhile: what they
    took since the last look is left out once, so that no clock ever runs backwards.
    """
    watch = rollout.watch
    before = watch.halted if watch.looked_at is not None else rollout.human
    halted = human_time(rollout, now) - before

    def left_of(start: datetime) -> timedelta:
        return max(NO_TIME, now - max(since, start) - halted)

    def less(clock: Clock) -> Clock:
        return replace(clock, unwatched=clock.unwatched + left_of(clock.started))

    return replace(
        rollout,
        phase_clock=less(rollout.phase_clock),
        deadline_clock=less(rollout.deadline_clock),
        hold=rollout.hold and _later(rollout, rollout.hold, since, now),
        watch=replace(
            watch,
            unwatched=watch.unwatched + left_of(rollout.started_at),
            away_since=since,
            back_at=now,
        ),
    )


def _later(rollout: Rollout, hold: Hold, since: datetime, now: datetime) -> Hold:
    """Nobody could answer it: it has that time again, and expires with no less than its notice."""
    if stopped(rollout):
        # It does not expire before that ends, and then it has its whole time.
        return hold
    longer = hold.expires + (now - max(since, hold.since))
    least = now + notice_of(rollout.policy.hold_expires)
    return replace(hold, expires=max(longer, least), reminded=False)


def with_look(rollout: Rollout, now: datetime) -> Rollout:
    """The rollout that remembers this look."""
    return replace(
        rollout, watch=replace(rollout.watch, looked_at=now, halted=human_time(rollout, now))
    )


def is_look_kept(watch: Watch, now: datetime) -> bool:
    """Say whether a look that changes nothing must be saved all the same."""
    last = watch.looked_at
    return last is None or now - last >= LOOK_SAVED_AT_LEAST_EVERY


def told_away(rollout: Rollout, begun: datetime) -> str:
    """When nobody watched since `begun`, for a sentence about something that lasts; else ""."""
    watch = rollout.watch
    if watch.away_since is None or watch.back_at is None or watch.back_at < begun:
        return ""
    return f"nobody watched {shown_span(watch.away_since, watch.back_at)}"


def shown_span(since: datetime, until: datetime) -> str:
    """A span as sentences have it: from when, and for how long."""
    length = timedelta(seconds=round((until - since).total_seconds()))
    return f"from {since:%Y-%m-%d %H:%M} UTC on for {length}"


def told_not_counted(clock: Clock) -> str:
    """What a limit left out, as a part of its sentence; else ""."""
    if not clock.unwatched:
        return ""
    length = timedelta(seconds=round(clock.unwatched.total_seconds()))
    return f" (not counted: {length} in which nobody watched)"
